package soak

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/component/fault"
	"wherry/store"
	"wherry/transports/email/mailtest"
)

// posting is a gateway that mails, and dies at a point while a mail passes.
type posting struct {
	*mailroom
	point string
	files bool // the provider puts what is sent into Sent itself
	me    *person
	died  chan time.Time
}

// The contacts of a posting: who writes or is written to when the gateway dies,
// and another one.
var (
	dearest = mailContact("c1")
	aside   = mailContact("c2")
)

// inbound tells whether the point is on the way to the user.
func (p *posting) inbound() bool {
	return slices.Contains([]string{fault.BeforeInbox, fault.AfterInbox, fault.AfterWrite}, p.point)
}

// Each point at which the gateway can die between two steps, with mail servers
// behind it. They die side by side, each with a mail of its own: what was stored
// goes out or is shown, in order; what may have been sent goes out once more, as
// the same mail, but where the provider's Sent shows that it has it; and of each
// mail there is one copy in Sent. MAIL-K1, MAIL-K4, MAIL-S1
func TestMailFaultPoints(t *testing.T) {
	onServers(t, func(t *testing.T, s server) {
		all := postings(t, s)
		for _, p := range all {
			p.die()
		}
		for _, p := range all {
			p.revive()
		}
		for _, p := range all {
			if p.inbound() {
				p.wantShown()
			} else {
				p.wantMailed()
			}
			p.wantRest()
		}
	})
}

// postings starts a gateway for each point, all on one server, for one user with
// one client; and for those after which nobody knows whether a mail was sent
// another one, whose provider has a copy then.
func postings(t *testing.T, s server) []*posting {
	t.Helper()
	var all []*posting
	var domains []string
	for _, point := range points {
		all = append(all, &posting{point: point})
		domains = append(domains, point+".example.test")
		if point == fault.DuringSend || point == fault.AfterAnswer {
			all = append(all, &posting{point: point, files: true})
			domains = append(domains, "files-"+point+".example.test")
		}
	}
	w := worldtest.New(t)
	x := startServer(t, w, plan{server: s, users: 1}, domains...)
	for i, p := range all {
		p.mailroom = newMailroom(t, x.ComponentAddr, domains[i])
		p.fate = func(string) fate { return fate{filed: p.files} }
		p.me = p.newMailer(userName(0))
	}
	client := worldtest.Client(t, x, world.Login{Name: userName(0), Password: password, Journal: func(e world.Entry) {
		for _, p := range all {
			p.me.note(e)
		}
	}})
	for _, p := range all {
		p.me.User = client
		p.start(w, p.component())
	}
	for _, p := range all {
		p.signUp(p.me, password)
		p.me.befriend()
	}
	for _, p := range all {
		p.idling(1)
		if !p.inbound() {
			p.me.say(dearest)
		}
	}
	for _, p := range all {
		if !p.inbound() {
			p.sent("the first mail", func() bool { return len(p.mailed(p.me.name, dearest)) == 1 })
		}
	}
	return all
}

// die has the gateway die while a mail passes, and mail come that it does not see.
func (p *posting) die() {
	p.t.Helper()
	p.must(p.gateway.Stop())
	p.learn()
	p.must(p.gateway.StartWith("WHERRY_CRASH=" + p.point))
	ended := p.gateway.Done()
	p.died = make(chan time.Time, 1)
	go func() { <-ended; p.died <- time.Now() }()
	p.me.Await(p.domain)
	p.idling(1)
	if p.inbound() {
		p.receive(p.me, dearest)
	} else {
		p.me.say(dearest)
	}
}

// revive has a gateway that died live again.
func (p *posting) revive() {
	p.t.Helper()
	select {
	case at := <-p.died:
		p.faults = append(p.faults, Fault{Gateway, Kill, at, time.Now()})
	case <-time.After(mailPatience):
		p.t.Fatalf("%s: the gateway does not die", p.domain)
	}
	if p.inbound() {
		p.receive(p.me, dearest)
	}
	p.must(p.gateway.Start())
	p.me.Await(p.domain)
	p.me.say(dearest)
	p.me.say(aside)
	p.receive(p.me, dearest)
	p.receive(p.me, aside)
}

// learn has the account know whether its provider puts what is sent into Sent:
// it takes a minute to find that out.
func (p *posting) learn() {
	p.t.Helper()
	value := "no " + mailtest.Host
	if p.files {
		value = "yes " + mailtest.Host
	}
	s, err := store.Open(p.t.Context(), store.Config{URL: "sqlite:" + p.gateway.Store, KeyFile: p.gateway.Key})
	p.must(err)
	accounts, err := s.Accounts(p.t.Context(), p.domain)
	p.must(err)
	if len(accounts) != 1 {
		p.t.Fatalf("%s: %d accounts", p.domain, len(accounts))
	}
	p.must(s.PutSaves(p.t.Context(), accounts[0].ID, []store.Save{{Name: "files", Value: []byte(value)}}))
	p.must(s.Close())
}

// wantShown wants what came up to the death, meanwhile and after it to be shown,
// each by one id, in order.
func (p *posting) wantShown() {
	p.t.Helper()
	p.want(Verdict{Messages: 2, Arrived: 2}, 4)
}

// wantMailed wants the mail that met the death to be sent, or what can be had.
func (p *posting) wantMailed() {
	p.t.Helper()
	want := Verdict{Messages: 4, Arrived: 4}
	switch {
	case p.point == fault.AfterRead: // nobody was told that it was taken
		want.Arrived, want.InFlight = 3, 1
	case p.point == fault.AfterAnswer && !p.files:
		want.Repeated = 1
	}
	p.want(want, 2)
	for _, one := range p.posted {
		first := slices.IndexFunc(p.posted, func(other posted) bool { return other.id == one.id })
		if !bytes.Equal(one.raw, p.posted[first].raw) {
			p.t.Errorf("%s: one mail is sent as two:\n%s\n%s", p.domain, p.posted[first].raw, one.raw)
		}
	}
	if p.point == fault.AfterRead {
		return
	}
	mails := p.mailed(p.me.name, dearest)
	if answers := "In-Reply-To: " + mails[0].id + "\r\n"; !strings.Contains(string(mails[1].raw), answers) {
		p.t.Errorf("%s: the mail does not say %q:\n%s", p.domain, answers, mails[1].raw)
	}
}

// want waits until the last mails are where they should be, and compares what
// became of all; pushed came from contacts.
func (p *posting) want(want Verdict, pushed int) {
	p.t.Helper()
	p.sent("the last mails", func() bool {
		return len(p.mailed(p.me.name, aside)) == 1 && len(p.mailed(p.me.name, dearest)) == want.Arrived-1
	})
	p.me.until(p.t, "all mails", func() bool {
		all := make(map[string]bool)
		for _, s := range p.me.shown {
			all[s.Contact+s.Body] = true
		}
		return len(all) == pushed
	})
	p.me.Sync(p.domain)
	logs := p.logs()
	toNetwork, toXMPP := Judge(logs, Rules{})
	for _, v := range []*Verdict{&toNetwork, &toXMPP} {
		for _, example := range v.Examples {
			p.t.Errorf("%s: %s: %s", p.domain, v.Direction, example)
		}
	}
	got := Verdict{Messages: toNetwork.Messages, Arrived: toNetwork.Arrived, InFlight: toNetwork.InFlight, Repeated: toNetwork.Repeated}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("%s: what became of the mails (-want +got):\n%s", p.domain, diff)
	}
	if toXMPP.Messages != pushed || toXMPP.Arrived != pushed {
		p.t.Errorf("%s: %d of %d mails were shown, of %d", p.domain, toXMPP.Arrived, toXMPP.Messages, pushed)
	}
	if len(logs.Ticks)+len(logs.Noes) > 0 {
		p.t.Errorf("%s: the user was told %v and %v", p.domain, logs.Ticks, logs.Noes)
	}
}

// wantRest wants each mail to have one copy in Sent, of which nothing is left to do,
// and nothing to wait in the store.
func (p *posting) wantRest() {
	p.t.Helper()
	p.filed("the copies", func() bool { return p.copies().None == 0 })
	p.drained(mailPatience)
	if c := p.copies(); c.Guilty() {
		p.t.Errorf("%s: %v", p.domain, c)
	}
	for _, one := range p.imap.Mails(address(p.me.name), "Sent") {
		if !slices.ContainsFunc(p.posted, func(sent posted) bool { return bytes.Equal(sent.raw, one.Raw) }) {
			p.t.Errorf("%s: what is in Sent was not sent:\n%s", p.domain, one.Raw)
		}
	}
	if strings.Contains(p.gateway.Tail(1<<22), "panic") {
		p.t.Errorf("%s: a panic is in the log", p.domain)
	}
}
