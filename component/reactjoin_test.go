package component_test

import (
	"fmt"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// past returns what who joined was shown of the past: who said what, or reacts by
// what.
func past(all []stanza.Stanza) []string {
	var got []string
	for _, st := range all {
		m, ok := st.(*stanza.Message)
		switch {
		case !ok || m.Child(nsDelay, "delay") == nil:
		case body(m) != "":
			got = append(got, m.From.Resource+": "+body(m))
		case m.Child(nsReact, "reactions") != nil:
			all, _ := signs(m)
			got = append(got, m.From.Resource+": "+all)
		}
	}
	return got
}

// Who joins is shown by what people react to the lines that they are shown, behind
// these, with ids and a time as these, whether the channel is recorded or not.
// Lines come first where a client wants few stanzas. XEP-0444 §4, XEP-0045 §7.2.13, IRC-M19, IRC-B34
func TestReactionsAtJoin(t *testing.T) {
	t.Parallel()
	for name, builds := range map[string][]build{"recorded": {recording}, "not recorded": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, builds...)
			w.net.SetAble(allCan)
			w.people("nurse", "friar")
			w.join(phone, room, "juliet")
			s := w.session("juliet")
			said := func(id, text string) transports.Event {
				return transports.Received{Message: transports.Message{ID: id, Chat: address, Nick: "nurse", Text: text}}
			}
			react := func(to, nick, sign string, removed bool) transports.Event {
				return transports.Reacted{Chat: address, To: to, Nick: nick, Sign: sign, Removed: removed}
			}
			for _, ev := range []transports.Event{
				said("n1", "one"), said("n2", "two"), react("n1", "friar", "👍", false), react("n2", "nurse", "🎉", false),
				react("n2", "friar", "x", false), react("n2", "nurse", "🚀", false), react("n2", "friar", "x", true),
			} {
				if err := s.Emit(ev); err != nil {
					t.Fatal(err)
				}
			}
			w.settled(phone, "juliet")
			w.Drain(domain)
			whole := "[nurse: one nurse: two friar: 👍 nurse: 🎉🚀]"
			if len(builds) == 0 { // it is not known when
				whole = "[nurse: one friar: 👍 nurse: two nurse: 🎉🚀]"
			}
			for i, tt := range []struct{ want, shown string }{
				{"", whole},
				{"<history maxstanzas='4'/>", whole},
				{"<history maxstanzas='2'/>", "[nurse: one nurse: two]"},
				{"<history maxstanzas='1'/>", "[nurse: two]"},
				{"<history maxstanzas='0'/>", "[]"},
				{"<history maxchars='3'/>", "[nurse: two nurse: 🎉🚀]"},
			} {
				full := fmt.Sprintf("juliet@example.org/%d", i)
				w.ask(full, room, "juliet", tt.want)
				all := w.shown(full)
				if got := fmt.Sprint(past(all)); got != tt.shown {
					t.Errorf("%s: shown %s, want %s", tt.want, got, tt.shown)
				}
				w.wellMade(all, len(builds) > 0)
			}
		})
	}
}

// wellMade wants reactions to point to lines that were shown before them, and to be
// complete.
func (w *world) wellMade(all []stanza.Stanza, recorded bool) {
	w.Helper()
	ids, shown := map[string]bool{}, map[string]bool{}
	for _, st := range all {
		m, ok := st.(*stanza.Message)
		if !ok || m.Child(nsDelay, "delay") == nil || m.Child("", "subject") != nil {
			continue
		}
		if m.ID == "" || ids[m.ID] {
			w.Errorf("no id of its own: %s", dump(m))
		}
		ids[m.ID] = true
		id := m.Child(nsSID, "stanza-id").Attr("id")
		if m.Child(nsReact, "reactions") == nil {
			shown[id] = true
			continue
		}
		if _, to := signs(m); !shown[to] || (id != "") != recorded || m.Child("urn:xmpp:occupant-id:0", "occupant-id").Attr("id") == "" {
			w.Errorf("reacts: %s", dump(m))
		}
	}
}

// Who comes back is told what people react by since, also to lines from before, and
// that somebody does no more.
func TestReactionsSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.AnswerResources(func(j jid.JID) bool { return true })
	w.net.SetAble(allCan)
	w.people("nurse", "friar")
	w.join(phone, room, "juliet")
	s := w.session("juliet")
	emit := func(all ...transports.Event) {
		t.Helper()
		for _, ev := range all {
			if err := s.Emit(ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	began := time.Now()
	at := func(minutes int) time.Time { return began.Add(time.Duration(minutes-100) * time.Minute) }
	said := func(minutes int, id, text string) transports.Event {
		return transports.Received{Message: transports.Message{ID: id, Chat: address, Nick: "nurse", Text: text, Time: at(minutes), Delayed: true}}
	}
	react := func(minutes int, to, nick, sign string, removed bool) transports.Event {
		return transports.Reacted{Chat: address, To: to, Nick: nick, Sign: sign, Removed: removed, Time: at(minutes), Delayed: true}
	}
	emit(said(1, "n1", "one"), react(2, "n1", "friar", "👍", false), said(10, "n2", "two"),
		react(11, "n1", "friar", "👍", true), react(12, "n1", "nurse", "🎉", false), react(13, "n2", "nurse", "x", false))
	w.settled(phone, "juliet")
	w.Drain(domain)
	for minutes, want := range map[int]string{
		0: "[nurse: one nurse: two friar:  nurse: 🎉 nurse: x]", 5: "[nurse: two friar:  nurse: 🎉 nurse: x]", 12: "[nurse: 🎉 nurse: x]", 50: "[]",
	} {
		full := fmt.Sprintf("juliet@example.org/%d", minutes)
		w.ask(full, room, "juliet", "<history since='"+at(minutes).UTC().Format("2006-01-02T15:04:05.000Z")+"'/>")
		if got := fmt.Sprint(past(w.shown(full))); got != want {
			t.Errorf("since minute %d: %s, want %s", minutes, got, want)
		}
	}
}
