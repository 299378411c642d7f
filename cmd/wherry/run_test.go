package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wherry/component/componenttest"
)

// running is a wherry run that has said that it is ready.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // of its log; closed at its end
}

// start runs wherry in dir and waits until it is ready.
func start(t *testing.T, dir string, environ ...string) *running {
	t.Helper()
	cmd := command(t, dir, "run")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	cmd.Env = append(append(cmd.Env, "NOTIFY_SOCKET="+manager.LocalAddr().String()), environ...)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, cmd: cmd, lines: make(chan string, 1000)}
	go r.read(log)
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	buf := make([]byte, 100)
	n, err := manager.Read(buf)
	if err != nil || string(buf[:n]) != "READY=1" {
		t.Fatalf("the service manager heard %q, %v", buf[:n], err)
	}
	return r
}

func (r *running) read(log io.Reader) {
	defer close(r.lines)
	for in := bufio.NewScanner(log); in.Scan(); {
		r.lines <- in.Text()
	}
}

// await waits for a line of the log that has all parts.
func (r *running) await(parts ...string) {
	r.t.Helper()
	var seen []string
next:
	for line := range r.lines {
		seen = append(seen, line)
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue next
			}
		}
		return
	}
	r.t.Fatalf("no line with %q in the log:\n%s", parts, strings.Join(seen, "\n"))
}

func (r *running) signal(s os.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// ended waits for the end, and returns the exit status and the rest of the
// log.
func (r *running) ended() (status int, log string) {
	r.t.Helper()
	var rest []string
	for line := range r.lines {
		rest = append(rest, line)
	}
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode(), strings.Join(rest, "\n")
}

const domain = "irc.example.org"

// connectable returns a folder with a configuration for server.
func connectable(t *testing.T, server *componenttest.Server, more string) (dir string) {
	t.Helper()
	return configured(t, strings.Replace(least, "127.0.0.1:1", server.Addr(), 1)+more)
}

// IRC-B46
func TestRunAndStop(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		server := componenttest.NewServer(t, "hunter2", domain)
		dir := connectable(t, server, "")
		r := start(t, dir)
		server.Connected(domain, 1)
		r.signal(s)
		server.Disconnected(domain)
		status, log := r.ended()
		if status != exitOK || !strings.Contains(log, "wherry stopped") {
			t.Errorf("%v: status %d, log:\n%s", s, status, log)
		}
		if _, err := os.Stat(dir + "/wherry.db.sock"); err == nil {
			t.Error("the control socket is still there")
		}
	}
}

// TestStopAlone holds that wherry stops where no server is there.
func TestStopAlone(t *testing.T) {
	r := start(t, configured(t, least))
	r.signal(syscall.SIGTERM)
	if status, log := r.ended(); status != exitOK {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}

func TestCheckAsks(t *testing.T) {
	server := componenttest.NewServer(t, "hunter2", domain)
	dir := connectable(t, server, "")
	r := start(t, dir)
	server.Connected(domain, 1)
	r.await("connected to the XMPP server")
	o := call(t, dir, "check")
	o.want(t, exitOK, "runs on the store as process "+fmt.Sprint(r.cmd.Process.Pid))
	o.want(t, exitOK, "ok    irc.example.org: connected since ")
	if strings.Contains(o.stdout, "hunter2") {
		t.Errorf("the secret is shown:\n%s", o.stdout)
	}
	call(t, dir, "users").want(t, exitOK, "DOMAIN")

	// A second one on the same store.
	call(t, dir, "run").want(t, exitFailed, "is held by process")
	other := strings.Replace(least, domain, "sms.example.org", 1)
	if err := os.WriteFile(dir+"/other.toml", []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	call(t, dir, "check", "-config", "other.toml").want(t, exitFailed, "FAIL  store: a second wherry uses it")

	server.Refuse("not-authorized")
	server.Drop(domain)
	r.await("not-authorized")
	call(t, dir, "check").want(t, exitFailed, "FAIL  irc.example.org: not connected since ")

	r.signal(syscall.SIGTERM)
	if status, log := r.ended(); status != exitOK {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}

// IRC-B45
func TestReload(t *testing.T) {
	server := componenttest.NewServer(t, "hunter2", domain)
	dir := connectable(t, server, "")
	r := start(t, dir)
	r.await("connected to the XMPP server")
	file := filepath.Join(dir, "wherry.toml")
	text := read(t, file)
	rewrite := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.signal(syscall.SIGHUP)
	}
	rewrite(text + "colour = 1\n")
	r.await("the configuration stays as it was", "colour")
	rewrite("[log]\nformat = \"json\"\n" + strings.Replace(text, "hunter2", "hunter3", 1) + "[component.irc]\nthrottle_limit = 3\n")
	r.await("read the configuration again")
	r.await("these settings count after a restart", "secret of irc.example.org", "log.format", "[component.irc] of irc.example.org")
	rewrite("[log]\nlevel = \"warn\"\nformat = \"json\"\n" + text)
	r.await("these settings count after a restart", "settings=[log.format]")
	r.signal(syscall.SIGTERM)
	status, log := r.ended()
	if status != exitOK || strings.Contains(log, "level=INFO") || strings.Contains(log, "hunter") {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}

// TestSecondSignal holds that a stop that the server hangs on is cut off.
func TestSecondSignal(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	greeted := make(chan struct{})
	go func() {
		// It never ends its side of the stream.
		conn, err := l.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'><handshake/>")
		close(greeted)
		io.Copy(io.Discard, conn)
	}()
	r := start(t, configured(t, strings.Replace(least, "127.0.0.1:1", l.Addr().String(), 1)))
	<-greeted
	r.await("connected to the XMPP server")
	r.signal(syscall.SIGTERM)
	r.await("wherry stops")
	r.signal(syscall.SIGTERM)
	status, log := r.ended()
	if status != exitFailed || !strings.Contains(log, "stopped at once by a second signal") {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}

// IRC-B43, IRC-B58
func TestEnvironmentAndJournal(t *testing.T) {
	dir := configured(t, strings.Replace(least, `secret = "hunter2"`, "", 1))
	r := start(t, dir, "WHERRY_SECRET_IRC_EXAMPLE_ORG=x", "WHERRY_STORE_URL=sqlite:other.db", "JOURNAL_STREAM=8:1")
	r.await("wherry runs")
	if _, err := os.Stat(dir + "/other.db"); err != nil {
		t.Error(err)
	}
	r.signal(syscall.SIGTERM)
	status, log := r.ended()
	if status != exitOK || strings.Contains(log, "time=") {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}
