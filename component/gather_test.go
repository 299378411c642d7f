package component_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// newQuietWorld is a world of mail in which messages to one wait for others, until
// the test has the time be over.
func newQuietWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	quiet := func(w *world) { w.net.SetQuiet(time.Hour) }
	return newTrailWorld(t, append([]build{quiet}, builds...)...)
}

// jots has Juliet's phone write to the nurse, and returns when that is in the
// outbox.
func (w *world) jots(id, text, inside string) {
	w.Helper()
	w.chat(phone, nurseNick, id, "<body>"+text+"</body>"+wantsTick+inside)
	w.barrier(phone)
	w.written()
}

// corrects has it correct a message.
func (w *world) corrects(id, of, text string) {
	w.Helper()
	w.jots(id, text, "<replace xmlns='urn:xmpp:message-correct:0' id='"+of+"'/>")
}

// takesBack has it take one back.
func (w *world) takesBack(id, of string) {
	w.Helper()
	w.chat(phone, nurseNick, id, "<retract xmlns='urn:xmpp:message-retract:1' id='"+of+"'/>")
	w.barrier(phone)
	w.written()
}

// overdue has the time be over that messages wait, and returns what goes to the
// nurse, as the i-th message of all.
func (w *world) overdue(i int) transports.Message {
	w.Helper()
	w.stirs()
	return w.net.AwaitCall(w, transporttest.OpSend, i).Message
}

// stirs has the outbox be looked at when the time is over.
func (w *world) stirs() {
	w.Helper()
	w.net.SetQuiet(time.Nanosecond)
	if err := w.session("juliet").Emit(transports.Online{Name: "juliet"}); err != nil {
		w.Fatal(err)
	}
	w.barrier(phone)
}

// waits has messages wait again.
func (w *world) waits() {
	w.concluded()
	w.net.SetQuiet(time.Hour)
}

// What is written within the time leaves as one, in order. What becomes of it becomes
// of each; an answer to it is one to the last; each is known by its id. MAIL-H6
func TestGathered(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	for i, text := range []string{"one", "two", "three"} {
		w.jots(fmt.Sprint("m", i+1), text, "")
	}
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Fatalf("%d went at once", n)
	}
	if m := w.overdue(0); m.Text != "one\ntwo\nthree" {
		t.Errorf("sent %q", m.Text)
	}
	w.concluded()
	if shown := w.comes(mail("nurse", "b", "1", "1")); shown.Child(nsReply, "reply").Attr("id") != "m3" {
		t.Errorf("the answer is %s", dump(shown))
	}
	w.told("nurse", "1", transports.Delivered, nil)
	for i := range 3 {
		w.tick(nurseNick, fmt.Sprint("m", i+1))
	}
	w.settled(phone, "juliet")
	w.nothing()
	// All three are the same message upstream.
	for i := range 3 {
		sent := w.writes("nurse", fmt.Sprint("a", i), answering(fmt.Sprint("m", i+1)))
		if sent.ReplyTo != "1" || string(sent.Trail) != "1" {
			t.Errorf("the answer to %d goes as %+v", i+1, sent)
		}
	}
	w.corrects("c1", "m2", "TWO")
	if sent := w.net.AwaitCall(t, transporttest.OpSend, 4).Message; sent.Text != "* TWO" || !sent.Corrects || sent.ReplyTo != "1" {
		t.Errorf("the correction goes as %+v", sent)
	}
	w.concluded()
	// A client that sends the same again is told again, and nothing is sent.
	w.jots("m2", "two", "")
	w.tick(nurseNick, "m2")
	if n := w.net.Count(transporttest.OpSend); n != 5 {
		t.Errorf("%d were sent", n)
	}
}

// That it failed is told of each, whenever that comes. MAIL-H6
func TestGatheredFails(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(*world){
		"at once": func(w *world) {
			w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotFound})
			w.overdue(0)
		},
		"later": func(w *world) {
			w.overdue(0)
			w.concluded()
			w.told("nurse", "1", transports.Failed, &transports.Error{Kind: transports.NotFound})
		},
		"early": func(w *world) {
			release := w.net.Stall(transporttest.OpSend)
			w.overdue(0)
			w.told("nurse", "1", transports.Failed, &transports.Error{Kind: transports.NotFound})
			release()
		},
		"removed": func(w *world) {
			if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), network); err != nil {
				w.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newQuietWorld(t)
			w.jots("m1", "one", "")
			w.jots("m2", "two", "")
			fails(w)
			for _, id := range []string{"m1", "m2"} {
				if m := w.message(nurseNick, phone, "error"); m.ID != id || fault(m) != "cancel/item-not-found" {
					t.Errorf("told %s", dump(m))
				}
			}
		})
	}
}

// Each is corrected and taken back by itself as long as it waits: the first, one in
// the middle, all. MAIL-H6, MAIL-M1
func TestGatheredChanged(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	for i, text := range []string{"won", "two", "tree", "four"} {
		w.jots(fmt.Sprint("m", i+1), text, "")
	}
	w.corrects("c1", "m1", "one")
	w.corrects("c2", "m3", "thre")
	w.corrects("c3", "m3", "three")
	w.takesBack("r1", "m2")
	if m := w.overdue(0); m.Text != "one\nthree\nfour" {
		t.Errorf("sent %q", m.Text)
	}
	w.waits()
	w.jots("n1", "five", "")
	w.jots("n2", "six", "")
	w.takesBack("r2", "n1")
	if m := w.overdue(1); m.Text != "six" {
		t.Errorf("sent %q", m.Text)
	}
	w.waits()
	w.jots("o1", "seven", "")
	w.jots("o2", "eight", "")
	w.takesBack("r3", "o1")
	w.takesBack("r4", "o2")
	w.stirs()
	w.concluded()
	if n := w.net.Count(transporttest.OpSend); n != 2 {
		t.Errorf("%d were sent", n)
	}
	// What has gone is gone.
	w.takesBack("r5", "m1")
	if m := w.message(nurseNick, phone, "error"); m.ID != "r5" || fault(m) != "cancel/not-acceptable" {
		t.Errorf("told %s", dump(m))
	}
	w.told("nurse", "1", transports.Delivered, nil)
	for _, id := range []string{"c1", "c3", "m4"} {
		w.tick(nurseNick, id)
	}
}

// What does not belong together stays apart, in order. MAIL-H6
func TestGatheredApart(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	w.comes(mail("nurse", "a", "", ""))
	known := w.comes(mail("nurse", "b", "", ""))
	w.jots("m1", "one", "")
	w.jots("m2", "two", "<subject>Other</subject>")
	w.jots("m3", "three", "")
	w.jots("m4", "four", answering(known.ID))
	w.jots("m5", "five", answering(known.ID))
	w.jots("m6", "six", inThread("mine"))
	w.jots("m7", "seven", inThread("mine"))
	w.jots("m8", "eight", inThread("yours"))
	w.chat(phone, "friar%"+network+"@"+domain, "f1", "<body>to him</body>")
	w.barrier(phone)
	w.written()
	w.overdue(5)
	w.concluded()
	sent := slices.DeleteFunc(w.sent(), func(s string) bool { return s == "to him" })
	if want := []string{"one", "two\nthree", "four\nfive", "six\nseven", "eight"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// What was put together, and certainly was not sent, is changed, and goes with what
// was written meanwhile, as another message: each is known by what it says. MAIL-H6
func TestGatheredAgain(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	w.jots("m1", "one", "")
	w.jots("m2", "tow", "")
	w.jots("m3", "three", "")
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	first := w.overdue(0)
	w.await("the outcome", func(all []store.Outgoing) bool { return all[0].Attempts == 1 })
	w.jots("m4", "four", "")
	w.corrects("c1", "m2", "two")
	w.takesBack("r1", "m3")
	for _, o := range w.queued() {
		if o.State != store.Queued {
			t.Errorf("%s is %s", o, o.State)
		}
	}
	w.restart()
	for _, o := range w.queued() {
		o.Due = time.Time{}
		if err := w.store.Update(context.Background(), func(tx *store.Tx) error { return tx.SetOutgoing(o) }); err != nil {
			t.Fatal(err)
		}
	}
	w.restart()
	second := w.net.AwaitCall(t, transporttest.OpSend, 1).Message
	if first.Text != "one\ntow\nthree" || second.Text != "one\ntwo\nfour" || first.ID == second.ID {
		t.Errorf("sent %q as %s, then %q as %s", first.Text, first.ID, second.Text, second.ID)
	}
	w.concluded()
	w.told("nurse", "1", transports.Delivered, nil)
	for _, id := range []string{"m1", "c1", "m4"} {
		w.tick(nurseNick, id)
	}
}

// await waits until Juliet's outbox is as it shall be.
func (w *world) await(what string, holds func([]store.Outgoing) bool) {
	w.Helper()
	for deadline := time.Now().Add(within); !holds(w.queued()); w.barrier(phone) { // time passes with it
		if time.Now().After(deadline) {
			w.Fatalf("%s: %+v", what, w.queued())
		}
	}
}

// What may have been sent is sent again as it was, with the same id, and nothing that
// was written since. It cannot be changed any more. MAIL-H6, MAIL-K4
func TestGatheredUnsure(t *testing.T) {
	t.Parallel()
	for _, crashed := range []bool{false, true} {
		t.Run(fmt.Sprintf("crash %t", crashed), func(t *testing.T) {
			t.Parallel()
			w := newQuietWorld(t, func(w *world) {
				w.net.SetFinder(func(context.Context, transports.Message, func(string) bool) (*transports.Sent, error) {
					return nil, &transports.Error{Kind: transports.Unsupported}
				})
			})
			w.jots("m1", "one", "")
			w.jots("m2", "two", "")
			if crashed {
				w.net.Stall(transporttest.OpSend)
			} else {
				w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: true})
			}
			first := w.overdue(0)
			w.jots("m3", "three", "")
			if crashed {
				w.crash()
			}
			again := w.net.AwaitCall(t, transporttest.OpSend, 1).Message
			if first.Text != "one\ntwo" || again.Text != first.Text || again.ID != first.ID {
				t.Errorf("sent %q as %s, then %q as %s", first.Text, first.ID, again.Text, again.ID)
			}
			if m := w.net.AwaitCall(t, transporttest.OpSend, 2).Message; m.Text != "three" {
				t.Errorf("then %q", m.Text)
			}
			w.concluded()
			w.told("nurse", "1", transports.Delivered, nil)
			w.tick(nurseNick, "m1")
			w.tick(nurseNick, "m2")
		})
	}
}

// crash is a restart after which the outbox is as it was before the gateway ended.
func (w *world) crash() {
	w.Helper()
	before := w.queued()
	w.stop()
	if err := w.store.Update(context.Background(), func(tx *store.Tx) error {
		for _, o := range before {
			if err := tx.SetOutgoing(o); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.Fatal(err)
	}
	w.restart()
}

// While one is on its way what belongs to it cannot be changed, and what is written
// then is another one.
func TestGatheredOnItsWay(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	w.jots("m1", "one", "")
	w.jots("m2", "two", "")
	release := w.net.Stall(transporttest.OpSend)
	w.overdue(0)
	w.takesBack("r1", "m2")
	if m := w.message(nurseNick, phone, "error"); m.ID != "r1" || fault(m) != "cancel/not-acceptable" {
		t.Errorf("told %s", dump(m))
	}
	w.corrects("c1", "m1", "ONE")
	w.jots("m3", "three", "")
	release()
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	w.concluded()
	if got := w.sent(); !slices.Equal(got, []string{"one\ntwo", "* ONE", "three"}) {
		t.Errorf("sent %q", got)
	}
}

// What waits survives a restart, and leaves as one: also what was written while the
// network could not be reached. MAIL-H6
func TestGatheredOverARestart(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	w.jots("m1", "one", "")
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable, After: time.Hour})
	w.settledOffline()
	w.jots("m2", "two", "")
	w.restart()
	w.jots("m3", "three", "")
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d went at once", n)
	}
	if m := w.overdue(0); m.Text != "one\ntwo\nthree" {
		t.Errorf("sent %q", m.Text)
	}
}

// settledOffline returns when the gateway has heard that Juliet's account is not
// connected.
func (w *world) settledOffline() {
	w.Helper()
	w.send("<presence from='%s' to='%s'/>", phone, domain)
	w.barrier(phone)
}

// However the network fails, and the gateway ends, while messages are written: each
// line arrives once, in order. MAIL-H6
func TestGatheredAtRandom(t *testing.T) {
	t.Parallel()
	for _, unsure := range []bool{true, false} {
		t.Run(fmt.Sprintf("unsure %t", unsure), func(t *testing.T) {
			t.Parallel()
			w := newQuietWorld(t, func(w *world) {
				w.net.SetFinder(func(_ context.Context, m transports.Message, _ func(string) bool) (*transports.Sent, error) {
					return nil, &transports.Error{Kind: transports.Unsupported}
				})
			})
			var want []string
			for i := range 30 {
				id := fmt.Sprint("m", i)
				w.jots(id, "line "+id, "")
				want = append(want, "line "+id)
				if i%9 == 1 {
					w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable, Unsure: unsure})
				}
				if i%7 == 3 {
					w.stirs()
				}
				if i%11 == 5 {
					w.restart()
				}
				w.net.SetQuiet(time.Hour)
			}
			w.stirs()
			w.concluded()
			texts := map[string]string{} // by id: repeats are folded
			var got []string
			for _, c := range w.net.Calls(transporttest.OpSend) {
				id, text := c.Message.ID, c.Message.Text
				if before, again := texts[id]; again {
					if before != text {
						t.Errorf("%s was %q, and is %q", id, before, text)
					}
					continue
				}
				texts[id] = text
				for line := range strings.SplitSeq(text, "\n") {
					if unsure || !slices.Contains(got, line) { // else it was tried before, and did not arrive
						got = append(got, line)
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("arrived %q", got)
			}
		})
	}
}

// A change that comes right behind what it is of finds it, though that is still on
// its way to the outbox. MAIL-M1
func TestChangedAtOnce(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	for i := range 20 {
		w.chat(phone, nurseNick, fmt.Sprint("m", i), "<body>wrong</body>")
		w.chat(phone, nurseNick, fmt.Sprint("c", i), fmt.Sprintf("<body>line %d</body><replace xmlns='urn:xmpp:message-correct:0' id='m%d'/>", i, i))
		w.chat(phone, nurseNick, fmt.Sprint("x", i), "<body>too much</body>")
		w.chat(phone, nurseNick, fmt.Sprint("r", i), fmt.Sprintf("<retract xmlns='urn:xmpp:message-retract:1' id='x%d'/>", i))
	}
	w.barrier(phone)
	w.written()
	w.written()
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("line ", i))
	}
	if m := w.overdue(0); m.Text != strings.Join(want, "\n") {
		t.Errorf("sent %q", m.Text)
	}
}

// A reaction is nobody's line: it goes by itself, and what is around it stays whole.
func TestGatheredAroundAReaction(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t)
	known := w.comes(mail("nurse", "a", "", ""))
	w.jots("m1", "one", answering(known.ID))
	w.chat(phone, nurseNick, "r1", "<reactions xmlns='urn:xmpp:reactions:0' id='"+known.ID+"'><reaction>👍</reaction></reactions>")
	w.barrier(phone)
	w.written()
	w.jots("m2", "two", answering(known.ID))
	w.jots("m3", "three", "")
	if m := w.overdue(0); m.Text != "one" || m.Gathered {
		t.Errorf("sent %+v", m)
	}
	if m := w.net.AwaitCall(t, transporttest.OpSend, 1).Message; m.Gesture == nil || m.Gesture.Signs[0] != "👍" || m.Gathered {
		t.Errorf("sent %+v", m)
	}
	if m := w.net.AwaitCall(t, transporttest.OpSend, 2).Message; m.Text != "two\nthree" || !m.Gathered || m.ReplyTo != "a" {
		t.Errorf("sent %+v", m)
	}
	w.concluded()
}
