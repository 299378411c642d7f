package component_test

import (
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// One account waits for a few lists of a network's rooms at once; who asks for
// more is refused, and may ask again once one has come.
func TestRoomListsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.net.SetOccupant(transports.Address{Kind: transports.Room, Scope: network, Name: "#r"}, transports.Occupant{Nick: "nurse"})
	const most = 4
	var release []func()
	for range most {
		release = append(release, w.net.Stall(transporttest.OpList))
	}
	var ids []string
	for range most {
		ids = append(ids, w.id())
		w.send("<iq type='get' id='%s' from='%s' to='%s@%s'><query xmlns='%s'/></iq>", ids[len(ids)-1], phone, network, domain, nsItems)
	}
	w.net.AwaitCall(t, transporttest.OpList, most-1)
	if a := w.get(laptop, network+"@"+domain, "<query xmlns='"+nsItems+"'/>"); fault(a) != "wait/resource-constraint" {
		t.Errorf("one too many: %s", dump(a))
	}
	for _, let := range release {
		let()
	}
	for _, id := range ids {
		if a := w.answer(id); a.Type != "result" {
			t.Errorf("one of those that wait: %s", dump(a))
		}
	}
	if a := w.get(laptop, network+"@"+domain, "<query xmlns='"+nsItems+"'/>"); a.Type != "result" {
		t.Errorf("afterwards: %s", dump(a))
	}
}

// Look-ups in archives wait for one another, within a bound; each is answered
// once, those beyond it by an error, and then all goes on.
func TestLookUpsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.net.Say(address, "nurse", "hello")
	w.sees(phone, "hello")
	w.barrier(phone)
	w.Drain(domain)
	const n = 400
	for i := range n {
		w.send("<iq type='set' id='q%d' from='%s' to='%s'><query xmlns='%s' queryid='q%d'/></iq>", i, phone, room, nsMAM, i)
	}
	answers := map[string]string{}
	lines := map[string]int{}
	for len(answers) < n {
		st := w.to(phone)
		switch st := st.(type) {
		case *stanza.Message:
			lines[st.Child(nsMAM, "result").Attr("queryid")]++
		case *stanza.IQ:
			if st.Type != "result" && st.Type != "error" {
				continue // a question of the gateway's
			}
			if _, twice := answers[st.ID]; twice {
				t.Fatalf("answered twice: %s", st.ID)
			}
			answers[st.ID] = fault(st)
		}
	}
	found := 0
	for id, fault := range answers {
		switch fault {
		case "":
			found++
			if lines[id] != 1 {
				t.Errorf("%s has %d lines", id, lines[id])
			}
		case "wait/resource-constraint":
			if lines[id] != 0 {
				t.Errorf("%s is refused, and has %d lines", id, lines[id])
			}
		default:
			t.Errorf("%s: %s", id, fault)
		}
	}
	if found < 100 {
		t.Errorf("%d of %d were answered", found, n)
	}
	w.want(w.query(phone, room, ""), "nurse: hello")
}
