// Package world starts real servers, XMPP, IRC and mail, as children of this process
// on free loopback ports and in one temporary folder, and stops them again. The
// demo, the end-to-end tests and the benchmarks stand on it.
//
// The programs are those of Debian's packages; packages.sh installs them.
// Nothing of them outlives the process that made the World.
package world

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// World is a set of servers with one folder and one certificate authority.
// Its methods are safe for concurrent use.
type World struct {
	dir  string
	cred *syscall.Credential // whom the servers run as; nil is ourselves
	ca   *authority

	mu      sync.Mutex // guards what follows
	servers []*Server
	closers []func() error
	closed  bool
}

// New makes an empty World. The caller owes it a Close.
func New() (*World, error) {
	dir, err := os.MkdirTemp("", "wherry-world-")
	if err != nil {
		return nil, fmt.Errorf("make the world's folder: %w", err)
	}
	w := &World{dir: dir}
	if err := w.prepare(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return w, nil
}

func (w *World) prepare() error {
	if os.Geteuid() == 0 {
		cred, err := unprivileged()
		if err != nil {
			return err
		}
		w.cred = cred
	}
	// The servers' user must be able to pass.
	if err := os.Chmod(w.dir, 0o711); err != nil {
		return err
	}
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	w.ca = ca
	return os.WriteFile(w.CAFile(), ca.pem, 0o644)
}

// unprivileged is the user that servers run as where we are root: most of them
// refuse to be root, and none should be.
func unprivileged() (*syscall.Credential, error) {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("a user for the servers: %w", err)
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("a user for the servers: %w", err)
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("a user for the servers: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Dir is the world's temporary folder.
func (w *World) Dir() string { return w.dir }

// CAFile is the PEM file of the authority that signed every certificate here.
func (w *World) CAFile() string { return filepath.Join(w.dir, "ca.pem") }

// Folder makes a folder of the given name that the servers' user owns.
func (w *World) Folder(name string) (string, error) {
	dir := filepath.Join(w.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return dir, w.own(dir)
}

// write makes a file that only the servers' user can read.
func (w *World) write(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	return w.own(path)
}

func (w *World) own(path string) error {
	if w.cred == nil {
		return nil
	}
	return os.Chown(path, int(w.cred.Uid), int(w.cred.Gid))
}

// OnClose has f called by Close, before the servers stop, last one first.
func (w *World) OnClose(f func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closers = append(w.closers, f)
}

// Close stops everything, last started first, and removes the folder.
func (w *World) Close() error {
	w.mu.Lock()
	servers, closers := w.servers, w.closers
	w.servers, w.closers, w.closed = nil, nil, true
	w.mu.Unlock()

	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	for i := len(servers) - 1; i >= 0; i-- {
		errs = append(errs, servers[i].close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// Logs returns what the servers wrote last, for the report of a failure.
func (w *World) Logs() string {
	w.mu.Lock()
	servers := append([]*Server(nil), w.servers...)
	w.mu.Unlock()
	var logs string
	for _, s := range servers {
		logs += fmt.Sprintf("--- %s\n%s\n", s.Name, s.Tail(4000))
	}
	return logs
}

// look finds a program also where only root's PATH leads.
func look(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: %w", program, err)
}

// Lacks returns those of the given programs that are not installed.
func Lacks(programs ...string) []string {
	var lacking []string
	for _, program := range programs {
		if _, err := look(program); err != nil {
			lacking = append(lacking, program)
		}
	}
	return lacking
}
