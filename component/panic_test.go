package component_test

import (
	"context"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/stanza"
)

// bomb is a payload whose handler panics.
func bomb(slow bool) build {
	boom := func(_ context.Context, q *component.Query) (*stanza.Element, error) {
		if q.IQ.Type == "get" {
			panic("boom")
		}
		return nil, nil
	}
	return with(func(c *component.Component) {
		c.Handle(component.Endpoint{Space: "urn:example:bomb", Name: "bomb", Get: boom, Set: boom, On: component.Anywhere, Slow: slow})
	})
}

const theBomb = "<bomb xmlns='urn:example:bomb'/>"

// A panic harms nobody but its user, who is answered and put back.
func TestPanicInATurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bomb(false))
	w.join(phone, room, "juliet")
	w.join(romeo, room, "romeo")
	w.barrier(phone)
	w.Drain(domain)
	for range 3 {
		if got := fault(w.get(phone, domain, theBomb)); got != "wait/internal-server-error" {
			t.Fatalf("answer %s", got)
		}
		w.pong(phone, true)
		w.shown(phone)
	}
	w.say(romeo, room, "r1", "still here")
	if m := w.message(room+"/romeo", phone, "groupchat"); body(m) != "still here" {
		t.Errorf("got %s", dump(m))
	}
	if m := w.message(room+"/romeo", romeo, "groupchat"); m.ID != "r1" {
		t.Errorf("got %s", dump(m))
	}
	if s := w.gate.Status()[0]; s.Sessions != 2 || s.Online != 2 {
		t.Errorf("Status = %+v", s)
	}
	for _, st := range w.rest(romeo) {
		if st.Head().To.Local == "romeo" && codes(st) != "" {
			t.Errorf("the other user noticed: %s", dump(st))
		}
	}
}

// A panic in the pool is answered, and costs no more.
func TestPanicInThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bomb(true))
	w.join(phone, room, "juliet")
	for range 20 {
		if got := fault(w.get(phone, domain, theBomb)); got != "wait/internal-server-error" {
			t.Fatalf("answer %s", got)
		}
	}
	w.silent(phone)
}

// A panic of the chat's handler costs the user nothing but an answer.
func TestPanicInAChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) {
		c.HandleChat(func(_ context.Context, chat *component.Chat) {
			if strings.Contains(chat.Text, "boom") {
				panic("boom")
			}
			chat.Say("You said " + chat.Text)
		})
	}))
	w.join(phone, room, "juliet")
	w.send("<message type='chat' from='%s' to='%s'><body>boom</body></message>", phone, domain)
	w.send("<message type='chat' from='%s' to='%s'><body>hello</body></message>", phone, domain)
	if m := w.message(domain, "juliet@example.org", "chat"); body(m) != "You said hello" {
		t.Errorf("got %s", dump(m))
	}
	w.silent(phone)
}
