package e2e

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wherry/transports/sms/twiliotest"
)

// inForm is an inbound message as Twilio's call tells it.
func inForm(sid, account, from, to, body string) url.Values {
	return url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {account}, "From": {from}, "To": {to},
		"Body": {body}, "NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
}

// called makes a call to a hook and returns the status of the answer.
func called(t *testing.T, to string, form url.Values, token string, change ...func(*http.Request)) int {
	t.Helper()
	r, err := twiliotest.SignedRequest(context.WithoutCancel(t.Context()), to, form, token)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// SMS-X1, SMS-X2, SMS-X3, SMS-I8: a call that is not Twilio's own, about the
// account whose hook it comes to, never reaches the user.
func TestSMSForged(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		alice, mallory, phone := e.caller(t), e.caller(t), freshNumber()
		hook := alice.hook()
		form := func() url.Values {
			return inForm(twiliotest.NewSID("SM"), alice.account.SID, phone, alice.line, "forged")
		}
		with := func(name, value string) url.Values {
			f := form()
			f.Set(name, value)
			return f
		}
		// What Twilio does have does not help: this account has a token.
		known := with("MessageSid", e.twilio.Deliver(twiliotest.Inbound{From: freshNumber(), To: alice.line, Body: "lost", Lost: true}))
		e.twilio.Script(phone, 1, twiliotest.Pending())
		waits := alice.text(phone, "on its way")
		status := with("MessageSid", alice.sent(phone, 1)[0].SID)
		for name, value := range map[string]string{"MessageStatus": "delivered", "SmsStatus": "delivered", "From": alice.line, "To": phone} {
			status.Set(name, value)
		}
		unsigned := func(r *http.Request) { r.Header.Del("X-Twilio-Signature") }
		proxied := func(r *http.Request) {
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Host = "evil.example"
		}
		for _, c := range []struct {
			name   string
			status int
			got    int
		}{
			{"another's token", 403, called(t, hook, form(), mallory.account.Token)},
			{"the empty token", 403, called(t, hook, form(), "")},
			{"no signature", 403, called(t, hook, form(), alice.account.Token, unsigned)},
			{"signed over another URL", 403, called(t, hook, form(), alice.account.Token, func(r *http.Request) {
				r.Header.Set("X-Twilio-Signature", twiliotest.Sign("https://evil.example/hooks", form(), alice.account.Token))
			})},
			{"another's account, by its own token", 403, called(t, hook, with("AccountSid", mallory.account.SID), mallory.account.Token)},
			{"another's account, by this token", 403, called(t, hook, with("AccountSid", mallory.account.SID), alice.account.Token)},
			{"another's line", 404, called(t, hook, with("To", mallory.line), alice.account.Token)},
			{"no SID", 400, called(t, hook, with("MessageSid", "../../x"), alice.account.Token)},
			{"this message at another's hook", 403, called(t, mallory.hook(), form(), alice.account.Token)},
			{"a hook of nobody", 404, called(t, hook+"x", form(), alice.account.Token)},
			{"a message that Twilio has", 403, called(t, hook, known, mallory.account.Token)},
			{"a status, by another's token", 403, called(t, hook+"/status", status, mallory.account.Token)},
			{"a status, by the empty token", 403, called(t, hook+"/status", status, "")},
		} {
			if c.got != c.status {
				t.Errorf("%s: answered %d, want %d", c.name, c.got, c.status)
			}
		}
		// Headers of a proxy say nothing: a true call counts, whatever they claim.
		true1 := form()
		true1.Set("Body", "true, by way of a proxy")
		if status := called(t, hook, true1, alice.account.Token, proxied); status != 200 {
			t.Errorf("a true call behind a proxy: %d", status)
		}
		e.twilio.Receive(phone, alice.line, "true")
		alice.told(alice.contact(phone), "true")
		if n := alice.countTicks(waits); n != 0 {
			t.Error("a forged status made a tick")
		}
		if got := alice.texts(phone); !slices.Equal(got, []string{"true, by way of a proxy", "true"}) {
			t.Errorf("alice got %q", got)
		}
		if got := mallory.texts(phone); len(got) > 0 {
			t.Errorf("mallory got %q", got)
		}
		alice.quiet(alice.account.Token)
	})
}

// SMS-X1: where only an API key is known, whose secret signs nothing, a call is
// but a hint: its message is what Twilio has under that SID, or nothing. An empty
// token never signs.
func TestSMSFetchBack(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.subscriber(t), freshNumber()
		key := e.twilio.AddKey(twiliotest.Key{Account: c.account.SID})
		e.hides(key.Secret)
		c.signUp(map[string]string{"account_sid": c.account.SID, "api_key": key.SID, "api_secret": key.Secret})
		hook := c.hook()
		if status := called(t, hook, inForm(twiliotest.NewSID("SM"), c.account.SID, phone, c.line, "forged"), ""); status != 403 {
			t.Errorf("a message that Twilio does not have: %d", status)
		}
		sid := e.twilio.Deliver(twiliotest.Inbound{From: phone, To: c.line, Body: "as Twilio has it", Lost: true})
		if status := called(t, hook, inForm(sid, c.account.SID, "+15550009999", c.line, "forged"), ""); status != 200 {
			t.Errorf("a message that Twilio has: %d", status)
		}
		e.twilio.Receive(phone, c.line, "true")
		c.told(c.contact(phone), "true")
		c.Sync(e.domain)
		if got := c.texts(phone); !slices.Equal(got, []string{"as Twilio has it", "true"}) {
			t.Errorf("came %q", got)
		}
		for _, m := range c.Received() {
			if strings.Contains(m.Body(), "forged") {
				t.Errorf("a forged text came: %v", m)
			}
		}
		c.quiet(key.Secret)
	})
}
