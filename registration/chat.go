package registration

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// talker knows the commands of a gateway.
type talker interface {
	Items(command.Call) []command.Item
	Find(node string, at transports.Kind) (command.Command, bool)
}

// chat answers what a user writes to the gateway, or to one of their accounts there. The commands of the gateway
// are walked question by question, for clients that show neither forms nor
// commands; nothing else is ever understood, and nothing that is said to
// contacts comes here.
func (r *Registration) chat(ctx context.Context, c *component.Chat) {
	r.converse(ctx, c.Domain, &saying{
		call: command.Call{From: c.From, Domain: c.Domain.Name(), To: c.To, Admin: c.Domain.Admin(c.User()), Lang: c.Lang},
		say:  c.Say,
		text: strings.TrimSpace(c.Text),
	})
}

// saying is one message of a user to the gateway.
type saying struct {
	call command.Call
	say  func(string)
	text string

	after []func() // to be done once all was said
}

// tell answers in the user's language.
func (s *saying) tell(t transports.Text) { s.say(text.In(s.call.Lang, t)) }

// converse takes one message: the answer to a question, or a word of its own.
func (r *Registration) converse(ctx context.Context, d domain, s *saying) {
	defer func() {
		for _, f := range s.after {
			f()
		}
	}()
	if _, err := r.applicant(d, s.call.User(), s.call.To, s.call.Lang); err != nil {
		s.say(component.StanzaError(err, s.call.Lang).Text)
		return
	}
	key := party{turn{d.Name(), s.call.User()}, s.call.To.Scope}
	if open, ok := r.chats.take(key); ok {
		open.call.From, open.call.Lang = s.call.From, s.call.Lang
		if open.answer(ctx, s) && !r.chats.put(key, open) {
			s.tell(busyTalking)
		}
		return
	}
	open := r.begin(ctx, d, s)
	if open != nil && !r.chats.put(key, open) {
		s.tell(busyTalking)
	}
}

var busyTalking = transports.T("Too many dialogues are open. Please try again later.")

// begin takes a word that begins something, and asks the first question of a
// dialogue if there is one.
func (r *Registration) begin(ctx context.Context, d domain, s *saying) *dialogue {
	word, argument := s.words()
	c, here := r.talker.Find(word, s.call.To.Kind)
	there, ok := r.talker.Find(word, transports.Network)
	if !here && !ok || c.Quiet {
		r.help(s, word)
		return nil
	}
	call := s.call
	if argument != "" {
		at, err := d.Transport().Address(argument, transports.Account{})
		if err != nil || at.Kind != transports.Network {
			r.noAccount(s, argument)
			return nil
		}
		call.To, c = at, there
	}
	if !c.Found(call) {
		r.help(s, word)
		return nil
	}
	step, err := c.Start(ctx, call)
	if err != nil {
		s.say(component.StanzaError(err, call.Lang).Text)
		return nil
	}
	open := &dialogue{call: call}
	if !open.show(s, step) {
		return nil
	}
	return open
}

// noAccount says that a word is followed by what is no account.
func (r *Registration) noAccount(s *saying, argument string) {
	if r.further(s.call) {
		s.tell(transports.T("%s is not the label of an account.", short(argument)))
		return
	}
	s.tell(transports.T("%s is not the name of a network.", short(argument)))
}

// words returns the first word of a message, in lower case, and the rest.
func (s *saying) words() (word, rest string) {
	word = s.text
	if i := strings.IndexFunc(s.text, unicode.IsSpace); i >= 0 {
		word, rest = s.text[:i], strings.TrimSpace(s.text[i:])
	}
	return strings.ToLower(word), rest
}

// short returns the beginning of what was said, to be said back.
func short(said string) string {
	const most = 80
	if runes := []rune(said); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return said
}

// help says what can be said.
func (r *Registration) help(s *saying, word string) {
	var b strings.Builder
	line := func(t transports.Text) { b.WriteString(text.In(s.call.Lang, t) + "\n") }
	switch word {
	case "help", "?", "hello", "hi":
	default:
		line(transports.T("I do not know that word."))
	}
	line(transports.T("Send one of these words:"))
	for _, it := range r.talker.Items(s.call) {
		if !it.Quiet {
			b.WriteString(it.Node + " – " + it.Name + "\n")
		}
	}
	if r.scoped(s.call) {
		line(transports.T("After a word you can name a network, such as: register irc.example.org"))
	}
	if r.further(s.call) && s.call.To.Kind == transports.Gateway {
		line(transports.T("After a word you can name another of your accounts by its label, such as: unregister work"))
	}
	line(transports.T("While I ask questions: cancel ends them, back goes back to the one before."))
	s.say(strings.TrimSuffix(b.String(), "\n"))
}

// refused tells how a dialogue ended that cannot go on.
func refused(s *saying, err error) {
	var ready *stanza.Error
	if errors.As(err, &ready) && ready.Text != "" {
		s.say(ready.Text)
		return
	}
	s.say(component.StanzaError(err, s.call.Lang).Text)
}
