package soak

import (
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/store"
)

const (
	mailHost  = "mail.test"  // where people have their mailboxes
	otherHost = "other.test" // where their contacts have theirs
)

// mailPatience is how long anything may take here: the gateway leaves a link on
// which nothing moves for a minute, and a server that is busy for another one.
const mailPatience = 2 * time.Minute

// mailer is a gateway that mails, and those who use it.
type mailer struct {
	t       *testing.T
	domain  string // the gateway's
	tap     *tap
	gateway *world.Gateway
	people  []*person
	faults  []Fault
}

func (m *mailer) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("%s: %v", m.domain, err)
	}
}

// address is a person's.
func address(name string) string { return name + "@" + mailHost }

// mailContact is a contact as JIDs have them (XEP-0106).
func mailContact(name string) string { return escaped(name + "@" + otherHost) }

func escaped(address string) string { return strings.Replace(address, "@", `\40`, 1) }

// mailWords returns what was said by a mail: above that stand its subject and what
// is to be known of it.
func mailWords(body string) string {
	body = strings.TrimRight(body, "\n")
	return body[strings.LastIndexByte(body, '\n')+1:]
}

// signUp registers a person, who joins the people, with the gateway when that is
// up, by the password of their mailbox.
func (m *mailer) signUp(p *person, pass string) {
	m.t.Helper()
	m.people = append(m.people, p)
	p.Await(m.domain)
	answer := p.Ask("set", m.domain, `<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">`+
		world.XML(`<field var="address"><value>%s</value></field><field var="password"><value>%s</value></field></x></query>`, address(p.name), pass))
	if answer.Type() != "result" {
		m.t.Fatalf("%s: %s is not signed up: %v", m.domain, p.name, answer)
	}
}

// drained waits until the gateway has nothing to do any more, and no copy to make.
func (m *mailer) drained(within time.Duration) {
	m.t.Helper()
	var rest string
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if rest = m.rest(); rest == "" {
			return
		}
		pause(m.t.Context(), 200*time.Millisecond) // other processes tell nothing
	}
	m.t.Errorf("%s: this still waits:\n%s", m.domain, rest)
}

// rest tells what the gateway has still to do; nothing where that is nothing.
func (m *mailer) rest() string {
	m.t.Helper()
	out, status, err := m.gateway.Run(m.t.Context(), "queue")
	m.must(err)
	for line := range strings.Lines(out) {
		if status != 0 || !strings.HasPrefix(line, "DOMAIN") && !strings.Contains(line, " out  sent ") { // of those, reports may come
			return out
		}
	}
	s, err := store.OpenReadOnly(m.t.Context(), store.Config{URL: "sqlite:" + m.gateway.Store, KeyFile: m.gateway.Key})
	m.must(err)
	defer func() { m.must(s.Close()) }()
	accounts, err := s.Accounts(m.t.Context(), m.domain)
	m.must(err)
	for _, a := range accounts {
		saves, err := s.Saves(m.t.Context(), a.ID)
		m.must(err)
		for name := range saves {
			if strings.HasPrefix(name, "file.") {
				return "a copy for " + a.User + ": " + name
			}
		}
	}
	return ""
}

// start starts the gateway of components.
func (m *mailer) start(w *world.World, components []world.Component) {
	m.t.Helper()
	path, err := binary()
	m.must(err)
	m.gateway, err = w.Gateway(world.GatewayConfig{Name: m.domain, Binary: path, Debug: true, Components: components})
	m.must(err)
}
