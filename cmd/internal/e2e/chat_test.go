package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// The same form in plain words, for clients that show no forms: question by
// question, and again where an answer was wrong.
func TestRegisterByChat(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p, dora := h.passenger(t), member(t, h)
		passwords := []string{dora.wrong().password, dora.password}
		p.tell(h.insp.gateway, "register "+h.insp.host)
		for len(passwords) > 0 {
			switch question := p.asked(h.insp.gateway); {
			case strings.HasPrefix(question, "Nick"):
				p.tell(h.insp.gateway, dora.nick)
			case strings.HasPrefix(question, "Account name"):
				p.tell(h.insp.gateway, dora.account)
			case strings.HasPrefix(question, "Account password"):
				if there, _ := p.registered(h.insp.jid()); there {
					t.Error("registered before the right password was told")
				}
				p.tell(h.insp.gateway, passwords[0])
				passwords = passwords[1:]
			default:
				p.tell(h.insp.gateway, "-")
			}
		}
		p.asked(h.insp.gateway, "You are registered")
		if there, _ := p.registered(h.insp.jid()); !there {
			t.Error("not registered after the chat")
		}
		loggedIn(t, h, p, dora)
		for _, e := range p.messages("chat", h.insp.gateway) {
			if strings.Contains(e.Body(), dora.password) || strings.Contains(e.Body(), dora.wrong().password) {
				t.Errorf("the gateway repeats the password: %v", e)
			}
		}
	})
}

// asked waits for the next question of the gateway, or for words that begin as
// told, and returns what it said.
func (p *passenger) asked(gateway string, orElse ...string) string {
	p.t.Helper()
	return p.Expect("a question of "+gateway, func(e *world.Element) bool {
		if e.Name() != "message" || e.Type() != "chat" || e.From() != gateway {
			return false
		}
		for _, words := range orElse {
			if strings.HasPrefix(e.Body(), words) {
				return true
			}
		}
		return len(orElse) == 0 && strings.Contains(e.Body(), "\nSend - ")
	}).Body()
}

// What is said in a contact's chat is never a command.
func TestNoCommandInContactChat(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		channel, crew := chatroom(t, h.ng, 1)
		p, nick := h.passenger(t), fresh("al")
		p.join(h.ng.room(channel), nick)
		for _, word := range []string{"help", "register", "/join #x", "!quit"} {
			p.tell(h.ng.contact(crew[0].Nick), word)
			crew[0].Hear(nick, crew[0].Nick, word)
		}
	})
}
