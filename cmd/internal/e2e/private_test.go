package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Private messages pass both ways by the contact's address, also for one who
// is in no room with the contact. IRC-B15
func TestPrivate(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		for _, n := range h.networks() {
			channel, crew := chatroom(t, n, 1)
			p, nick := h.passenger(t), fresh("al")
			p.join(n.room(channel), nick)
			p.tell(n.contact(crew[0].Nick), "a word?")
			crew[0].Hear(nick, crew[0].Nick, "a word?")
			crew[0].Say(nick, "two words")
			e := p.told(n.contact(crew[0].Nick), "two words")
			if e.Attr("to") != p.Bare {
				t.Errorf("sent to %s, not to all devices: %v", e.Attr("to"), e)
			}
			stranger := sailor(t, n, fresh("stranger"))
			stranger.Say(nick, "psst")
			p.told(n.contact(stranger.Nick), "psst")
		}
	})
}

// By the room's address, both sides stay in the room (XEP-0045 §7.5). IRC-M4
func TestPrivateInRoom(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		channel, crew := chatroom(t, h.ng, 1)
		p, nick, room := h.passenger(t), fresh("al"), h.ng.room(channel)
		p.join(room, nick)
		p.Sendf(`<message to="%s" type="chat" id="%s"><body>aside</body><x xmlns="http://jabber.org/protocol/muc#user"/></message>`,
			room+"/"+crew[0].Nick, world.NewID())
		crew[0].Hear(nick, crew[0].Nick, "aside")
		crew[0].Say(nick, "back aside")
		e := p.Expect("the answer", func(e *world.Element) bool { return e.Body() == "back aside" })
		if e.From() != room+"/"+crew[0].Nick || e.Type() != "chat" || !e.Has("x", world.NSMUCUser) {
			t.Errorf("got %v", e)
		}
	})
}

// A message to a nick that nobody has comes back.
func TestPrivateToNobody(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, _ := chatroom(t, n, 1)
		p := h.passenger(t)
		p.join(n.room(channel), fresh("al"))
		id := p.tell(n.contact(fresh("nobody")), "anyone?")
		e := p.Expect("the message's error", func(e *world.Element) bool { return e.ID() == id })
		if e.Type() != "error" || e.Condition() != "item-not-found" {
			t.Errorf("got %v", e)
		}
	})
}

// What people do in a room is seen on the other side. IRC-B17
func TestDoings(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 2)
		p, nick, room := h.passenger(t), fresh("al"), n.room(channel)
		p.join(room, nick)

		crew[0].Say(channel, "\x01ACTION waves\x01")
		p.hear(room+"/"+crew[0].Nick, "/me waves")
		p.say(room, "/me waves back")
		crew[0].Hear(nick, channel, "\x01ACTION waves back\x01")

		crew[0].Say(channel, "a \x02bold\x02 word")
		p.hear(room+"/"+crew[0].Nick, "a *bold* word")

		crew[0].Send("TOPIC " + channel + " :New course")
		e := p.Expect("the subject", func(e *world.Element) bool { return e.Child("subject").Text == "New course" })
		if e.From() != room+"/"+crew[0].Nick || e.Has("body") {
			t.Errorf("subject: %v", e)
		}

		crew[0].Mode(channel, "+v "+crew[1].Nick)
		e = p.Expect("the voice", presenceOf(room+"/"+crew[1].Nick, ""))
		if item := e.Child("x", world.NSMUCUser).Child("item"); item.Attr("role") != "participant" || item.Attr("affiliation") != "member" {
			t.Errorf("voiced: %v", e)
		}

		renamed := fresh("dirk")
		crew[1].Send("NICK " + renamed)
		e = p.Expect("the old nick's end", presenceOf(room+"/"+crew[1].Nick, "unavailable"))
		if !e.HasCode("303") || e.Child("x", world.NSMUCUser).Child("item").Attr("nick") != renamed {
			t.Errorf("renamed: %v", e)
		}
		p.Expect("the new nick", presenceOf(room+"/"+renamed, ""))

		crew[1].Send("QUIT :to the sea")
		e = p.Expect("the quit", presenceOf(room+"/"+renamed, "unavailable"))
		const tooNew = "Quit: " // what ircd-hybrid makes of the words of who came within this second
		if said := e.Child("status").Text; !strings.Contains(said, "to the sea") && !(n == h.hybrid && said == tooNew) {
			t.Errorf("quit: %v", e)
		}
	})
}

func presenceOf(from, typ string) func(*world.Element) bool {
	return func(e *world.Element) bool { return e.Name() == "presence" && e.From() == from && e.Type() == typ }
}

// A user changes their nick in the room. IRC-B6
func TestRename(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		p, nick, other, room := h.passenger(t), fresh("al"), fresh("bo"), n.room(channel)
		p.join(room, nick)
		p.Sendf(`<presence to="%s"/>`, room+"/"+other)
		e := p.Expect("the old nick's end", presenceOf(room+"/"+nick, "unavailable"))
		if !e.HasCode("303") || !e.HasCode("110") {
			t.Errorf("got %v", e)
		}
		if e = p.Expect("the new nick", presenceOf(room+"/"+other, "")); !e.HasCode("110") {
			t.Errorf("got %v", e)
		}
		p.say(room, "it is me")
		crew[0].Hear(other, channel, "it is me")
	})
}

// The gateway answers what clients ask of any service.
func TestQuestions(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p := h.passenger(t)
		channel, crew := chatroom(t, h.ng, 1)
		p.join(h.ng.room(channel), fresh("al"))
		for _, to := range []string{ngGateway, h.ng.jid(), h.ng.room(channel), h.ng.contact(crew[0].Nick), h.ng.contact("nobody") + "/x"} {
			for _, ask := range []struct{ typ, payload, condition string }{
				{"get", `<query xmlns="http://jabber.org/protocol/disco#info"/>`, ""},
				{"get", `<query xmlns="http://jabber.org/protocol/disco#items"/>`, ""},
				{"get", `<query xmlns="urn:example:junk"/>`, "service-unavailable"},
				{"set", `<query xmlns="urn:example:junk"/>`, "service-unavailable"},
			} {
				answer := p.Ask(ask.typ, to, ask.payload)
				if answer.Condition() != ask.condition {
					t.Errorf("%s to %s answered by %v", ask.payload, to, answer)
				}
			}
		}
		if info := p.Ask("get", ngGateway, `<query xmlns="http://jabber.org/protocol/disco#info"/>`); !identity(info, "gateway", "irc") {
			t.Errorf("the gateway's identity: %v", info)
		}
		if info := p.Ask("get", h.ng.room(channel), `<query xmlns="http://jabber.org/protocol/disco#info"/>`); !identity(info, "conference", "irc") {
			t.Errorf("the room's identity: %v", info)
		}
		answer := p.Ask("set", ngGateway, `<query xmlns="jabber:iq:gateway"><prompt>`+channel+`%localhost</prompt></query>`)
		if got := answer.Child("query").Child("jid").Text; got != h.ng.room(channel) {
			t.Errorf("jabber:iq:gateway: %v", answer)
		}
	})
}

func identity(info *world.Element, category, typ string) bool {
	for _, i := range info.Child("query").All("identity") {
		if i.Attr("category") == category && i.Attr("type") == typ {
			return true
		}
	}
	return false
}
