package soak

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/wire/wiretest"
)

// What messages say: their number in the conversation. No one's text is part
// of another's.
const (
	saidBody   = "there %d."
	pushedBody = "back %d."
)

// undelivered is how a notice begins that something was not delivered, to a
// sender whose client is gone.
const undelivered = "[not delivered]"

const nsReceipts = "urn:xmpp:receipts"

// person is a user of one gateway, and what they noted.
type person struct {
	*worldtest.User
	name   string
	domain string // the gateway's

	words func(body string) string // what of a message was said; nil: all

	mu       sync.Mutex      // guards what follows
	seq      map[string]int  // of the last message to each contact
	pushes   map[string]int  // of the last one from there
	begun    map[string]Said // given to the client
	said     []Said
	ticks    []Answer
	noes     []Answer
	shown    []Shown
	archived []Shown
	absences []Absence
	noted    int // things that tell something
	here     bool
	news     chan struct{} // closed and replaced whenever something was noted
}

func newPerson(name, domain string) *person {
	return &person{
		name: name, domain: domain, seq: make(map[string]int), pushes: make(map[string]int),
		begun: make(map[string]Said), news: make(chan struct{}),
	}
}

// signUp registers a person with the gateway (XEP-0077) when that is up.
func (s *stage) signUp(p *person) {
	s.t.Helper()
	s.net.Account(p.name, password)
	p.Await(s.domain)
	answer := p.Ask("set", s.domain, `<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">`+
		world.XML(`<field var="user"><value>%s</value></field><field var="password"><value>%s</value></field></x></query>`, p.name, password))
	if answer.Type() != "result" {
		s.t.Fatalf("%s is not signed up: %v", p.name, answer)
	}
	s.people = append(s.people, p)
}

// befriend lets the gateway see whether a person is there.
func (p *person) befriend() {
	p.Sendf(`<presence to="%s" type="subscribe"/>`, p.domain)
	p.Expect("the subscription", func(e *world.Element) bool {
		return e.Name() == "presence" && e.Type() == "subscribed" && e.From() == p.domain
	})
}

// note takes an entry of the client's journal.
func (p *person) note(e world.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		close(p.news)
		p.news = make(chan struct{})
	}()
	switch e.What {
	case world.Online:
		p.here = true
		if n := len(p.absences); n > 0 {
			p.absences[n-1].End = e.At
		}
	case world.Offline:
		if p.here {
			p.absences = append(p.absences, Absence{User: p.name, Begin: e.At})
		}
		p.here = false
	case world.Said:
		if said, ok := p.begun[e.Key]; ok {
			said.At = e.At
			p.said = append(p.said, said)
			delete(p.begun, e.Key)
		}
	case world.Unsaid:
		delete(p.begun, e.Key)
	case world.Received:
		p.read(e.Stanza, e.At)
	}
}

// read takes a stanza. It is called with mu held.
func (p *person) read(e *world.Element, at time.Time) {
	contact, ours := p.contactOf(e.From())
	if e.Name() != "message" || !ours {
		return
	}
	switch receipt := e.Child("received", nsReceipts); {
	case e.Type() == "error":
		p.noes = append(p.noes, Answer{ID: e.ID(), Text: e.Condition() + ": " + e.ErrorText(), At: at})
	case receipt.Attr("id") != "":
		p.ticks = append(p.ticks, Answer{ID: receipt.Attr("id"), At: at})
	case strings.HasPrefix(e.Body(), undelivered):
		p.noes = append(p.noes, Answer{ID: p.meant(contact, e.Body()), Text: e.Body(), At: at})
	case e.Body() != "" && contact != "":
		p.shown = append(p.shown, Shown{Chat: Chat{p.name, contact}, ID: e.ID(), Body: p.spoken(e.Body()), At: at})
	default:
		return
	}
	p.noted++
}

// spoken returns what was said of what is shown.
func (p *person) spoken(body string) string {
	if p.words == nil {
		return body
	}
	return p.words(body)
}

// contactOf returns the contact of an address, and whether it is the gateway's.
func (p *person) contactOf(jid string) (contact string, ours bool) {
	bare, _, _ := strings.Cut(jid, "/")
	if bare == p.domain {
		return "", true
	}
	return strings.CutSuffix(bare, "@"+p.domain)
}

// meant returns the id of the message that a notice quotes. It is called with
// mu held.
func (p *person) meant(contact, notice string) string {
	for _, s := range slices.Backward(p.said) {
		if s.Contact == contact && strings.Contains(notice, s.Body) {
			return s.ID
		}
	}
	return ""
}

// say has the client send the next message to a contact, if it is online then.
func (p *person) say(contact string) {
	id := world.NewID()
	p.mu.Lock()
	p.seq[contact]++
	seq := p.seq[contact]
	body := fmt.Sprintf(saidBody, seq)
	p.begun[id] = Said{Chat: Chat{p.name, contact}, Seq: seq, ID: id, Body: body}
	p.mu.Unlock()
	// A client that is gone shows at the end: its messages do not arrive.
	_ = p.Say(id, world.XML(`<message to="%s" type="chat" id="%s"><body>%s</body><request xmlns="urn:xmpp:receipts"/>`+
		`<origin-id xmlns="urn:xmpp:sid:0" id="%s"/></message>`, contact+"@"+p.domain, id, body, id))
}

// hear has the network have the next message from a contact, and returns its id.
func (p *person) hear(n *wiretest.Network, contact string) (id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pushes[contact]++
	return n.Push(p.name, contact, fmt.Sprintf(pushedBody, p.pushes[contact]))
}

// add adds what was noted to logs.
func (p *person) add(l *Logs) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.Said = append(l.Said, p.said...)
	l.Ticks = append(l.Ticks, p.ticks...)
	l.Noes = append(l.Noes, p.noes...)
	l.Shown = append(l.Shown, p.shown...)
	l.Archived = append(l.Archived, p.archived...)
	l.Absences = append(l.Absences, p.absences...)
}

// readArchive takes what the server keeps for the person.
func (p *person) readArchive() error {
	kept, err := p.Archive()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.archived = nil
	for _, e := range kept {
		if contact, ours := p.contactOf(e.From()); ours && contact != "" && e.Body() != "" && !strings.HasPrefix(e.Body(), undelivered) {
			p.archived = append(p.archived, Shown{Chat: Chat{p.name, contact}, ID: e.ID(), Body: p.spoken(e.Body())})
		}
	}
	return nil
}

// there waits until a person is logged in.
func (s *stage) there(p *person) {
	s.t.Helper()
	late := time.After(time.Minute)
	for {
		p.mu.Lock()
		here, news := p.here, p.news
		p.mu.Unlock()
		if here {
			return
		}
		select {
		case <-news:
		case <-late:
			s.t.Fatalf("%s does not come back", p.name)
		}
	}
}
