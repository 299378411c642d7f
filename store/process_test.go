package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"wherry/store"
)

// roles are what this test program does when it is started as another process
// with a store: until its input ends, or it is killed.
var roles = map[string]func(*store.Store) error{
	"hold":   func(*store.Store) error { _, err := io.Copy(io.Discard, os.Stdin); return err },
	"write":  writeForever,
	"rotate": rotateForever,
	"boxes":  fillForever,
}

const roleVariable = "WHERRY_STORE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleVariable)]; ok {
		if err := play(role); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func play(role func(*store.Store) error) error {
	s, err := store.Open(context.Background(), store.Config{URL: os.Args[1], KeyFile: os.Args[2]})
	if err != nil {
		return err
	}
	fmt.Println("open")
	return role(s)
}

// process is this test program in a role.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Scanner
}

func start(t *testing.T, role string, cfg store.Config) *process {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	p := &process{t: t, cmd: exec.Command(self, cfg.URL, cfg.KeyFile)}
	p.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	check(t, err)
	p.out = bufio.NewScanner(out)
	p.in, err = p.cmd.StdinPipe()
	check(t, err)
	check(t, p.cmd.Start())
	t.Cleanup(p.kill)
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// line returns the next line the process prints.
func (p *process) line() string {
	p.t.Helper()
	if !p.out.Scan() {
		p.t.Fatalf("the process ended: %v", p.out.Err())
	}
	text := p.out.Text()
	if strings.HasPrefix(text, "failed") {
		p.t.Fatal(text)
	}
	return text
}

// kill ends the process as a power cut would end it, and reads what it had
// printed to the end.
func (p *process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Error(err)
	}
	p.in.Close()
	for p.out.Scan() {
	}
	_ = p.cmd.Wait() // "signal: killed"
}
