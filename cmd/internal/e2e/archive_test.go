package e2e

import (
	"slices"
	"testing"

	"wherry/cmd/internal/world"
)

// past asks for all that a room's archive has for the passenger, and returns what
// was said, and the ids.
func (p *passenger) past(room string) (said, ids []string) {
	p.t.Helper()
	for _, e := range p.archived(room) {
		said = append(said, e.Child("forwarded").Child("message").Body())
		ids = append(ids, e.Attr("id"))
	}
	return said, ids
}

// reactions asks for the reactions to a line that a room's archive has, in order,
// with the id of the last one.
func (p *passenger) reactions(room, line string) (all []string) {
	p.t.Helper()
	last := ""
	for _, e := range p.archived(room) {
		if r := e.Child("forwarded").Child("message").Child("reactions"); r.Attr("id") == line {
			signs := ""
			for _, c := range r.Children {
				signs += c.Text
			}
			all, last = append(all, signs), e.Attr("id")
		}
	}
	if len(all) > 0 {
		all[len(all)-1] += " " + last
	}
	return all
}

// archived asks for all that a room's archive has for the passenger.
func (p *passenger) archived(room string) (results []*world.Element) {
	p.t.Helper()
	id := world.NewID()
	answer := p.Ask("set", room, `<query xmlns="urn:xmpp:mam:2" queryid="`+id+`"/>`)
	if answer.Type() != "result" || answer.Child("fin").Attr("complete") != "true" {
		p.t.Fatalf("the archive answers %v", answer)
	}
	for _, e := range p.Received() {
		result := e.Child("result", "urn:xmpp:mam:2")
		if e.Name() != "message" || e.From() != room || result.Attr("queryid") != id {
			continue
		}
		results = append(results, result)
	}
	return results
}

// What is said in a channel is kept once for all users, by ids that they share,
// and each reads what was said while they were there. XEP-0313, IRC-M16, IRC-B33
func TestArchive(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		bert, room := crew[0], n.room(channel)
		alice, nick := h.passenger(t), fresh("al")
		alice.join(room, nick)
		bert.Say(channel, "before the others")
		alice.hear(room+"/"+bert.Nick, "before the others")
		other := h.passenger(t)
		other.join(room, fresh("ot"))
		bert.Say(channel, "to both")
		one := alice.hear(room+"/"+bert.Nick, "to both").Child("stanza-id").Attr("id")
		two := other.hear(room+"/"+bert.Nick, "to both").Child("stanza-id").Attr("id")
		if one == "" || one != two {
			t.Errorf("one line has the ids %q and %q", one, two)
		}
		id := alice.say(room, "said by Alice")
		own := alice.Expect("the reflection", func(e *world.Element) bool { return e.ID() == id && e.Type() == "groupchat" }).Child("stanza-id").Attr("id")
		theirs := other.hear(room+"/"+nick, "said by Alice").Child("stanza-id").Attr("id")
		if own != theirs {
			t.Errorf("one line has the ids %q and %q", own, theirs)
		}
		said, ids := alice.past(room)
		if want := []string{"before the others", "to both", "said by Alice"}; !slices.Equal(said, want) || len(ids) != 3 || ids[1] != one || ids[2] != own {
			t.Errorf("Alice reads %q by %v", said, ids)
		}
		if said, _ := other.past(room); !slices.Equal(said, []string{"to both", "said by Alice"}) {
			t.Errorf("the other one reads %q", said)
		}
		stranger := h.passenger(t)
		if answer := stranger.Ask("set", room, `<query xmlns="urn:xmpp:mam:2"/>`); answer.Condition() != "forbidden" {
			t.Errorf("a stranger is answered %v", answer)
		}
		alice.leave(room, nick)
		bert.Say(channel, "when she was away")
		other.hear(room+"/"+bert.Nick, "when she was away")
		alice.join(room, nick)
		if said, _ := alice.past(room); slices.Contains(said, "when she was away") || len(said) != 3 {
			t.Errorf("after a break Alice reads %q", said)
		}
	})
}
