package component_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// Messages to one go in their order; one who keeps the network waiting does not
// hold up the others. SMS-S3
func TestOrderPerContact(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.post("nurse", "m1", "one")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m2", "two")
	w.post("friar", "m3", "elsewhere")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "elsewhere" {
		t.Errorf("sent %q", c.Message.Text)
	}
	release()
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	if got := w.sent(); !slices.Equal(got, []string{"one", "elsewhere", "two"}) {
		t.Errorf("sent %q", got)
	}
}

// A network that cannot be reached is tried again, in order, and nobody is told
// of it.
func TestTriedAgain(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	for range 2 {
		w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unreachable})
	}
	w.post("nurse", "m1", "one")
	w.post("nurse", "m2", "two")
	w.net.AwaitCall(t, transporttest.OpSend, 3)
	if got := w.sent(); !slices.Equal(got, []string{"one", "one", "one", "two"}) {
		t.Errorf("sent %q", got)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// A long message is one for its sender: one receipt for all of its parts.
func TestPartsHaveOneReceipt(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.post("nurse", "m1", strings.Repeat("x", 1000))
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	w.settled(phone, "juliet")
	w.told("nurse", "3", transports.Delivered, nil)
	w.told("nurse", "1", transports.Delivered, nil)
	w.settled(phone, "juliet")
	w.nothing()
	w.told("nurse", "2", transports.Delivered, nil)
	w.tick(nurseNick, "m1")
	w.settled(phone, "juliet")
	w.nothing()
}

// Where one part fails, those behind it are not sent.
func TestPartsFailTogether(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	release := w.net.Stall(transporttest.OpSend)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotFound})
	w.post("nurse", "m1", strings.Repeat("x", 1000))
	release()
	if m := w.message(nurseNick, phone, "error"); m.ID != "m1" {
		t.Errorf("told %s", dump(m))
	}
	w.post("nurse", "m2", "more")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "more" {
		t.Errorf("sent %q", c.Message.Text)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// What waits survives a restart, in order. SMS-S2
func TestOutboxOverARestart(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	w.post("nurse", "m1", "one")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	w.post("nurse", "m2", "two")
	w.settled(phone, "juliet")
	w.post("friar", "m3", "three")
	w.net.AwaitCall(t, transporttest.OpSend, 1)
	w.told("friar", "1", transports.Delivered, nil)
	w.tick("friar%"+network+"@"+domain, "m3")
	w.restart()
	if n := len(w.queued()); n != 2 {
		t.Errorf("%d wait after the restart", n)
	}
}

// queued returns what waits in Juliet's outbox.
func (w *world) queued() []store.Outgoing {
	w.Helper()
	out, _, err := w.store.QueuedOf(context.Background(), domain, juliet)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// Refused credentials make messages wait: all go out, in order, when the user
// has mended that. SMS-R5
func TestPausedByCredentials(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Credentials, Text: transports.T("The password is wrong.")})
	w.post("nurse", "m1", "one")
	w.message(domain, juliet, "chat") // told once
	w.post("nurse", "m2", "two")
	w.barrier(phone)
	w.register(network, "better")
	w.net.AwaitCall(t, transporttest.OpSend, 2)
	if got := w.sent(); !slices.Equal(got, []string{"one", "one", "two"}) {
		t.Errorf("sent %q", got)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// Where the account is removed instead, each sender is told.
func TestPurgedWhilePaused(t *testing.T) {
	t.Parallel()
	for _, scope := range []transports.Scope{network, ""} {
		t.Run(string(scope), func(t *testing.T) {
			t.Parallel()
			w := newMailWorld(t)
			w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Credentials})
			w.post("nurse", "m1", "one")
			w.message(domain, juliet, "chat")
			w.post("nurse", "m2", "two")
			w.barrier(phone)
			if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), scope); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"m1", "m2"} {
				if m := w.message(nurseNick, phone, "error"); m.ID != id || fault(m) != "cancel/item-not-found" {
					t.Errorf("told %s", dump(m))
				}
			}
			w.emptied()
		})
	}
}

// That messages wait is told once for all of them.
func TestToldThatMessagesWait(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, with(func(c *component.Component) { component.ShortenWaiting(c, 200*time.Millisecond) }))
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	w.post("nurse", "m1", "one")
	w.post("nurse", "m2", "two")
	if m := w.message(domain, juliet, "chat"); !strings.Contains(body(m), network+": 2 of your messages wait") {
		t.Errorf("told %q", body(m))
	}
	w.emptied()
	for _, o := range w.queued() {
		if !o.Told {
			t.Errorf("message %d is not noted as told", o.Message)
		}
	}
}

// Who is not registered is told to, and nothing is kept. SMS-S11
func TestEntrustWithoutAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stores())
	w.post("nurse", "m1", "hello")
	if m := w.message(nurseNick, phone, "error"); fault(m) != "auth/registration-required" {
		t.Errorf("told %s", dump(m))
	}
}

// More than the limit is refused, not forgotten.
func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, settings(func(c *component.DomainConfig) { c.Limits.Queue = 3 }))
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	for i := range 4 {
		w.post("nurse", fmt.Sprint("m", i), fmt.Sprint("text ", i))
		w.written()
	}
	if m := w.message(nurseNick, phone, "error"); m.ID != "m3" || fault(m) != "wait/resource-constraint" {
		t.Errorf("told %s", dump(m))
	}
}
