//go:build soak

package soak

import (
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/email/mailtest"
)

// frozenMost is how long a link may be dead before that shows: it is tried every
// nine minutes, and has one to answer.
const frozenMost = 12 * time.Minute

// TestSoakMailFrozen freezes links: one that waits for mail, one on which a mail is
// fetched, one that takes a copy, and one that takes a mail. The gateway leaves
// each by itself, and then all is where it should be, once.
func TestSoakMailFrozen(t *testing.T) {
	onServers(t, func(t *testing.T, s server) {
		const domain = "mail.example.test"
		w := worldtest.New(t)
		x := startServer(t, w, plan{server: s, users: 1}, domain)
		m := newMailroom(t, x.ComponentAddr, domain)
		m.start(w, m.component())
		me := m.newMailer(userName(0))
		me.User = worldtest.Client(t, x, world.Login{Name: me.name, Password: password, Journal: me.note})
		m.signUp(me, password)
		me.befriend()
		m.idling(1)

		begin := time.Now()
		wait := func(what string) {
			me.untilFor(t, frozenMost, what, func() bool { return len(me.shown) == me.pushes[dearest] })
			t.Logf("%s: %v", what, time.Since(begin).Round(time.Second))
			begin = time.Now()
		}
		m.imap.Freeze(address(me.name))
		m.receive(me, dearest)
		wait("frozen while it waits for mail")
		m.imap.FailAfter("FETCH", 1, 1, mailtest.Fault{Freeze: true})
		m.receive(me, dearest)
		wait("frozen while a mail is fetched")
		m.imap.Fail("APPEND", 1, mailtest.Fault{Work: true, Freeze: true})
		me.say(dearest)
		m.filed("a copy", func() bool { return m.copies().One == 1 })
		m.drained(settlesIn)
		t.Logf("frozen while a copy is made: %v", time.Since(begin).Round(time.Second))
		begin = time.Now()
		m.smtp.Fail("MESSAGE", 1, mailtest.Fault{Work: true, Freeze: true})
		me.say(dearest)
		me.say(dearest)
		m.drained(settlesIn)
		t.Logf("frozen while a mail is taken: %v", time.Since(begin).Round(time.Second))
		toNetwork, toXMPP := Judge(m.logs(), Rules{})
		t.Logf("\n%s%v", Table(s.name, toNetwork, toXMPP), m.copies())
		for _, v := range []*Verdict{&toNetwork, &toXMPP} {
			for _, example := range v.Examples {
				t.Errorf("%s: %s", v.Direction, example)
			}
			if v.Arrived != v.Messages {
				t.Errorf("%s: %d of %d arrived", v.Direction, v.Arrived, v.Messages)
			}
		}
		if c := m.copies(); c.Guilty() {
			t.Error(c)
		}
	})
}
