package irc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// Only a connection that is proven to be to the network that it names, and to
// nobody between, shares what it hears.
func TestShares(t *testing.T) {
	n := ircv3test.StartTLS(t, ircv3test.Config{Accounts: map[string]string{"alice": "sesame"}}, irctest.Host)
	sum := sha256.Sum256(leaf(t, n.Port()))
	fixed := irc.New(irc.Config{TLSPorts: []int{n.Port()}, CAs: n.CAs(), AllowPrivateHosts: true, FixedNetwork: irctest.Host})
	plain := irc.New(irc.Config{PlainPorts: []int{n.Plain()}, AllowPrivateHosts: true})
	for name, tt := range map[string]struct {
		tr       *irc.Transport
		settings transports.Settings
		want     bool
	}{
		"verified":            {secured(n), nil, true},
		"with a log-in":       {secured(n), transports.Settings{"sasl_username": "alice", "sasl_password": "sesame"}, true},
		"plain":               {plain, nil, false},
		"pinned":              {secured(n), transports.Settings{"fingerprint": hex.EncodeToString(sum[:])}, false},
		"elsewhere":           {secured(n), transports.Settings{"address": irctest.Host}, false},
		"a server password":   {secured(n), transports.Settings{"pass": "user/network:secret"}, false},
		"one network":         {fixed, nil, true},
		"one network, log-in": {fixed, transports.Settings{"sasl_username": "alice", "sasl_password": "sesame"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			settings := transports.Settings{"nick": "alice"}
			for k, v := range tt.settings {
				settings[k] = v
			}
			alice := live(t, tt.tr, settings)
			if _, ok := alice.Shares(); ok {
				t.Error("shares before it is connected")
			}
			next[transports.Online](alice)
			host, ok := alice.Shares()
			if ok != tt.want || ok && host != irctest.Host {
				t.Errorf("Shares = %q, %v, want %v", host, ok, tt.want)
			}
			alice.stop()
			_ = alice.end()
		})
	}
	relay := ircv3test.StartTLS(t, ircv3test.Config{Networks: []ircv3test.BouncerNetwork{{ID: "1"}}, Accounts: map[string]string{"alice": "sesame"}}, irctest.Host)
	relayed := live(t, secured(relay), transports.Settings{"nick": "alice", "sasl_username": "alice", "sasl_password": "sesame"})
	next[transports.Online](relayed)
	if _, ok := relayed.Shares(); ok {
		t.Error("through a bouncer it shares")
	}
	server := irctest.Listen(t)
	bouncer := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	next[transports.Online](bouncer)
	if _, ok := bouncer.Shares(); ok {
		t.Error("without TLS it shares")
	}
}

// What a connection tells of itself may be asked for while lines come in.
func TestDescribeBesideLines(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	next[transports.Online](alice)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			conn.Send("PING :x")
		}
	}()
	for range 200 {
		if len(alice.Describe()) == 0 {
			t.Error("nothing is told")
		}
	}
	<-done
}
