package ircv3test_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

// capability-negotiation: "CAP LS Version", "Multiline replies to CAP LS".
func TestCapLS(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{STS: "duration=300"})
	w := dial(t, n)
	w.send("CAP LS 302")
	var all []string
	for more := true; more; {
		line := w.next()
		if len(line) > 510 {
			t.Errorf("%d bytes in one line", len(line))
		}
		rest := strings.TrimPrefix(line, ":irc.test CAP * LS ")
		rest, more = strings.CutPrefix(rest, "* ")
		all = append(all, strings.Fields(strings.TrimPrefix(rest, ":"))...)
	}
	for _, want := range []string{"sasl=PLAIN,EXTERNAL,SCRAM-SHA-256", "draft/multiline=max-bytes=4096,max-lines=24", "sts=duration=300", "message-tags", "draft/chathistory"} {
		if !slices.Contains(all, want) {
			t.Errorf("%q is not offered: %q", want, all)
		}
	}
	if slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, "soju.im/") }) {
		t.Error("a server without networks is a bouncer")
	}
	w.send("CAP LS")
	if line := w.next(); strings.Contains(line, "=") || len(line) > 510 {
		t.Errorf("without a version: %q", line)
	}
	w.send("CAP LIST", "CAP FOO")
	w.expect(":irc.test CAP * LIST :cap-notify", ":irc.test 410 * FOO :Invalid CAP command")
}

// capability-negotiation: "The CAP REQ subcommand", "The CAP NAK subcommand".
func TestCapREQ(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Caps: []string{"batch", "cap-notify", "server-time", "sts=port=6697", "sasl=PLAIN"}})
	w := dial(t, n)
	w.send("CAP LS 302")
	w.expect(":irc.test CAP * LS :batch cap-notify server-time sts=port=6697 sasl=PLAIN")
	w.send("NICK alice", "USER a 0 * :A", "CAP REQ :batch no-such-cap")
	w.expect(":irc.test CAP alice NAK :batch no-such-cap") // and registration waits
	w.send("CAP REQ sts", "CAP REQ :-cap-notify", "CAP REQ :batch", "CAP REQ :-batch")
	w.expect(":irc.test CAP alice NAK :sts", ":irc.test CAP alice NAK :-cap-notify", ":irc.test CAP alice ACK :batch", ":irc.test CAP alice ACK :-batch")
	w.send("CAP REQ :server-time")
	// server-time: no time before the ACK.
	w.expect(":irc.test CAP alice ACK :server-time")
	w.send("CAP END")
	w.expect("@time=<year>-*T*Z :irc.test 001 alice :Welcome*")
}

// capability-negotiation: "The CAP ACK subcommand": an answer that is too long
// for a line takes several.
func TestLongACK(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("a.test/%02d", i))
	}
	n := ircv3test.Start(t, ircv3test.Config{Caps: names})
	w := dial(t, n)
	list := strings.Join(names, " ")
	for _, verb := range []string{"ACK", "NAK"} {
		w.send("CAP REQ :" + list)
		prefix := ":irc.test CAP * " + verb + " :"
		first, second := w.next(), w.next()
		if len(first) > 510 || strings.TrimPrefix(first, prefix)+" "+strings.TrimPrefix(second, prefix) != list {
			t.Errorf("the server says %q, then %q", first, second)
		}
		n.RemoveCap(names[0])
	}
}

// capability-negotiation: "The CAP NEW subcommand", "cap-notify".
func TestCapNotify(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Caps: []string{"cap-notify", "away-notify"}})
	modern := login(t, n, "modern", "away-notify")
	old := dial(t, n)
	old.send("NICK old", "USER o 0 * :O")
	old.until("*422*")
	asked := dial(t, n)
	asked.send("CAP REQ cap-notify", "NICK asked", "USER o 0 * :O", "CAP END")
	asked.until("*422*")
	n.AddCap("sasl=PLAIN")
	modern.expect(":irc.test CAP modern NEW :sasl=PLAIN")
	asked.expect(":irc.test CAP asked NEW :sasl")
	n.RemoveCap("away-notify")
	modern.expect(":irc.test CAP modern DEL :away-notify")
	asked.expect(":irc.test CAP asked DEL :away-notify")
	old.quiet()
	if got := n.Enabled("modern"); !slices.Equal(got, []string{"cap-notify"}) {
		t.Errorf("still enabled: %q", got)
	}
	modern.send("CAP REQ away-notify")
	modern.expect(":irc.test CAP modern NAK :away-notify")
}

// A password, a nick that is taken, 005, and a network of its own.
func TestRegistration(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Password: "open", TagDeny: "*,-typing", UTF8Only: true, CaseMapping: "ascii", Tokens: []string{"NICKLEN=9", "-WHOX", "ELIST=U"}})
	w := dial(t, n)
	w.send("NICK alice", "JOIN #x", "USER a 0 * :A")
	w.expect(":irc.test 451 alice :You have not registered", ":irc.test 464 alice :Password incorrect", "ERROR :Closing link: bad password")
	w.closed()
	n.Puppet("bob")
	w = dial(t, n)
	w.send("PASS open", "NICK BOB", "NICK 1x", "NICK :", "NICK alice", "USER a 0 * :A")
	w.expect(":irc.test 433 * BOB :*", ":irc.test 432 * 1x :*", ":irc.test 431 * :*", ":irc.test 001 alice :*", ":irc.test 002 *", ":irc.test 003 *", ":irc.test 004 alice irc.test *")
	tokens := w.next() + " " + w.next() + " " + w.next()
	for _, want := range []string{
		" CHANTYPES=#& ", " PREFIX=(qaohv)~&@%+ ", " STATUSMSG=~&@%+ ", " CHANMODES=beI,k,l,imnpst ", " CASEMAPPING=ascii ", " NETWORK=TestNet ",
		" CLIENTTAGDENY=*,-typing ", " CHATHISTORY=100 ", " MSGREFTYPES=msgid,timestamp ", " UTF8ONLY ", " BOT=B ", " MONITOR=100 ", " NICKLEN=9 ", " ELIST=U ", " SAFELIST ",
	} {
		if !strings.Contains(tokens, want) {
			t.Errorf("005 has no %q", want)
		}
	}
	if strings.Contains(tokens, "WHOX") || strings.Contains(tokens, "NICKLEN=30") {
		t.Errorf("005 keeps what was replaced: %q", tokens)
	}
	w.expect(":irc.test 422 alice :*")
	w.send("PASS x", "USER a b c d", "FOO", "JOIN")
	w.expect(":irc.test 462 *", ":irc.test 462 *", ":irc.test 421 alice FOO :*", ":irc.test 461 alice JOIN :*")
	// utf8-only: "The INVALID_UTF8 standard replies code".
	w.send("PRIVMSG bob :\xff")
	w.expect(":irc.test FAIL PRIVMSG INVALID_UTF8 :*")
	w.send("QUIT :bye")
	w.expect("ERROR :Closing link: Quit: bye")
	w.closed()
}

// message-tags "Size limit": 4094 bytes of tags and 512 of the rest.
func TestLimits(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w := login(t, n, "alice", "message-tags echo-message")
	value := strings.Repeat("x", 4094-len("+a="))
	w.send("@+a=" + value + " PRIVMSG alice :" + strings.Repeat("y", 512-2-len("PRIVMSG alice :")))
	line := w.next()
	if !strings.Contains(line, ";+a="+value+" ") {
		t.Errorf("the longest tag is lost: %d bytes", len(line))
	}
	if _, rest, _ := strings.Cut(line, " "); len(rest) != 510 {
		t.Errorf("the rest of the line has %d bytes, want 510 with the end cut off", len(rest))
	}
	w.next() // the echo
	w.send("@+a=" + value + "z PRIVMSG alice :x")
	w.expect(":irc.test 417 alice :Input line was too long")
	w.send(strings.Repeat("y", 511))
	w.expect(":irc.test 417 alice :*")
	w.send(strings.Repeat("z", 1<<16))
	w.expect(":irc.test 417 alice :*")
	w.quiet()
}

// message-tags "RPL_ISUPPORT Tokens": denied tags are dropped, and a TAGMSG of
// nothing else.
func TestTagDeny(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{TagDeny: "*,-a"})
	w := login(t, n, "alice", "message-tags echo-message")
	bob := n.Puppet("bob")
	w.send("@+a=1;+b=2 PRIVMSG bob :x", "@+b=2 TAGMSG bob", "@+a=3 TAGMSG bob")
	w.expect("@msgid=*;+a=1 :alice!alice@client.test PRIVMSG bob :x", "@msgid=*;+a=3 :alice!alice@client.test TAGMSG bob")
	n.AwaitTold(bob, "*;+a=1 :* PRIVMSG bob :x")
	n.AwaitTold(bob, "*;+a=3 :* TAGMSG bob")
	// "The TAGMSG tag-only message": only with message-tags.
	plain := login(t, n, "plain", "echo-message")
	plain.send("@+a=1 TAGMSG bob", "@+a=1 PRIVMSG bob :hi")
	plain.expect(":irc.test 421 plain TAGMSG :Unknown command", ":plain!plain@client.test PRIVMSG bob :hi")
	if line := n.AwaitTold(bob, "*:plain!* PRIVMSG bob :hi"); strings.Contains(line, "+a") {
		t.Errorf("tags of who has none: %q", line)
	}
	bob.Do("@+a=2 TAGMSG plain")
	plain.quiet()
}
