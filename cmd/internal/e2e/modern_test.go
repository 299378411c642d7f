package e2e

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/transports/irc/ircv3test"
)

// modern is a network that has all of IRCv3, and a gateway of its own to it.
func (h *harbour) modern(t *testing.T) (*ircv3test.Network, *network) {
	t.Helper()
	n := ircv3test.Start(t, ircv3test.Config{})
	return n, h.seaOf(t, n.Port())
}

// What only networks with all of IRCv3 have: messages taken back and moderated,
// several lines as one message, what was said before one came, read markers, who
// is there by MONITOR. IRC-M19, IRC-B42
func TestModernNetwork(t *testing.T) {
	onEachOwn(t, func(t *testing.T, h *harbour) {
		n, at := h.modern(t)
		room := at.room("#harbour")
		bert := n.Puppet("bert")
		bert.Join("#harbour")
		for _, text := range []string{"one", "two"} {
			bert.Say("#harbour", text)
		}
		p := h.passenger(t)
		p.join(room, "alice")
		p.hear(room+"/bert", "two") // it is fetched once the room is joined
		said, _ := p.past(room)
		if !slices.Equal(said, []string{"one", "two"}) { // as the network has them, delayed
			t.Errorf("what was said before is %q", said)
		}

		bert.Account("bertie")
		p.Expect("Bert's hat", func(e *world.Element) bool {
			return e.From() == room+"/bert" && e.Has("hats") && e.Child("hats").Child("hat").Attr("title") == "account bertie"
		})

		id := bert.Say("#harbour", "rude words")
		shown := p.hear(room+"/bert", "rude words").Child("stanza-id").Attr("id")
		bert.Redact("#harbour", id, "sorry")
		e := p.Expect("a retraction", func(e *world.Element) bool { return e.Has("retract") })
		if e.From() != room+"/bert" || e.Child("retract").Attr("id") != shown {
			t.Errorf("taken back by %v", e)
		}
		if said, _ := p.past(room); slices.Contains(said, "rude words") {
			t.Errorf("the archive still says %q", said)
		}

		kind := bert.Say("#harbour", "kind words")
		shown = p.hear(room+"/bert", "kind words").Child("stanza-id").Attr("id")
		for _, sign := range []string{"👍", "🎉"} {
			bert.React("#harbour", kind, sign)
		}
		bert.Unreact("#harbour", kind, "👍")
		last := p.Expect("the last reaction", func(e *world.Element) bool {
			return e.Child("reactions").Attr("id") == shown && len(e.Child("reactions").Children) == 1 && e.Child("reactions").Child("reaction").Text == "🎉"
		})
		if got := p.reactions(room, shown); !slices.Equal(got, []string{"👍", "👍🎉", "🎉 " + last.Child("stanza-id").Attr("id")}) {
			t.Errorf("the archive has the reactions %q", got)
		}

		mine := p.say(room, "oops")
		reflection := p.Expect("the reflection", func(e *world.Element) bool { return e.ID() == mine && e.Type() == "groupchat" })
		p.Sendf(`<message to="%s" type="groupchat" id="r1"><retract xmlns="urn:xmpp:message-retract:1" id="%s"/></message>`, room, reflection.Child("stanza-id").Attr("id"))
		n.Await("alice", "*REDACT #harbour *")
		p.Expect("the retraction's reflection", func(e *world.Element) bool { return e.ID() == "r1" && e.Type() == "groupchat" && e.Has("retract") })

		poem := "The sea is calm tonight.\n\nThe tide is full, the moon lies fair"
		sent := p.say(room, poem)
		n.AwaitTold(bert, "*The tide is full, the moon lies fair")
		p.Expect("the poem, once", func(e *world.Element) bool { return e.ID() == sent && e.Body() == poem })
		bert.Multiline("#harbour", "first", "second")
		end := p.hear(room+"/bert", "first\nsecond").Child("stanza-id").Attr("id")
		p.Sendf(`<message to="%s" type="groupchat" id="d1"><displayed xmlns="urn:xmpp:chat-markers:0" id="%s"/></message>`, room, end)
		n.Await("alice", "MARKREAD #harbour timestamp=*")

		p.Sendf(`<presence to="%s" type="subscribe"/>`, at.contact("carl"))
		p.Expect("to be let see Carl", func(e *world.Element) bool { return e.Type() == "subscribed" && strings.HasPrefix(e.From(), "carl%") })
		n.AwaitFunc("alice", "Carl to be watched", func(line string) bool { return strings.HasPrefix(line, "MONITOR + ") && strings.Contains(line, "carl") })
		n.Puppet("carl")
		p.Expect("Carl to be there", func(e *world.Element) bool {
			return e.Name() == "presence" && e.Type() == "" && strings.HasPrefix(e.From(), "carl%")
		})
	})
}
