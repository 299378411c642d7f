package ircv3test_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports/irc/ircv3test"
)

// What tests are told of clients, and what they can do to them.
func TestControl(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{MOTD: []string{"hello"}})
	w := dial(t, n)
	w.send("CAP LS 302", "NICK alice", "USER a 0 * :A", "CAP END", "JOIN #room", "PRIVMSG #room :one", "PRIVMSG #room :two")
	if line := n.Await("alice", "CAP LS *"); line != "CAP LS 302" {
		t.Errorf("from before the nick: %q", line)
	}
	n.Await("alice", "PRIVMSG #room :*")
	if line := n.Await("alice", "PRIVMSG #room :*"); line != "PRIVMSG #room :two" {
		t.Errorf("each line is awaited once: %q", line)
	}
	if got := n.Members("#room"); !slices.Equal(got, []string{"@alice"}) {
		t.Errorf("handled before it is awaited: %q", got)
	}
	if got := n.Received("alice"); len(got) != 7 || got[6] != "PRIVMSG #room :two" {
		t.Errorf("received: %q", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.Wait(ctx, "alice", ircv3test.Like("NEVER")); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
	w.until("*:- hello")
	w.until("* 366 *")
	n.Topic("#room", "new")
	w.expect(":irc.test TOPIC #room :new")
	n.Tell("alice", ":any!thing@at.all FOO x")
	w.expect(":any!thing@at.all FOO x")
	start := time.Now()
	n.Lag(50 * time.Millisecond)
	w.send("PING x")
	w.expect(":irc.test PONG irc.test :x")
	if time.Since(start) < 50*time.Millisecond {
		t.Error("the answer is not late")
	}
	n.Lag(0)
	bob := n.Puppet("bob")
	bob.Join("#room")
	w.until("*bob*JOIN*")
	if n.Drop("bob") || n.Drop("nobody") {
		t.Error("a puppet has no connection to drop")
	}
	if !n.Drop("alice") {
		t.Error("alice is not dropped")
	}
	w.closed()
	n.AwaitTold(bob, "*:alice!* QUIT :Connection closed")
	w = login2(t, n, "alice")
	n.DropAll()
	w.closed()
	if n.Dials() != 2 {
		t.Errorf("%d dials", n.Dials())
	}
}

// login2 logs in where there is a message of the day.
func login2(t *testing.T, n *ircv3test.Network, nick string) *wire {
	t.Helper()
	w := dial(t, n)
	w.send("NICK "+nick, "USER x 0 * :X")
	w.until("* 376 *")
	return w
}

// Many at once, with puppets and a server that closes among them.
func TestCrowd(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	var all sync.WaitGroup
	for i := range 8 {
		nick := fmt.Sprintf("user%d", i)
		w := login(t, n, nick, modern)
		all.Go(func() {
			w.send("JOIN #room")
			for j := range 50 {
				w.send(fmt.Sprintf("@label=%d PRIVMSG #room :%d", j, j))
			}
			for seen := 0; seen < 50; {
				if line := w.next(); strings.HasPrefix(line, fmt.Sprintf("@label=%d;", seen)) && strings.HasSuffix(line, fmt.Sprintf(":%d", seen)) {
					seen++
				}
			}
			w.send("QUIT")
			w.closed()
		})
		all.Go(func() {
			p := n.Puppet(nick + "p")
			p.Join("#room")
			for range 20 {
				p.React("#room", p.Say("#room", "hi"), "x")
			}
			p.Quit("")
		})
	}
	all.Wait()
	for i := range 8 {
		n.Await(fmt.Sprintf("user%d", i), "QUIT")
	}
}
