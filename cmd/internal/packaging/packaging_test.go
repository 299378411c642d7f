// Package packaging tests what packages of distributions are made from: "make
// install", systemd's unit, and the binary as they have it.
package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wherry/cmd/internal/world/worldtest"
)

// root is the folder of the Makefile.
const root = "../../.."

var (
	folder string // of the built binary
	binary = sync.OnceValues(func() (string, error) {
		var err error
		if folder, err = os.MkdirTemp("", "wherry-packaging-"); err != nil {
			return "", err
		}
		path := filepath.Join(folder, "wherry")
		out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "wherry/cmd/wherry").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("build wherry: %w\n%s", err, out)
		}
		return path, err
	})
)

func TestMain(m *testing.M) {
	status := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(status)
}

func built(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// makes runs a target of the Makefile with the built binary.
func makes(t *testing.T, target string, variables ...string) {
	t.Helper()
	args := append([]string{"-C", root, target, "BIN=" + filepath.Dir(built(t))}, variables...)
	cmd := exec.Command("make", args...)
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "DESTDIR=") // nothing of the make that runs the tests
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", target, err, out)
	}
}

// run runs a program and returns all that it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// files returns the files below a folder, with their modes.
func files(t *testing.T, below string) map[string]os.FileMode {
	t.Helper()
	found := make(map[string]os.FileMode)
	err := filepath.Walk(below, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			found[strings.TrimPrefix(path, below)] = info.Mode()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A package gets a binary, a unit and a user that fit each other, and the
// documents; all of it goes again. IRC-B59
func TestInstall(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "make", "systemd-analyze", "systemd-sysusers")
	stage := t.TempDir()
	makes(t, "install", "DESTDIR="+stage, "PREFIX=/usr")
	got := files(t, stage)
	for name, mode := range map[string]os.FileMode{
		"/usr/bin/wherry": 0o755, "/usr/lib/systemd/system/wherry.service": 0o644, "/usr/lib/sysusers.d/wherry.conf": 0o644,
		"/usr/share/doc/wherry/README.md": 0o644, "/usr/share/doc/wherry/LICENSE": 0o644, "/usr/share/doc/wherry/admin.md": 0o644,
	} {
		if got[name] != mode {
			t.Errorf("%s has the mode %v", name, got[name])
		}
	}
	if start := value(t, stage+"/usr/lib/systemd/system/wherry.service", "ExecStart"); start != "/usr/bin/wherry run -config /etc/wherry/wherry.toml" {
		t.Errorf("the service starts %s", start)
	}
	makes(t, "uninstall", "DESTDIR="+stage, "PREFIX=/usr")
	if left := files(t, stage); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// value returns what a unit says of a key, once.
func value(t *testing.T, unit, key string) string {
	t.Helper()
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n"+key+"=")
	line, rest, _ := strings.Cut(rest, "\n")
	if !ok || strings.Contains(rest, "\n"+key+"=") {
		t.Errorf("%s is not there once", key)
	}
	return line
}

// systemd finds nothing wrong with the unit, and it gives the service little; the
// binary takes what it is started with; the user is the one that owns the store's
// folder. IRC-B59
func TestUnit(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "make", "systemd-analyze", "systemd-sysusers")
	prefix := t.TempDir() + "/usr"
	makes(t, "install", "PREFIX="+prefix)
	unit := prefix + "/lib/systemd/system/wherry.service"
	if said := run(t, "systemd-analyze", "verify", "--man=no", unit); said != "" {
		t.Errorf("systemd says of the unit:\n%s", said)
	}
	run(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", unit) // 2.0 of 10, which is all

	start := strings.Fields(value(t, unit, "ExecStart"))
	if config := start[len(start)-1]; config != "/etc/wherry/wherry.toml" {
		t.Fatalf("the configuration is %s", config)
	}
	start[len(start)-1] = filepath.Join(t.TempDir(), "none.toml")
	cmd := exec.Command(start[0], start[1:]...)
	out, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.ExitCode(); err == nil || status != 1 || !strings.Contains(string(out), "none.toml") { // 2 is a wrong call
		t.Errorf("%q ends with %d and says\n%s", start, status, out)
	}

	empty := t.TempDir()
	if err := os.Mkdir(empty+"/etc", 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "systemd-sysusers", "--root="+empty, prefix+"/lib/sysusers.d/wherry.conf")
	users, err := os.ReadFile(empty + "/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	entry := strings.Split(strings.TrimSpace(string(users)), ":")
	if len(entry) != 7 || entry[0] != value(t, unit, "User") || entry[5] != "/var/lib/"+value(t, unit, "StateDirectory") || !strings.HasSuffix(entry[6], "nologin") {
		t.Errorf("the user is %q", entry)
	}
}
