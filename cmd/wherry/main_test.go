package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wherry/store"
)

// binary is the built wherry.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "wherry-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "wherry")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// outcome is what a call of the binary did.
type outcome struct {
	status         int
	stdout, stderr string
}

// command prepares a call of the binary in dir, without anything of our
// environment that is wherry's or systemd's.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = dir
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "WHERRY_") && !strings.HasPrefix(entry, "NOTIFY_SOCKET=") && !strings.HasPrefix(entry, "JOURNAL_STREAM=") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	return cmd
}

func call(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	cmd := command(t, dir, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want checks an outcome's status and a part of what was printed.
func (o outcome) want(t *testing.T, status int, part string) {
	t.Helper()
	if o.status != status || !strings.Contains(o.stdout+o.stderr, part) {
		t.Errorf("status %d, want %d, and %q in\n%s%s", o.status, status, part, o.stdout, o.stderr)
	}
}

const least = `[[component]]
domain = "irc.example.org"
secret = "hunter2"
server = "127.0.0.1:1"
transport = "irc"
`

// configured returns a folder with this configuration.
func configured(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "wherry.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
		part   string
	}{
		{nil, exitUsage, "Usage:"},
		{[]string{"help"}, exitOK, "wherry rotate-key"},
		{[]string{"-h"}, exitOK, "wherry rotate-key"},
		{[]string{"sail"}, exitUsage, `there is no subcommand "sail"`},
		{[]string{"run", "-h"}, exitOK, "-config FILE"},
		{[]string{"run", "-speed"}, exitUsage, "-speed"},
		{[]string{"run", "now"}, exitUsage, `"now" is one word too many`},
		{[]string{"check", "-config"}, exitUsage, "needs an argument"},
		{[]string{"init"}, exitUsage, "-domain is missing"},
		{[]string{"users", "x"}, exitUsage, "one word too many"},
		{[]string{"queue", "x"}, exitUsage, "one word too many"},
		{[]string{"queue", "-bodies"}, exitUsage, "-bodies needs -user"},
		{[]string{"queue", "-user", "@"}, exitUsage, `"@" is no JID`},
		{[]string{"rotate-key", "x"}, exitUsage, "one word too many"},
		{[]string{"import"}, exitUsage, "say from what"},
		{[]string{"import", "bip", "x"}, exitUsage, `nothing can be imported from "bip"`},
		{[]string{"import", "biboumi"}, exitUsage, "database is missing"},
		{[]string{"import", "biboumi", "-dry-run", "a", "b"}, exitUsage, `"b" is one word too many`},
		{[]string{"version", "x"}, exitUsage, "one word too many"},
		{[]string{"version"}, exitOK, "SQLite 3."},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			call(t, t.TempDir(), test.args...).want(t, test.status, test.part)
		})
	}
}

func TestNoConfiguration(t *testing.T) {
	if _, err := os.Stat("/etc/wherry/wherry.toml"); err == nil {
		t.Skip("this machine has a configuration of wherry")
	}
	for _, subcommand := range []string{"run", "check", "users", "queue", "rotate-key"} {
		call(t, t.TempDir(), subcommand).want(t, exitFailed, "wherry init")
		call(t, t.TempDir(), subcommand, "-config", "none.toml").want(t, exitFailed, "there is no configuration none.toml")
	}
}

// IRC-B43
func TestBadConfiguration(t *testing.T) {
	dir := configured(t, least+"colour = 1\n")
	for _, subcommand := range []string{"run", "check", "users", "queue", "rotate-key"} {
		o := call(t, dir, subcommand)
		o.want(t, exitFailed, "wherry.toml:6: component.colour: is no key")
		o.want(t, exitFailed, "    6 | colour ...\n      | ~~~~~~")
	}
}

func TestInit(t *testing.T) {
	dir := t.TempDir()
	o := call(t, dir, "init", "-domain", "irc.example.net", "-server", "127.0.0.1:1")
	o.want(t, exitOK, `Component "irc.example.net"`)
	o.want(t, exitOK, "module: ejabberd_service")
	text, err := os.ReadFile(filepath.Join(dir, "wherry.toml"))
	if err != nil {
		t.Fatal(err)
	}
	call(t, dir, "init", "-domain", "irc.example.net").want(t, exitFailed, "wherry.toml exists, and stays as it is")
	if again, err := os.ReadFile(filepath.Join(dir, "wherry.toml")); err != nil || !bytes.Equal(text, again) {
		t.Errorf("the file was changed: %v", err)
	}
	call(t, dir, "init", "-domain", "sms.example.net", "-config", "sms.toml").want(t, exitOK, "fill in [http] in sms.toml")
	call(t, dir, "init", "-domain", "x.example.net", "-transport", "pigeon", "-config", "x.toml").want(t, exitFailed, `"pigeon" is no network`)
	call(t, dir, "init", "-domain", "a b", "-config", "other.toml").want(t, exitFailed, `"a b" is no domain`)
	call(t, dir, "init", "-domain", "irc.example.net", "-config", "other.toml").want(t, exitOK, "wherry check -config other.toml")
	call(t, dir, "init", "-domain", "irc.example.net", "-config", "etc/w.toml", "-store", dir+"/state").want(t, exitOK, "Wrote etc/w.toml")
	o = call(t, dir, "check", "-config", "etc/w.toml")
	o.want(t, exitFailed, "ok    store: "+dir+"/state/wherry.db is not there yet")
	o.want(t, exitFailed, "ok    key file: "+dir+"/state/wherry.key is not there yet")
	o = call(t, dir, "check")
	o.want(t, exitFailed, "ok    configuration: wherry.toml")
	o.want(t, exitFailed, "FAIL  server 127.0.0.1:1: ")
	o.want(t, exitFailed, "wherry check -show-secret shows it")
	call(t, dir, "check", "-show-secret").want(t, exitFailed, `password: "`)
}

func TestUsersAndRotateKey(t *testing.T) {
	dir := configured(t, least)
	call(t, dir, "users").want(t, exitFailed, "there is no store")
	call(t, dir, "rotate-key").want(t, exitFailed, "there is no store")

	s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + dir + "/wherry.db", KeyFile: dir + "/wherry.key"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, scope := range []string{"", "irc.example.net"} {
		a := store.Account{
			User: "alice@example.org", Domain: "irc.example.org", Scope: scope, Registered: scope == "",
			Secrets: map[string]string{"pass": "s3cret"},
		}
		if err := s.SaveAccount(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
	}
	o := call(t, dir, "users")
	o.want(t, exitOK, "DOMAIN           USER               ACCOUNTS  REGISTERED  SUSPENDED\n"+
		"irc.example.org  alice@example.org  2         1           0\n")
	call(t, dir, "rotate-key").want(t, exitFailed, "is held by process")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, dir+"/wherry.key")
	call(t, dir, "rotate-key").want(t, exitOK, "All secrets are sealed with a new key")
	if read(t, dir+"/wherry.key") == before {
		t.Error("the key file is the old one")
	}
	call(t, dir, "users").want(t, exitOK, "alice@example.org")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
