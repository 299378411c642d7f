package irc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/transports"
)

// A message tells who said it and what it answers; one to a part of a channel
// says so.
func TestMessageTags(t *testing.T) {
	alice, conn := modern(t, allCaps, "STATUSMSG=@+")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	conn.Send(
		"@msgid=m1;account=bobby;+draft/reply=m0;bot :bob!b@h PRIVMSG #room :hi",
		"@+reply=m1 :bob!b@h PRIVMSG @#room :ops only",
	)
	for _, want := range []transports.Message{
		{ID: "m1", Chat: channel("#room"), Nick: "bob", Key: "bobby", Text: "hi", ReplyTo: "m0", Bot: true, Markup: true},
		{Chat: channel("#room"), Nick: "bob", Key: "b@h", Text: "ops only", ReplyTo: "m1", Apart: true, To: "@", Markup: true},
	} {
		if o := next[transports.Changed](alice).Occupants[0]; o.Key != want.Key || !o.Bot {
			t.Errorf("known as %+v", o)
		}
		got := next[transports.Received](alice).Message
		want.Markup = got.Markup
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// What a batch tells of the past changes nobody's being there; servers that lost
// each other are told as that.
func TestBatches(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob", "carol")
	conn.Send(
		":irc.test BATCH +h chathistory #room",
		"@batch=h :dave!d@h JOIN #room", "@batch=h :bob!b@h PART #room", "@batch=h :bob!b@h KICK #room alice", "@batch=h :bob!b@h MODE #room +m",
		"@batch=h;time=2020-01-02T03:04:05.678Z :dave!d@h PRIVMSG #room :long ago",
		"@batch=h;+draft/reply=m;+draft/react=x :dave!d@h TAGMSG #room",
		":irc.test BATCH -h",
		":irc.test BATCH +s netsplit a.b c.d",
		"@batch=s :bob!b@h QUIT :lost it", "@batch=s :carol!c@h QUIT :lost it",
		":irc.test BATCH -s",
	)
	if m := next[transports.Received](alice).Message; m.Text != "long ago" || !m.Delayed {
		t.Errorf("told %+v", m)
	}
	if r := next[transports.Reacted](alice); r.To != "m" {
		t.Errorf("told %+v", r)
	}
	left := next[transports.Left](alice)
	if left.How != transports.Split || len(left.Nicks) != 2 {
		t.Errorf("left %+v", left)
	}
	for range 100 { // without an end
		conn.Send(":irc.test BATCH +" + strings.Repeat("x", 100) + " netsplit")
	}
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier")
}

// A net split of many channels is one event for each of them, and so is its end,
// however the lines arrive.
func TestSplitOfManyChannels(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob!b@h", "carol!c@h", "dave!d@h")
	conn.Send(":alice!a@h JOIN #b", ":irc.test 353 alice = #b :alice bob carol dave", ":irc.test 366 alice #b :End")
	conn.Expect("MODE #b")
	next[transports.Joined](alice)
	conn.Send(":irc.test BATCH +s netsplit a.b c.d", "@batch=s :bob!b@h QUIT :a.b c.d")
	conn.Send("@batch=s :carol!c@h QUIT :a.b c.d", ":dave!d@h PRIVMSG #room :still here")
	if m := next[transports.Received](alice).Message; m.Text != "still here" {
		t.Errorf("received %+v", m)
	}
	conn.Send("BATCH -s", ":irc.test BATCH +j netjoin a.b c.d",
		"@batch=j :bob!b@h JOIN #room", "@batch=j :bob!b@h JOIN #b", "@batch=j :carol!c@h JOIN #room", "@batch=j :carol!c@h JOIN #b", "BATCH -j")
	for range 2 {
		if left := next[transports.Left](alice); left.How != transports.Split || len(left.Nicks) != 2 {
			t.Errorf("left %+v", left)
		}
	}
	for range 2 {
		if entered := next[transports.Entered](alice); len(entered.Occupants) != 2 {
			t.Errorf("entered %+v", entered)
		}
	}
}
