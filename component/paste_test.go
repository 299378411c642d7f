package component_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// newPasteWorld returns a world in which Juliet has long messages go out as links,
// and the phone is in a room.
func newPasteWorld(t *testing.T, most string, builds ...build) *world {
	t.Helper()
	w := newWorld(t, builds...)
	a := store.Account{User: juliet, Settings: map[string]string{"nick": "juliet", "paste_lines": most}}
	if err := w.domain().Register(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.barrier(phone)
	w.Drain(domain)
	return w
}

// poem returns so many lines.
func poem(lines int) string { return strings.Repeat("line\n", lines-1) + "end" }

// A message of more lines than its sender wants to go out is put somewhere, and
// goes out as a link, in its place among the others; their clients see what was
// written.
func TestPaste(t *testing.T) {
	t.Parallel()
	p := &place{stall: make(chan struct{})}
	w := newPasteWorld(t, "3", recording, uploads(p))
	w.say(phone, room, "m1", poem(3))
	w.message(room+"/juliet", phone, "groupchat")
	calls := w.net.Count(transporttest.OpSend)
	if calls != 3 {
		t.Errorf("three lines are sent as %d", calls)
	}
	long := "```\n" + strings.Repeat("ö", 100) + "\n" + poem(3)
	w.say(phone, room, "m2", long)
	w.say(phone, room, "m3", "behind")
	w.say(phone, room, "m4", "/me "+poem(4))
	w.barrier(phone)
	close(p.stall)
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m2" || body(m) != long {
		t.Errorf("shown %s", dump(m))
	}
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m3" {
		t.Errorf("shown %s", dump(m))
	}
	want := []string{
		strings.Repeat("ö", 75) + "… (5 lines: https://files.example.org/juliet/" + long + ".jpg)", "behind",
		"line… (4 lines: https://files.example.org/juliet/" + poem(4) + ".jpg)",
	}
	w.net.AwaitCall(w, transporttest.OpSend, calls+len(strings.Split(strings.Join(want, "\n"), "\n"))-1)
	var sent strings.Builder
	for _, c := range w.net.Calls(transporttest.OpSend)[calls:] { // the fake cuts at line feeds, which this place puts into its URLs
		fmt.Fprintln(&sent, c.Message.Text)
	}
	if got := strings.TrimSpace(sent.String()); got != strings.Join(want, "\n") {
		t.Errorf("sent\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	last := w.net.Calls(transporttest.OpSend)
	if m := last[len(last)-1].Message; m.Style != transports.Act {
		t.Errorf("sent %+v", m)
	}
	if from := p.from[0]; from.Domain != domain || !strings.HasPrefix(from.Local, "u-") || strings.Join(p.holds, "|") != long+"|"+poem(4) {
		t.Errorf("put by %v: %q", p.from, p.holds)
	}
}

// Where no place takes a long message, nothing of it is sent, and its sender is
// told so.
func TestPasteRefused(t *testing.T) {
	t.Parallel()
	p := &place{fail: []error{&transports.Error{Kind: transports.Unreachable, Text: transports.T("Too bad.")}}}
	for name, tt := range map[string]struct {
		builds []build
		want   string
	}{
		"failing":  {[]build{uploads(p)}, "wait/remote-server-timeout"},
		"no place": {nil, "cancel/feature-not-implemented"},
	} {
		w := newPasteWorld(t, "3", tt.builds...)
		w.say(phone, room, "m1", poem(4))
		if m := w.message(room, phone, "error"); m.ID != "m1" || fault(m) != tt.want || !strings.Contains(dump(m), "Nothing was sent: this message of 4 lines") {
			t.Errorf("%s: %s", name, dump(m))
		}
		w.barrier(phone)
		if n := w.net.Count(transporttest.OpSend); n != 0 {
			t.Errorf("%s: %d lines were sent", name, n)
		}
	}
	for _, most := range []string{"", "0", "-1", "x"} { // nobody wants that
		w := newPasteWorld(t, most)
		w.say(phone, room, "m1", poem(4))
		w.message(room+"/juliet", phone, "groupchat")
		if n := w.net.Count(transporttest.OpSend); n != 4 {
			t.Errorf("%q: %d lines were sent", most, n)
		}
	}
}
