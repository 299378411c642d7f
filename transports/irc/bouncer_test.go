package irc_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

func soju(t *testing.T) (*ircv3test.Network, *irc.Transport) {
	t.Helper()
	network := func(id, name string) ircv3test.BouncerNetwork {
		return ircv3test.BouncerNetwork{ID: id, Attributes: map[string]string{"name": name, "host": name + ".example", "state": "connected"}}
	}
	n := ircv3test.StartTLS(t, ircv3test.Config{
		Accounts: map[string]string{"alice": "sesame"},
		Networks: []ircv3test.BouncerNetwork{network("7", "Libera Chat"), network("x9", "oftc"), network("12", "7 seas")},
	}, irctest.Host)
	return n, secured(n)
}

func choosing(network string) transports.Settings {
	return transports.Settings{"nick": "alice", "sasl_password": "sesame", "bouncer_network": network}
}

// A network of a bouncer is had by its name or id; a name costs one connection
// more, once.
func TestBouncerNetwork(t *testing.T) {
	for network, tt := range map[string]struct {
		id    string
		dials int
	}{
		"oftc":        {"x9", 2},
		"libera chat": {"7", 2},
		"x9":          {"x9", 2},
		"7":           {"7", 1},
		"":            {"", 1},
	} {
		t.Run(network, func(t *testing.T) {
			n, tr := soju(t)
			l := live(t, tr, choosing(network))
			nick := await[transports.Online](l).Name // another one where the server has not seen yet that the first connection ended
			if got := n.Bound(nick); got != tt.id || n.Dials() != tt.dials {
				t.Errorf("bound to %q by %d connections, want %q by %d", got, n.Dials(), tt.id, tt.dials)
			}
			for _, cap := range n.Enabled(nick) {
				if cap == "soju.im/bouncer-networks-notify" || cap == "soju.im/bouncer-networks" && network == "" {
					t.Errorf("%s is asked for", cap)
				}
			}
			// What is told of networks later is nothing to us.
			n.SetNetwork(ircv3test.BouncerNetwork{ID: "13", Attributes: map[string]string{"name": "new"}})
			n.Tell(nick, ":irc.test BOUNCER NETWORK 13 *")
			n.Tell(nick, ":irc.test BOUNCER")
			if err := l.Join(t.Context(), transports.Join{Room: channel("#room")}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBouncerNetworkRefused(t *testing.T) {
	n, tr := soju(t)
	for network, text := range map[string]string{
		"undernet": "Your bouncer has no network undernet. It has these: Libera Chat, oftc, 7 seas",
		"99":       "Your bouncer has no network 99. It has these: Libera Chat, oftc, 7 seas", // no id after all
	} {
		_, err := tr.Verify(t.Context(), irctest.Host, choosing(network))
		var field *transports.FieldError
		if !errors.As(err, &field) || field.Field != "bouncer_network" || field.Err.Kind != transports.NotFound || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", network, err)
		}
	}
	if _, err := tr.Verify(t.Context(), irctest.Host, choosing("oftc")); err != nil {
		t.Error(err)
	}
	var field *transports.FieldError
	settings := choosing("oftc")
	delete(settings, "sasl_password")
	if _, err := tr.Verify(t.Context(), irctest.Host, settings); !errors.As(err, &field) || field.Field != "bouncer_network" || field.Err.Kind != transports.Incomplete {
		t.Errorf("without an account: %v", err)
	}
	n.RemoveCap("soju.im/bouncer-networks")
	if _, err := tr.Verify(t.Context(), irctest.Host, choosing("oftc")); !errors.As(err, &field) || field.Field != "bouncer_network" || field.Err.Kind != transports.Unsupported {
		t.Errorf("at no bouncer: %v", err)
	}
	l := live(t, tr, choosing("oftc"))
	wantKind(t, l.end(), transports.Unreachable) // it may come back
}

// A network that was taken away is looked for anew.
func TestBouncerNetworkGoes(t *testing.T) {
	n, tr := soju(t)
	session, err := tr.Open(transports.Account{Key: "alice", Scope: irctest.Host, Settings: choosing("oftc")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	bob := n.Puppet("bob")
	bob.Do("MONITOR + alice")
	n.AwaitTold(bob, "* 731 bob *alice*")
	gone := func(l *life) { // also for the server: else her nick is taken
		t.Helper()
		l.stop()
		<-l.ended
		n.AwaitTold(bob, "* 731 bob *alice*")
	}
	l := run(t, session, func(transports.Batch) {})
	await[transports.Online](l)
	gone(l)
	n.RemoveNetwork("x9")
	n.SetNetwork(ircv3test.BouncerNetwork{ID: "20", Attributes: map[string]string{"name": "OFTC"}})
	l = run(t, session, func(transports.Batch) {})
	await[transports.Online](l)
	if got := n.Bound("alice"); got != "20" {
		t.Errorf("bound to %q", got)
	}
	gone(l)
	n.RemoveNetwork("20")
	l = run(t, session, func(transports.Batch) {})
	if err := l.end(); err == nil || !strings.Contains(err.Error(), "OFTC") && !strings.Contains(err.Error(), "oftc") {
		t.Errorf("ended by %v", err)
	}
}

// The networks are listed to who has one and asks the bouncer by a line.
func TestBouncerNetworksByRawLine(t *testing.T) {
	_, tr := soju(t)
	l := live(t, tr, choosing("oftc"))
	await[transports.Online](l)
	at := transports.Address{Kind: transports.Network, Scope: irctest.Host}
	if _, err := l.Send(t.Context(), transports.Message{Chat: at, Text: "BOUNCER LISTNETWORKS"}); err != nil {
		t.Fatal(err)
	}
	for {
		if m := await[transports.Received](l).Message; m.Chat == at && strings.Contains(m.Text, "Libera") {
			break
		}
	}
}
