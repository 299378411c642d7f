package component_test

import (
	"fmt"
	"testing"
	"time"

	"wherry/component/componenttest"
	"wherry/component/stanza"
	"wherry/transports"
)

// reacts waits for a reaction that a resource is shown, and returns its stanza-id.
func (w *world) reacts(full, from, all string) string {
	w.Helper()
	m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool {
		got, _ := signs(m)
		return m.To.String() == full && m.From.String() == from && m.Child(nsReact, "reactions") != nil && got == all
	})
	return m.Child(nsSID, "stanza-id").Attr("id")
}

// Reactions are kept, once for all who share the channel, as all that somebody
// reacts by from then on; who joins is shown what holds. What is taken back
// before the archive is asked is gone from it by another. XEP-0444 §4, XEP-0313, IRC-M16, IRC-M19
func TestArchiveOfReactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network))
	w.net.SetAble(allCan)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.join(romeo, room, "romeo")
	line := transports.Received{Message: transports.Message{ID: "n1", Chat: address, Nick: "nurse", Text: "Ay me!"}}
	both := func(ev transports.Event) {
		t.Helper()
		for _, nick := range []string{"juliet", "romeo"} {
			if err := w.session(nick).Emit(ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	both(line)
	first := w.sees(phone, "Ay me!")
	if other := w.sees(romeo, "Ay me!"); other != first {
		t.Errorf("one line, two ids: %s %s", first, other)
	}
	react := func(id, sign string, removed bool) transports.Reacted {
		return transports.Reacted{Chat: address, To: "n1", Nick: "nurse", ID: id, Sign: sign, Removed: removed}
	}
	var want, ids []string
	for i, tt := range []struct {
		sign    string
		removed bool
		all     string
	}{{"👍", false, "👍"}, {"🎉", false, "👍🎉"}, {"👍", true, "🎉"}} {
		both(react(fmt.Sprint("r", i), tt.sign, tt.removed))
		a, b := w.reacts(phone, room+"/nurse", tt.all), w.reacts(romeo, room+"/nurse", tt.all)
		if a == "" || a != b {
			t.Errorf("one reaction, two ids: %q %q", a, b)
		}
		want, ids = append(want, "nurse reacts by "+tt.all+" to "+first), append(ids, a)
	}
	// Juliet's own, which Romeo is told of by the network.
	w.gesture("m1", "<reactions xmlns='"+nsReact+"' id='"+first+"'><reaction>x</reaction><reaction>y</reaction></reactions>")
	w.reacts(phone, room+"/juliet", "xy")
	for _, sign := range []string{"x", "y"} {
		ev := transports.Reacted{Chat: address, To: "n1", Nick: "juliet", Sign: sign}
		if err := w.session("romeo").Emit(ev); err != nil {
			t.Fatal(err)
		}
	}
	w.reacts(romeo, room+"/juliet", "xy")
	want = append(want, "juliet reacts by x to "+first, "juliet reacts by xy to "+first)
	// The network takes a reaction itself back.
	both(transports.Redacted{Chat: address, ID: "r1", By: "nurse"})
	w.reacts(phone, room+"/nurse", "")
	w.reacts(romeo, room+"/nurse", "")
	want = append([]string{"nurse: Ay me!"}, append(want, "nurse reacts by  to "+first)...)
	for _, who := range []string{phone, romeo} {
		p := w.query(who, room, "")
		w.want(p, want...)
		for i, id := range ids {
			if p.ids[i+1] != id {
				t.Errorf("kept as %v, shown as %v", p.ids, ids)
			}
		}
	}
	w.query(phone, room, set("<after>"+ids[2]+"</after>"))
	if got := past(w.join(laptop, room, "juliet")); fmt.Sprint(got) != "[nurse: Ay me! juliet: xy]" {
		t.Errorf("shown at the join: %q", got)
	}
	w.gesture("m2", "<retract xmlns='"+nsRetract+"' id='"+ids[0]+"'/>")
	if m := w.message(room, phone, "error"); m.ID != "m2" {
		t.Errorf("a reaction is no line to take back: %s", dump(m))
	}
}

// What a network tells again of the past is in the archive once, where it was, also
// after a restart.
func TestArchiveOfReactionsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network))
	w.net.SetAble(allCan)
	w.people("nurse")
	said := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	play := func(id string) {
		t.Helper()
		err := w.session("juliet").Emit(
			transports.Received{Message: transports.Message{ID: "n1", Chat: address, Nick: "nurse", Text: "Ay me!", Time: said, Delayed: true}},
			transports.Reacted{Chat: address, To: "n1", Nick: "nurse", Sign: "👍", ID: id, Time: said.Add(time.Minute), Delayed: true},
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	w.join(phone, room, "juliet")
	play("r1")
	w.reacts(phone, room+"/nurse", "👍")
	line := w.query(phone, room, "")
	w.want(line, "nurse: Ay me!", "nurse reacts by 👍 to "+line.ids[0])
	for _, id := range []string{"r1", ""} {
		w.restart()
		w.people("nurse")
		w.join(phone, room, "juliet")
		play(id)
		w.settled(phone, "juliet")
		for _, st := range w.rest(phone) {
			if m, ok := st.(*stanza.Message); ok && (body(m) != "" || m.Child(nsReact, "reactions") != nil) {
				t.Errorf("shown again: %s", dump(st))
			}
		}
		w.want(w.query(phone, room, ""), line.lines...)
	}
	if err := w.session("juliet").Emit(transports.Reacted{Chat: address, To: "n1", Nick: "nurse", Sign: "🎉"}); err != nil {
		t.Fatal(err)
	}
	w.reacts(phone, room+"/nurse", "👍🎉")
	w.say(phone, room, "m1", "now")
	w.sees(phone, "now")
	if got := past(w.join(laptop, room, "juliet")); fmt.Sprint(got) != "[nurse: Ay me! nurse: 👍🎉 juliet: now]" {
		t.Errorf("shown at the join: %q", got)
	}
}
