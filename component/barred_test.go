package component_test

import (
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// refusedJoin asks for a room, which is refused with these words.
func (w *world) refusedJoin(words string) {
	w.Helper()
	w.ask(phone, room, "juliet", "")
	if p := w.presence(room+"/juliet", phone, "error"); !strings.Contains(dump(p), words) {
		w.Errorf("told %s", dump(p))
	}
}

// A network that has banned somebody, or wants to be left alone, is, whatever they
// try; and they are told once.
func TestBarred(t *testing.T) {
	t.Parallel()
	for _, kind := range []transports.ErrorKind{transports.Forbidden, transports.Busy} {
		w := newWorld(t)
		w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: kind, After: time.Hour, Text: transports.T("Because %s.", "of you")})
		w.refusedJoin("Because of you.")
		if m := w.message(domain, "juliet@example.org", "chat"); !strings.Contains(dump(m), "Because of you.") {
			t.Errorf("told %s", dump(m))
		}
		for range 3 {
			w.refusedJoin("Because of you.")
		}
		w.barrier(phone)
		for _, s := range w.Drain(domain) {
			if strings.Contains(dump(s), "<body>") {
				t.Errorf("told again: %s", dump(s))
			}
		}
		if n := w.net.Count(transporttest.OpRun); n != 1 {
			t.Errorf("the network was asked %d times", n)
		}
	}
}

// After a while it is asked again where the user wants to be in; for the same
// reason they are not told twice.
func TestBarredForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	again := &transports.Error{Kind: transports.Forbidden, After: time.Hour, Text: transports.T("Because %s.", "of you")}
	w.net.Refuse(transporttest.OpRun, again)
	w.net.Refuse(transporttest.OpRun, again)
	w.refusedJoin("Because of you.")
	w.message(domain, "juliet@example.org", "chat")
	component.LiftBars(w.domain())
	w.refusedJoin("Because of you.")
	component.LiftBars(w.domain())
	w.join(phone, room, "juliet")
	if n := w.net.Count(transporttest.OpRun); n != 3 {
		t.Errorf("the network was asked %d times", n)
	}
}
