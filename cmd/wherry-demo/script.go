package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wherry/cmd/internal/world"
)

// step is one thing that happens in the script.
type step struct {
	title string
	run   func(*stage) error
}

// play runs the script's steps in order and stops at the first that fails.
func play(s *stage) error {
	steps := []step{
		{"Alice asks what the gateway is", discover},
		{"She registers with it", register},
		{"She joins the channel " + channel, join},
		{"They talk in the channel", talk},
		{"They talk in private", whisper},
		{"She leaves", leave},
		{"She registers her number with " + smsGateway, registerNumber},
		{"She texts a phone", textOut},
		{"The phone texts back, with a picture", textIn},
		{"She texts a number that nobody has", textToNobody},
	}
	if s.mail != nil {
		steps = append(steps,
			step{"She registers her mailbox with " + mailGateway, registerMailbox},
			step{"A mail comes", mailIn},
			step{"She answers, and is answered: a thread", mailThread},
		)
	}
	for i, step := range steps {
		fmt.Printf("\n%d. %s\n", i+1, step.title)
		began := time.Now()
		if err := step.run(s); err != nil {
			fmt.Println("   ✗ failed")
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
		fmt.Printf("   ✓ %d ms\n", time.Since(began).Milliseconds())
	}
	return nil
}

// told prints one line of the transcript.
func told(who, what string, args ...any) {
	fmt.Printf("   %-7s %s\n", who, fmt.Sprintf(what, args...))
}

func discover(s *stage) error {
	info, err := s.alice.Ask("get", gateway, `<query xmlns="http://jabber.org/protocol/disco#info"/>`)
	if err != nil {
		return err
	}
	var kinds []string
	for _, identity := range info.Child("query").All("identity") {
		kinds = append(kinds, identity.Attr("category")+"/"+identity.Attr("type"))
	}
	told("XMPP", "%s is %s", gateway, strings.Join(kinds, ", "))
	if !slices.Contains(kinds, "gateway/irc") {
		return fmt.Errorf("no gateway/irc among the identities: %v", info)
	}
	return nil
}

func register(s *stage) error {
	form, err := s.alice.Ask("get", gateway, `<query xmlns="jabber:iq:register"/>`)
	if err != nil {
		return err
	}
	if form.Type() != "result" {
		return fmt.Errorf("no form: %v", form)
	}
	told("XMPP", "the form asks: %s", strings.Join(fields(form), ", "))
	answer, err := s.alice.Ask("set", gateway, `<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">`+
		`<field var="FORM_TYPE"><value>jabber:iq:register</value></field>`+
		`<field var="nick"><value>`+alice+`</value></field>`+
		`<field var="realname"><value>Alice of the demo</value></field></x></query>`)
	if err != nil {
		return err
	}
	if answer.Type() != "result" {
		return fmt.Errorf("refused: %s, %s", answer.Condition(), answer.ErrorText())
	}
	told("XMPP", "she answers nick = %s, and is registered", alice)
	return nil
}

// fields names what a form asks.
func fields(form *world.Element) []string {
	x := form.Find("x", world.NSForm)
	if x == nil {
		return nil
	}
	var names []string
	for _, field := range x.All("field") {
		if kind := field.Attr("type"); kind != "hidden" && kind != "fixed" {
			names = append(names, field.Attr("var"))
		}
	}
	return names
}

func join(s *stage) error {
	if err := s.alice.Sendf(`<presence to="%s"><x xmlns="%s"/></presence>`, room+"/"+alice, world.NSMUC); err != nil {
		return err
	}
	self, err := s.alice.Expect("her own presence in the room", func(e *world.Element) bool {
		return e.Name() == "presence" && (e.HasCode("110") || e.Type() == "error") && strings.HasPrefix(e.From(), room+"/")
	})
	if err != nil {
		return err
	}
	if self.Type() == "error" {
		return fmt.Errorf("refused: %s, %s", self.Condition(), self.ErrorText())
	}
	if _, err := s.alice.Expect(ircNick+"'s presence in the room", func(e *world.Element) bool {
		return e.Name() == "presence" && e.From() == room+"/"+ircNick && e.Type() == ""
	}); err != nil {
		return err
	}
	told("XMPP", "she is in %s, and sees %s there", room, ircNick)
	subject, err := s.alice.Expect("the subject", func(e *world.Element) bool {
		return e.Name() == "message" && e.Type() == "groupchat" && e.Has("subject")
	})
	if err != nil {
		return err
	}
	told("XMPP", "the subject is: %s", subject.Child("subject").Text)
	if err := s.bert.SeeJoin(alice, channel); err != nil {
		return err
	}
	told("IRC", "%s sees %s join", ircNick, alice)
	return nil
}

func talk(s *stage) error {
	const question, answer = "Ahoy! Is that you, Bert? ☃", "Aye, and *dry* land is in sight."
	if err := s.alice.Sendf(`<message to="%s" type="groupchat" id="ahoy"><body>%s</body></message>`, room, question); err != nil {
		return err
	}
	if _, err := s.bert.Hear(alice, channel, question); err != nil {
		return err
	}
	told("IRC", "<%s> %s", alice, question)
	if _, err := s.hears(room+"/"+alice, "groupchat", question, "ahoy"); err != nil {
		return err
	}
	if err := s.bert.Say(channel, answer); err != nil {
		return err
	}
	if _, err := s.hears(room+"/"+ircNick, "groupchat", answer, ""); err != nil {
		return err
	}
	told("XMPP", "<%s> %s", ircNick, answer)
	return nil
}

func whisper(s *stage) error {
	const question, answer = "Between us: any rum left?", "Half a barrel. Tell nobody."
	if err := s.alice.Sendf(`<message to="%s" type="chat" id="rum"><body>%s</body></message>`, contact, question); err != nil {
		return err
	}
	if _, err := s.bert.Hear(alice, ircNick, question); err != nil {
		return err
	}
	told("IRC", "<%s → %s> %s", alice, ircNick, question)
	if err := s.bert.Say(alice, answer); err != nil {
		return err
	}
	if _, err := s.hears(contact, "chat", answer, ""); err != nil {
		return err
	}
	told("XMPP", "<%s → %s> %s", contact, alice, answer)
	return nil
}

// hears waits for a message of exactly this kind to reach alice. A message
// from a bare address may carry a resource.
func (s *stage) hears(from, kind, body, id string) (*world.Element, error) {
	want := fmt.Sprintf("the %s message %q of %s", kind, body, from)
	return s.alice.Expect(want, func(e *world.Element) bool {
		sender := e.From()
		if kind == "chat" {
			sender, _, _ = strings.Cut(sender, "/")
		}
		return e.Name() == "message" && e.Type() == kind && sender == from && e.Body() == body && (id == "" || e.ID() == id)
	})
}

func leave(s *stage) error {
	if err := s.alice.Sendf(`<presence type="unavailable" to="%s"/>`, room+"/"+alice); err != nil {
		return err
	}
	gone, err := s.alice.Expect("her own leaving", func(e *world.Element) bool {
		return e.Name() == "presence" && e.Type() == "unavailable" && e.From() == room+"/"+alice
	})
	if err != nil {
		return err
	}
	if !gone.HasCode("110") {
		return errors.New("her leaving is not marked as her own")
	}
	told("XMPP", "she is out")
	if err := s.bert.SeeGone(alice, channel); err != nil {
		return err
	}
	told("IRC", "%s sees %s go", ircNick, alice)
	return nil
}
