package e2e

import (
	"testing"

	"wherry/cmd/internal/world"
)

// What operators say to each other says so in clients, and is said so from there.
func TestSaidToOperators(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 2)
		p, nick, room := h.passenger(t), fresh("al"), n.room(channel)
		p.join(room, nick)
		crew[0].Send("MODE " + channel + " +o " + nick)
		p.Expect("to be an operator", func(e *world.Element) bool {
			return e.From() == room+"/"+nick && e.Child("x").Child("item").Attr("affiliation") == "admin"
		})
		if n.Kind == "ngircd" { // which has no such thing
			id := p.say(room, "/statusmsg @ aye")
			if e := p.Expect("a refusal", func(e *world.Element) bool { return e.ID() == id }); e.Condition() != "feature-not-implemented" {
				t.Errorf("refused by %v", e)
			}
			return
		}
		crew[0].Say("@"+channel, "between us")
		p.hear(room+"/"+crew[0].Nick, "[to @] between us")
		id := p.say(room, "/statusmsg @ aye")
		crew[0].Expect("what is for operators", func(l world.Line) bool {
			return l.Command() == "PRIVMSG" && l.Nick() == nick && l.Param(0) == "@"+channel && l.Param(1) == "aye"
		})
		if e := p.hear(room+"/"+nick, "[to @] aye"); e.ID() != id {
			t.Errorf("reflected as %v", e)
		}
		p.say(room, "to all")
		if got := said(crew[1].Expect("a line", spokenBy(nick))); got != "to all" {
			t.Errorf("others hear %q", got)
		}
	})
}
