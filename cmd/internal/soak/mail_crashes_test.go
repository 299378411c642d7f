//go:build soak

package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/email/mailtest"
)

// TestSoakMailCrashes kills a gateway that mails again and again, mostly by itself
// at some point between two steps, while people write and are written to, links are
// cut and freeze, mail servers fail, refuse and number mailboxes anew. Nothing is
// lost but what was in its hands; nothing is shown by two ids, sent as two mails or
// out of its order; what is told of a mail is so; and of each mail there is one copy
// in Sent.
//
//	SOAK_KILLS=N     default 50
//	SOAK_MAILS=N     each way, at least; default 500
//	SOAK_SERVER=NAME, SOAK_USERS=N, SOAK_SEED=N as in TestSoakCrashes
func TestSoakMailCrashes(t *testing.T) { onSome(t, []server{prosody, ejabberdSQL}, mailCrashes) }

func mailCrashes(t *testing.T, s server) {
	begin := time.Now()
	kills, mails := number(t, "SOAK_KILLS", 50), number(t, "SOAK_MAILS", 500)
	p := plan{server: s, users: number(t, "SOAK_USERS", 6), contacts: 3, pace: 4 * time.Second, seed: seed(t)}
	t.Logf("SOAK_SEED=%d, %d users with %d contacts each on %s", p.seed, p.users, p.contacts, s.name)
	m := manyMailers(t, p)
	ctx, stop := context.WithCancel(t.Context())
	talk := m.talk(ctx, p)
	r := p.random(partDeeds)
	for len(m.faults) < kills-1 || !m.enough(mails) {
		pause(ctx, about(r, 2*time.Second))
		if len(m.faults) < kills-1 {
			m.crash(r)
		}
	}
	stop()
	talk()
	m.imap.Heal()
	m.smtp.Heal()
	m.crash(r) // that a frozen link is left by itself, TestSoakMailFrozen shows: it takes ten minutes
	m.settles(m.logs().Pushed)
	m.judge(p, begin, m.logs(), m.copies())
}

// manyMailers starts everything. Of the people every other one has a provider that
// puts what they send into Sent itself. Kills begin when that is known of each.
func manyMailers(t *testing.T, p plan) *mailroom {
	t.Helper()
	const domain = "mail.example.test"
	w := worldtest.New(t)
	x := startServer(t, w, p, domain)
	m := newMailroom(t, x.ComponentAddr, domain)
	m.fate = m.fortune(p.random(partNetwork))
	m.smtp.Answer(refused+"@"+otherHost, "550 5.1.1 nobody of that name", -1)
	m.start(w, m.component())
	for i := range p.users {
		who := m.newMailer(userName(i))
		who.User = worldtest.Client(t, x, world.Login{Name: who.name, Password: password, Again: true, Journal: who.note})
		m.signUp(who, password)
		who.befriend()
	}
	m.idling(p.users)
	for _, who := range m.people {
		who.say(mailContact("c1"))
	}
	m.filed("a first copy for each", func() bool { return m.copies().One == p.users })
	m.drained(settlesIn)
	return m
}

// refused is a contact whose mails are refused at once.
const refused = "gone"

// fortune decides what becomes of mails: mostly, nothing is said of them.
func (m *mailroom) fortune(r *rand.Rand) func(user string) fate {
	var mu sync.Mutex // guards r
	return func(user string) fate {
		mu.Lock()
		defer mu.Unlock()
		f := fate{filed: (user[len(user)-1]-'0')%2 == 0}
		switch r.IntN(12) {
		case 0:
			f.delivered = true
		case 1:
			f.failed = []string{"5.1.1", "5.2.2", "5.7.1", "4.4.7"}[r.IntN(4)]
		}
		return f
	}
}

// talk has everybody write and be written to, and things go wrong, until ctx is
// done. wait returns when that is over.
func (m *mailroom) talk(ctx context.Context, p plan) (wait func()) {
	var all sync.WaitGroup
	for i, who := range m.people {
		for way, say := range []func(contact string){who.say, func(contact string) { m.receive(who, contact) }} {
			r := p.random(partPersons + 2*uint64(i) + uint64(way))
			all.Go(func() {
				for pause(ctx, about(r, p.pace)) {
					contact := contactName(r.IntN(p.contacts))
					if way == 0 && r.IntN(20) == 0 {
						contact = refused
					}
					say(mailContact(contact))
				}
			})
		}
	}
	all.Go(func() {
		r := p.random(partNetwork + 1<<32)
		for pause(ctx, about(r, 700*time.Millisecond)) {
			m.trouble(r)
		}
	})
	return all.Wait
}

// trouble has something go wrong at the mail servers.
func (m *mailroom) trouble(r *rand.Rand) {
	someone := address(m.people[r.IntN(len(m.people))].name)
	switch r.IntN(20) {
	case 0:
		m.imap.Drop(someone)
	case 1:
		m.imap.Bye(someone, "[UNAVAILABLE] restarting")
	case 2:
		m.imap.Freeze(someone)
	case 3: // as real servers do, which end the connections of who had selected it
		m.imap.Renumber(someone, "INBOX")
		m.imap.Drop(someone)
	case 4:
		m.imap.Renumber(someone, "Sent")
		m.imap.Drop(someone)
	case 5, 6, 7:
		m.imap.Fail("APPEND", 1, []mailtest.Fault{
			{Cut: true}, {Work: true, Cut: true}, {Work: true, Cut: true}, {Work: true, Before: "* BY", Cut: true},
			{Freeze: true}, {Work: true, Freeze: true}, {Reply: "NO [OVERQUOTA] full"},
		}[r.IntN(7)])
	case 8, 9, 10:
		steps := []string{"LOGIN", "AUTHENTICATE", "SELECT", "EXAMINE", "SEARCH", "FETCH", "IDLE", "DONE", "LIST", "GREETING"}
		faults := []mailtest.Fault{{Cut: true}, {Cut: true}, {Reply: "NO [UNAVAILABLE] try later"}, {Freeze: true}, {Slow: time.Millisecond}}
		m.imap.Fail(steps[r.IntN(len(steps))], 1, faults[r.IntN(len(faults))])
	case 11, 12, 13, 14:
		m.smtp.Fail("MESSAGE", 1, []mailtest.Fault{
			{Cut: true}, {Work: true, Cut: true}, {Work: true, Cut: true}, {Work: true, Before: "25", Cut: true},
			{Work: true, Reply: "250 2.0.0 queued", Cut: true}, {Reply: "451 4.3.0 try later"}, {Freeze: true},
		}[r.IntN(7)])
	case 15:
		m.smtp.Fail([]string{"MAIL", "RCPT", "DATA"}[r.IntN(3)], 1, mailtest.Fault{Reply: "450 4.7.1 greylisted"})
	default:
		steps := []string{mailtest.Connect, "GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"}
		faults := []mailtest.Fault{{Cut: true}, {Cut: true}, {Reply: "421 4.3.2 going down", Cut: true}, {Freeze: true}}
		m.smtp.Fail(steps[r.IntN(len(steps))], 1, faults[r.IntN(len(faults))])
	}
}

// enough tells whether so many mails were written each way.
func (m *mailroom) enough(mails int) bool {
	l := m.logs()
	return len(l.Said) >= mails && len(l.Pushed) >= mails
}

// crash has the gateway die, and live again.
func (m *mailer) crash(r *rand.Rand) {
	where := "from outside"
	if r.IntN(4) > 0 {
		m.must(m.gateway.Stop())
		point := fmt.Sprintf("%s:%d", points[r.IntN(len(points))], 1+r.IntN(6))
		m.must(m.gateway.StartWith("WHERRY_CRASH=" + point))
		select {
		case <-m.gateway.Done():
			where = "at " + point
		case <-time.After(8 * time.Second): // too little passes there
		}
	}
	begin := time.Now()
	m.gateway.Kill()
	time.Sleep(downtime(r))
	m.must(m.gateway.Start())
	m.faults = append(m.faults, Fault{Gateway, Kill, begin, time.Now()})
	m.t.Logf("%s  the gateway is killed, %s", clock(begin), where)

}

// settles waits until nothing is to be done any more, and all was shown.
func (m *mailer) settles(pushed []Pushed) {
	m.t.Helper()
	for _, who := range m.people {
		mine := make(map[line]bool)
		for _, p := range pushed {
			if p.User == who.name {
				mine[line{p.Chat, p.Body}] = true
			}
		}
		seen := 0
		who.untilFor(m.t, settlesIn, "all mails", func() bool {
			for ; seen < len(who.shown); seen++ {
				delete(mine, line{who.shown[seen].Chat, who.shown[seen].Body})
			}
			return len(mine) == 0
		})
	}
	m.drained(settlesIn)
	for _, who := range m.people {
		who.Sync(m.domain)
	}
}

// judge shows the table, and fails the test where something was that must not
// be.
func (m *mailer) judge(p plan, begin time.Time, logs *Logs, copies Copies) {
	m.t.Helper()
	toNetwork, toXMPP := Judge(logs, Rules{})
	m.t.Logf("after %d kills in %v, SOAK_SEED=%d, %d ticks, %d errors:\n%s%v", len(m.faults), time.Since(begin).Round(time.Second),
		p.seed, len(logs.Ticks), len(logs.Noes), Table(p.server.name, toNetwork, toXMPP), copies)
	reasons := make(map[string]int)
	for _, n := range logs.Noes {
		reasons[n.Text]++
	}
	for text, n := range reasons {
		m.t.Logf("%d times: %s", n, text)
	}
	for _, v := range []*Verdict{&toNetwork, &toXMPP} {
		for _, example := range v.Examples {
			m.t.Errorf("%s: %s", v.Direction, example)
		}
		if v.Arrived == 0 {
			m.t.Errorf("%s: nothing arrived", v.Direction)
		}
	}
	if toNetwork.InFlight > len(m.faults) {
		m.t.Errorf("%d mails were in the hands of %d processes that were killed", toNetwork.InFlight, len(m.faults))
	}
	if copies.Guilty() {
		m.t.Error(copies)
	}
	m.told(logs)
	if strings.Contains(m.gateway.Tail(1<<26), "panic") {
		m.t.Error("a panic is in the log")
	}
}

// told wants who sent a mail to be told what the provider said of it.
func (m *mailer) told(logs *Logs) {
	m.t.Helper()
	said := make(map[line]string)
	for _, s := range logs.Said {
		said[line{s.Chat, s.Body}] = s.ID
	}
	ticks, noes := byID(logs.Ticks), byID(logs.Noes)
	for _, taken := range logs.Taken {
		id := said[line{taken.Chat, taken.Body}]
		if taken.Delivered && len(ticks[id]) == 0 {
			m.t.Errorf("%q to %s arrived and has no tick", taken.Body, taken.Contact)
		}
		if taken.Failed && len(noes[id]) == 0 {
			m.t.Errorf("%q to %s came back, and nobody was told", taken.Body, taken.Contact)
		}
	}
}
