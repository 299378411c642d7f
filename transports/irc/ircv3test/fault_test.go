package ircv3test_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

// Answers that wait, and answers that a test gives.
func TestFaults(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w := login(t, n, "alice", "batch labeled-response message-tags echo-message")
	n.Hold("alice")
	w.send("@label=1 PRIVMSG alice :x", "PING a")
	n.Await("alice", "PING a")
	n.Tell("alice", "LAST")
	n.Release("alice")
	w.expect("@msgid=<i> *:x", "@label=1;msgid=<i> *:x", ":irc.test PONG *", "LAST")
	n.Intercept("privmsg", func(nick, line string) []string {
		if strings.HasSuffix(line, ":lost") {
			return []string{}
		}
		if strings.HasSuffix(line, ":bad") {
			return []string{"@label=2 :irc.test FAIL PRIVMSG ODD " + nick + " :No"}
		}
		return nil
	})
	w.send("@label=2 PRIVMSG alice :bad", "@label=3 PRIVMSG alice :lost", "@label=4 PRIVMSG alice :good")
	w.expect("@label=2 :irc.test FAIL PRIVMSG ODD alice :No", "@msgid=<i> *:good", "@label=4;msgid=<i> *:good")
	w.send("PRIVMSG alice :lost", "@label=5 PONG")
	w.expect("@label=5 :irc.test ACK")
	n.Intercept("PRIVMSG", nil)
	w.send("PRIVMSG alice :bad")
	w.expect("@msgid=<i> *:bad", "@msgid=<i> *:bad")
}

// What is said in a channel comes in another order, but for what one says.
func TestShuffle(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w := login(t, n, "alice", "")
	w.send("JOIN #room")
	w.until("*366 alice #room *")
	bert, carl := n.Puppet("bert"), n.Puppet("carl")
	bert.Do("JOIN #room")
	carl.Do("JOIN #room")
	n.Shuffle("alice", 1)
	for i := range 50 {
		bert.Do("PRIVMSG #room :bert " + strconv.Itoa(i))
		carl.Do("PRIVMSG #room :carl " + strconv.Itoa(i))
	}
	w.send("PING last")
	next := map[string]int{}
	var order string
	for range 100 {
		line := w.until("* PRIVMSG #room *")
		_, said, _ := strings.Cut(line, "#room :")
		who, number, _ := strings.Cut(said, " ")
		if number != strconv.Itoa(next[who]) {
			t.Errorf("%s out of order, behind %d", said, next[who])
		}
		next[who]++
		order += who[:1]
	}
	w.expect(":irc.test PONG *")
	if order == strings.Repeat("bc", 50) {
		t.Error("the order is as it was")
	}
	n.Shuffle("alice", 0)
	bert.Do("PRIVMSG #room :at once")
	w.expect("* PRIVMSG #room :at once")
}

// sts: the same server with TLS and without.
func TestPlainToo(t *testing.T) {
	t.Parallel()
	n := ircv3test.StartTLS(t, ircv3test.Config{Caps: []string{}}, "irc.test")
	port := n.Plain()
	n.AddCap("sts=port=" + strconv.Itoa(n.Port()) + ",duration=300")
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	want := ":irc.test CAP * LS :sts=port=" + strconv.Itoa(n.Port()) + ",duration=300"
	for _, w := range []*wire{newWire(t, conn), dialTLS(t, n)} {
		w.send("CAP LS 302")
		w.expect(want)
	}
}
