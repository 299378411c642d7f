package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"wherry/cmd/internal/world"
)

// Who mails, in the world of the demo.
const (
	mailGateway = "mail." + domain
	penpal      = "carl" // he has a mail program, and no XMPP
	topic       = "The lighthouse"
)

// mails tells whether there is mail in this world: its servers run for root only,
// and are not installed beside others.
func mails() bool { return os.Geteuid() == 0 && len(world.Lacks("dovecot", "postfix")) == 0 }

// mailComes starts the mail servers, with a mailbox for each of those who mail.
func (s *stage) mailComes(w *world.World) (err error) {
	if s.mail, err = w.Mail(world.MailConfig{}); err != nil {
		return err
	}
	for name, box := range map[string]*world.MailAccount{alice: &s.herBox, guest: &s.theirBox, penpal: &s.hisBox} {
		if *box, err = s.mail.AddUser(name); err != nil {
			return err
		}
	}
	if s.carl, err = s.mail.User(s.hisBox); err == nil {
		w.OnClose(s.carl.Close)
	}
	return err
}

// box is the address of a mailbox on XMPP.
func box(a world.MailAccount) string {
	return strings.Replace(a.Address, "@", `\40`, 1) + "@" + mailGateway
}

func registerMailbox(s *stage) error {
	refused, err := s.signUpMailbox("of another mailbox")
	if err != nil {
		return err
	}
	if refused.Condition() != "not-acceptable" {
		return fmt.Errorf("a wrong password is answered by %v", refused)
	}
	told("XMPP", "she mistypes her password: %s", refused.ErrorText())
	answer, err := s.signUpMailbox(s.herBox.Password)
	if err != nil {
		return err
	}
	if answer.Type() != "result" {
		return fmt.Errorf("refused: %s, %s", answer.Condition(), answer.ErrorText())
	}
	told("XMPP", "she gives the right one, and is registered as %s", s.herBox.Address)
	his := box(s.hisBox)
	if err := s.alice.Sendf(`<presence to="%s" type="subscribe"/>`, his); err != nil {
		return err
	}
	if _, err := s.alice.Expect(penpal+"'s presence", func(e *world.Element) bool {
		from, _, _ := strings.Cut(e.From(), "/")
		return e.Name() == "presence" && from == his && e.Type() == ""
	}); err != nil {
		return err
	}
	told("XMPP", "she adds %s", his)
	return nil
}

// signUpMailbox sends the form with a password. Nobody has to name the servers.
func (s *stage) signUpMailbox(password string) (*world.Element, error) {
	return s.alice.Ask("set", mailGateway, world.XML(`<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">`+
		`<field var="FORM_TYPE"><value>jabber:iq:register</value></field>`+
		`<field var="address"><value>%s</value></field>`+
		`<field var="password"><value>%s</value></field>`+
		`<field var="name"><value>Alice</value></field></x></query>`, s.herBox.Address, password))
}

func mailIn(s *stage) error {
	const text = "Is it true that it is to be painted?"
	if err := s.carl.Send(s.herBox.Address, topic, text); err != nil {
		return err
	}
	told("Mail", "<%s> Subject: %s", s.hisBox.Address, topic)
	m, err := s.mailed(text)
	if err != nil {
		return err
	}
	if m.Child("subject").Text != topic || m.Child("thread").Text == "" {
		return fmt.Errorf("the mail has not its subject, or no thread: %v", m)
	}
	told("XMPP", "<%s> %s", box(s.hisBox), strings.ReplaceAll(m.Body(), "\n", " ⏎ "))
	s.letter = m
	return nil
}

// mailed waits for a mail of Carl's that says so.
func (s *stage) mailed(text string) (*world.Element, error) {
	return s.alice.Expect("the mail "+text, func(e *world.Element) bool {
		return e.Name() == "message" && e.Type() == "chat" && e.From() == box(s.hisBox) && strings.HasSuffix(e.Body(), text)
	})
}

func mailThread(s *stage) error {
	const answer, again = "Aye: red and white, from June on.", "At last! The ships will see it."
	if err := s.alice.Sendf(`<message to="%s" type="chat" id="lighthouse"><body>%s</body><reply xmlns="urn:xmpp:reply:0" to="%s" id="%s"/></message>`,
		box(s.hisBox), answer, s.letter.From(), s.letter.ID()); err != nil {
		return err
	}
	l, err := s.carl.ExpectSubject("Re: " + topic)
	if err != nil {
		return err
	}
	if !strings.Contains(l.Body, answer) || l.Get("In-Reply-To") == "" {
		return fmt.Errorf("the answer says %q, to %q", l.Body, l.Get("In-Reply-To"))
	}
	told("Mail", "<%s> %s", s.herBox.Address, l.Get("Subject"))
	told("Mail", "it answers %s, as mail programs see", l.Get("In-Reply-To"))
	raw := fmt.Sprintf("From: Carl <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\nIn-Reply-To: %s\r\nReferences: %s %s\r\n\r\n%s\r\n",
		s.hisBox.Address, s.herBox.Address, l.Get("Subject"), time.Now().Format(time.RFC1123Z), rand.Text(), world.MailHost,
		l.Get("Message-ID"), l.Get("References"), l.Get("Message-ID"), again)
	if err := s.carl.Submit(raw, s.herBox.Address); err != nil {
		return err
	}
	m, err := s.mailed(again)
	if err != nil {
		return err
	}
	if m.Child("reply", "urn:xmpp:reply:0").Attr("id") != "lighthouse" {
		return errors.New("it is not shown as the answer to hers: " + m.String())
	}
	if m.Child("thread").Text != s.letter.Child("thread").Text {
		return errors.New("it is in another conversation: " + m.String())
	}
	told("XMPP", "<%s> %s", box(s.hisBox), m.Body())
	told("XMPP", "it is shown below hers, in the thread %s…", m.Child("thread").Text[:8])
	return nil
}

// echoMail has Carl answer what he gets, for as long as he is connected.
func (s *stage) echoMail() {
	const long = 1000 * time.Hour
	for {
		l, err := s.carl.Within(long, "any mail", func(*world.Letter) bool { return true })
		if err != nil {
			return
		}
		from := l.Get("From")
		if at := strings.LastIndexByte(from, '<'); at >= 0 {
			from = strings.Trim(from[at:], "<>")
		}
		if err := s.carl.Send(from, l.Get("Subject"), "I got your mail."); err != nil {
			return
		}
	}
}
