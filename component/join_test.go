package component_test

import (
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// XEP-0045 §7.1 order: the others, oneself with 110 last and once, the past,
// the subject; nothing live between. IRC-B3
func TestJoinOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse", "tybalt")
	all := w.join(phone, room, "juliet")
	var got []string
	for _, st := range all {
		switch st := st.(type) {
		case *stanza.Presence:
			got = append(got, st.From.Resource+" "+codes(st))
		case *stanza.Message:
			got = append(got, "subject")
		}
	}
	if len(got) != 4 || got[2] != "juliet 110" || got[3] != "subject" || !strings.HasSuffix(got[0], " ") || !strings.HasSuffix(got[1], " ") {
		t.Errorf("shown %q", got)
	}
	if from := all[3].Head().From; from != jid.MustParse(room) {
		t.Errorf("the empty subject is from %s", from)
	}
	w.settled(phone, "juliet")
	w.silent(phone)
	if calls := len(w.net.Calls()); calls != 2 {
		t.Errorf("%d calls, want one connection and one join: %v", calls, w.net.Calls())
	}
}

// Everyone sees their own JID with themselves, and nobody else's: clients of
// moderators look for themselves by it. XEP-0045 §7.2.2
func TestOwnJID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	for _, st := range w.join(laptop, room, "juliet") {
		p, ok := st.(*stanza.Presence)
		if !ok {
			continue
		}
		want := ""
		if p.From.Resource == "juliet" {
			want = laptop
		}
		if got := p.Child(nsUser, "x").Child(nsUser, "item").Attr("jid"); got != want {
			t.Errorf("%s has the JID %q, want %q", p.From, got, want)
		}
	}
}

// What a client asks a room before it is in it is answered when it is, or is not.
func TestAskedWhileJoining(t *testing.T) {
	t.Parallel()
	const ops = "<query xmlns='" + nsAdmin + "'><item affiliation='admin'/></query>"
	w := newWorld(t)
	w.net.SetOccupant(address, transports.Occupant{Nick: "nurse", Rank: transports.Op})
	let := w.net.Stall(transporttest.OpJoin)
	w.ask(phone, room, "juliet", "")
	w.send("<iq type='get' id='a1' from='%s' to='%s'>%s</iq>", phone, room, ops)
	w.net.AwaitCall(w, transporttest.OpJoin, 0)
	w.settled(phone, "juliet")
	for _, st := range w.rest(phone) {
		t.Errorf("too early: %s", dump(st))
	}
	let()
	if a := w.answer("a1"); fault(a) != "" || !strings.Contains(dump(a), "nurse") {
		t.Errorf("in the room: %s", dump(a))
	}

	w = newWorld(t)
	w.net.Refuse(transporttest.OpJoin, &transports.Error{Kind: transports.Forbidden})
	w.ask(phone, room, "juliet", "")
	w.send("<iq type='get' id='a2' from='%s' to='%s'>%s</iq>", phone, room, ops)
	if a := w.answer("a2"); fault(a) != "modify/not-acceptable" && fault(a) != "cancel/not-acceptable" {
		t.Errorf("not let in: %s", dump(a))
	}
}

// Who asks again, or from another resource, when the network has let us in and
// its room is still on the way, is shown that room, once, and the network is not
// asked for it twice.
func TestJoinWhileTheRoomComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, "#other%"+network+"@"+domain, "juliet") // the connection stands
	release := w.net.Hold()
	w.ask(phone, room, "juliet", "")
	w.net.AwaitCall(t, transporttest.OpJoin, 1)
	for range 50 { // in which the network's yes gets here
		w.barrier(phone)
	}
	w.ask(laptop, room, "juliet", "")
	w.ask(phone, room, "juliet", "")
	for range 50 {
		w.barrier(phone)
	}
	release()
	w.shown(phone)
	w.shown(laptop)
	w.settled(phone, "juliet")
	w.silent(phone)
	if n := w.net.Count(transporttest.OpJoin); n != 2 {
		t.Errorf("the network was asked %d times", n)
	}
}

// 210 tells a client that its nick is another one. XEP-0045 §7.2.10 IRC-M2, IRC-B6
func TestJoinUnderAnotherNick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	all := w.join(laptop, room, "jule")
	own := all[len(all)-2]
	if own.Head().From.Resource != "juliet" || codes(own) != "110 210" {
		t.Errorf("own presence: %s", dump(own))
	}
	if n := len(w.net.Calls()); n != 2 {
		t.Errorf("the second resource asked the network: %v", w.net.Calls())
	}
	_ = transports.Address{}
}
