package e2e

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// SMS-S1, SMS-S7, SMS-S8: what is no message, or hides its text from us, is
// never texted; what cannot be is refused.
func TestSMSNeverTexted(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		const secret = "I sent you an encrypted message"
		for name, k := range map[string]struct{ attrs, payload, condition string }{
			"omemo":     {`type="chat"`, `<body>` + secret + `</body><encrypted xmlns="eu.siacs.conversations.axolotl"/>`, "not-acceptable"},
			"openpgp":   {`type="chat"`, `<body>` + secret + `</body><encryption xmlns="urn:xmpp:eme:0" namespace="urn:xmpp:openpgp:0"/>`, "not-acceptable"},
			"otr":       {`type="chat"`, `<body>?OTRv23?</body>`, "not-acceptable"},
			"aesgcm":    {`type="chat"`, `<body>aesgcm://example.org/x#y</body><x xmlns="jabber:x:oob"><url>aesgcm://example.org/x#y</url></x>`, "not-acceptable"},
			"groupchat": {`type="groupchat"`, `<body>all of you</body>`, "feature-not-implemented"},
			"typing":    {`type="chat"`, `<composing xmlns="http://jabber.org/protocol/chatstates"/>`, ""},
			"marker":    {`type="chat"`, `<displayed xmlns="urn:xmpp:chat-markers:0" id="x"/>`, ""},
			"receipt":   {`type="chat"`, `<received xmlns="urn:xmpp:receipts" id="x"/>`, ""},
			"reaction":  {`type="chat"`, `<body>+1</body><reactions xmlns="urn:xmpp:reactions:0" id="x"><reaction>+1</reaction></reactions><fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:reactions:0"/>`, ""},
			"error":     {`type="error"`, `<body>lost</body><error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`, ""},
			"headline":  {`type="headline"`, `<body>news</body>`, ""},
		} {
			id := world.NewID()
			c.Sendf(`<message to="%s" id="%s" `+k.attrs+`>`+k.payload+`</message>`, c.contact(phone), id)
			if k.condition == "" {
				continue
			}
			m := c.Expect("the refusal of "+name, func(m *world.Element) bool { return m.Type() == "error" && m.ID() == id })
			if !strings.Contains(k.condition, m.Condition()) || k.condition == "not-acceptable" && m.ErrorText() == "" {
				t.Errorf("%s: got %v, want %s", name, m, k.condition)
			}
		}
		c.ticked(phone, c.text(phone, "in clear"))
		if texts := c.shows(phone, 1); len(texts) != 1 || texts[0].Body != "in clear" {
			t.Errorf("the phone shows %+v", texts)
		}
		if n := len(c.requests(twiliotest.OpSend)); n != 1 {
			t.Errorf("Twilio was asked %d times", n)
		}
	})
}

// SMS-S5, SMS-S8: the subject of a mail-like message comes before its text, a
// correction is another text, and a quotation for old clients is cut.
func TestSMSTextedAs(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		c.Sendf(`<message to="%s" id="%s"><subject>Rum</subject><body>is out</body></message>`, c.contact(phone), world.NewID())
		first := c.text(phone, "helo")
		c.ticked(phone, first)
		c.text(phone, "hello", world.XML(`<replace xmlns="urn:xmpp:message-correct:0" id="%s"/>`, first))
		last := c.text(phone, "> helo\nyes", `<reply xmlns="urn:xmpp:reply:0" id="x"/>`,
			`<fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:reply:0"><body start="0" end="7"/></fallback>`)
		c.ticked(phone, last)
		var got []string
		for _, text := range c.shows(phone, 4) {
			got = append(got, text.Body)
		}
		if want := []string{"Rum\nis out", "helo", "* hello", "yes"}; !slices.Equal(got, want) {
			t.Errorf("the phone shows %q, want %q", got, want)
		}
	})
}

// SMS-S11: who is not registered is told so.
func TestSMSUnregistered(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.subscriber(t)
		id := c.text(freshNumber(), "hello?")
		m := c.Expect("the refusal", func(m *world.Element) bool { return m.Type() == "error" && m.ID() == id })
		if m.Condition() != "registration-required" || m.Child("error").Attr("type") != "auth" {
			t.Errorf("got %v", m)
		}
	})
}

// SMS-A1, A4, SMS-I13: a phone as a contact: it is found by the number as one
// dials it, subscribed both ways, here while the account is, and known by name.
func TestSMSContact(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.caller(t)
		answer := c.Ask("set", e.domain, `<query xmlns="jabber:iq:gateway"><prompt>(415) 555-2671</prompt></query>`)
		phone := "+14155552671"
		if got := answer.Child("query").Child("jid").Text; got != c.contact(phone) {
			t.Fatalf("jabber:iq:gateway: %v", answer)
		}
		wrong := c.Ask("set", e.domain, `<query xmlns="jabber:iq:gateway"><prompt>not a number</prompt></query>`)
		if wrong.Type() != "error" || wrong.ErrorText() == "" {
			t.Errorf("jabber:iq:gateway of nonsense: %v", wrong)
		}

		c.Sendf(`<presence to="%s" type="subscribe"/>`, c.contact(phone))
		for _, typ := range []string{"subscribed", "subscribe"} {
			c.Expect("to be "+typ, presenceOf(c.contact(phone), typ))
		}
		here := c.Expect("the contact to be here", presenceOf(c.contact(phone)+"/gateway", ""))
		if !here.Has("c", "http://jabber.org/protocol/caps") {
			t.Errorf("no caps: %v", here)
		}
		info := c.Ask("get", here.From(), `<query xmlns="http://jabber.org/protocol/disco#info"/>`)
		if !identity(info, "client", "sms") {
			t.Errorf("the contact's identity: %v", info)
		}
		for _, want := range []string{"urn:xmpp:receipts", "jabber:x:oob", "urn:xmpp:sfs:0"} {
			if !features(info)[want] {
				t.Errorf("%s is not among the contact's features: %v", want, info)
			}
		}
		card := c.Ask("get", c.contact(phone), `<vCard xmlns="vcard-temp"/>`)
		if card.Type() != "result" || !strings.Contains(card.String(), phone) {
			t.Errorf("the contact's card: %v", card)
		}
		if m := c.Ask("get", here.From(), `<query xmlns="urn:example:junk"/>`); m.Condition() != "service-unavailable" {
			t.Errorf("an unknown question: %v", m)
		}
		c.unregister(e.domain)
		c.Expect("the contact to be gone", presenceOf(c.contact(phone)+"/gateway", "unavailable"))
	})
}

func features(info *world.Element) map[string]bool {
	all := make(map[string]bool)
	for _, f := range info.Child("query").All("feature") {
		all[f.Attr("var")] = true
	}
	return all
}
