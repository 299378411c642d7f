package irc_test

import (
	"strings"
	"testing"

	"wherry/transports"
)

const linesCaps = allCaps + " draft/multiline=max-bytes=4096,max-lines=5"

// Several lines go out as one message, and come back as one.
func TestMultilineOut(t *testing.T) {
	alice, conn := modern(t, linesCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	m := transports.Message{Chat: channel("#room"), Text: "one\n\n*two*\n" + strings.Repeat("x", 400), Markup: true, ReplyTo: "m0"}
	parts := alice.Split(m)
	if len(parts) != 1 || parts[0].Text != m.Text || !parts[0].Markup {
		t.Fatalf("Split = %+v", parts)
	}
	sent, err := alice.Send(t.Context(), parts[0])
	if err != nil || len(sent.IDs) != 1 || !sent.Echoes {
		t.Fatalf("Send = %+v, %v", sent, err)
	}
	head := conn.Next()
	ref := strings.TrimPrefix(strings.Fields(head)[2], "+")
	if want := "@label=" + sent.IDs[0] + ";+draft/reply=m0 BATCH +" + ref + " draft/multiline #room"; head != want {
		t.Errorf("the client says %q, want %q", head, want)
	}
	for _, want := range []string{
		"@batch=" + ref + " PRIVMSG #room one", "@batch=" + ref + " PRIVMSG #room :", "@batch=" + ref + " PRIVMSG #room \x02two\x02",
	} {
		wantLine(t, conn, want)
	}
	first, second := conn.Next(), conn.Next()
	if !strings.HasPrefix(second, "@batch="+ref+";draft/multiline-concat PRIVMSG #room x") || len(first)+len(second) < 400 {
		t.Errorf("a long line is %q and %q", first, second)
	}
	wantLine(t, conn, "BATCH -"+ref)
	conn.Send("@label="+sent.IDs[0]+";msgid=m1 :alice!a@h BATCH +e draft/multiline #room",
		"@batch=e :alice!a@h PRIVMSG #room one", "@batch=e :alice!a@h PRIVMSG #room :", "@batch=e :alice!a@h PRIVMSG #room :two", "BATCH -e")
	if st := next[transports.Status](alice); st.ID != sent.IDs[0] || st.As != "m1" || st.State != transports.Echoed {
		t.Errorf("told %+v", st)
	}
	parts = alice.Split(transports.Message{Chat: channel("#room"), Text: strings.Repeat("line\n", 11)})
	if len(parts) != 3 || parts[2].Text != "line" {
		t.Errorf("eleven lines are %d parts", len(parts))
	}
	if parts := alice.Split(transports.Message{Chat: channel("#room"), Text: "a\nb", Style: transports.Act}); len(parts) != 2 {
		t.Errorf("an action is %+v", parts)
	}
}

// Without labels the echo of several lines is known by what they say; what is
// refused fails as a whole.
func TestMultilineEchoes(t *testing.T) {
	alice, conn := modern(t, "batch message-tags echo-message draft/multiline=max-bytes=1000", "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	sent, err := alice.Send(t.Context(), transports.Message{Chat: channel("#room"), Text: "one\ntwo"})
	if err != nil {
		t.Fatal(err)
	}
	conn.Expect("BATCH +* draft[/]multiline #room")
	for range 3 {
		conn.Next()
	}
	conn.Send("@msgid=m1 :alice!a@h BATCH +e draft/multiline #room", "@batch=e :alice!a@h PRIVMSG #room one", "@batch=e :alice!a@h PRIVMSG #room two", "BATCH -e")
	if st := next[transports.Status](alice); st.ID != sent.IDs[0] || st.As != "m1" {
		t.Errorf("told %+v", st)
	}
}

func TestMultilineIn(t *testing.T) {
	alice, conn := modern(t, linesCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob!b@h")
	conn.Send(
		"@msgid=m1;+draft/reply=m0 :bob!b@h BATCH +1 draft/multiline #room",
		"@batch=1 :bob!b@h PRIVMSG #room :alice: two",
		":bob!b@h PRIVMSG #room :between",
		"@batch=1;draft/multiline-concat :bob!b@h PRIVMSG #room : words",
		"@batch=1 :bob!b@h PRIVMSG #room :", "@batch=1 :bob!b@h NOTICE #room :no part of it",
		"@batch=1 :bob!b@h PRIVMSG #room :\x02bold\x02",
		"BATCH -1",
		":bob!b@h BATCH +2 draft/multiline #room", "@batch=2 :bob!b@h PRIVMSG #room :*star*", "@batch=2 :bob!b@h PRIVMSG #room :\x02bold\x02", "BATCH -2",
	)
	if m := next[transports.Received](alice).Message; m.Text != "between" {
		t.Errorf("received %+v", m)
	}
	m := next[transports.Received](alice).Message
	if m.Text != "alice: two words\n\n*bold*" || !m.Markup || m.ID != "m1" || m.ReplyTo != "m0" || m.Key != "b@h" {
		t.Errorf("received %+v", m)
	}
	if m := next[transports.Received](alice).Message; m.Text != "*star*\nbold" || m.Markup {
		t.Errorf("received %+v", m)
	}
}

// A network that takes no message of several lines gets them one by one, also
// where one was cut for another connection.
func TestLinesOneByOne(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob")
	sent, err := alice.Send(t.Context(), transports.Message{Chat: channel("#room"), Text: "one\n\ntwo"})
	if err != nil || len(sent.IDs) != 2 {
		t.Errorf("Send = %+v, %v", sent, err)
	}
	wantLine(t, conn, "PRIVMSG #room one")
	wantLine(t, conn, "PRIVMSG #room two")
}
