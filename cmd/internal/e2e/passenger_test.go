package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// passenger is a user of XMPP under test, at one of their devices.
type passenger struct {
	*worldtest.User
	t    *testing.T
	name string
}

// passenger makes an account and logs it in.
func (h *harbour) passenger(t *testing.T) *passenger {
	t.Helper()
	name := fresh("alice")
	if err := h.xmpp.AddUser(name, password); err != nil {
		t.Fatal(err)
	}
	return h.device(t, name, "phone")
}

// device logs an account in at a further resource.
func (h *harbour) device(t *testing.T, name, resource string) *passenger {
	t.Helper()
	return &passenger{
		worldtest.Client(t, h.xmpp, world.Login{Name: name, Password: password, Resource: resource}), t, name,
	}
}

// view is a room as it was shown to somebody who joined it.
type view struct {
	self      *world.Element
	occupants map[string]*world.Element // the others, by nick
	subject   *world.Element
}

// join joins a room and returns what was shown.
func (p *passenger) join(room, nick string, payload ...string) *view {
	p.t.Helper()
	p.knock(room, nick, payload...)
	v := &view{occupants: make(map[string]*world.Element)}
	for v.self == nil {
		presence := p.Expect("a presence of "+room, func(e *world.Element) bool {
			return e.Name() == "presence" && strings.HasPrefix(e.From(), room+"/") && e.Type() != "unavailable"
		})
		switch {
		case presence.Type() == "error":
			p.t.Fatalf("%s is not let in: %v", p.JID, presence)
		case presence.HasCode("110"):
			v.self = presence
		default:
			v.occupants[strings.TrimPrefix(presence.From(), room+"/")] = presence
		}
	}
	v.subject = p.Expect("the subject of "+room, func(e *world.Element) bool {
		return e.Name() == "message" && e.Type() == "groupchat" && e.Has("subject") && strings.HasPrefix(e.From(), room)
	})
	return v
}

// knock asks to be let into a room.
func (p *passenger) knock(room, nick string, payload ...string) {
	p.t.Helper()
	p.Sendf(`<presence to="%s" id="%s"><x xmlns="http://jabber.org/protocol/muc">`+strings.Join(payload, "")+`</x></presence>`,
		room+"/"+nick, world.NewID())
}

// refused waits for the error that answers a knock.
func (p *passenger) refused(room, condition string) *world.Element {
	p.t.Helper()
	e := p.Expect("to be refused by "+room, func(e *world.Element) bool {
		return e.Name() == "presence" && strings.HasPrefix(e.From(), room) && (e.Type() == "error" || e.HasCode("110"))
	})
	if e.Condition() != condition {
		p.t.Errorf("refused by %s with %q, want %q: %v", room, e.Condition(), condition, e)
	}
	return e
}

// leave leaves a room and waits until that is so.
func (p *passenger) leave(room, nick string) {
	p.t.Helper()
	p.Sendf(`<presence to="%s" type="unavailable"/>`, room+"/"+nick)
	p.Expect("to be out of "+room, func(e *world.Element) bool {
		return e.Name() == "presence" && e.Type() == "unavailable" && e.HasCode("110") && strings.HasPrefix(e.From(), room+"/")
	})
}

// say says a line in a room and returns its id.
func (p *passenger) say(room, body string) string {
	p.t.Helper()
	id := world.NewID()
	p.Sendf(`<message to="%s" type="groupchat" id="%s"><body>%s</body></message>`, room, id, body)
	return id
}

// tell sends a private message and returns its id.
func (p *passenger) tell(to, body string) string {
	p.t.Helper()
	id := world.NewID()
	p.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body></message>`, to, id, body)
	return id
}

// hear waits for a line of exactly this text in a room.
func (p *passenger) hear(from, body string) *world.Element {
	p.t.Helper()
	return p.Expect("the line "+body+" of "+from, func(e *world.Element) bool {
		return e.Name() == "message" && e.Type() == "groupchat" && e.From() == from && e.Body() == body
	})
}

// told waits for a private message of exactly this text.
func (p *passenger) told(from, body string) *world.Element {
	p.t.Helper()
	return p.Expect("the message "+body+" of "+from, func(e *world.Element) bool {
		sender, _, _ := strings.Cut(e.From(), "/")
		return e.Name() == "message" && e.Type() == "chat" && sender == from && e.Body() == body
	})
}

// messages returns everything that came with a body, of the given type, from a
// bare address.
func (p *passenger) messages(typ, from string) []*world.Element {
	var found []*world.Element
	for _, e := range p.Received() {
		sender, _, _ := strings.Cut(e.From(), "/")
		if e.Name() == "message" && e.Type() == typ && sender == from && e.Has("body") {
			found = append(found, e)
		}
	}
	return found
}

// sailor logs a scripted user in to an IRC server.
func sailor(t *testing.T, n *network, nick string) *worldtest.Sailor {
	t.Helper()
	return worldtest.IRC(t, n.IRC, nick)
}

// chatroom makes a channel with IRC users in it; the first is its operator.
func chatroom(t *testing.T, n *network, users int) (channel string, in []*worldtest.Sailor) {
	t.Helper()
	channel = fresh("#deck")
	for range users {
		s := sailor(t, n, fresh("bert"))
		s.Join(channel)
		in = append(in, s)
	}
	return channel, in
}
