package e2e

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// SMS-I12, SMS-I1: what Twilio tells while the gateway is dead is asked for when
// it lives again: nothing is lost, nothing comes twice. SMS-S2, SMS-S10: a text
// that was on its way, of which nobody knows, is found at Twilio, not sent again.
func TestSMSGatewayKilled(t *testing.T) {
	onEachExchange(t, func(t *testing.T, shared *exchange) {
		e := shared.apart(t, killGateway, `reconcile_every = "1h"`)
		c, phone := e.caller(t), freshNumber()
		c.hook()
		want := []string{"before"}
		e.twilio.Receive(phone, c.line, "before")
		c.told(c.contact(phone), "before")

		e.twilio.Fail(twiliotest.OpSend, 1, twiliotest.Hang(true))
		onItsWay := c.text(phone, "on its way")
		c.shows(phone, 1)
		e.gateway.Kill()
		first := e.twilio.Receive(phone, c.line, "while it was dead, 1")
		e.twilio.Receive(phone, c.line, "while it was dead, 2")
		stranger := freshNumber()
		e.twilio.Receive(stranger, c.line, "who is this?")
		e.answered(t, first, "received", 0)
		want = append(want, "while it was dead, 1", "while it was dead, 2")
		if err := e.gateway.Start(); err != nil {
			t.Fatal(err)
		}
		for _, body := range want[1:] {
			c.told(c.contact(phone), body)
		}
		c.told(c.contact(stranger), "who is this?")
		want = append(want, "after")
		e.twilio.Receive(phone, c.line, "after")
		c.told(c.contact(phone), "after")
		c.Sync(e.domain)
		if got := c.texts(phone); !slices.Equal(got, want) {
			t.Errorf("came %q, want %q", got, want)
		}
		c.ticked(phone, onItsWay)
		c.ticked(phone, c.text(phone, "well again"))
		if texts := c.shows(phone, 2); len(texts) != 2 || texts[0].Body != "on its way" || texts[1].Body != "well again" {
			t.Errorf("the phone shows %+v", texts)
		}
		e.healthy(t)
		e.discreet(t)
	})
}

// SMS-I1: a gateway that can store nothing answers 503; when it can again it
// asks for what it missed. What it is told to send meanwhile is refused, and not
// sent.
func TestSMSFullDisk(t *testing.T) {
	onEachExchange(t, func(t *testing.T, shared *exchange) {
		e := shared.apart(t, fullGateway, `reconcile_every = "2s"`)
		c, phone := e.caller(t), freshNumber()
		c.hook()
		e.twilio.Receive(phone, c.line, "before")
		c.told(c.contact(phone), "before")

		e.limitFiles(t, 0)
		sid := e.twilio.Receive(phone, c.line, "onto a full disk")
		e.answered(t, sid, "received", 503)
		id := c.text(phone, "not now")
		no := c.Expect("to be refused for now", func(m *world.Element) bool { return m.Type() == "error" && m.ID() == id })
		if no.Condition() != "resource-constraint" {
			t.Errorf("refused by %v", no)
		}
		e.limitFiles(t, unix.RLIM_INFINITY)

		c.told(c.contact(phone), "onto a full disk")
		c.ticked(phone, c.text(phone, "now"))
		c.Sync(e.domain)
		if got := c.texts(phone); !slices.Equal(got, []string{"before", "onto a full disk"}) {
			t.Errorf("came %q", got)
		}
		if texts := c.shows(phone, 1); len(texts) != 1 || texts[0].Body != "now" {
			t.Errorf("the phone shows %+v", texts)
		}
		e.healthy(t)
		e.discreet(t)
	})
}

// limitFiles has the gateway's writes beyond a size fail, as those to a full
// disk do.
func (e *exchange) limitFiles(t *testing.T, size uint64) {
	t.Helper()
	limit := unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(e.gateway.PID(), unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}
