package component_test

import (
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// show returns what a presence says: its type, else its show, else "available";
// and its status.
func show(p *stanza.Presence) string {
	s := p.Type
	if e := p.Child("", "show"); e != nil {
		s += e.Text
	}
	if s == "" {
		s = "available"
	}
	if e := p.Child("", "status"); e != nil {
		s += " " + e.Text
	}
	return s
}

// Contacts are seen as the network tells, else as rooms do; the network and its
// contacts come and go with the connection. XEP-0100 §4.4. IRC-B12
func TestContactPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.sub(juliet, nurse, "subscribe")
	w.sub(juliet, network+"@"+domain, "subscribe")
	w.barrier(phone)
	w.Drain(domain)
	next := func(from, want string) {
		t.Helper()
		st := w.Expect(domain, func(st stanza.Stanza) bool {
			return st.Name() == "presence" && st.Head().From.String() == from+"/gateway" && st.Head().To.String() == juliet
		})
		if got := show(st.(*stanza.Presence)); got != want {
			t.Errorf("%s is %q, want %q", from, got, want)
		}
	}
	w.join(phone, room, "juliet")
	next(network+"@"+domain, "available")
	next(nurse, "unavailable") // nobody knows yet
	next(nurse, "available")   // the room does
	w.net.SetOccupant(address, transports.Occupant{Nick: "nurse", Away: true})
	next(nurse, "away")
	w.net.RemoveOccupant(address, "nurse", transports.Quit, "")
	next(nurse, "unavailable")
	at := transports.Address{Kind: transports.Contact, Scope: network, Name: "nurse"}
	for _, tt := range []struct {
		ev   transports.Available
		want string
	}{
		{transports.Available{Contact: at, Here: true}, "available"},
		{transports.Available{Contact: at, Here: true, Away: true, Text: "asleep"}, "away asleep"},
		{transports.Available{Contact: at}, "unavailable"},
	} {
		if err := w.session("juliet").Emit(tt.ev); err != nil {
			t.Fatal(err)
		}
		next(nurse, tt.want)
	}
	stranger := transports.Address{Kind: transports.Contact, Scope: network, Name: "tybalt"}
	if err := w.session("juliet").Emit(transports.Available{Contact: stranger, Here: true}); err != nil {
		t.Fatal(err)
	}
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	next(network+"@"+domain, "unavailable")
	next(nurse, "unavailable")
	next(network+"@"+domain, "available")
}

// The gateway says what is wrong with an account, and when that is over.
// XEP-0100 §4.4, IRC-B12
func TestGatewayPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sub(juliet, domain, "subscribe")
	w.sub(juliet, network+"@"+domain, "subscribe")
	w.barrier(phone)
	w.Drain(domain)
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Credentials, Text: transports.T("Bad password.")})
	w.register(network, "pw")
	for _, from := range []string{domain, network + "@" + domain} {
		for {
			p := w.presence(from+"/gateway", juliet, "")
			if show(p) == "dnd Bad password." {
				break
			}
		}
	}
	w.barrier(phone)
	w.Drain(domain)
	w.register(network, "better")
	for _, from := range []string{domain, network + "@" + domain} {
		for show(w.presence(from+"/gateway", juliet, "")) != "available" {
		}
	}
}

// A network that no longer lets us into a room tells those who sat there. Room
// by room; where trying again may help the seat is kept for it.
func TestRejoinRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.net.Refuse(transporttest.OpJoin, &transports.Error{Kind: transports.Uninvited})
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	for _, full := range []string{phone, laptop} {
		w.presence(room+"/juliet", full, "unavailable")
		if p := w.presence(room+"/juliet", full, "error"); fault(p) != "auth/registration-required" {
			t.Errorf("told %s", dump(p))
		}
	}
	w.join(phone, room, "juliet")
}

// Where trying again may help it is tried again, and the seats are shown the
// room then.
func TestRejoinRefusedForNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
	for range 2 {
		w.net.Refuse(transporttest.OpJoin, &transports.Error{Kind: transports.Busy})
	}
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	w.presence(room+"/juliet", phone, "unavailable")
	w.shown(phone)
	w.net.AwaitCall(t, transporttest.OpJoin, 3)
}

// A network that does not want us says so at once to each join, not after the
// time of a join. XEP-0045 §7.2 IRC-M1
func TestJoinOfANetworkThatRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Forbidden, Text: transports.T("You are banned here.")})
	for range 2 {
		w.ask(phone, room, "juliet", "")
		if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "auth/forbidden" {
			t.Errorf("told %s", dump(p))
		}
	}
	w.chat(phone, romeoNick, "p1", "<body>psst</body>")
	if m := w.message(romeoNick, phone, "error"); fault(m) != "auth/forbidden" {
		t.Errorf("told %s", dump(m))
	}
}

// A password that nobody needs is not kept for the next time. XEP-0045 §7.2
func TestPasswordOfASecondResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AnswerResources(func(jid.JID) bool { return true })
	w.ask(phone, room, "juliet", "<password>right</password>")
	w.shown(phone)
	w.ask(laptop, room, "juliet", "<password>wrong</password>")
	w.shown(laptop)
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	if c := w.net.AwaitCall(t, transporttest.OpJoin, 1); c.Text != "right" {
		t.Errorf("joined again with %q", c.Text)
	}
	w.shown(phone)
	w.restart()
	if c := w.net.AwaitCall(t, transporttest.OpJoin, 2); c.Text != "right" || c.Nick != "juliet" {
		t.Errorf("joined after a restart with %+v", c)
	}
}

// Removing an account answers the joins that wait for it.
func TestRemoveWhileJoining(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(network, "pw")
	w.net.Stall(transporttest.OpJoin)
	w.ask(phone, room, "juliet", "")
	w.net.AwaitCall(t, transporttest.OpJoin, 0)
	w.presence(domain, juliet, "subscribe")
	if _, err := w.domain().Unregister(t.Context(), jid.MustParse(juliet), network); err != nil {
		t.Fatal(err)
	}
	if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "auth/forbidden" {
		t.Errorf("told %s", dump(p))
	}
	w.silent(phone)
}
