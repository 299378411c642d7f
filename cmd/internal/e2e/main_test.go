// Package e2e tests the built gateway from outside: between real XMPP servers
// and real IRC servers, by clients that have nothing of ours.
package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"wherry/cmd/internal/world"
)

// The servers that tests share start when the first test asks for them, once.
var (
	shared = sync.OnceValues(world.New)
	binary = sync.OnceValues(build)
)

func TestMain(m *testing.M) {
	status := m.Run()
	if w, err := shared(); err == nil {
		if status != 0 {
			fmt.Print(w.Logs())
		}
		if err := w.Close(); err != nil {
			fmt.Println(err)
			status = max(status, 1)
		}
	}
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(status)
}

var folder string // of the built binary

// build builds the gateway as the tests themselves are built, with the race
// detector. E2E_BINARY names a built one instead.
func build() (string, error) {
	if path := os.Getenv("E2E_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	dir, err := os.MkdirTemp("", "wherry-e2e-")
	if err != nil {
		return "", err
	}
	folder = dir
	path := filepath.Join(dir, "wherry")
	if out, err := exec.Command("go", "build", "-race", "-o", path, "wherry/cmd/wherry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build wherry: %w\n%s", err, bytes.TrimSpace(out))
	}
	return path, nil
}
