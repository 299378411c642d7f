//go:build soak

package soak

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// town is a gateway that mails by real mail servers, where its people and their
// contacts have mailboxes.
type town struct {
	mailer
	mail     *world.Mail
	boxes    map[string]world.MailAccount // of everybody, by their names
	programs sync.Mutex                   // held while a mail server is down, and while a contact writes

	mu   sync.Mutex // guards what follows
	sent map[line]time.Time
}

// TestSoakMailServers is TestSoakMailCrashes with Dovecot and Postfix, which are
// killed as well: then mails wait in the queue, connections are cut wherever they
// are, and now and then a mailbox has new numbers afterwards.
func TestSoakMailServers(t *testing.T) { onSome(t, []server{prosody, ejabberdSQL}, mailServers) }

func mailServers(t *testing.T, s server) {
	begin := time.Now()
	kills, mails := number(t, "SOAK_KILLS", 50), number(t, "SOAK_MAILS", 500)
	p := plan{server: s, users: number(t, "SOAK_USERS", 6), contacts: 3, pace: 4 * time.Second, seed: seed(t)}
	t.Logf("SOAK_SEED=%d, %d users with %d contacts each on %s", p.seed, p.users, p.contacts, s.name)
	m := newTown(t, p)
	ctx, stop := context.WithCancel(t.Context())
	talk := m.talk(ctx, p)
	r := p.random(partDeeds)
	down := 0
	for len(m.faults)+down < kills || !m.enough(mails) {
		pause(ctx, about(r, 2*time.Second))
		switch n := r.IntN(10); {
		case len(m.faults)+down >= kills:
		case n == 0:
			m.killPostfix(r)
			down++
		case n < 3:
			m.killDovecot(r)
			down++
		default:
			m.crash(r)
		}
	}
	stop()
	talk()
	m.delivered()
	m.settles(m.pushes())
	m.delivered()
	t.Logf("mail servers were killed %d times", down)
	logs, copies := m.logs()
	m.judge(p, begin, logs, copies)
}

// newTown starts everything. Kills begin when each has found out that the provider
// makes no copies.
func newTown(t *testing.T, p plan) *town {
	t.Helper()
	const domain = "mail.example.test"
	worldtest.Need(t, "dovecot", "postfix")
	w := worldtest.New(t)
	x := startServer(t, w, p, domain)
	m := &town{
		mailer: mailer{t: t, domain: domain, tap: newTap(t, x.ComponentAddr)},
		boxes:  make(map[string]world.MailAccount), sent: make(map[line]time.Time),
	}
	var err error
	m.mail, err = w.Mail(world.MailConfig{})
	must(t, err)
	m.start(w, []world.Component{{
		Domain: domain, Secret: secret(domain), Server: m.tap.addr(), Transport: "email", Network: w.TrustsMail(m.mail),
	}})
	for i := range p.contacts {
		m.box(contactName(i))
	}
	for i := range p.users {
		who := newPerson(userName(i), domain)
		who.words = mailWords
		who.User = worldtest.Client(t, x, world.Login{Name: who.name, Password: password, Again: true, Journal: who.note})
		m.signUp(who, m.box(who.name).Password)
		who.befriend()
		who.say(m.contact(contactName(0)))
	}
	var copies Copies
	for deadline := time.Now().Add(mailPatience); copies.One < p.users; {
		if time.Now().After(deadline) {
			t.Fatalf("not everybody has a copy of their first mail: %v", copies)
		}
		pause(t.Context(), time.Second)
		_, copies = m.logs()
	}
	m.drained(settlesIn)
	return m
}

func (m *town) box(name string) world.MailAccount {
	m.t.Helper()
	a, err := m.mail.AddUser(name)
	m.must(err)
	m.boxes[name] = a
	return a
}

// contact is somebody of this town, as JIDs have them.
func (m *town) contact(name string) string { return escaped(address(name)) }

// talk has everybody write and be written to until ctx is done. wait returns when
// that is over.
func (m *town) talk(ctx context.Context, p plan) (wait func()) {
	var all sync.WaitGroup
	for i, who := range m.people {
		for way, say := range []func(string){func(name string) { who.say(m.contact(name)) }, func(name string) { m.receive(who, name) }} {
			r := p.random(partPersons + 2*uint64(i) + uint64(way))
			all.Go(func() {
				for pause(ctx, about(r, p.pace)) {
					say(contactName(r.IntN(p.contacts)))
				}
			})
		}
	}
	return all.Wait
}

// receive has a contact mail a person the next message of their conversation, when
// the servers are there.
func (m *town) receive(p *person, name string) {
	m.programs.Lock()
	defer m.programs.Unlock()
	contact := m.contact(name)
	p.mu.Lock()
	p.pushes[contact]++
	body := fmt.Sprintf(pushedBody, p.pushes[contact])
	p.mu.Unlock()
	u, err := m.mail.User(m.boxes[name])
	if err == nil {
		err = u.Send(address(p.name), "The tide", body)
		u.Close()
	}
	if err != nil {
		m.t.Errorf("%s cannot write to %s: %v", name, p.name, err)
		return
	}
	m.mu.Lock()
	m.sent[line{Chat{p.name, contact}, body}] = time.Now()
	m.mu.Unlock()
}

func (m *town) killPostfix(r *rand.Rand) {
	m.programs.Lock()
	defer m.programs.Unlock()
	m.t.Logf("%s  Postfix is killed", clock(time.Now()))
	m.mail.Postfix.Kill()
	time.Sleep(downtime(r))
	m.must(m.mail.Postfix.Start())
}

// killDovecot kills Dovecot; every other time a mailbox has new numbers then.
func (m *town) killDovecot(r *rand.Rand) {
	m.programs.Lock()
	defer m.programs.Unlock()
	m.mail.Dovecot.Kill()
	what := ""
	if r.IntN(2) == 0 {
		who := m.people[r.IntN(len(m.people))].name
		m.must(m.mail.Renumber(who))
		what = ", and the mailbox of " + who + " has new numbers"
	}
	m.t.Logf("%s  Dovecot is killed%s", clock(time.Now()), what)
	time.Sleep(downtime(r))
	m.must(m.mail.Dovecot.Start())
}

// enough tells whether so many mails were written each way.
func (m *town) enough(mails int) bool {
	said := 0
	for _, p := range m.people {
		p.mu.Lock()
		said += len(p.said)
		p.mu.Unlock()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return said >= mails && len(m.sent) >= mails
}

// delivered waits until the mail servers have delivered all that they took.
func (m *town) delivered() {
	m.t.Helper()
	for deadline := time.Now().Add(mailPatience); ; pause(m.t.Context(), 500*time.Millisecond) {
		n, err := m.mail.Queued()
		m.must(err)
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("%d mails are still in Postfix's queue", n)
		}
	}
}

// kept is a mail in a mailbox.
type kept struct {
	head mail.Header
	body string
	date time.Time
}

// mails reads a folder of somebody's, in the order of its numbers.
func (m *town) mails(name, folder string) (all []kept) {
	m.t.Helper()
	c, err := m.mail.Login(m.boxes[name])
	m.must(err)
	defer c.Close()
	box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	m.must(err)
	if box.NumMessages == 0 {
		return nil
	}
	body := &imap.FetchItemBodySection{Peek: true}
	got, err := c.Fetch(imap.SeqSet{{Start: 1}}, &imap.FetchOptions{
		UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{body},
	}).Collect()
	m.must(err)
	for _, one := range got {
		parsed, err := mail.ReadMessage(bytes.NewReader(one.FindBodySection(body)))
		m.must(err)
		text, err := io.ReadAll(parsed.Body)
		m.must(err)
		all = append(all, kept{parsed.Header, mailWords(strings.ReplaceAll(string(text), "\r\n", "\n")), one.InternalDate})
	}
	return all
}

// from is who wrote a mail, without the domain.
func (k kept) from() string {
	from, _ := mail.ParseAddress(k.head.Get("From"))
	if from == nil {
		return ""
	}
	name, _, _ := strings.Cut(from.Address, "@")
	return name
}

// pushes are the mails that came to people, in the order in which they came to the
// mailbox, by the second: each once, however often it was handed over. Their numbers
// may have changed since.
func (m *town) pushes() (pushed []Pushed) {
	m.t.Helper()
	m.mu.Lock()
	sent := make(map[line]time.Time, len(m.sent))
	for at, when := range m.sent {
		sent[at] = when
	}
	m.mu.Unlock()
	for _, p := range m.people {
		all := m.mails(p.name, "INBOX")
		slices.SortStableFunc(all, func(a, b kept) int { return a.date.Compare(b.date) })
		for _, one := range all {
			at := line{Chat{p.name, m.contact(one.from())}, one.body}
			if when, ok := sent[at]; ok {
				pushed = append(pushed, Pushed{Chat: at.Chat, Seq: int(one.date.Unix()), Body: one.body, At: when, Acked: when})
				delete(sent, at)
			}
		}
	}
	for at := range sent {
		m.t.Errorf("the mail servers lost %q of %s", at.body, at.Contact)
	}
	return pushed
}

// received is how Postfix's log tells of a mail that comes in.
var received = regexp.MustCompile(`cleanup\[\d+\]: [^ ]+ message-id=(<[^>]+>)`)

// logs returns what both ends noted so far, and what is in Sent. Mails count in the
// order in which Postfix took them: it need not keep that itself.
func (m *town) logs() (*Logs, Copies) {
	m.t.Helper()
	l := &Logs{Faults: m.faults, Pushed: m.pushes()}
	l.Passed, l.Returned = m.tap.ids()
	order := make(map[string]int)
	for i, found := range received.FindAllStringSubmatch(m.mail.Postfix.Tail(1<<30), -1) {
		if _, ok := order[found[1]]; !ok {
			order[found[1]] = i
		}
	}
	type took struct {
		Taken
		place int
	}
	var taken []took
	sent := make(map[string]string)
	for name := range m.boxes {
		if !strings.HasPrefix(name, "c") {
			continue
		}
		for _, one := range m.mails(name, "INBOX") {
			id := one.head.Get("Message-ID")
			_, again := sent[id]
			sent[id] = one.from()
			at := took{Taken{Chat: Chat{one.from(), m.contact(name)}, Body: one.body, At: one.date, Folded: again}, order[id]}
			taken = append(taken, at)
		}
	}
	slices.SortStableFunc(taken, func(a, b took) int { return a.place - b.place })
	for _, one := range taken {
		l.Taken = append(l.Taken, one.Taken)
	}
	var there []Copy
	for _, p := range m.people {
		p.add(l)
		for _, one := range m.mails(p.name, "Sent") {
			there = append(there, Copy{p.name, one.head.Get("Message-ID")})
		}
	}
	return l, CountCopies(sent, there)
}
