package soak

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// binary is the gateway in a build for tests.
var binary = sync.OnceValues(build)

var folder string // of the binary

func build() (string, error) {
	dir, err := os.MkdirTemp("", "wherry-soak-")
	if err != nil {
		return "", err
	}
	folder = dir
	path := filepath.Join(dir, "wherry")
	if out, err := exec.Command("go", "build", "-tags", "harness", "-o", path, "wherry/cmd/wherry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build wherry: %w\n%s", err, bytes.TrimSpace(out))
	}
	return path, nil
}

func TestMain(m *testing.M) {
	status := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(status)
}
