package component_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// newTrailWorld is a world of mail: the network has conversations.
func newTrailWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	trails := stores(func(a *transports.About) {
		a.Trails, a.FoldsRepeats, a.AccountIDs, a.Files = true, true, true, true
	})
	can := func(w *world) { w.net.SetAble(transports.CanRead | transports.CanReply) }
	return newMailWorld(t, append([]build{trails, can}, builds...)...)
}

// mail is a message of the network's that answers another one, if that is not
// empty, with what it leaves.
func mail(nick, id, answers, before string) transports.Message {
	m := transports.Message{ID: "id-" + id, Ref: id, ReplyTo: answers, Chat: person(nick), Nick: nick, Text: "text of " + id, Time: time.UnixMilli(1_000_000_000_000)}
	m.Trail, m.Thread = transporttest.Trail([]byte(before), id)
	return m
}

// comes has a message come, and returns what shows it.
func (w *world) comes(m transports.Message) *stanza.Message {
	w.Helper()
	if err := w.session("juliet").Emit(transports.Received{Message: m}); err != nil {
		w.Fatal(err)
	}
	return w.heard(m.Chat.Name)
}

// writes has Juliet's phone write to a nick, and returns what went to the network
// when the store has the outcome.
func (w *world) writes(nick, id, inside string) transports.Message {
	w.Helper()
	before := w.net.Count(transporttest.OpSend)
	w.chat(phone, nick+"%"+network+"@"+domain, id, "<body>text of "+id+"</body>"+inside)
	m := w.net.AwaitCall(w, transporttest.OpSend, before).Message
	w.concluded()
	return m
}

// concluded waits until all was sent that is in Juliet's outbox.
func (w *world) concluded() {
	w.Helper()
	waits := func(o store.Outgoing) bool { return o.State < store.Sent }
	for deadline := time.Now().Add(within); slices.ContainsFunc(w.queued(), waits); w.barrier(phone) { // time passes with it
		if time.Now().After(deadline) {
			w.Fatal("the outbox is not empty")
		}
	}
}

// answering is the element of XEP-0461.
func answering(id string) string {
	return fmt.Sprintf("<reply xmlns='%s' id='%s' to='%s'/>", nsReply, id, nurseNick)
}

func inThread(id string) string { return "<thread>" + id + "</thread>" }

// threadOf returns the thread of a message.
func threadOf(m *stanza.Message) string { return m.Child("", "thread").Text }

// replyOf returns what a message answers, and whose that is said to be.
func replyOf(m *stanza.Message) (id, to string) {
	e := m.Child(nsReply, "reply")
	return e.Attr("id"), e.Attr("to")
}

// Five messages, each in answer to the one before, by turns: one thread, each
// names the one before as the user's clients know it, and what goes out follows
// all before.
func TestConversation(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	m1 := w.comes(mail("nurse", "a", "", ""))
	if id, _ := replyOf(m1); id != "" || threadOf(m1) != "thread-a" || m1.Child(nsMarkers, "markable") == nil {
		t.Errorf("shown %s", dump(m1))
	}
	sent := w.writes("nurse", "m2", answering(m1.ID)) // the network calls it 1
	if sent.ReplyTo != "a" || string(sent.Trail) != "a" || sent.Thread != "" || sent.Time.IsZero() {
		t.Errorf("sent %+v", sent)
	}
	m3 := w.comes(mail("nurse", "c", "1", "a 1"))
	if id, to := replyOf(m3); id != "m2" || to != juliet || threadOf(m3) != "thread-a" {
		t.Errorf("shown %s", dump(m3))
	}
	sent = w.writes("nurse", "m4", answering(m3.ID)+inThread("thread-a")) // 2
	if sent.ReplyTo != "c" || string(sent.Trail) != "a 1 c" || sent.Thread != "thread-a" {
		t.Errorf("sent %+v", sent)
	}
	m5 := w.comes(mail("nurse", "e", "c", "a 1 c"))
	if id, to := replyOf(m5); id != m3.ID || to != nurseNick || threadOf(m5) != "thread-a" {
		t.Errorf("shown %s", dump(m5))
	}
}

// Two threads with one contact stay apart, whatever the order; what names neither
// follows the last.
func TestTwoThreads(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.comes(mail("nurse", "a", "", ""))
	w.comes(mail("nurse", "b", "", ""))
	for i, tt := range []struct{ inside, trail string }{
		{inThread("thread-a"), "a"},
		{inThread("thread-b"), "b"},
		{inThread("thread-a"), "a 1"},
		{inThread("thread-b"), "b 2"},
		{"", "b 2 4"},
		{inThread("a new one"), ""},
		{inThread("a new one"), "6"},
		{"", "6 7"},
	} {
		if sent := w.writes("nurse", fmt.Sprint("m", i), tt.inside); string(sent.Trail) != tt.trail {
			t.Errorf("message %d with %s follows %q, want %q", i, tt.inside, sent.Trail, tt.trail)
		}
	}
	if sent := w.writes("friar", "f1", inThread("thread-a")); sent.Trail != nil {
		t.Errorf("to another one: %q", sent.Trail)
	}
}

// What comes in the conversation that a client began has the client's thread,
// whether or not it names a message that is known, and from whomever.
func TestThreadOfTheClient(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.writes("nurse", "m1", inThread("mine"))
	for i, m := range []transports.Message{
		mail("nurse", "b", "1", "1"), mail("nurse", "d", "c", "1 b c"), mail("friar", "e", "b", "1 b"), mail("friar", "f", "elsewhere", "1 b x"),
	} {
		if got := w.comes(m); threadOf(got) != "mine" {
			t.Errorf("message %d: shown %s", i, dump(got))
		}
	}
	// A reply is only to what stands in the same chat.
	if id, _ := replyOf(w.comes(mail("friar", "g", "b", "1 b"))); id != "" {
		t.Errorf("replies to %q", id)
	}
	// The client did not say again which thread it is.
	w.writes("nurse", "m2", "")
	if got := w.comes(mail("nurse", "h", "2", "1 b d 2")); threadOf(got) != "mine" {
		t.Errorf("shown %s", dump(got))
	}
}

// A message that comes after one that answers it stands in that one's thread.
func TestLateParent(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	child := w.comes(mail("nurse", "b", "a", "a"))
	if got := threadOf(w.comes(mail("nurse", "a", "", ""))); got != threadOf(child) {
		t.Errorf("the parent is in %q, its answer in %q", got, threadOf(child))
	}
	// The answer told less of what was before than its parent does.
	child = w.comes(mail("nurse", "y", "x", "x"))
	parent := w.comes(mail("nurse", "x", "", "w"))
	if threadOf(parent) != threadOf(child) {
		t.Errorf("the parent is in %q, its answer in %q", threadOf(parent), threadOf(child))
	}
}

// Messages that wait for each other follow each other, though nothing was known of
// the first when the second was written. Each is the same when it is sent again.
func TestQueuedConversation(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	for range 3 {
		w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable})
	}
	before := time.Now().Truncate(time.Millisecond)
	w.chat(phone, nurseNick, "m1", "<body>one</body>"+inThread("mine"))
	w.chat(phone, nurseNick, "m2", "<body>two</body>")
	w.chat(phone, nurseNick, "m3", "<body>three</body>"+answering("m1"))
	w.chat(phone, nurseNick, "m4", "<body>four</body>"+inThread("mine"))
	w.net.AwaitCall(t, transporttest.OpSend, 6)
	w.concluded()
	want := map[string]string{"one": "", "two": "1", "three": "1", "four": "1 3"}
	first := map[string]transports.Message{}
	for _, c := range w.net.Calls(transporttest.OpSend) {
		m := c.Message
		if got := string(m.Trail); got != want[m.Text] || m.Time.Before(before) || m.Time.After(time.Now()) {
			t.Errorf("%q follows %q at %s", m.Text, got, m.Time)
		}
		if again, ok := first[m.Text]; ok && (!again.Time.Equal(m.Time) || again.ID != m.ID) {
			t.Errorf("sent %+v, then %+v", again, m)
		}
		first[m.Text] = m
	}
}

// After a crash in the middle of sending it is the same message, whatever came
// meanwhile.
func TestTrailStandsFast(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.comes(mail("nurse", "a", "", ""))
	w.net.Stall(transporttest.OpSend)
	w.chat(phone, nurseNick, "m1", "<body>one</body><delay xmlns='"+nsDelay+"' stamp='"+time.Now().Add(-time.Hour).In(time.FixedZone("", 7200)).Format(time.RFC3339)+"'/>")
	first := w.net.AwaitCall(t, transporttest.OpSend, 0).Message
	w.comes(mail("nurse", "b", "", ""))
	w.restart()
	again := w.net.AwaitCall(t, transporttest.OpSend, 1).Message
	if string(first.Trail) != "a" || string(again.Trail) != "a" || !first.Time.Equal(again.Time) || first.ID != again.ID {
		t.Errorf("sent %+v, then %+v", first, again)
	}
	for _, m := range []transports.Message{first, again} {
		if _, zone := m.Time.Zone(); zone != 7200 || time.Since(m.Time) < 59*time.Minute {
			t.Errorf("written at %s", m.Time)
		}
	}
}

// A subject of a chat message is a subject.
func TestSubjectInChat(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	if sent := w.writes("nurse", "m1", "<subject>Of love</subject>"); sent.Subject != "Of love" {
		t.Errorf("sent %+v", sent)
	}
}

// What the user wrote by another program is part of the conversation; what went
// from here is not shown again, by whatever id the network has it.
func TestConversationElsewhere(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.writes("nurse", "m1", inThread("mine"))
	ours := mail("nurse", "1", "", "")
	ours.Own = true
	if err := w.session("juliet").Emit(transports.Received{Message: ours}); err != nil {
		t.Fatal(err)
	}
	w.settled(phone, "juliet")
	w.nothing()
	own := mail("nurse", "b", "1", "1")
	own.Own = true
	m := w.comes(own)
	if id, to := replyOf(m); body(m) != "[sent elsewhere] text of b" || id != "m1" || to != juliet || threadOf(m) != "mine" || m.Child(nsMarkers, "markable") != nil {
		t.Errorf("shown %s", dump(m))
	}
	m = w.comes(mail("nurse", "c", "b", "1 b"))
	if id, to := replyOf(m); id == "" || to != nurseNick {
		t.Errorf("shown %s", dump(m))
	}
	w.grant("example.org", mayMessage)
	own = mail("romeo", "x", "", "")
	w.elsewhere(own)
	outer, inner := w.copied()
	if inner.Child("", "thread").Text != "thread-x" {
		t.Errorf("sent %s", dump(outer))
	}
	m = w.comes(mail("romeo", "y", "x", "x"))
	if id, to := replyOf(m); id != outer.ID || to != juliet {
		t.Errorf("shown %s", dump(m))
	}
	romeo := jid.MustParse(romeoNick)
	w.chat(phone, romeo.String(), "r1", "<body>back</body>"+answering(outer.ID))
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.ReplyTo != "x" || string(c.Message.Trail) != "x" {
		t.Errorf("sent %+v", c.Message)
	}
}

// What is too long to be kept is left out; all the rest is there.
func TestTrailBounds(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	long := strings.Repeat("x", 2000)
	m := mail("nurse", "a", "", "")
	m.Trail = make([]byte, transports.TrailMost+1)
	shown := w.comes(m)
	if sent := w.writes("nurse", "m1", answering(shown.ID)); sent.Trail != nil || sent.ReplyTo != "a" {
		t.Errorf("sent %+v", sent)
	}
	m = mail("nurse", "b", "", "")
	m.Trail = bytes.Repeat([]byte("b"), transports.TrailMost)
	w.comes(m)
	if sent := w.writes("nurse", "m2", inThread(long)); sent.Thread != "" || string(sent.Trail) != string(m.Trail) {
		t.Errorf("sent %+v", sent)
	}
	m = mail("nurse", long, long, "")
	m.Thread = long
	if got := w.comes(m); got.Child("", "thread") != nil || got.Child(nsReply, "reply") != nil {
		t.Errorf("shown %s", dump(got))
	}
	if sent := w.writes("nurse", "m3", answering(long)); sent.ReplyTo != "" || string(sent.Trail) != long {
		t.Errorf("sent %+v", sent)
	}
}

// The user's clients say when a message was written: not in the future, nor long
// ago.
func TestWritten(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	for i, tt := range []struct {
		stamps []string
		want   time.Duration // ago
	}{
		{nil, 0},
		{[]string{ago(time.Hour)}, time.Hour},
		{[]string{ago(time.Minute), ago(time.Hour), ago(time.Second)}, time.Hour},
		{[]string{ago(-time.Hour)}, 0},
		{[]string{ago(31 * 24 * time.Hour)}, 0},
		{[]string{"yesterday"}, 0},
	} {
		inside := ""
		for _, stamp := range tt.stamps {
			inside += "<delay xmlns='" + nsDelay + "' stamp='" + stamp + "'/>"
		}
		sent := w.writes("nurse", fmt.Sprint("m", i), inside)
		if off := time.Since(sent.Time) - tt.want; off < -time.Second || off > within {
			t.Errorf("%v: written %s", tt.stamps, sent.Time)
		}
	}
}

// ago is a time as stanzas tell it.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// A message that is corrected while it waits stays in its conversation; a
// correction that comes later answers what it corrects, and is known by its id.
func TestCorrectedInConversation(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.comes(mail("nurse", "a", "", ""))
	first := w.comes(mail("nurse", "b", "", ""))
	w.comes(mail("nurse", "c", "", ""))
	correct := func(id, of string) {
		w.chat(phone, nurseNick, id, "<body>corrected by "+id+"</body><replace xmlns='urn:xmpp:message-correct:0' id='"+of+"'/>")
		w.barrier(phone)
		w.written()
	}
	release := w.net.Stall(transporttest.OpSend)
	w.chat(phone, nurseNick, "m1", "<body>one</body>"+inThread("mine"))
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.chat(phone, nurseNick, "m2", "<body>two</body>"+answering(first.ID)+inThread("other"))
	w.barrier(phone)
	w.written()
	correct("m3", "m2")
	release()
	if m := w.net.AwaitCall(t, transporttest.OpSend, 1).Message; m.ReplyTo != "b" || m.Thread != "other" || m.Corrects {
		t.Errorf("sent %+v", m)
	}
	w.concluded()
	correct("m4", "m1")
	m := w.net.AwaitCall(t, transporttest.OpSend, 2).Message
	if m.ReplyTo != "1" || string(m.Trail) != "1" || !m.Corrects {
		t.Errorf("sent %+v", m)
	}
	w.concluded()
	for answers, want := range map[string]string{"1": "m1", "2": "m2", "3": "m1"} {
		if id, to := replyOf(w.comes(mail("nurse", "to "+answers, answers, ""))); id != want || to != juliet {
			t.Errorf("answers %q, want %q", id, want)
		}
	}
}

// Clients know their messages by their origin-ids.
func TestAnswerToOriginID(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	w.writes("nurse", "m1", "<origin-id xmlns='"+nsSID+"' id='o1'/>")
	if id, _ := replyOf(w.comes(mail("nurse", "b", "1", ""))); id != "o1" {
		t.Errorf("answers %q", id)
	}
	if sent := w.writes("nurse", "m2", answering("o1")); sent.ReplyTo != "1" {
		t.Errorf("sent %+v", sent)
	}
}

// What only files say is answered by any of their ids.
func TestAnswerToFile(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	m := mail("nurse", "a", "", "")
	m.Text, m.Attachments = "", []transports.Attachment{{Ref: "x", Name: "x.txt"}, {Ref: "y", Name: "y.txt"}}
	files := []string{w.comes(m).ID, w.heard("nurse").ID}
	for i, id := range files {
		if sent := w.writes("nurse", fmt.Sprint("m", i), answering(id)); sent.ReplyTo != "a" {
			t.Errorf("sent %+v", sent)
		}
	}
	if id, _ := replyOf(w.comes(mail("nurse", "b", "a", "a"))); id != files[0] {
		t.Errorf("answers %q of %q", id, files)
	}
}

// What the network cannot look for is sent again, where it shows a message once.
func TestCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t, func(w *world) {
		w.net.SetFinder(func(context.Context, transports.Message, func(string) bool) (*transports.Sent, error) {
			return nil, &transports.Error{Kind: transports.Unsupported}
		})
	})
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
	w.chat(phone, nurseNick, "m1", "<body>one</body>")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.concluded()
}

// Nothing is kept of networks without conversations.
func TestNoTrails(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	shown := w.comes(mail("nurse", "a", "", ""))
	sent := w.writes("nurse", "m1", answering(shown.ID)+inThread("mine"))
	if sent.Trail != nil || sent.ReplyTo != "" || sent.Thread != "" || !sent.Time.IsZero() {
		t.Errorf("sent %+v", sent)
	}
	if shown = w.comes(mail("nurse", "b", "1", "")); shown.Child(nsReply, "reply") != nil || shown.Child(nsMarkers, "markable") != nil {
		t.Errorf("shown %s", dump(shown))
	}
	if err := w.store.Update(t.Context(), func(tx *store.Tx) error {
		for _, a := range w.accounts() {
			if r, err := tx.LastTrail(a.ID, person("nurse").String()); !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("kept %s: %w", r, err)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
