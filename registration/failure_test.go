package registration

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// broken is a domain whose store fails where fails says so, and of which not
// everybody may make use.
type broken struct {
	domain
	net     *transporttest.Network
	fails   map[string]bool // by method
	refuses bool
	file    *store.Account  // what is on file
	others  []store.Account // beside it
}

var errDisk = errors.New("disk of the gateway full")

func (b *broken) err(method string) error {
	if b.fails[method] {
		return errDisk
	}
	return nil
}

func (b *broken) Name() string                    { return "gw.example.org" }
func (b *broken) Transport() transports.Transport { return b.net }
func (b *broken) Allowed(jid.JID) bool            { return !b.refuses }
func (b *broken) Limits() component.Limits        { return component.Limits{Accounts: 1} }

func (b *broken) Account(context.Context, jid.JID, transports.Scope) (store.Account, error) {
	if err := b.err("Account"); err != nil {
		return store.Account{}, err
	}
	if b.file == nil {
		return store.Account{}, store.ErrNotFound
	}
	return *b.file, nil
}

func (b *broken) Accounts(context.Context, jid.JID) ([]store.Account, error) {
	if err := b.err("Accounts"); err != nil || b.file == nil {
		return b.others, err
	}
	return append([]store.Account{*b.file}, b.others...), nil
}

func (b *broken) Open(context.Context, store.Account) (transports.Account, transports.Saved, error) {
	return transports.Account{}, nil, b.err("Open")
}

func (b *broken) Holdings(context.Context) ([]transports.Holding, error) {
	return nil, b.err("Holdings")
}

func (b *broken) Register(context.Context, store.Account) error { return b.err("Register") }

func (b *broken) Unregister(context.Context, jid.JID, transports.Scope) (func(), error) {
	if err := b.err("Unregister"); err != nil {
		return nil, err
	}
	return nil, store.ErrNotFound
}

func (b *broken) Purge(context.Context, jid.JID, transports.Scope) error { return b.err("Purge") }

func (b *broken) Enrols(jid.JID, transports.Scope) transports.Ability { return 0 }

func (b *broken) Online(context.Context, jid.JID, transports.Scope) (bool, *transports.Error) {
	return !b.fails["Online"], nil
}

func (b *broken) Tell(jid.JID, transports.Text) {}

// setUp returns a registration of a domain, and its log.
func setUp(t *testing.T, b *broken) (*Registration, *bytes.Buffer) {
	t.Helper()
	if b.net == nil {
		b.net = transporttest.NewNetwork()
	}
	log := new(bytes.Buffer)
	r := newRegistration(slog.New(slog.NewTextHandler(log, nil)), func(name string) domain {
		if name != "gw.example.org" {
			return nil
		}
		return b
	})
	t.Cleanup(r.Close)
	commands := command.NewRegistry()
	for _, c := range r.commands() {
		commands.Add(c)
	}
	r.talker = commands
	return r, log
}

var ann = jid.MustParse("ann@example.org/phone")

func ask(d domain, typ string, inside ...stanza.Element) *query {
	e := stanza.E(nsRegister, typ, inside...)
	return &query{d: d, from: ann, payload: &e, after: func(func()) {}}
}

func nickForm() stanza.Element {
	return stanza.E(form.NS, "x", stanza.E(form.NS, "field", stanza.T(form.NS, "value", "ann")).With("var", "nick")).With("type", "submit")
}

// Where the store fails it is our fault: logged, told in general, with the
// number.
func TestStoreFails(t *testing.T) {
	registered := &store.Account{Registered: true, Settings: map[string]string{"nick": "ann"}}
	suspended := &store.Account{Registered: true, Suspended: store.Account{}.Created.AddDate(2000, 0, 0), Secrets: map[string]string{"password": "x"}}
	for _, tt := range []struct {
		name, method string
		file         *store.Account
		do           func(*Registration, *broken) error
	}{
		{"get", "Account", nil, func(r *Registration, b *broken) error {
			_, err := r.get(context.Background(), ask(b, "query"))
			return err
		}},
		{"set", "Account", nil, func(r *Registration, b *broken) error {
			_, err := r.set(context.Background(), ask(b, "query", nickForm()))
			return err
		}},
		{"count", "Accounts", nil, func(r *Registration, b *broken) error {
			_, err := r.set(context.Background(), ask(b, "query", nickForm()))
			return err
		}},
		{"keep", "Register", nil, func(r *Registration, b *broken) error {
			_, err := r.set(context.Background(), ask(b, "query", nickForm()))
			return err
		}},
		{"purge", "Purge", suspended, func(r *Registration, b *broken) error {
			_, err := r.set(context.Background(), ask(b, "query", nickForm()))
			return err
		}},
		{"remove", "Unregister", registered, func(r *Registration, b *broken) error {
			_, err := r.set(context.Background(), ask(b, "query", stanza.E(nsRegister, "remove")))
			return err
		}},
		{"look before removing", "Accounts", registered, func(r *Registration, b *broken) error {
			_, err := r.set(context.Background(), ask(b, "query", stanza.E(nsRegister, "remove")))
			return err
		}},
		{"register", "Account", nil, start("register")},
		{"accounts", "Accounts", nil, start("accounts")},
		{"unregister", "Accounts", nil, start("unregister")},
		{"unregister, confirmed", "Unregister", registered, func(r *Registration, b *broken) error {
			c, _ := r.talker.Find("unregister", transports.Gateway)
			call := command.Call{From: ann, Domain: b.Name()}
			step, err := c.Start(context.Background(), call)
			if err != nil {
				return err
			}
			_, err = step.Next(context.Background(), call, transports.Settings{"confirm": "true"})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &broken{fails: map[string]bool{tt.method: true}, file: tt.file}
			r, log := setUp(t, b)
			var e *stanza.Error
			if err := tt.do(r, b); !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Condition != stanza.InternalServerError || e.Code != 500 || e.Text == "" || strings.Contains(e.Text, "disk") {
				t.Errorf("told %v", e)
			}
			if !strings.Contains(log.String(), "disk of the gateway full") {
				t.Errorf("logged %q", log)
			}
		})
	}
}

func start(node string) func(*Registration, *broken) error {
	return func(r *Registration, b *broken) error {
		c, _ := r.talker.Find(node, transports.Gateway)
		_, err := c.Start(context.Background(), command.Call{From: ann, Domain: b.Name()})
		return err
	}
}

// An account that vanished before its turn to be removed is not registered.
func TestRemovedMeanwhile(t *testing.T) {
	b := &broken{file: &store.Account{Registered: true}}
	r, _ := setUp(t, b)
	var e *stanza.Error
	_, err := r.set(context.Background(), ask(b, "query", stanza.E(nsRegister, "remove")))
	if !errors.As(err, &e) || e.Condition != stanza.RegistrationRequired || e.Code != 407 {
		t.Errorf("got %v", err)
	}
}

// Every way in refuses those who may not use the domain, and does not fail
// where there is none.
func TestEveryWayInRefuses(t *testing.T) {
	b := &broken{refuses: true}
	r, _ := setUp(t, b)
	for d, want := range map[domain]int{b: 403, nil: 503} {
		for name, f := range map[string]func(context.Context, *query) (*stanza.Element, error){
			"get": r.get, "set": r.set, "prompt": r.prompt, "translate": r.translate,
		} {
			var e *stanza.Error
			if _, err := f(context.Background(), ask(d, "query")); !errors.As(err, &e) || e.Code != want {
				t.Errorf("%s: got %v, want %d", name, err, want)
			}
		}
	}
	for name, want := range map[string]int{b.Name(): 403, "other.example.org": 503} {
		for _, node := range []string{"register", "network", "accounts", "unregister"} {
			c, _ := r.talker.Find(node, transports.Gateway)
			var e *stanza.Error
			if _, err := c.Start(context.Background(), command.Call{From: ann, Domain: name}); !errors.As(err, &e) || e.Code != want {
				t.Errorf("%s at %s: got %v, want %d", node, name, err, want)
			}
		}
	}
	if got := talk(r, b, "register"); got != "You are not allowed to use this gateway." {
		t.Errorf("said %q", got)
	}
}

// talk says one thing to the gateway and returns what it says.
func talk(r *Registration, b *broken, text string) string {
	var said []string
	r.converse(context.Background(), b, &saying{
		call: command.Call{From: ann, Domain: b.Name()}, text: text,
		say: func(s string) { said = append(said, s) },
	})
	return strings.Join(said, "|")
}

// A dialogue that cannot begin, or go on, says so and is over.
func TestChatFails(t *testing.T) {
	b := &broken{fails: map[string]bool{"Account": true}}
	r, _ := setUp(t, b)
	if got := talk(r, b, "register"); got != "Something went wrong inside the gateway." {
		t.Errorf("said %q", got)
	}
	b.fails = nil
	if got := talk(r, b, "register"); !strings.Contains(got, "Nick (required)") {
		t.Errorf("said %q", got)
	}
	b.refuses = true
	if got := talk(r, b, "ann"); got != "You are not allowed to use this gateway." {
		t.Errorf("said %q", got)
	}
	b.refuses = false
	if got := talk(r, b, "ann"); !strings.Contains(got, "Network") {
		t.Errorf("said %q", got)
	}
	b.others = []store.Account{{Registered: true, Scope: "irc.example.net"}} // the one that one may have
	if got := talk(r, b, "-"); !strings.HasSuffix(got, "|You have as many accounts here as one may have. Remove one first.") {
		t.Errorf("said %q", got)
	}
	if got := talk(r, b, "-"); !strings.HasPrefix(got, "I do not know that word.") {
		t.Errorf("said %q", got)
	}
}

// What waits for users is bounded; one too many is told to come again.
func TestTooManyWait(t *testing.T) {
	b := &broken{net: transporttest.NewNetwork()}
	b.net.SetVerifier(func(context.Context, transports.Scope, transports.Settings) (transports.Answer, error) {
		return transports.Answer{Next: &transports.Form{Fields: []transports.Field{{Name: "code", Required: true}}}}, nil
	})
	r, _ := setUp(t, b)
	for i := range maxWaiting {
		user := jid.JID{Local: "u" + strings.Repeat("x", i%50), Domain: "example.org", Resource: "r"}
		r.chats.put(party{turn{string(rune(i)), user}, ""}, &dialogue{})
		r.open.put(party{turn{string(rune(i)), user}, ""}, &application{})
	}
	var e *stanza.Error
	if _, err := r.set(context.Background(), ask(b, "query", nickForm())); !errors.As(err, &e) || e.Condition != stanza.ResourceConstraint {
		t.Errorf("got %v", err)
	}
	if got := talk(r, b, "register"); !strings.Contains(got, "Too many dialogues are open") {
		t.Errorf("said %q", got)
	}
}

// Who is not registered has accounts all the same: guests.
func TestStateOfGuests(t *testing.T) {
	b := &broken{file: &store.Account{Scope: "irc.example.net"}}
	r, _ := setUp(t, b)
	p, err := r.applicant(b, ann, transports.Address{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.state(context.Background(), *b.file).String(); got != "connected" {
		t.Errorf("got %q", got)
	}
	b.fails = map[string]bool{"Online": true}
	if got := p.state(context.Background(), *b.file).String(); got != "not connected" {
		t.Errorf("got %q", got)
	}
}

// Going on leaves an application as it was: who goes back finds it so.
func TestApplicationStays(t *testing.T) {
	first := transports.Form{Fields: []transports.Field{{Name: "nick", Required: true}}}
	a := newApplication(first, nil)
	n := a.next(transports.Form{Fields: []transports.Field{{Name: "code", Kind: transports.Secret, Required: true}}},
		transports.Settings{"nick": "ann"}, transports.Settings{"code": "x"})
	if len(a.answers) != 0 || len(a.kinds) != 1 || a.form.Fields[0].Name != "nick" {
		t.Errorf("it became %+v", a)
	}
	if f := n.form.Fields[0]; f.Name != "code" || f.Required || len(n.kinds) != 2 {
		t.Errorf("it goes on as %+v", n)
	}
}
