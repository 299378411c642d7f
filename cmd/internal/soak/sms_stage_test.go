package soak

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// exchange is what a gateway that texts stands between: a stand-in for Twilio,
// and people who have a number there.
type exchange struct {
	t       *testing.T
	domain  string // the gateway's
	twilio  *twiliotest.Server
	account twiliotest.Account // of all the numbers
	tap     *tap
	people  []*person
	owners  map[string]string // names of people, by their numbers
	faults  []Fault

	patience time.Duration // for what must become so at Twilio
}

// smsPatience is how long anything may take here. The machine may have other
// work.
const smsPatience = 100 * time.Second

func newExchange(t *testing.T, x *world.XMPP, domain string, c twiliotest.Config) *exchange {
	t.Helper()
	e := &exchange{t: t, domain: domain, twilio: twiliotest.New(t, c), tap: newTap(t, x.ComponentAddr), owners: make(map[string]string), patience: smsPatience}
	e.account = e.twilio.AddAccount(twiliotest.Account{})
	return e
}

func (e *exchange) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatalf("%s: %v", e.domain, err)
	}
}

var lastNumber atomic.Int64

// freshNumber returns a number that nobody else has.
func freshNumber() string { return fmt.Sprintf("+1415555%04d", 1000+lastNumber.Add(1)) }

// number gives a person a number at Twilio.
func (e *exchange) number(p *person) (line string) {
	line = freshNumber()
	e.twilio.AddNumber(twiliotest.Number{Account: e.account.SID, Number: line, SMS: true, MMS: true})
	e.owners[line] = p.name
	return line
}

// signUp registers a person, who joins the people, for a new number.
func (e *exchange) signUp(p *person) {
	e.t.Helper()
	e.people = append(e.people, p)
	e.register(p)
}

// register registers a person with the gateway when that is up, for a new
// number.
func (e *exchange) register(p *person) {
	e.t.Helper()
	line := e.number(p)
	p.Await(e.domain)
	answer := p.Ask("set", e.domain, `<query xmlns="jabber:iq:register">`+e.form(line)+`</query>`)
	if answer.Type() != "result" {
		e.t.Fatalf("%s: %s is not signed up: %v", e.domain, p.name, answer)
	}
}

// form is a registration, filled in.
func (e *exchange) form(line string) string {
	var b strings.Builder
	b.WriteString(`<x xmlns="jabber:x:data" type="submit">`)
	for _, f := range [][2]string{{"account_sid", e.account.SID}, {"auth_token", e.account.Token}, {"line", line}} {
		b.WriteString(world.XML(`<field var="%s"><value>%s</value></field>`, f[0], f[1]))
	}
	b.WriteString(`</x>`)
	return b.String()
}

// line is a person's number.
func (e *exchange) line(p *person) string {
	for line, name := range e.owners {
		if name == p.name {
			return line
		}
	}
	return ""
}

// called waits until Twilio calls the gateway for a person's number.
func (e *exchange) called(p *person) {
	e.t.Helper()
	e.until("calls", func() bool {
		n, _ := e.twilio.Number(e.line(p))
		return n.SMSURL != ""
	})
}

// until waits for something to become so at Twilio.
func (e *exchange) until(what string, done func() bool) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), e.patience)
	defer cancel()
	if err := e.twilio.Wait(ctx, done); err != nil {
		e.t.Fatalf("%s: waited in vain for %s: %v; Twilio has %+v", e.domain, what, err, e.twilio.Messages())
	}
}

// settled waits until nothing is on its way at Twilio.
func (e *exchange) settled() {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), e.patience)
	defer cancel()
	e.must(e.twilio.Settled(ctx))
}

// text has a person text a phone, and ask for a tick.
func (e *exchange) text(p *person, phone, body string) (id string) {
	e.t.Helper()
	id = world.NewID()
	p.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body><request xmlns="`+nsReceipts+`"/></message>`, phone+"@"+e.domain, id, body)
	return id
}

// receive has a phone text a person the next message of their conversation.
func (e *exchange) receive(p *person, phone string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pushes[phone]++
	e.twilio.Receive(phone, e.line(p), fmt.Sprintf(pushedBody, p.pushes[phone]))
}

// until waits for what a person noted to be enough. done is called with mu held.
func (p *person) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	p.untilFor(t, smsPatience, what, done)
}

func (p *person) untilFor(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		p.mu.Lock()
		enough, news := done(), p.news
		p.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-news:
		case <-late.C:
			p.mu.Lock()
			defer p.mu.Unlock()
			t.Fatalf("%s waited in vain for %s at %s; ticks %v, noes %v, shown %v", p.name, what, p.domain, p.ticks, p.noes, p.shown)
		}
	}
}

// ticked waits for the tick of a message.
func (p *person) ticked(t *testing.T, id string) {
	t.Helper()
	p.until(t, "the tick of "+id, func() bool { return answersOf(p.ticks, id) > 0 })
}

// told returns how often it was said that a message arrived, and that it did
// not.
func (p *person) told(id string) (ticks, noes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return answersOf(p.ticks, id), answersOf(p.noes, id)
}

func answersOf(all []Answer, id string) (n int) {
	for _, a := range all {
		if a.ID == id {
			n++
		}
	}
	return n
}

// texted lists what Twilio took for a phone, in order.
func (e *exchange) texted(phone string) (bodies []string) {
	for _, m := range e.twilio.Messages() {
		if m.To == phone {
			bodies = append(bodies, m.Body)
		}
	}
	return bodies
}

// logs returns what both ends noted so far.
func (e *exchange) logs() *Logs {
	l := &Logs{Faults: e.faults}
	l.Passed, l.Returned = e.tap.ids()
	for _, p := range e.people {
		p.add(l)
	}
	taken := make(map[string]bool)
	for _, c := range e.twilio.Calls() {
		if c.Kind == twiliotest.CallInbound && c.Status == 200 {
			taken[c.SID] = true
		}
	}
	for _, m := range e.twilio.Messages() {
		if m.Direction != "inbound" {
			l.Taken = append(l.Taken, Taken{
				Chat: Chat{e.owners[m.From], m.To}, Body: m.Body, At: m.Made,
				Delivered: m.Status == "delivered", Failed: m.Status == "failed" || m.Status == "undelivered",
			})
			continue
		}
		p := Pushed{Chat: Chat{e.owners[m.To], m.From}, Body: m.Body, At: m.Made, Unheard: !taken[m.SID]}
		if _, err := fmt.Sscanf(m.Body, pushedBody, &p.Seq); err != nil {
			e.t.Errorf("a phone said %q", m.Body)
		}
		if taken[m.SID] {
			p.Acked = m.Made
		}
		l.Pushed = append(l.Pushed, p)
	}
	return l
}
