package e2e

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// Section 4.5 of the rules: what Twilio refuses at once, and what it tells
// later, comes back under the message's id with the right condition. SMS-D4
func TestSMSRefusals(t *testing.T) {
	cases := []struct {
		name            string
		prepare         func(s *twiliotest.Server, phone string)
		condition, kind string
		code            string
	}{
		{"not a number", refuses(21211), "jid-malformed", "modify", "21211"},
		{"landline", refuses(21614), "service-unavailable", "cancel", "21614"},
		{"no number of anybody", undelivered(30005), "item-not-found", "cancel", "30005"},
		{"taken for spam", undelivered(30007), "policy-violation", "cancel", "30007"},
		{"line without a registration", undelivered(30034), "policy-violation", "auth", "30034"},
		{"a number that no row has", undelivered(39999), "undefined-condition", "cancel", "39999"},
	}
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.caller(t)
		for _, k := range cases {
			phone := freshNumber()
			k.prepare(e.twilio, phone)
			id := c.text(phone, k.name)
			c.refusal(id, k.condition, k.kind, k.code)
			c.Sync(e.domain)
			if errs := c.count(func(m *world.Element) bool { return m.Name() == "message" && m.ID() == id }); len(errs) != 1 {
				t.Errorf("%s: %d errors, want one", k.name, len(errs))
			}
			if n := c.countTicks(id); n != 0 {
				t.Errorf("%s: %d ticks of what did not arrive", k.name, n)
			}
		}
		c.quiet(c.account.Token)
	})
}

func refuses(code int) func(*twiliotest.Server, string) {
	return func(s *twiliotest.Server, phone string) { s.SetPhone(phone, twiliotest.Phone{Refuse: code}) }
}

func undelivered(code int) func(*twiliotest.Server, string) {
	return func(s *twiliotest.Server, phone string) { s.Script(phone, 1, twiliotest.Undelivered(code)) }
}

// SMS-A2: a short code is refused before Twilio is asked.
func TestSMSShortCode(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.caller(t)
		id := c.text("32665;phone-context=+1", "HELP")
		m := c.Expect("the error", func(m *world.Element) bool { return m.Type() == "error" && m.ID() == id })
		if m.Condition() != "not-acceptable" || m.ErrorText() == "" {
			t.Errorf("got %v", m)
		}
		if n := len(c.requests(twiliotest.OpSend)); n != 0 {
			t.Errorf("Twilio was asked %d times", n)
		}
	})
}

// SMS-R5: a token that Twilio takes no more pauses the account: the gateway is
// dnd, one notice tells why, and what was written waits. The new token lets it
// go out.
func TestSMSTokenRefused(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		c.Sendf(`<presence to="%s" type="subscribe"/>`, e.domain)
		c.Expect("to see the gateway", gatewayShows(e.domain, ""))

		c.account.Token = twiliotest.NewSID("")
		e.hides(c.account.Token)
		e.twilio.AddAccount(c.account)
		ids := []string{c.text(phone, "one"), c.text(phone, "two")}
		c.Expect("the gateway to be busy", gatewayShows(e.domain, "dnd"))
		ids = append(ids, c.text(phone, "three"))
		c.Expect("to be told why", aboutToken(e.domain))

		if answer := c.register(e.domain, c.fields(c.account.Token)); answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		c.Expect("the gateway to be well again", gatewayShows(e.domain, ""))
		for _, id := range ids {
			c.ticked(phone, id)
		}
		var got []string
		for _, text := range c.shows(phone, 3) {
			got = append(got, text.Body)
		}
		if want := []string{"one", "two", "three"}; !slices.Equal(got, want) {
			t.Errorf("the phone shows %q, want %q", got, want)
		}
		c.Sync(e.domain)
		if n := len(c.count(aboutToken(e.domain))); n != 1 {
			t.Errorf("%d notices, want one", n)
		}
		if errs := c.count(func(m *world.Element) bool { return m.Name() == "message" && m.Type() == "error" }); len(errs) > 0 {
			t.Errorf("a message was given up: %v", errs)
		}
		c.quiet(c.account.Token)
	})
}

func gatewayShows(domain, show string) func(*world.Element) bool {
	return func(e *world.Element) bool {
		from, _, _ := strings.Cut(e.From(), "/")
		return e.Name() == "presence" && from == domain && e.Type() == "" && e.Child("show").Text == show
	}
}

// aboutToken: words of the gateway with the number of a refused log-in.
func aboutToken(domain string) func(*world.Element) bool {
	return func(e *world.Element) bool {
		return e.Name() == "message" && e.Type() == "chat" && e.From() == domain && strings.Contains(e.Body(), "20003")
	}
}

// SMS-S10: too much at once was not sent for sure: it is sent again, whatever
// Retry-After says, and once.
func TestSMSTooMany(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.other.caller(t), freshNumber()
		e.other.twilio.Fail(twiliotest.OpSend, 1, twiliotest.TooMany("a while"))
		id := c.text(phone, "patience")
		c.ticked(phone, id)
		if texts := c.shows(phone, 1); len(texts) != 1 {
			t.Errorf("texted %d times", len(texts))
		}
		if n := len(c.count(func(m *world.Element) bool { return m.Name() == "message" && m.Type() == "error" })); n > 0 {
			t.Errorf("%d errors", n)
		}
	})
}
