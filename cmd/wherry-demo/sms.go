package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strings"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// Who texts, in the world of the demo.
const (
	smsGateway = "sms." + domain
	line       = "+14155550100" // alice's
	guestLine  = "+14155550101"
	phone      = "+14155550123" // of somebody who has no XMPP
	nobody     = "+14155550199"
)

// twilioComes starts the stand-in for Twilio, with an account for each of those
// who may text.
func (s *stage) twilioComes(w *world.World) (err error) {
	if s.twilio, err = twiliotest.Start(twiliotest.Config{}); err != nil {
		return err
	}
	w.OnClose(func() error { s.twilio.Close(); return nil })
	s.hers, s.theirs = s.account(line), s.account(guestLine)
	return nil
}

// account makes an account with one number.
func (s *stage) account(number string) twiliotest.Account {
	a := s.twilio.AddAccount(twiliotest.Account{})
	s.twilio.AddNumber(twiliotest.Number{Account: a.SID, Number: number, SMS: true, MMS: true})
	return a
}

// texts returns the lines of a [component.sms] table for the stand-in.
func (s *stage) texts() string {
	return fmt.Sprintf("twilio_url = %q\nmedia_hosts = [\"127.0.0.1\"]\nallow_private_hosts = true\n", s.twilio.URL)
}

// until waits for something to become so at the stand-in.
func (s *stage) until(what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), world.DefaultWait)
	defer cancel()
	if err := s.twilio.Wait(ctx, done); err != nil {
		return fmt.Errorf("waited in vain for %s: %w", what, err)
	}
	return nil
}

func registerNumber(s *stage) error {
	refused, err := s.signUp(strings.Repeat("0", 32))
	if err != nil {
		return err
	}
	if refused.Condition() != "not-acceptable" {
		return fmt.Errorf("a wrong token is answered by %v", refused)
	}
	told("XMPP", "she mistypes her token: %s", refused.ErrorText())
	answer, err := s.signUp(s.hers.Token)
	if err != nil {
		return err
	}
	if answer.Type() != "result" {
		return fmt.Errorf("refused: %s, %s", answer.Condition(), answer.ErrorText())
	}
	told("XMPP", "she gives the right one, and is registered")
	hooks := s.public + "/hooks/"
	if err := s.until("Twilio to call the gateway", func() bool {
		n, _ := s.twilio.Number(line)
		return strings.HasPrefix(n.SMSURL, hooks)
	}); err != nil {
		return err
	}
	told("Twilio", "calls %s… for what comes to %s", hooks, line)
	return nil
}

// signUp sends the form with a token.
func (s *stage) signUp(token string) (*world.Element, error) {
	return s.alice.Ask("set", smsGateway, world.XML(`<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">`+
		`<field var="FORM_TYPE"><value>jabber:iq:register</value></field>`+
		`<field var="account_sid"><value>%s</value></field>`+
		`<field var="auth_token"><value>%s</value></field></x></query>`, s.hers.SID, token))
}

// text has alice text a number.
func (s *stage) text(to, id, body string) error {
	return s.alice.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body><request xmlns="urn:xmpp:receipts"/></message>`,
		to+"@"+smsGateway, id, body)
}

func textOut(s *stage) error {
	const body = "Ahoy! The ship is in. ☃"
	if err := s.text(phone, "ship", body); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), world.DefaultWait)
	defer cancel()
	texts, err := s.twilio.WaitTexted(ctx, phone, 1)
	if err != nil {
		return fmt.Errorf("no text on the phone: %w", err)
	}
	if len(texts) != 1 || texts[0].Body != body || texts[0].From != line {
		return fmt.Errorf("the phone shows %+v", texts)
	}
	told("Phone", "<%s> %s", line, body)
	if _, err := s.alice.Expect("the tick", func(e *world.Element) bool {
		return e.From() == phone+"@"+smsGateway && e.Child("received", "urn:xmpp:receipts").Attr("id") == "ship"
	}); err != nil {
		return err
	}
	told("XMPP", "✓ it is on the phone")
	return nil
}

func textIn(s *stage) error {
	const body = "I see her! Look:"
	cat, err := picture()
	if err != nil {
		return err
	}
	s.twilio.Receive(phone, line, body, twiliotest.Media{Type: "image/jpeg", Data: cat})
	from := phone + "@" + smsGateway
	if _, err := s.hears(from, "chat", body, ""); err != nil {
		return err
	}
	told("XMPP", "<%s> %s", from, body)
	m, err := s.alice.Expect("the picture", func(e *world.Element) bool { return e.From() == from && e.Has("x", "jabber:x:oob") })
	if err != nil {
		return err
	}
	url := m.Child("x", "jabber:x:oob").Child("url").Text
	typ, content, err := get(url)
	if err != nil {
		return err
	}
	if m.Body() != url || typ != "image/jpeg" || !bytes.Equal(content, cat) {
		return fmt.Errorf("the picture came as %s, %s of %d bytes", m, typ, len(content))
	}
	told("XMPP", "<%s> a picture, %s of %d bytes, kept by the gateway", from, typ, len(content))
	return nil
}

// picture returns a JPEG of a few colours.
func picture() ([]byte, error) {
	pixels := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			pixels.Set(x, y, color.RGBA{R: uint8(4 * x), G: uint8(4 * y), B: 200, A: 255})
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, pixels, nil)
	return b.Bytes(), err
}

func get(url string) (typ string, content []byte, err error) {
	answer, err := http.Get(url)
	if err != nil {
		return "", nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	content, err = io.ReadAll(answer.Body)
	return answer.Header.Get("Content-Type"), content, err
}

func textToNobody(s *stage) error {
	s.twilio.Script(nobody, 1, twiliotest.Undelivered(30005))
	if err := s.text(nobody, "anyone", "Anyone there?"); err != nil {
		return err
	}
	failure, err := s.alice.Expect("the text's failure", func(e *world.Element) bool {
		return e.Name() == "message" && e.ID() == "anyone" && e.Type() == "error"
	})
	if err != nil {
		return err
	}
	if failure.Condition() != "item-not-found" || failure.ErrorText() == "" {
		return errors.New("the failure does not say why: " + failure.String())
	}
	told("XMPP", "✗ %s", failure.ErrorText())
	return nil
}
