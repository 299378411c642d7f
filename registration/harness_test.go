package registration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/form"
	"wherry/component/jid"
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

// service is the network of a world: by default a fake one that has one account
// for each user, with a form of all kinds of fields.
type service struct {
	*transporttest.Network
	form func(transports.Scope, transports.Settings) transports.Form
}

func (s *service) Form(scope transports.Scope, on transports.Settings) transports.Form {
	return s.form(scope, on)
}

// allKinds is a form with a field of each kind.
func allKinds(_ transports.Scope, on transports.Settings) transports.Form {
	value := func(name, usual string) string {
		if v, ok := on[name]; ok {
			return v
		}
		return usual
	}
	options := []transports.Option{
		{Value: "de", Label: transports.T("yes")}, // "ja" in German
		{Value: "at", Label: transports.T("no")},
	}
	return transports.Form{
		Title:        transports.T("Your accounts"), // "Ihre Konten" in German
		Instructions: transports.Literal("First line.\nSecond line."),
		Fields: []transports.Field{
			{Name: "username", Label: transports.T("User name"), Required: true, Value: value("username", "")},
			{Name: "password", Kind: transports.Secret, Label: transports.Literal("Password"), Required: true},
			{Name: "region", Kind: transports.Choice, Label: transports.Literal("Region"), Value: value("region", "de"), Options: options},
			{Name: "alerts", Kind: transports.Boolean, Label: transports.Literal("Alerts"), Value: value("alerts", "")},
			{Name: "port", Kind: transports.Integer, Label: transports.Literal("Port"), Value: value("port", ""), Min: 1, Max: 65535},
			{Name: "topics", Kind: transports.Choices, Label: transports.Literal("Topics"), Value: value("topics", ""), Options: options},
			{Name: "notes", Kind: transports.Lines, Label: transports.Literal("Notes"), Value: value("notes", "")},
			{Name: "only", Kind: transports.Choice, Label: transports.Literal("Only"), Value: "one", Options: []transports.Option{{Value: "one"}}},
			{Kind: transports.Info, Value: "Read this."},
		},
	}
}

// brief is a form of two fields.
func brief(_ transports.Scope, on transports.Settings) transports.Form {
	return transports.Form{Title: transports.Literal("Sign up"), Fields: []transports.Field{
		{Name: "username", Label: transports.Literal("Name"), Required: true, Value: on["username"]},
		{Name: "password", Kind: transports.Secret, Label: transports.Literal("Password"), Required: true},
	}}
}

// fault is an error that a field is to blame for.
func fault(field string, kind transports.ErrorKind, says string) error {
	return &transports.FieldError{Field: field, Err: &transports.Error{Kind: kind, Text: transports.Literal(says)}}
}

// picky refuses the passwords that begin as bad does.
func picky(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
	if strings.HasPrefix(s["password"], bad) {
		return transports.Answer{}, fault("password", transports.Credentials, "That is not your password.")
	}
	return transports.Answer{Settings: s}, nil
}

// rotating accepts everything, and adds the next of some tokens each time.
func rotating(tokens []string) transporttest.Verifier {
	var mu sync.Mutex // guards tokens
	return func(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		s = maps.Clone(s)
		s["token"], tokens = tokens[0], tokens[1:]
		return transports.Answer{Settings: s}, nil
	}
}

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

// fields returns a submitted data form; fields are names and values in turn.
func fields(list ...string) string {
	var b strings.Builder
	b.WriteString("<x xmlns='" + form.NS + "' type='submit'>")
	for i := 0; i+1 < len(list); i += 2 {
		fmt.Fprintf(&b, "<field var='%s'>", stanza.EscapeAttr(list[i]))
		for _, v := range strings.Split(list[i+1], "\n") {
			b.WriteString("<value>" + stanza.EscapeAttr(v) + "</value>")
		}
		b.WriteString("</field>")
	}
	return b.String() + "</x>"
}

// query returns a query of XEP-0077.
func query(inside string) string { return "<query xmlns='" + nsRegister + "'>" + inside + "</query>" }

// register submits a form to an address and returns the answer.
func (w *world) register(from, to string, list ...string) *stanza.IQ {
	w.Helper()
	return w.set(from, to, query(fields(list...)))
}

// signUp registers where that must work.
func (w *world) signUp(from, to string, list ...string) {
	w.Helper()
	done(w, w.register(from, to, list...))
}

// asked gets the form of an address.
func (w *world) asked(from, to string) *stanza.Element {
	w.Helper()
	iq := w.get(from, to, query(""))
	if iq.Type != "result" {
		w.Fatalf("get: %s", dump(iq))
	}
	return iq.Child(nsRegister, "query")
}

// done fails the test where an answer is not an empty result.
func done(t testing.TB, iq *stanza.IQ) {
	t.Helper()
	if iq.Type != "result" || len(iq.Payload) != 0 {
		t.Fatalf("got %s, want an empty result", dump(iq))
	}
}

// refused fails the test where an answer is not an error of "type/condition/code"
// with a text, or where that lacks one of the words. It returns the error.
func refused(t testing.TB, iq *stanza.IQ, want string, words ...string) *stanza.Error {
	t.Helper()
	if iq.Type != "error" {
		t.Fatalf("got %s, want %s", dump(iq), want)
	}
	e := stanza.ParseError(iq.Child("", "error"))
	if got := fmt.Sprintf("%s/%s/%d", e.Type, e.Condition, e.Code); got != want {
		t.Errorf("got %s (%q), want %s", got, e.Text, want)
	}
	if e.Text == "" || e.Lang == "" {
		t.Errorf("an error without text or language: %s", dump(iq))
	}
	for _, word := range words {
		if !strings.Contains(e.Text, word) {
			t.Errorf("%q does not say %q", e.Text, word)
		}
	}
	return e
}

// account returns what is on file of a user, nil where nothing is.
func (w *world) account(user, scope string) *store.Account {
	w.Helper()
	a, err := w.gate.Domain(domain).Account(context.Background(), jid.MustParse(user), transports.Scope(scope))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		w.Fatal(err)
	}
	return &a
}

// runs returns how many connections were made to the network.
func (w *world) runs() int { return len(w.net.Calls(transporttest.OpRun)) }

// presence waits for a presence between two addresses, of a type.
func (w *world) presence(from, to, typ string) {
	w.Helper()
	f, t := jid.MustParse(from), jid.MustParse(to)
	w.seen = append(w.seen, componenttest.Await(w.Server, domain, func(p *stanza.Presence) bool {
		return p.From == f && p.To == t && p.Type == typ
	}))
}

// dump returns a stanza as it goes over the wire.
func dump(st stanza.Stanza) string {
	b, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		return fmt.Sprintf("%s (%v)", b, err)
	}
	return string(b)
}

// field returns a field of a form by its name, nil where it has none.
func field(x *stanza.Element, name string) *stanza.Element {
	for i := range x.Children {
		if f := &x.Children[i]; f.Name == "field" && f.Attr("var") == name {
			return f
		}
	}
	return nil
}

// values returns a field's values.
func values(f *stanza.Element) []string {
	var all []string
	if f == nil {
		return nil
	}
	for _, c := range f.Children {
		if c.Name == "value" {
			all = append(all, c.Text)
		}
	}
	return all
}
