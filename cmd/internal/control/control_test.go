package control_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/control"
)

func state() control.State {
	return control.State{
		Version: "1.2.3", PID: 42, Config: "/etc/wherry/wherry.toml",
		Domains: []control.Domain{
			{Name: "irc.example.org", Connected: true, Since: time.Unix(1e9, 0).UTC(), Users: 3, Sessions: 2, Online: 1},
			{Name: "sms.example.org", Err: "connection refused"},
		},
	}
}

func TestAsk(t *testing.T) {
	path := control.SocketPath(filepath.Join(t.TempDir(), "wherry.db"))
	l, err := control.Listen(path, state)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %o", info.Mode().Perm())
	}
	for range 2 {
		got, err := control.Ask(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state(), got); diff != "" {
			t.Errorf("state (-want +got):\n%s", diff)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket is still there")
	}
	if _, err := control.Ask(t.Context(), path); err == nil {
		t.Error("an answer after the end")
	}
}

func TestListenReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sock")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	// As after a kill: the socket stays, and nobody listens.
	old.SetUnlinkOnClose(false)
	old.Close()
	if _, err := control.Ask(t.Context(), path); err == nil {
		t.Fatal("an answer of nobody")
	}
	l, err := control.Listen(path, state)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := control.Ask(t.Context(), path); err != nil {
		t.Error(err)
	}
}

func TestAskOdd(t *testing.T) {
	for _, answer := range []string{"", "{", "[1]\n", "hello\n"} {
		path := filepath.Join(t.TempDir(), "sock")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if conn, err := l.Accept(); err == nil {
				conn.Write([]byte(answer))
				conn.Close()
			}
		}()
		if _, err := control.Ask(t.Context(), path); err == nil {
			t.Errorf("no error for %q", answer)
		}
		<-done
		l.Close()
	}
}
