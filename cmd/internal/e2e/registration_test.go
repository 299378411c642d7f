package e2e

import (
	"fmt"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// login is what a user tells of an account at NickServ.
type login struct{ nick, account, password string }

// member makes an account at NickServ.
func member(t *testing.T, h *harbour) login {
	t.Helper()
	name := fresh("dora") + "x" // no account is the start of another
	if err := h.insp.Register(name, "pearl-"+name); err != nil {
		t.Fatal(err)
	}
	return login{name, name, "pearl-" + name}
}

// wrong is the same with another password.
func (l login) wrong() login { return login{l.nick, l.account, "oyster-" + l.account} }

func (l login) fields() map[string]string {
	return map[string]string{"nick": l.nick, "sasl_username": l.account, "sasl_password": l.password}
}

// submit makes a submitted form (XEP-0004).
func submit(formType string, fields map[string]string) string {
	var b strings.Builder
	b.WriteString(`<x xmlns="jabber:x:data" type="submit">`)
	if formType != "" {
		b.WriteString(world.XML(`<field var="FORM_TYPE"><value>%s</value></field>`, formType))
	}
	for name, value := range fields {
		b.WriteString(world.XML(`<field var="%s"><value>%s</value></field>`, name, value))
	}
	b.WriteString(`</x>`)
	return b.String()
}

// register sends a registration form.
func (p *passenger) register(to string, fields map[string]string) *world.Element {
	p.t.Helper()
	return p.Ask("set", to, `<query xmlns="jabber:iq:register">`+submit(world.NSRegister, fields)+`</query>`)
}

// registered tells whether the address has the user on file, and the form.
func (p *passenger) registered(to string) (bool, *world.Element) {
	p.t.Helper()
	answer := p.Ask("get", to, `<query xmlns="jabber:iq:register"/>`)
	if answer.Type() != "result" {
		p.t.Fatalf("no form from %s: %v", to, answer)
	}
	return answer.Child("query").Has("registered"), answer
}

func (p *passenger) unregister(to string) *world.Element {
	p.t.Helper()
	return p.Ask("set", to, `<query xmlns="jabber:iq:register"><remove/></query>`)
}

// wantRefused: a refused registration has the condition, its number and a text
// (XEP-0077 §4, XEP-0086), and says nothing secret.
func wantRefused(t *testing.T, e *world.Element, condition, code, secret string) {
	t.Helper()
	if e.Type() != "error" || e.Condition() != condition || e.Child("error").Attr("code") != code || e.ErrorText() == "" {
		t.Errorf("want %s, code %s, with a text; got %v", condition, code, e)
	}
	if secret != "" && strings.Contains(e.String(), secret) {
		t.Errorf("the refusal tells the password: %v", e)
	}
}

func TestRegisterByForm(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p, dora := h.passenger(t), member(t, h)
		to := h.insp.jid()

		if there, _ := p.registered(to); there {
			t.Fatal("registered before the registration")
		}
		wantRefused(t, p.register(to, dora.wrong().fields()), "not-acceptable", "406", dora.wrong().password)
		if there, _ := p.registered(to); there {
			t.Error("a refused registration is kept")
		}
		wantNoTrace(t, h, p, dora)

		if answer := p.register(to, dora.fields()); answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		there, form := p.registered(to)
		if !there {
			t.Error("not registered after the registration")
		}
		if got := form.Field("sasl_username"); len(got) != 1 || got[0] != dora.account {
			t.Errorf("on file: sasl_username %q", got)
		}
		if got := form.Field("sasl_password"); len(got) > 0 && got[0] != "" || strings.Contains(form.String(), dora.password) {
			t.Errorf("the form tells the password: %v", form)
		}
		loggedIn(t, h, p, dora)

		wantRefused(t, p.register(to, dora.wrong().fields()), "not-acceptable", "406", dora.wrong().password)
		loggedIn(t, h, p, dora)

		if answer := p.unregister(to); answer.Type() != "result" {
			t.Errorf("removal: %v", answer)
		}
		wantNoTrace(t, h, p, dora)
		wantRefused(t, p.unregister(to), "registration-required", "407", "")
	})
}

// loggedIn: who joins as p is known to the network by the account.
func loggedIn(t *testing.T, h *harbour, p *passenger, as login) {
	t.Helper()
	channel, crew := chatroom(t, h.insp, 1)
	room := h.insp.room(channel)
	v := p.join(room, as.nick)
	nick := strings.TrimPrefix(v.self.From(), room+"/")
	crew[0].Send("WHOIS " + nick)
	crew[0].Expect(nick+" logged in as "+as.account, func(l world.Line) bool {
		return l.Command() == "330" && l.Param(1) == nick && strings.EqualFold(l.Param(2), as.account)
	})
	p.leave(room, nick)
}

// The same form by a command (XEP-0050).
func TestRegisterByCommand(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p, dora := h.passenger(t), member(t, h)
		to := h.insp.jid()
		items := p.Ask("get", to, `<query xmlns="http://jabber.org/protocol/disco#items" node="http://jabber.org/protocol/commands"/>`)
		if !lists(items, registerNode) {
			t.Fatalf("no registration among the commands of %s: %v", to, items)
		}

		if e := p.command(to, registerNode, dora.wrong().fields()); succeeded(e) {
			t.Errorf("a wrong password is taken: %v", e)
		} else if strings.Contains(e.String(), dora.wrong().password) {
			t.Errorf("the answer tells the password: %v", e)
		}
		wantNoTrace(t, h, p, dora)
		if e := p.command(to, registerNode, dora.fields()); !succeeded(e) {
			t.Fatalf("refused: %v", e)
		}
		if there, _ := p.registered(to); !there {
			t.Error("not registered after the command")
		}
		loggedIn(t, h, p, dora)
		if e := p.command(to, removeNode, map[string]string{"confirm": "true"}); !succeeded(e) {
			t.Errorf("removal: %v", e)
		}
		wantNoTrace(t, h, p, dora)
	})
}

// command runs a command of one form and returns the last answer.
func (p *passenger) command(to, node string, fields map[string]string) *world.Element {
	p.t.Helper()
	first := p.Ask("set", to, world.XML(`<command xmlns="http://jabber.org/protocol/commands" node="%s" action="execute"/>`, node))
	step := first.Child("command")
	if first.Type() != "result" || step.Attr("status") != "executing" {
		return first
	}
	return p.Ask("set", to, world.XML(
		`<command xmlns="http://jabber.org/protocol/commands" node="%s" sessionid="%s" action="complete">`, node, step.Attr("sessionid"))+
		submit("", fields)+`</command>`)
}

// succeeded: the command is through, and its note is no error.
func succeeded(e *world.Element) bool {
	step := e.Child("command")
	return e.Type() == "result" && step.Attr("status") == "completed" && step.Child("note").Attr("type") != "error"
}

func lists(items *world.Element, node string) bool {
	for _, item := range items.Child("query").All("item") {
		if item.Attr("node") == node {
			return true
		}
	}
	return false
}

// Who may not use the gateway is told so, whatever they ask.
func TestRegisterForbidden(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p := h.passenger(t)
		wantRefused(t, p.Ask("get", closedGateway, `<query xmlns="jabber:iq:register"/>`), "forbidden", "403", "")
		wantRefused(t, p.register(closedGateway, map[string]string{"nick": "al"}), "forbidden", "403", "")
	})
}

// A network that does not answer is not the password's fault.
func TestRegisterUnreachable(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p := h.passenger(t)
		inTime(t, func() {
			e := p.register("nowhere.invalid@"+inspGateway, login{"al", "al", "secret"}.fields())
			if e.Type() != "error" || e.Condition() == "not-acceptable" && !strings.Contains(fmt.Sprint(e.ErrorText()), "nowhere") {
				t.Errorf("got %v", e)
			}
		})
	})
}

// Registering with the gateway itself: one's name on every network, and the
// subscriptions of XEP-0100 §4.1. IRC-B40
func TestRegisterIdentity(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p, nick := h.passenger(t), fresh("al")
		if answer := p.register(h.ng.gateway, map[string]string{"nick": nick, "realname": "Al of the ship"}); answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		p.Expect("the gateway asking to be in the roster", func(e *world.Element) bool {
			return e.Name() == "presence" && e.Type() == "subscribe" && e.From() == h.ng.gateway
		})
		channel, crew := chatroom(t, h.ng, 1)
		p.join(h.ng.room(channel), nick)
		crew[0].Send("WHOIS " + nick)
		crew[0].Expect("the real name", func(l world.Line) bool {
			return l.Command() == "311" && l.Param(1) == nick && l.Param(5) == "Al of the ship"
		})
	})
}

// The nodes of the commands that every network has.
const (
	registerNode = "register"
	removeNode   = "unregister"
)

// A nick that somebody took while its owner was away is got back from NickServ,
// and the owner's client is told.
func TestNickRegained(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p, dora := h.passenger(t), member(t, h)
		if answer := p.register(h.insp.jid(), dora.fields()); answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		p.command(h.insp.jid(), "disconnect", nil)
		thief := sailor(t, h.insp, dora.nick)
		channel, crew := chatroom(t, h.insp, 1)
		room := h.insp.room(channel)
		p.knock(room, dora.nick)
		p.Expect("to be in by the own nick", func(e *world.Element) bool {
			return e.From() == room+"/"+dora.nick && e.Type() == "" && e.HasCode("110")
		})
		thief.Expect("to lose the nick", func(l world.Line) bool {
			return l.Command() == "NICK" && l.Nick() == dora.nick || l.Command() == "ERROR"
		})
		p.say(room, "It is mine.")
		crew[0].Hear(dora.nick, channel, "It is mine.")
		if got := p.messages("chat", h.insp.jid()); len(got) > 0 {
			t.Errorf("what NickServ says to that is shown: %v", got)
		}
		p.unregister(h.insp.jid())
	})
}
