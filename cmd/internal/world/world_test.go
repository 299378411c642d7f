package world_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

var xmppConfig = world.XMPPConfig{
	Components: map[string]string{"irc.example.test": "one", "irc2.example.test": "two"},
	Users:      map[string]string{"alice": "secret", "☃": "snow"},
}

func TestXMPPServers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*world.World, world.XMPPConfig) (*world.XMPP, error){
		"prosody":  (*world.World).Prosody,
		"ejabberd": (*world.World).Ejabberd,
	} {
		t.Run(name, func(t *testing.T) {
			worldtest.Need(t, programs[name]...)
			w := worldtest.New(t)
			x, err := start(w, xmppConfig)
			if err != nil {
				t.Fatal(err)
			}
			restart(t, x.Server, x.Addr)
			if err := x.AddUser("bob", "secret"); err != nil {
				t.Error(err)
			}
			if err := x.AddUser("bob", "changed"); err != nil {
				t.Error(err)
			}
		})
	}
}

// restart stops a server, then kills it, and wants it back on its port each
// time.
func restart(t *testing.T, s *world.Server, addr string) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	var d net.Dialer
	if conn, err := d.DialContext(context.Background(), "tcp", addr); err == nil {
		conn.Close()
		t.Fatalf("%s listens after Stop", s.Name)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if code := s.ExitCode(); code != -1 {
		t.Errorf("%s: exit code %d after SIGKILL, want -1", s.Name, code)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
}

func TestIRCServers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*world.World, world.IRCConfig) (*world.IRC, error){
		"ngircd":   (*world.World).Ngircd,
		"inspircd": (*world.World).Inspircd,
		"hybrid":   (*world.World).Hybrid,
	} {
		t.Run(name, func(t *testing.T) {
			worldtest.Need(t, programs[name]...)
			w := worldtest.New(t)
			irc, err := start(w, world.IRCConfig{})
			if err != nil {
				t.Fatal(err)
			}
			restart(t, irc.Server, irc.Addr)
			talk(t, w, irc)
		})
	}
}

// talk has two users talk in a channel, one of them over TLS.
func talk(t *testing.T, w *world.World, irc *world.IRC) {
	t.Helper()
	anna, err := irc.User("anna")
	if err != nil {
		t.Fatal(err)
	}
	defer anna.Close()
	bert, err := world.Connect(world.IRCLogin{Addr: irc.TLSAddr, Nick: "bert", CAFile: w.CAFile()})
	if err != nil {
		t.Fatal(err)
	}
	defer bert.Close()
	for _, step := range []func() error{
		func() error { return anna.Join("#harbour") },
		func() error { return bert.Join("#harbour") },
		func() error { return anna.SeeJoin("bert", "#harbour") },
		func() error { return bert.Say("#harbour", "ahoy") },
		func() error { _, err := anna.Hear("bert", "#harbour", "ahoy"); return err },
		func() error { return bert.Send("QUIT") },
		func() error { return anna.SeeGone("bert", "#harbour") },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "inspircd", "atheme-services")
	w := worldtest.New(t)
	irc, err := w.Inspircd(world.IRCConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := irc.Register("carla", "right"); err != nil {
		t.Fatal(err)
	}
	if u, err := world.Connect(world.IRCLogin{Addr: irc.Addr, Nick: "carla", Account: "carla", Password: "wrong"}); err == nil {
		u.Close()
		t.Error("SASL took a wrong password")
	}
	u, err := world.Connect(world.IRCLogin{Addr: irc.Addr, Nick: "carla", Account: "carla", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	u.Close()
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "ngircd")
	w, err := world.New()
	if err != nil {
		t.Fatal(err)
	}
	irc, err := w.Ngircd(world.IRCConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(w.Dir()); !os.IsNotExist(err) {
		t.Errorf("the folder is there after Close: %v", err)
	}
	select {
	case <-irc.Done():
	default:
		t.Error("ngircd runs after Close")
	}
}

var programs = map[string][]string{
	"prosody":  {"prosody"},
	"ejabberd": {"erl", "ejabberdctl"},
	"ngircd":   {"ngircd"},
	"inspircd": {"inspircd", "atheme-services"},
}

// What is set for one start is not there at the next.
func TestStartWith(t *testing.T) {
	t.Parallel()
	w := worldtest.New(t)
	script := filepath.Join(t.TempDir(), "wherry")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"it is ${WHERRY_WORD-unset}\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	g, err := w.Gateway(world.GatewayConfig{Binary: script})
	if err != nil {
		t.Fatal(err)
	}
	<-g.Done()
	if err := g.StartWith("WHERRY_WORD=said"); err != nil {
		t.Fatal(err)
	}
	<-g.Done()
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	<-g.Done()
	if got := g.Tail(1 << 10); got != "it is unset\nit is said\nit is unset\n" {
		t.Errorf("the script wrote %q", got)
	}
}
