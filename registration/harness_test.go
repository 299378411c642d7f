package registration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/stanza"
	"wherry/registration"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	domain  = "gw.example.org"
	network = "irc.example.net"
	onNet   = network + "@" + domain
	juliet  = "juliet@example.org"
	phone   = juliet + "/phone"
	laptop  = juliet + "/laptop"
	romeo   = "romeo@example.org/orchard"
	paris   = "paris@elsewhere.example/x"

	nsRegister = "jabber:iq:register"
	nsGateway  = "jabber:iq:gateway"
	nsPing     = "urn:xmpp:ping"
)

// Secrets that must show up nowhere: not in a stanza, a log or, in the open, in
// the database. The service refuses those that begin as bad does.
const (
	good   = "planted-good"
	better = "planted-better"
	bad    = "planted-bad"
	mark   = "planted-"
)

// world is a gateway with registration between an XMPP server and a network,
// both fake, on a real store.
type world struct {
	testing.TB
	*componenttest.Server
	net   *service
	store *store.Store
	path  string // of the database
	gate  *component.Component
	reg   *registration.Registration
	conf  component.DomainConfig
	log   journal

	with     func(*component.Component) // is called before it runs
	patience time.Duration
	clock    atomic.Int64 // how far ahead it is
	seen     []stanza.Stanza
	ids      int
}

// build is what a test wants to be different in its world.
type build func(*world)

// settings changes the domain's configuration.
func settings(change func(*component.DomainConfig)) build { return func(w *world) { change(&w.conf) } }

// asking has the network ask another first form.
func asking(f func(transports.Scope, transports.Settings) transports.Form) build {
	return func(w *world) { w.net.form = f }
}

// verifying has the network decide trial log-ins by v.
func verifying(v transporttest.Verifier) build { return func(w *world) { w.net.SetVerifier(v) } }

// impatient has checks outlive their request soon.
func impatient(w *world) { w.patience = 50 * time.Millisecond }

// scoped makes the network one with an account for each of its hosts.
func scoped(w *world) {
	about := w.net.About()
	about.Scoped = true
	w.net.SetAbout(about)
	w.net.form = func(scope transports.Scope, on transports.Settings) transports.Form {
		return w.net.Network.Form(scope, on)
	}
}

// newWorld starts a world, and ends it with the test: then nothing that came
// out of the gateway may hold a secret.
func newWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		TB: t, Server: componenttest.NewServer(t, "secret", domain),
		net: &service{transporttest.NewNetwork(), allKinds}, path: filepath.Join(dir, "wherry.db"),
	}
	about := w.net.About()
	about.Scoped = false
	w.net.SetAbout(about)
	w.net.SetVerifier(picky)
	w.conf = component.DomainConfig{Domain: domain, Secret: "secret", Server: w.Addr(), Transport: w.net}
	for _, b := range builds {
		b(w)
	}
	var err error
	w.store, err = store.Open(context.Background(), store.Config{URL: "sqlite:" + w.path, KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	return w
}

func (w *world) run() {
	w.Helper()
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	gate, err := component.New(component.Config{Store: w.store, Log: log, Version: "test", Domains: []component.DomainConfig{w.conf}})
	if err != nil {
		w.Fatal(err)
	}
	w.gate, w.reg = gate, registration.Attach(gate, log)
	w.reg.SetClock(func() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) })
	if w.with != nil {
		w.with(gate)
	}
	if w.patience != 0 {
		w.reg.SetPatience(w.patience)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	w.Cleanup(func() {
		w.seen = append(w.seen, w.Drain(domain)...)
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
		w.reg.Close()
		w.noSecret()
		if err := w.store.Close(); err != nil {
			w.Error(err)
		}
	})
	w.Connected(domain, 1)
	w.barrier("nobody@example.org/there")
}

// noSecret looks for secrets in all that came out.
func (w *world) noSecret() {
	for _, st := range w.seen {
		if s := dump(st); strings.Contains(s, mark) {
			w.Errorf("a secret in %s", s)
		}
	}
	if strings.Contains(w.log.String(), mark) {
		w.Errorf("a secret in the log:\n%s", w.log.String())
	}
	if got := w.remnants(mark); len(got) != 0 {
		w.Errorf("a secret lies open in the database: %v", got)
	}
}

// remnants returns which of the words stand anywhere in the store's files.
func (w *world) remnants(words ...string) []string {
	w.Helper()
	var found []string
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			w.Fatal(err)
		}
		for _, word := range words {
			if bytes.Contains(b, []byte(word)) {
				found = append(found, word+suffix)
			}
		}
	}
	return found
}

// journal is a log that may be read while it is written.
type journal struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// send has a user's client send XML, and returns its id.
func (w *world) send(format string, args ...any) {
	w.Helper()
	w.Send(domain, fmt.Sprintf(format, args...))
}

// id returns an id that no other stanza has.
func (w *world) id() string {
	w.ids++
	return fmt.Sprintf("t%d", w.ids)
}

// ask sends an iq and returns its id.
func (w *world) ask(typ, from, to, payload string) string {
	w.Helper()
	id := w.id()
	w.send("<iq type='%s' id='%s' from='%s' to='%s'>%s</iq>", typ, id, stanza.EscapeAttr(from), stanza.EscapeAttr(to), payload)
	return id
}

// answer waits for the answer to an iq.
func (w *world) answer(id string) *stanza.IQ {
	w.Helper()
	iq := componenttest.Await(w.Server, domain, func(iq *stanza.IQ) bool {
		return iq.ID == id && (iq.Type == "result" || iq.Type == "error")
	})
	w.seen = append(w.seen, iq)
	return iq
}

func (w *world) get(from, to, payload string) *stanza.IQ {
	w.Helper()
	return w.answer(w.ask("get", from, to, payload))
}

func (w *world) set(from, to, payload string) *stanza.IQ {
	w.Helper()
	return w.answer(w.ask("set", from, to, payload))
}

// barrier returns when the gateway has handled all that a user sent before.
func (w *world) barrier(full string) {
	w.Helper()
	if a := w.get(full, domain, "<ping xmlns='"+nsPing+"'/>"); a.Type != "result" {
		w.Fatalf("ping: %s", dump(a))
	}
}
