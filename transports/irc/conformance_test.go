package irc_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/transporttest"
)

var (
	_ transports.Transport = (*irc.Transport)(nil)
	_ transports.Trier     = (*irc.Transport)(nil)
	_ transports.Session   = (*irc.Session)(nil)
	_ transports.Rooms     = (*irc.Session)(nil)
	_ transports.Splitter  = (*irc.Session)(nil)
)

// secret is the password whose appearance anywhere fails a test.
const secret = "hunter2-secret"

// log is a log that a test may read.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func logger(l *log) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestConformance(t *testing.T) {
	transporttest.Conformance(t, func(t *testing.T) transporttest.Harness {
		network := irctest.NewTLSNetwork(t, irctest.Host)
		network.Caps += " sasl=PLAIN"
		network.Accounts = map[string]string{"alice": secret}
		network.Puppet("bob")
		var logged log
		tr := irc.New(irc.Config{
			TLSPorts: []int{network.Port()}, CAs: network.CAs(), AllowPrivateHosts: true, ThrottleLimit: -1, Log: logger(&logged),
		})
		settings := func(nick, password string) transports.Settings {
			return transports.Settings{"nick": nick, "sasl_username": "alice", "sasl_password": password}
		}
		room := transports.Address{Kind: transports.Room, Scope: irctest.Host, Name: "#room"}
		return transporttest.Harness{
			Transport: tr,
			Account:   transports.Account{Key: "alice", Owner: "alice", Scope: irctest.Host, Settings: settings("alice", secret)},
			Addresses: map[string]transports.Address{
				"#Room%127.0.0.1":   room,
				"#room":             room,
				"Bob":               {Kind: transports.Contact, Scope: irctest.Host, Name: "bob"},
				"#a%b%irc.Example.": {Kind: transports.Room, Scope: "irc.example", Name: "#a%b"},
				"irc.example.org":   {Kind: transports.Network, Scope: "irc.example.org"},
				"[wherry]%::1":      {Kind: transports.Contact, Scope: "::1", Name: "[wherry]"},
				"#c%bücher.example": {Kind: transports.Room, Scope: "xn--bcher-kva.example", Name: "#c"},
			},
			Garbage: []string{
				"#", "%irc.example", "bob%", "bob%host", "nick!user@host", "mailto:a@b.example", "a b%irc.example",
				"#a,b%irc.example", "bob%irc..example", "bob%irc.example:6697", "a%fe80::1%eth0", "+", "bob%-.example",
				strings.Repeat("n", 301) + "%irc.example",
			},
			Refusals: []transporttest.Refusal{
				{Name: "password", Scope: irctest.Host, Settings: settings("alice", "wrong"), Field: "sasl_password", Kind: transports.Credentials},
				{Name: "nick", Scope: irctest.Host, Settings: settings("1alice", secret), Field: "nick", Kind: transports.Malformed},
				{Name: "nick for no network", Scope: irctest.Host, Settings: settings("a b", secret), Field: "nick", Kind: transports.Malformed},
				{Name: "network", Settings: transports.Settings{"nick": "alice", "network": "no host"}, Field: "network", Kind: transports.Malformed},
				{Name: "host", Scope: "host.invalid", Settings: settings("alice", secret), Kind: transports.Unreachable},
			},
			Contact: transports.Address{Kind: transports.Contact, Scope: irctest.Host, Name: "bob"},
			Room:    room,
			Break:   func() { network.Drop("alice") },
			Dials:   network.Dials,
			Logs:    logged.String,
		}
	})
}
