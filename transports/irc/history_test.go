package irc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

const pastCaps = allCaps + " draft/chathistory draft/event-playback"

// remember runs a session that a script lets in, with what an earlier one saved;
// saves has all it saves.
func remember(t *testing.T, saved transports.Saved) (*life, *irctest.Conn, chan transports.Save) {
	t.Helper()
	server := irctest.Listen(t)
	account := transports.Account{Key: "alice", Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}}
	session, err := plainly(server).Open(account, saved)
	if err != nil {
		t.Fatal(err)
	}
	saves := make(chan transports.Save, 100)
	l := run(t, session, func(b transports.Batch) {
		for _, save := range b.Saves {
			saves <- save
		}
	})
	conn := server.Accept()
	admit(conn, pastCaps, "CHATHISTORY=40")
	next[transports.Online](l)
	next[transports.Able](l)
	return l, conn, saves
}

// label returns the label of a line, and the line behind its tags.
func label(line string) (label, rest string) {
	tags, rest, _ := strings.Cut(strings.TrimPrefix(line, "@"), " ")
	return strings.TrimPrefix(tags, "label="), rest
}

// What was said before comes after the channel and before what is said now, and
// nothing of it twice.
func TestPastOfChannel(t *testing.T) {
	alice, conn, saves := remember(t, transports.Saved{"history/#room": []byte("2026-01-02T03:04:05.678Z"), "history": []byte("soon")})
	if s := <-saves; s.Name != "history" || s.Value == nil {
		t.Errorf("saved %+v", s)
	}
	letIn(alice, conn, "bob!b@h")
	tag, ask := label(conn.Next())
	if ask != "CHATHISTORY AFTER #room timestamp=2026-01-02T03:04:05.677Z 40" {
		t.Errorf("the client asks %q", ask)
	}
	conn.Send(
		"@msgid=m3;time=2026-01-02T04:00:03.000Z;account=bobby :bob!b@h PRIVMSG #room :now",
		"@msgid=m4;time=2026-01-02T04:00:04.000Z;account=bobby :bob!b@h PRIVMSG #room :and now",
		"@label="+tag+" :irc.test BATCH +h chathistory #room",
		"@batch=h;time=2026-01-02T04:00:00.000Z :carol!c@h JOIN #room", "@batch=h :bob!b@h PART #room", "@batch=h :alice!a@h PART #room",
		"@batch=h;msgid=m1;time=2026-01-02T04:00:01.000Z :carol!c@h PRIVMSG #room :first",
		"@batch=h;msgid=m2;time=2026-01-02T04:00:02.000Z :bob!b@h BATCH +l draft/multiline #room",
		"@batch=l :bob!b@h PRIVMSG #room :two", "@batch=l :bob!b@h PRIVMSG #room :lines", "@batch=h BATCH -l",
		"@batch=h;msgid=m3;time=2026-01-02T04:00:03.000Z :bob!b@h PRIVMSG #room :now",
		"@batch=h;msgid=m5;time=2026-01-02T04:00:03.500Z :alice!a@h PRIVMSG #room :mine",
		"BATCH -h",
	)
	next[transports.Changed](alice) // bob's account
	for _, want := range []transports.Message{
		{ID: "m1", Text: "first", Key: "c@h"}, {ID: "m2", Text: "two\nlines", Key: "b@h"}, {ID: "m3", Text: "now", Key: "b@h"},
		{ID: "m5", Text: "mine", Own: true, Key: "a@h"}, {ID: "m4", Text: "and now", Key: "bobby"},
	} {
		m := next[transports.Received](alice).Message
		if m.ID != want.ID || m.Text != want.Text || m.Own != want.Own || m.Key != want.Key || !m.Delayed || m.Time.IsZero() {
			t.Errorf("received %+v, want %+v", m, want)
		}
	}
	if s := <-saves; s.Name != "history/#room" || string(s.Value) != "2026-01-02T04:00:04.000Z" {
		t.Errorf("saved %q %q", s.Name, s.Value)
	}
	for range 10 {
		conn.Send("@time=2026-01-02T04:01:00.000Z;account=bobby :bob!b@h PRIVMSG #room :more")
		next[transports.Received](alice)
	}
	if len(saves) > 0 {
		t.Errorf("saved %+v within a minute", <-saves)
	}
	left := make(chan error, 1)
	go func() { left <- alice.Leave(t.Context(), channel("#room"), "") }()
	conn.Expect("PART #room")
	fence := strings.TrimPrefix(conn.Expect("PING *"), "PING ")
	conn.Send(":alice!a@h PART #room", ":irc.test PONG irc.test "+fence)
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	if s := <-saves; s.Name != "history/#room" || s.Value != nil {
		t.Errorf("saved %+v, want nothing kept", s)
	}
}

// What one says oneself while the past is fetched stands where the network shows
// it: behind what others said before, and where the past has it.
func TestEchoWhileThePastComes(t *testing.T) {
	for name, past := range map[string][]string{
		"not in the past": {"@batch=h;msgid=m1;time=2026-01-02T04:00:01.000Z :bob!b@h PRIVMSG #room :first"},
		"in the past": {
			"@batch=h;msgid=m1;time=2026-01-02T04:00:01.000Z :bob!b@h PRIVMSG #room :first",
			"@batch=h;msgid=m2;time=2026-01-02T04:00:02.000Z :bob!b@h PRIVMSG #room :live",
			"@batch=h;msgid=m3;time=2026-01-02T04:00:03.000Z :alice!a@h PRIVMSG #room :mine",
			"@batch=h;msgid=m4;time=2026-01-02T04:00:04.000Z :bob!b@h PRIVMSG #room :last",
		},
	} {
		t.Run(name, func(t *testing.T) {
			alice, conn, _ := remember(t, nil)
			letIn(alice, conn, "bob!b@h")
			tag, _ := label(conn.Next())
			sent := make(chan error, 1)
			go func() {
				_, err := alice.Send(t.Context(), transports.Message{Chat: channel("#room"), Text: "mine"})
				sent <- err
			}()
			said, _ := label(conn.Next())
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			conn.Send(
				"@msgid=m2;time=2026-01-02T04:00:02.000Z :bob!b@h PRIVMSG #room :live",
				"@label="+said+";msgid=m3;time=2026-01-02T04:00:03.000Z :alice!a@h PRIVMSG #room :mine",
				"@msgid=m4;time=2026-01-02T04:00:04.000Z :bob!b@h PRIVMSG #room :last",
				"@label="+tag+" :irc.test BATCH +h chathistory #room")
			conn.Send(append(past, "BATCH -h")...)
			var got []string
			for len(got) < 4 {
				switch ev := (<-alice.events).(type) {
				case transports.Received:
					got = append(got, ev.Message.ID)
				case transports.Status:
					got = append(got, ev.As)
				}
			}
			if want := []string{"m1", "m2", "m3", "m4"}; !slices.Equal(got, want) {
				t.Errorf("in the order %q, want %q", got, want)
			}
		})
	}
}

// A network that has nothing to give, or refuses, holds nothing up.
func TestPastRefused(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing": "@label=%:irc.test BATCH +h chathistory #room\r\nBATCH -h",
		"refused": "@label=%FAIL CHATHISTORY INVALID_TARGET LATEST #room :No",
		"unknown": "@label=%:irc.test 421 alice CHATHISTORY :What?",
		"empty":   "@label=%:irc.test ACK",
	} {
		t.Run(name, func(t *testing.T) {
			alice, conn, _ := remember(t, nil)
			letIn(alice, conn, "bob!b@h")
			tag, ask := label(conn.Next())
			if ask != "CHATHISTORY LATEST #room * 40" {
				t.Errorf("the client asks %q", ask)
			}
			conn.Send(":bob!b@h PRIVMSG #room :hi", strings.Replace(answer, "%", tag+" ", 1))
			if m := next[transports.Received](alice).Message; m.Text != "hi" || m.Delayed {
				t.Errorf("received %+v", m)
			}
		})
	}
}

// Who wrote meanwhile is asked for, then what they wrote.
func TestPastOfPeople(t *testing.T) {
	alice, conn, saves := remember(t, transports.Saved{"history": []byte("2026-01-02T03:04:05.678Z")})
	tag, ask := label(conn.Next())
	if !strings.HasPrefix(ask, "CHATHISTORY TARGETS timestamp=2026-01-02T03:04:05.677Z timestamp=") || !strings.HasSuffix(ask, " 50") {
		t.Errorf("the client asks %q", ask)
	}
	conn.Send("@label="+tag+" :irc.test BATCH +t draft/chathistory-targets", "@batch=t :irc.test CHATHISTORY TARGETS #room 2026-01-03T00:00:00.000Z",
		"@batch=t :irc.test CHATHISTORY TARGETS bob 2026-01-03T00:00:00.000Z", "@batch=t :irc.test CHATHISTORY TARGETS carol 2026-01-03T00:00:00.000Z", "BATCH -t")
	for _, who := range []string{"bob", "carol"} {
		tag, ask = label(conn.Next())
		if ask != "CHATHISTORY AFTER "+who+" timestamp=2026-01-02T03:04:05.677Z 40" {
			t.Errorf("the client asks %q", ask)
		}
		if len(saves) > 0 {
			t.Errorf("saved %+v too early", <-saves)
		}
		conn.Send("@label="+tag+" :irc.test BATCH +h chathistory "+who,
			"@batch=h;time=2026-01-02T04:00:01.000Z;msgid=1"+who+" :"+who+"!b@h PRIVMSG alice :hi",
			"@batch=h;time=2026-01-02T04:00:02.000Z;msgid=2"+who+" :alice!a@h PRIVMSG "+who+" :hi yourself", "BATCH -h")
		for _, own := range []bool{false, true} {
			if m := next[transports.Received](alice).Message; m.Chat != nick(who) || m.Own != own || !m.Delayed {
				t.Errorf("received %+v", m)
			}
		}
	}
	if s := <-saves; s.Name != "history" || s.Value == nil {
		t.Errorf("saved %+v", s)
	}
}

// What is fetched is asked for at the pace of the network.
func TestPastIsPaced(t *testing.T) {
	alice, conn, _ := remember(t, nil)
	letIn(alice, conn)
	tag, _ := label(conn.Next())
	conn.Send(":alice!a@h JOIN #b", ":irc.test 366 alice #b :End")
	conn.Expect("MODE *")
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier") // and no second question
	conn.Send("@label=" + tag + " :irc.test ACK")
	if _, ask := label(conn.Next()); ask != "CHATHISTORY LATEST #b * 40" {
		t.Errorf("the client asks %q", ask)
	}
}

// More than a page is fetched page by page, and where that is too much the last
// of it, with a word on what is missing. Nothing comes twice, with ids or
// without.
func TestPastInPages(t *testing.T) {
	alice, conn, _ := remember(t, transports.Saved{"history/#room": []byte("2026-01-02T00:00:00.000Z")})
	letIn(alice, conn, "bob!b@h")
	begin := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	stamp := func(i int) string {
		return begin.Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05.000Z")
	}
	page := func(ask string, first, last int) {
		t.Helper()
		tag, got := label(conn.Next())
		if got != ask {
			t.Fatalf("the client asks %q, want %q", got, ask)
		}
		lines := []string{"@label=" + tag + " :irc.test BATCH +h chathistory #room"}
		for i := first; i <= last; i++ {
			id := fmt.Sprintf(";msgid=m%d", i)
			if i%2 == 0 {
				id = ""
			}
			lines = append(lines, fmt.Sprintf("@batch=h;time=%s%s :bob!b@h PRIVMSG #room :line %d", stamp(i), id, i))
		}
		conn.Send(append(lines, "BATCH -h")...)
	}
	before := func(i int) string {
		return "timestamp=" + begin.Add(time.Duration(i)*time.Second-time.Millisecond).Format("2006-01-02T15:04:05.000Z")
	}
	page("CHATHISTORY AFTER #room "+before(0)+" 40", 1, 40)
	last := 40
	for range 12 { // each page has the last line of the one before
		page("CHATHISTORY AFTER #room "+before(last)+" 40", last, last+39)
		last += 39
	}
	page("CHATHISTORY LATEST #room "+before(last)+" 40", 900, 939)
	for i := 1; i <= last; i++ {
		if m := next[transports.Received](alice).Message; m.Text != fmt.Sprint("line ", i) {
			t.Fatalf("received %q, want line %d", m.Text, i)
		}
	}
	if told := next[transports.Told](alice); told.Chat != channel("#room") || !slices.Contains(told.Text.Args, "2026-01-02 00:15 UTC") {
		t.Errorf("told %+v", told)
	}
	for i := 900; i < 940; i++ {
		if m := next[transports.Received](alice).Message; m.Text != fmt.Sprint("line ", i) {
			t.Fatalf("received %q, want line %d", m.Text, i)
		}
	}
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier") // and no other question
}

// A message without an id that was handed on does not come again with the next
// connection.
func TestPastWithoutIDs(t *testing.T) {
	server := irctest.Listen(t)
	account := transports.Account{Key: "alice", Scope: irctest.Host, Settings: transports.Settings{"nick": "alice"}}
	session, err := plainly(server).Open(account, transports.Saved{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	connect := func() (*life, *irctest.Conn) {
		l := run(t, session, func(transports.Batch) {})
		conn := server.Accept()
		admit(conn, pastCaps, "CHATHISTORY=40")
		next[transports.Online](l)
		next[transports.Able](l)
		return l, conn
	}
	alice, conn := connect()
	said := ":bob!b@h PRIVMSG alice :hello *there*"
	conn.Send("@time=" + at + " " + said)
	if m := next[transports.Received](alice).Message; m.Text == "" {
		t.Errorf("received %+v", m)
	}
	_ = conn.Close()
	_ = alice.end()
	alice, conn = connect()
	tag, _ := label(conn.Next())
	conn.Send("@label="+tag+" :irc.test BATCH +t draft/chathistory-targets", "@batch=t :irc.test CHATHISTORY TARGETS bob "+at, "BATCH -t")
	tag, _ = label(conn.Next())
	conn.Send("@label="+tag+" :irc.test BATCH +h chathistory bob", "@batch=h;time="+at+" "+said, "@batch=h;time="+at+" :bob!b@h PRIVMSG alice :and more", "BATCH -h")
	if m := next[transports.Received](alice).Message; m.Text != "and more" {
		t.Errorf("received %+v", m)
	}
}
