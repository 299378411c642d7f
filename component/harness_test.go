package component_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	domain  = "irc.example.org"
	network = "irc.example.net"
	room    = "#room%" + network + "@" + domain
	phone   = "juliet@example.org/phone"
	laptop  = "juliet@example.org/laptop"
	romeo   = "romeo@example.org/orchard"

	nsMUC   = "http://jabber.org/protocol/muc"
	nsUser  = "http://jabber.org/protocol/muc#user"
	nsAdmin = "http://jabber.org/protocol/muc#admin"
	nsPing  = "urn:xmpp:ping"
	nsSID   = "urn:xmpp:sid:0"
	nsDelay = "urn:xmpp:delay"
)

// address is the room's on the network.
var address = transports.Address{Kind: transports.Room, Scope: network, Name: "#room"}

// world is a gateway between an XMPP server and a network, both fake, on a
// real store.
type world struct {
	testing.TB
	*componenttest.Server
	net   *transporttest.Network
	store *store.Store
	path  string // of the database
	gate  *component.Component
	conf  component.DomainConfig
	setup func(*component.Component)
	extra component.Config // besides store, log and domain
	log   *slog.Logger

	stop func() // ends the gateway of the moment
	runs int    // gateways that were started
	ids  atomic.Int64
}

// build is what a test wants to be different in its world.
type build func(*world)

// settings changes the domain's configuration.
func settings(change func(*component.DomainConfig)) build {
	return func(w *world) { change(&w.conf) }
}

// with has f called with each gateway before it runs.
func with(f func(*component.Component)) build {
	return func(w *world) {
		before := w.setup
		w.setup = func(c *component.Component) { before(c); f(c) }
	}
}

// about changes what the network is.
func about(change func(*transports.About)) build {
	return func(w *world) {
		a := w.net.About()
		change(&a)
		w.net.SetAbout(a)
	}
}

// newWorld starts a world, in which no client answers pings, and ends it with
// the test.
func newWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		TB: t, Server: componenttest.NewServer(t, "secret", domain),
		net: transporttest.NewNetwork(), path: filepath.Join(dir, "wherry.db"),
		setup: func(*component.Component) {},
	}
	w.conf = component.DomainConfig{Domain: domain, Secret: "secret", Server: w.Addr(), Transport: w.net}
	for _, b := range builds {
		b(w)
	}
	var err error
	w.store, err = store.Open(context.Background(), store.Config{URL: "sqlite:" + w.path, KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.stop()
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.start()
	w.connected(1)
	return w
}

// start runs a gateway on the world's store.
func (w *world) start() {
	w.Helper()
	conf := w.extra
	conf.Store, conf.Version, conf.Log, conf.Domains = w.store, "test", w.log, []component.DomainConfig{w.conf}
	gate, err := component.New(conf)
	if err != nil {
		w.Fatal(err)
	}
	w.setup(gate)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	w.gate = gate
	w.runs++
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
		w.stop = func() {}
	}
}

// connected waits until the gateway has had n streams and uses the last.
func (w *world) connected(n int) {
	w.Helper()
	w.Connected(domain, n)
	w.barrier("nobody@example.org/there")
}

// restart ends the gateway and runs another on the same store. What the first
// one sent last is forgotten.
func (w *world) restart() {
	w.Helper()
	w.stop()
	w.Disconnected(domain)
	w.Drain(domain)
	w.start()
	w.connected(w.runs)
}

// domain returns the gateway's domain.
func (w *world) domain() *component.Domain { return w.gate.Domain(domain) }

// id returns an id that no other stanza has.
func (w *world) id() string { return fmt.Sprintf("t%d", w.ids.Add(1)) }

// send has a user's client send XML.
func (w *world) send(format string, args ...any) {
	w.Helper()
	w.Send(domain, fmt.Sprintf(format, args...))
}

// get sends an iq get and returns its answer.
func (w *world) get(from, to, payload string) *stanza.IQ {
	w.Helper()
	return w.iq("get", from, to, payload)
}

// set sends an iq set and returns its answer.
func (w *world) set(from, to, payload string) *stanza.IQ {
	w.Helper()
	return w.iq("set", from, to, payload)
}

func (w *world) iq(typ, from, to, payload string) *stanza.IQ {
	w.Helper()
	id := w.id()
	w.send("<iq type='%s' id='%s' from='%s' to='%s'>%s</iq>", typ, id, stanza.EscapeAttr(from), stanza.EscapeAttr(to), payload)
	return w.answer(id)
}

// answer waits for the answer to an iq.
func (w *world) answer(id string) *stanza.IQ {
	w.Helper()
	return componenttest.Await(w.Server, domain, func(iq *stanza.IQ) bool {
		return iq.ID == id && (iq.Type == "result" || iq.Type == "error")
	})
}

// barrier returns when the gateway has handled all that a user sent before.
func (w *world) barrier(full string) {
	w.Helper()
	if a := w.get(full, domain, "<ping xmlns='"+nsPing+"'/>"); a.Type != "result" {
		w.Fatalf("ping: %s", dump(a))
	}
}

// settled returns when the gateway has handled all that happened on the network
// to an account, and what the user sent.
func (w *world) settled(full, nick string) {
	w.Helper()
	if err := w.session(nick).Emit(); err != nil {
		w.Fatal(err)
	}
	w.barrier(full)
}

// session returns the session that is logged in under a nick.
func (w *world) session(nick string) *transporttest.Session {
	w.Helper()
	for _, s := range w.net.Sessions() {
		if s.Nick() == nick && s.Account.Scope == network {
			return w.net.AwaitSession(w, s.Account.Key)
		}
	}
	w.Fatalf("no session of %s", nick)
	return nil
}

// to waits for the next stanza to an address, of any kind.
func (w *world) to(addr string) stanza.Stanza {
	w.Helper()
	j := jid.MustParse(addr)
	return w.Expect(domain, func(st stanza.Stanza) bool { return st.Head().To == j })
}

// presence waits for a presence between two addresses, of a type.
func (w *world) presence(from, to, typ string) *stanza.Presence {
	w.Helper()
	f, t := jid.MustParse(from), jid.MustParse(to)
	return componenttest.Await(w.Server, domain, func(p *stanza.Presence) bool {
		return p.From == f && p.To == t && p.Type == typ
	})
}

// message waits for a message between two addresses, of a type.
func (w *world) message(from, to, typ string) *stanza.Message {
	w.Helper()
	f, t := jid.MustParse(from), jid.MustParse(to)
	return componenttest.Await(w.Server, domain, func(m *stanza.Message) bool {
		return m.From == f && m.To == t && m.Type == typ
	})
}

// rest returns all that the gateway sent and nobody took, after a barrier.
func (w *world) rest(full string) []stanza.Stanza {
	w.Helper()
	w.barrier(full)
	all := w.Drain(domain)
	w.named(all...)
	return all
}

// named fails the test for messages of the gateway's own that have no id.
func (w *world) named(all ...stanza.Stanza) {
	w.Helper()
	for _, st := range all {
		if st.Name() == "message" && st.Head().ID == "" && st.Head().Type != "error" {
			w.Errorf("no id: %s", dump(st))
		}
	}
}

// silent fails the test where the gateway has sent something that nobody took.
func (w *world) silent(full string) {
	w.Helper()
	for _, st := range w.rest(full) {
		w.Errorf("unexpected: %s", dump(st))
	}
}

// ask sends the presence that joins a room.
func (w *world) ask(full, room, nick, inside string) {
	w.Helper()
	w.send("<presence from='%s' to='%s/%s'><x xmlns='%s'>%s</x></presence>", stanza.EscapeAttr(full), room, nick, nsMUC, inside)
}

// join has a resource join a room and returns what it was shown, the subject
// last.
func (w *world) join(full, room, nick string) []stanza.Stanza {
	w.Helper()
	w.ask(full, room, nick, "")
	return w.shown(full)
}

// shown returns what a resource is shown of a room, up to the subject.
func (w *world) shown(full string) []stanza.Stanza {
	w.Helper()
	var all []stanza.Stanza
	for {
		st := w.to(full)
		w.named(st)
		all = append(all, st)
		if m, ok := st.(*stanza.Message); ok && m.Child("", "subject") != nil {
			return all
		}
		if st.Head().Type == "error" {
			w.Fatalf("not let in: %s", dump(st))
		}
	}
}

// say has a resource say something to a room.
func (w *world) say(full, room, id, text string) {
	w.Helper()
	w.send("<message type='groupchat' id='%s' from='%s' to='%s'><body>%s</body></message>", id, full, room, text)
}

// people puts puppets into the room.
func (w *world) people(nicks ...string) {
	for _, n := range nicks {
		w.net.SetOccupant(address, transports.Occupant{Nick: n})
	}
}

// dump returns a stanza as it goes over the wire.
func dump(st stanza.Stanza) string {
	b, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		return fmt.Sprintf("%s (%v)", b, err)
	}
	return string(b)
}

// codes returns the status codes of a room's presence, joined by spaces.
func codes(p stanza.Stanza) string {
	var all []string
	if x := p.Child(nsUser, "x"); x != nil {
		for _, e := range x.Children {
			if e.Name == "status" {
				all = append(all, e.Attr("code"))
			}
		}
	}
	return strings.Join(all, " ")
}

// fault returns type and condition of an error stanza, as "type/condition";
// nothing where it is none.
func fault(st stanza.Stanza) string {
	e := st.Child("", "error")
	if st.Head().Type != "error" || e == nil {
		return ""
	}
	p := stanza.ParseError(e)
	return string(p.Type) + "/" + string(p.Condition)
}

// body returns the text of a message.
func body(m *stanza.Message) string {
	text, _ := m.Body()
	return text
}

// within is how long a test waits for what must happen.
const within = 10 * time.Second

// account is Juliet's default account, with settings.
func account(settings map[string]string) store.Account {
	return store.Account{User: juliet, Settings: settings}
}
