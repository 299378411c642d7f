package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Reactions, replies, typing and being away pass between XMPP and a network that
// has them, by its own ids; a line is said when the network shows it. IRC-M3,
// IRC-M19
func TestGestures(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) { gesture(t, h, h.insp) })
}

func gesture(t *testing.T, h *harbour, n *network) {
	t.Helper()
	channel, crew := chatroom(t, n, 1)
	bert, room := crew[0], n.room(channel)
	bert.Send("CAP REQ :message-tags server-time away-notify echo-message")
	bert.Expect("the capabilities", func(l world.Line) bool { return l.Command() == "CAP" && l.Param(1) == "ACK" })
	p, nick := h.passenger(t), fresh("al")
	p.join(room, nick)
	bert.SeeJoin(nick, channel)

	info := p.Ask("get", room, `<query xmlns="http://jabber.org/protocol/disco#info"/>`).String()
	for _, feature := range []string{"urn:xmpp:reactions:0", "urn:xmpp:reply:0", "http://jabber.org/protocol/chatstates"} {
		if !strings.Contains(info, feature) {
			t.Errorf("the room has no %s: %s", feature, info)
		}
	}

	id := p.say(room, "Who has seen the parrot?")
	asked := bert.Hear(nick, channel, "Who has seen the parrot?")
	if asked.Tag("msgid") == "" {
		t.Fatal("the network gives no ids")
	}
	shown := p.Expect("the reflection", func(e *world.Element) bool { return e.Name() == "message" && e.ID() == id && e.Type() == "groupchat" })
	at := shown.Child("stanza-id").Attr("id")
	bert.Send("@+draft/reply=" + asked.Tag("msgid") + ";+draft/react=🦜 TAGMSG " + channel)
	e := p.Expect("a reaction", func(e *world.Element) bool { return e.From() == room+"/"+bert.Nick && e.Has("reactions") })
	if got := e.Child("reactions"); got.Attr("id") != at || got.Child("reaction").Text != "🦜" {
		t.Errorf("a reaction: %v", e)
	}
	bert.Send("@+draft/reply=" + asked.Tag("msgid") + " PRIVMSG " + channel + " :The cat has.")
	e = p.hear(room+"/"+bert.Nick, "The cat has.")
	if got := e.Child("reply"); got.Attr("id") != at || got.Attr("to") != room+"/"+nick {
		t.Errorf("an answer: %v", e)
	}

	theirs := bert.Expect("the own line", func(l world.Line) bool { return l.Command() == "PRIVMSG" && l.Param(1) == "The cat has." }).Tag("msgid")
	line := e.Child("stanza-id").Attr("id")
	p.Sendf(`<message to="%s" type="groupchat" id="%s"><reactions xmlns="urn:xmpp:reactions:0" id="%s"><reaction>😿</reaction></reactions></message>`, room, world.NewID(), line)
	got := bert.Expect("a reaction", func(l world.Line) bool {
		return l.Command() == "TAGMSG" && l.Tag("+draft/react") != "" && l.Nick() == nick
	})
	if got.Tag("+draft/react") != "😿" || got.Tag("+draft/reply") != theirs || !strings.EqualFold(got.Param(0), channel) {
		t.Errorf("a reaction: %s", got)
	}
	p.Sendf(`<message to="%s" type="groupchat" id="%s"><body>&gt; The cat has.
Poor thing.</body><reply xmlns="urn:xmpp:reply:0" to="%s" id="%s"/><fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:reply:0"><body start="0" end="15"/></fallback></message>`,
		room, world.NewID(), room+"/"+bert.Nick, line)
	if got := bert.Hear(nick, channel, "Poor thing."); got.Tag("+draft/reply") != theirs {
		t.Errorf("an answer: %s", got)
	}

	p.Sendf(`<message to="%s" type="groupchat"><composing xmlns="http://jabber.org/protocol/chatstates"/></message>`, room)
	bert.Expect("typing", func(l world.Line) bool { return l.Nick() == nick && l.Tag("+typing") == "active" })
	bert.Send("@+typing=paused TAGMSG " + channel)
	p.Expect("typing", func(e *world.Element) bool { return e.From() == room+"/"+bert.Nick && e.Has("paused") })

	p.Sendf(`<presence to="%s"><show>away</show><status>feeding the cat</status></presence>`, room+"/"+nick)
	bert.Expect("being away", func(l world.Line) bool {
		return l.Nick() == nick && l.Command() == "AWAY" && l.Param(0) == "feeding the cat"
	})
}
