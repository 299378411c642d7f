package world

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Postgres is a PostgreSQL server with one empty database, to which its only user
// needs no password.
type Postgres struct {
	*Server
	URL string // of the database
}

// Postgres starts a PostgreSQL server of its own on loopback.
func (w *World) Postgres() (*Postgres, error) {
	port, err := FreePort("127.0.0.1")
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("postgres-%d", port)
	dir, err := w.Folder(name)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb, err := postgresProgram("initdb")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(initdb, "-D", data, "-U", "wherry", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: w.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out))
	}
	postgres, err := postgresProgram("postgres")
	if err != nil {
		return nil, err
	}
	p := &Postgres{URL: fmt.Sprintf("postgresql://wherry@127.0.0.1:%d/postgres", port)}
	p.Server, err = w.start(program{
		name: name,
		args: []string{postgres, "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", dir, "-F", "-N", "20"},
		dir:  dir,
		ready: func(ctx context.Context) error {
			return poll(ctx, often, func() error { return p.Run(ctx, "SELECT 1") })
		},
	})
	return p, err
}

// Run runs statements in the database.
func (p *Postgres) Run(ctx context.Context, statements string) error {
	psql, err := postgresProgram("psql")
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", p.URL, "-c", statements).CombinedOutput()
	if err != nil {
		return fmt.Errorf("psql: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}

// postgresProgram finds a program of PostgreSQL's. Debian keeps those of each
// version in a folder of their own, out of the PATH.
func postgresProgram(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return slices.Max(found), nil
	}
	return look(name)
}
