package ircv3test_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports/irc/ircv3test"
)

// ticking is a clock that goes on by one second at every look.
func ticking() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

// page asks for history and returns the texts of its batch.
func (w *wire) page(t *testing.T, command, name string) []string {
	t.Helper()
	w.send(command)
	words := w.expect("* BATCH +<b> chathistory " + name)
	var texts []string
	for {
		line := w.next()
		if strings.HasSuffix(line, " BATCH -"+words["b"]) {
			return texts
		}
		if !strings.Contains(line, "batch="+words["b"]+";") {
			t.Errorf("%q is not of the batch", line)
		}
		texts = append(texts, line[strings.LastIndexByte(line, ' ')+1:])
	}
}

// chathistory: "Subcommands", with both kinds of reference.
func TestHistory(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Now: ticking(), HistoryPage: 5, History: 8})
	w := login(t, n, "alice", "batch server-time message-tags draft/chathistory echo-message")
	bob := n.Puppet("bob")
	bob.Join("#room")
	w.send("JOIN #room")
	w.until("* 366 *")
	ids, times := make([]string, 10), make([]string, 10)
	for i := range 10 {
		ids[i] = bob.Say("#room", fmt.Sprint(i))
		times[i] = w.expect("@time=<t>;* PRIVMSG #room :*")["t"]
	}
	for _, ref := range []func(int) string{
		func(i int) string { return "msgid=" + ids[i] },
		func(i int) string { return "timestamp=" + times[i] },
	} {
		for _, c := range []struct{ command, want string }{
			{"LATEST #room * 3", ":7 :8 :9"},
			{"LATEST #room * 100", ":5 :6 :7 :8 :9"}, // as CHATHISTORY says
			{"LATEST #room " + ref(7) + " 5", ":8 :9"},
			{"LATEST #room " + ref(9) + " 5", ""},
			{"BEFORE #room " + ref(5) + " 2", ":3 :4"},
			{"BEFORE #room " + ref(3) + " 5", ":2"}, // older ones are forgotten
			{"AFTER #room " + ref(5) + " 2", ":6 :7"},
			{"AROUND #room " + ref(5) + " 3", ":4 :5 :6"},
			{"BETWEEN #room " + ref(3) + " " + ref(8) + " 3", ":4 :5 :6"},
			{"BETWEEN #room " + ref(8) + " " + ref(3) + " 3", ":5 :6 :7"},
			{"between #ROOM " + ref(4) + " " + ref(5) + " 3", ""},
		} {
			if got := strings.Join(w.page(t, "CHATHISTORY "+c.command, "#room"), " "); got != c.want {
				t.Errorf("%s: %q, want %q", c.command, got, c.want)
			}
		}
	}
	w.send("CHATHISTORY LATEST #room * 1")
	w.expect("* BATCH +<b> chathistory #room", "@batch=<b>;time="+times[9]+";msgid="+ids[9]+" :bob!puppet@puppet.test PRIVMSG #room :9", "* BATCH -<b>")
	// "Errors and Warnings".
	w.send("CHATHISTORY", "CHATHISTORY FOO #room * 1", "CHATHISTORY LATEST #room *", "CHATHISTORY LATEST #room * 1 2", "CHATHISTORY LATEST #room * 0",
		"CHATHISTORY BEFORE #room * 1", "CHATHISTORY BEFORE #room timestamp=now 1", "CHATHISTORY LATEST #none * 1", "CHATHISTORY LATEST nobody * 1", "CHATHISTORY BEFORE #room msgid=no 1")
	for _, want := range []string{
		"INVALID_PARAMS * :Unknown command", "INVALID_PARAMS FOO :Unknown command", "INVALID_PARAMS LATEST :Insufficient parameters",
		"INVALID_PARAMS LATEST :Too many parameters", "INVALID_PARAMS LATEST 0 :*", "INVALID_PARAMS BEFORE *", "INVALID_PARAMS BEFORE timestamp=now :Invalid timestamp",
		"INVALID_TARGET LATEST #none :*", "INVALID_TARGET LATEST nobody :*", "MESSAGE_ERROR BEFORE #room :*",
	} {
		w.expect("*:irc.test FAIL CHATHISTORY " + want)
	}
	plain := login(t, n, "plain", "")
	plain.send("CHATHISTORY LATEST #room * 1")
	plain.expect(":irc.test 421 plain CHATHISTORY :*")
}

// chathistory: private messages of both sides, TARGETS, and event-playback.
func TestPrivateHistory(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Now: ticking()})
	w := login(t, n, "alice", "batch server-time message-tags draft/chathistory")
	bob := n.Puppet("bob")
	first := bob.Say("alice", "one")
	at := w.expect("@time=<t>;*")["t"]
	w.send("PRIVMSG BOB :two", "PRIVMSG bob :three")
	bob.Join("#room")
	n.AwaitTold(bob, "*:three")
	w.send("JOIN #room")
	w.until("* 366 *")
	bob.Say("#room", "four")
	bob.React("#room", first, "x")
	bob.Type("#room", "active")
	last := ""
	for range 3 {
		last = w.next()
	}
	if got := w.page(t, "CHATHISTORY AFTER bob timestamp="+at+" 10", "bob"); !slices.Equal(got, []string{":two", ":three"}) {
		t.Errorf("private history: %q", got)
	}
	if got := w.page(t, "CHATHISTORY LATEST #room * 10", "#room"); !slices.Equal(got, []string{":four"}) {
		t.Errorf("without event-playback: %q", got)
	}
	w.send("CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 10")
	w.expect("* BATCH +<b> draft/chathistory-targets", "@batch=<b>;* CHATHISTORY TARGETS bob 2026-*Z", "@batch=<b>;* CHATHISTORY TARGETS #room 2026-*Z", "* BATCH -<b>")
	w.send("CHATHISTORY TARGETS timestamp=2027-01-01T00:00:00.000Z timestamp=2026-01-01T00:00:00.000Z 1")
	w.expect("* BATCH +<b> *", "@batch=<b>;* CHATHISTORY TARGETS #room *", "* BATCH -<b>")
	w.send("CAP REQ draft/event-playback")
	w.next()
	w.send("CHATHISTORY LATEST #room * 10")
	w.expect("* BATCH +<b> chathistory #room", "@batch=<b>;* :bob!puppet@puppet.test JOIN #room", "@batch=<b>;* :alice!alice@client.test JOIN #room",
		"@batch=<b>;* PRIVMSG #room :four", "@batch=<b>;*;+draft/react=x :bob!puppet@puppet.test TAGMSG #room", "* BATCH -<b>")
	if !strings.Contains(last, "+typing=active") {
		t.Errorf("typing: %q", last)
	}
}

// message-redaction: "Command", "Errors", "Chat history".
func TestRedact(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Now: ticking(), KeepRedacted: true, RedactWindow: time.Minute})
	w := login(t, n, "alice", "batch message-tags draft/chathistory draft/message-redaction echo-message")
	plain := login(t, n, "plain", "")
	bob := n.Puppet("bob")
	bob.Join("#room")
	for _, c := range []*wire{w, plain} {
		c.send("JOIN #room")
		c.until("* 366 *")
	}
	w.next()
	w.send("PRIVMSG #room :mine")
	mine := w.expect("@msgid=<id> *")["id"]
	its := bob.Say("#room", "its")
	w.next()
	w.send("REDACT #room "+its, "REDACT #room nonsense", "REDACT #none "+its, "REDACT #room "+mine+" :bad example", "REDACT #room "+mine, "REDACT #room")
	w.expect(
		":irc.test FAIL REDACT REDACT_FORBIDDEN #room "+its+" :*", ":irc.test FAIL REDACT UNKNOWN_MSGID #room nonsense :*", ":irc.test FAIL REDACT INVALID_TARGET #none :*",
		":alice!alice@client.test REDACT #room "+mine+" :bad example", ":irc.test FAIL REDACT UNKNOWN_MSGID *", ":irc.test 461 *",
	)
	plain.expect(":alice!*:mine", ":bob!*:its")
	plain.quiet() // MUST not be forwarded to who has not the capability
	bob.Redact("#room", its, "")
	w.expect(":bob!puppet@puppet.test REDACT #room " + its)
	w.send("CHATHISTORY LATEST #room * 5")
	w.expect("* BATCH +<b> *", "@batch=<b>;msgid="+mine+" *", "@batch=<b> :alice!* REDACT #room "+mine+" :bad example", "@batch=<b>;msgid="+its+" *", "@batch=<b> :bob!*", "* BATCH -<b>")
	private := bob.Say("alice", "psst")
	w.next()
	bob.Redact("alice", private, "no")
	w.expect(":bob!puppet@puppet.test REDACT alice " + private + " :no")
	w.send("PRIVMSG #room :old")
	old := w.expect("@msgid=<id> *")["id"]
	for range 70 { // a second each
		bob.Say("bob", "x")
	}
	w.send("REDACT #room " + old)
	w.expect(":irc.test FAIL REDACT REDACT_WINDOW_EXPIRED #room " + old + " 60 :*")
	n.Mode("#room", "+o", "alice")
	w.next()
	w.send("REDACT #room " + bob.Say("#room", "moderated") + " spam")
	w.expect("*:moderated", ":alice!alice@client.test REDACT #room <id> :spam")
}

// read-marker: "Command flows", "Read timestamp notes", "Errors and Warnings".
func TestMarkers(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Accounts: map[string]string{"alice": "x"}})
	w := login(t, n, "alice", "draft/read-marker")
	w.send("JOIN #room")
	w.expect(":alice!*JOIN #room", ":irc.test MARKREAD #room *", ":irc.test 353 *", ":irc.test 366 *")
	const early, late = "timestamp=2026-01-01T00:00:00.000Z", "timestamp=2026-02-01T00:00:00.000Z"
	w.send("MARKREAD #room "+late, "MARKREAD #room "+early, "MARKREAD #room", "MARKREAD bob", "MARKREAD", "MARKREAD #room now")
	w.expect(":irc.test MARKREAD #room "+late, ":irc.test MARKREAD #room "+late, ":irc.test MARKREAD #room "+late, ":irc.test MARKREAD bob *",
		":irc.test FAIL MARKREAD NEED_MORE_PARAMS :*", ":irc.test FAIL MARKREAD INVALID_PARAMS now :*")
	if got := n.Marker("alice", "#ROOM"); !got.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("marker: %v", got)
	}
	// All clients of one account are told.
	n.SetAccount("alice", "alice")
	w.next()
	other := login(t, n, "alice2", "draft/read-marker")
	n.SetAccount("alice2", "alice")
	other.next()
	w.send("MARKREAD bob " + early)
	w.expect(":irc.test MARKREAD bob " + early)
	other.expect(":irc.test MARKREAD bob " + early)
}
