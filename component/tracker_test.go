package component

import (
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// A question is answered once: by the right answer, or by none in time.
func TestTracker(t *testing.T) {
	tr := newTracker()
	ours, theirs := jid.MustParse("gw.example"), jid.MustParse("juliet@example.org/phone")
	answers := make(chan *stanza.IQ, 10)
	ask := func(wait time.Duration) string {
		return tr.ask(ours, theirs, wait, func(iq *stanza.IQ) { answers <- iq })
	}
	id := ask(time.Hour)
	right := stanza.Header{From: theirs, To: ours, ID: id, Type: "result"}
	for _, change := range []func(*stanza.Header){
		func(h *stanza.Header) { h.From = theirs.Bare() },
		func(h *stanza.Header) { h.From = jid.MustParse("romeo@example.org/phone") },
		func(h *stanza.Header) { h.To = jid.MustParse("nurse@gw.example") },
		func(h *stanza.Header) { h.ID += "x" },
		func(h *stanza.Header) { h.ID = "" },
	} {
		h := right
		change(&h)
		if tr.resolve(&stanza.IQ{Header: h}) {
			t.Errorf("%+v was taken for the answer", h)
		}
	}
	for i, want := range []bool{true, false} {
		if got := tr.resolve(&stanza.IQ{Header: right}); got != want {
			t.Errorf("the answer, time %d: %v", i, got)
		}
	}
	if iq := <-answers; iq == nil || iq.ID != id {
		t.Errorf("answered by %v", iq)
	}
	overdue, open := ask(-time.Second), ask(time.Hour)
	if overdue == open || overdue == id {
		t.Errorf("ids %s, %s and %s", id, overdue, open)
	}
	tr.sweep()
	if iq := <-answers; iq != nil {
		t.Errorf("answered by %v", iq)
	}
	if len(answers) != 0 {
		t.Error("more than the overdue question was ended")
	}
	tr.expireAll()
	if iq := <-answers; iq != nil || len(tr.pending) != 0 {
		t.Errorf("at the end: %v, %d open", iq, len(tr.pending))
	}
}
