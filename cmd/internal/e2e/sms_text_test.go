package e2e

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// SMS-S4, SMS-D1: a text arrives as it was written, and is ticked when it is on
// the phone, not before.
func TestSMSOut(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		arrives := make(chan struct{})
		e.twilio.Script(phone, 1, []twiliotest.Step{{Status: "sent"}, {Until: arrives, Status: "delivered"}})
		const body = "  Größe & <b>漢字</b>,\n\ttwo lines 👩‍👩‍👧‍👦 \n"
		id := c.text(phone, body)
		sid := c.sent(phone, 1)[0].SID
		e.answered(t, sid, "sent", 204)
		if n := c.countTicks(id); n != 0 {
			t.Errorf("%d ticks before it is delivered", n)
		}
		close(arrives)
		if got := c.shows(phone, 1)[0]; got.Body != body || got.From != c.line {
			t.Errorf("the phone shows %q from %s", got.Body, got.From)
		}
		tick := c.ticked(phone, id)
		if tick.Has("body") || tick.Attr("to") != c.JID {
			t.Errorf("the tick: %v", tick)
		}
		if n := c.countTicks(id); n != 1 {
			t.Errorf("%d ticks", n)
		}
		c.quiet(c.account.Token)
	})
}

// sent waits until Twilio took n messages for a phone and returns them.
func (c *caller) sent(phone string, n int) []twiliotest.Message {
	c.t.Helper()
	var all []twiliotest.Message
	c.e.until(c.t, "messages at Twilio", func() bool {
		all = slices.DeleteFunc(c.e.twilio.Messages(), func(m twiliotest.Message) bool { return m.To != phone })
		return len(all) >= n
	})
	return all
}

// SMS-S4, SMS-S3, SMS-D1: a long text goes in parts, in order, of which nothing
// is lost, and is ticked once, when all have arrived.
func TestSMSOutLong(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		arrives := make(chan struct{})
		e.twilio.Script(phone, 2, twiliotest.Delivered(twiliotest.Delays{}))
		e.twilio.Script(phone, 1, []twiliotest.Step{{Status: "sent"}, {Until: arrives, Status: "delivered"}})
		body := strings.Repeat("The quick brown fox jumps over it. ", 100) + "The end."
		id := c.text(phone, body)
		parts := c.sent(phone, 3)
		for _, part := range parts[:2] {
			e.answered(t, part.SID, "delivered", 204)
		}
		if n := c.countTicks(id); n != 0 {
			t.Errorf("%d ticks while the last part is on its way", n)
		}
		close(arrives)
		var got string
		for i, text := range c.shows(phone, 3) {
			if n := len(text.Body); n > 1600 {
				t.Errorf("part %d has %d characters", i, n)
			}
			got += text.Body
		}
		if got != body {
			t.Errorf("the parts together are %q", got)
		}
		c.ticked(phone, id)
		if n := c.countTicks(id); n != 1 {
			t.Errorf("%d ticks", n)
		}
		if n := len(c.sent(phone, 3)); n != 3 {
			t.Errorf("%d parts", n)
		}
	})
}

// SMS-S9: a stanza that a client sends again is texted once; another one of the
// same words is another text.
func TestSMSOutTwice(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		id := world.NewID()
		c.textAs(id, phone, "once")
		c.textAs(id, phone, "once")
		c.ticked(phone, c.text(phone, "once"))
		c.textAs(id, phone, "once")
		c.ticked(phone, c.text(phone, "last"))
		var got []string
		for _, text := range c.shows(phone, 3) {
			got = append(got, text.Body)
		}
		if want := []string{"once", "once", "last"}; !slices.Equal(got, want) {
			t.Errorf("the phone shows %q, want %q", got, want)
		}
	})
}

// SMS-I1, SMS-I2: what a phone texts comes to all devices from its number. A
// call that is made again brings nothing, and is answered alike.
func TestSMSIn(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		c.hook()
		const body = "Ahoy <you> & ☃\nsecond line"
		sid := e.twilio.Receive(phone, c.line, body)
		m := c.told(c.contact(phone), body)
		if m.ID() == "" || m.Attr("to") != c.Bare || m.From() != c.contact(phone) || m.Has("delay", world.NSDelay) {
			t.Errorf("want an id, to the bare address, now; got %v", m)
		}
		call := e.answered(t, sid, "received", 200)
		if !call.Exact || len(call.Billed) > 0 {
			t.Errorf("the answer to Twilio: %+v", call)
		}
		for range 2 {
			if status, err := e.twilio.Replay(t.Context(), call); status != 200 || err != nil {
				t.Errorf("a repeated call: status %d, %v", status, err)
			}
		}
		e.twilio.Receive(phone, c.line, "and then")
		c.told(c.contact(phone), "and then")
		c.Sync(e.domain)
		var bodies []string
		for _, m := range c.messages("chat", c.contact(phone)) {
			bodies = append(bodies, m.Body())
		}
		if want := []string{body, "and then"}; !slices.Equal(bodies, want) {
			t.Errorf("came %q, want %q", bodies, want)
		}
	})
}

// What comes while the user is offline is theirs when they are back: their
// server keeps it (XEP-0160).
func TestSMSInOffline(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		c.hook()
		if err := c.Quit(); err != nil {
			t.Fatal(err)
		}
		sids := []string{e.twilio.Receive(phone, c.line, "while you were out"), e.twilio.Receive(phone, c.line, "and again")}
		for _, sid := range sids {
			e.answered(t, sid, "received", 200)
		}
		c.passenger = e.device(t, c.name, "laptop")
		c.told(c.contact(phone), "while you were out")
		c.told(c.contact(phone), "and again")
		c.Sync(e.domain)
		if got := c.texts(phone); !slices.Equal(got, []string{"while you were out", "and again"}) {
			t.Errorf("came %q", got)
		}
	})
}

// SMS-I7: STOP is delivered, and the user told what it means.
// SMS-D4: what cannot be sent any more comes back with Twilio's number.
func TestSMSStop(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		c.hook()
		e.twilio.Receive(phone, c.line, "STOP")
		c.told(c.contact(phone), "STOP")
		c.Expect("to be told of the STOP", func(m *world.Element) bool {
			return m.Name() == "message" && m.Type() == "chat" && strings.Contains(m.Body(), "START")
		})
		c.refusal(c.text(phone, "please?"), "not-allowed", "cancel", "21610")
		e.twilio.Receive(phone, c.line, "START")
		c.told(c.contact(phone), "START")
		c.ticked(phone, c.text(phone, "thank you"))
	})
}
