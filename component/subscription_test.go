package component_test

import (
	"context"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

const (
	juliet = "juliet@example.org"
	nurse  = "nurse%" + network + "@" + domain
)

// bare sends a bare presence of a type.
func (w *world) sub(from, to, typ string) {
	w.Helper()
	w.send("<presence type='%s' from='%s' to='%s'/>", typ, from, to)
}

// types returns the types of the presences that came from an address to Juliet,
// in order, "available" for none; a resource is marked by a slash.
func (w *world) types(from string) string {
	w.Helper()
	f := jid.MustParse(from)
	var out []string
	for _, st := range w.rest(phone) {
		p, ok := st.(*stanza.Presence)
		if !ok || p.From.Bare() != f {
			w.Errorf("unexpected: %s", dump(st))
			continue
		}
		typ := p.Type
		if typ == "" {
			typ = "available"
		}
		if !p.From.IsBare() {
			typ = "/" + typ
		}
		out = append(out, typ)
	}
	return strings.Join(out, " ")
}

// register signs Juliet up, as registration does.
func (w *world) register(scope, secret string) {
	w.Helper()
	a := store.Account{User: juliet, Scope: scope, Settings: map[string]string{"nick": "juliet"}}
	if secret != "" {
		a.Secrets = map[string]string{"password": secret}
	}
	if err := w.domain().Register(context.Background(), a); err != nil {
		w.Fatal(err)
	}
}

// Flow R: after a sign-up the gateway asks, and grants what it is asked.
// XEP-0100 §4.1, RFC 6121 §3. IRC-B12
func TestRegisterAndSubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("", "")
	ask := w.presence(domain, juliet, "subscribe")
	if n := ask.Child("http://jabber.org/protocol/nick", "nick"); n == nil || n.Text != "Fake" {
		t.Errorf("asked by %s", dump(ask))
	}
	w.sub(juliet, domain, "subscribed")
	w.presence(domain, juliet, "probe")
	w.sub(juliet, domain, "subscribe")
	if got := w.types(domain); got != "subscribed /available" {
		t.Errorf("after the user asked: %s", got)
	}
	// RFC 6121 §3.1: asked again, it is granted again, and nothing else happens.
	w.sub(phone, domain, "subscribe")
	if got := w.types(domain); got != "subscribed /available" {
		t.Errorf("after the user asked again: %s", got)
	}
	// A second sign-up does not ask again.
	w.register("", "")
	w.presence(domain+"/gateway", juliet, "")
	if got := w.types(domain); got != "" {
		t.Errorf("after another sign-up: %s", got)
	}
}

// Nothing is asked twice: not while the answer stands out, not after a refusal,
// not after a restart. RFC 6121 §3.1.
func TestNothingAskedTwice(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "unsubscribed", "subscribed"} {
		t.Run("answer "+answer, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register("", "")
			w.presence(domain, juliet, "subscribe")
			if answer != "" {
				w.sub(juliet, domain, answer)
			}
			w.barrier(phone)
			w.Drain(domain)
			w.restart()
			w.register("", "")
			for _, st := range w.rest(phone) {
				if st.Head().Type == "subscribe" {
					t.Errorf("asked again: %s", dump(st))
				}
			}
		})
	}
}

// Adding a contact of a network that wants no authorization: granted, shown,
// asked back; on a network that takes guests without registration too. SMS-I13, IRC-B12
func TestAddContact(t *testing.T) {
	t.Parallel()
	for _, to := range []string{nurse, network + "@" + domain, domain} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sub(juliet, to, "subscribe")
			got := w.types(to)
			want := "subscribed /unavailable subscribe"
			if to == domain {
				want = "subscribed /available subscribe"
			}
			if got != want {
				t.Errorf("answered %s, want %s", got, want)
			}
			// RFC 6121 §3.3: taken off, clean.
			w.sub(phone, to, "unsubscribed")
			w.sub(phone, to, "unsubscribe")
			if got := w.types(to); got != "unsubscribed /unavailable" {
				t.Errorf("taken off: %s", got)
			}
			w.sub(phone, to, "probe")
			if got := w.types(to); got != "unsubscribed" {
				t.Errorf("probed after that: %s", got)
			}
		})
	}
}

// Who must register first is told so.
func TestSubscribeUnregistered(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]build{
		"required":  settings(func(c *component.DomainConfig) { c.Required = true }),
		"no guests": about(func(a *transports.About) { a.Guests = false }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, b)
			for _, to := range []string{nurse, network + "@" + domain, domain} {
				w.sub(juliet, to, "subscribe")
				if p := w.presence(to, juliet, "error"); fault(p) != "auth/registration-required" {
					t.Errorf("%s answered %s", to, dump(p))
				}
			}
			w.silent(phone)
		})
	}
}

// What cannot be added is refused, never with silence.
func TestSubscribeToNonsense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{"nonsense@" + domain, room, "a\\20b%irc.example.net@" + domain} {
		w.sub(juliet, to, "subscribe")
		w.presence(to, juliet, "unsubscribed")
		if m := w.message(domain, juliet, "chat"); !strings.Contains(body(m), strings.ToLower(to)) && !strings.Contains(body(m), to) {
			t.Errorf("no reason: %s", dump(m))
		}
		w.sub(juliet, to, "probe")
		if to != room {
			w.presence(to, juliet, "unsubscribed")
		}
		w.sub(juliet, to, "unsubscribe")
		w.sub(juliet, to, "subscribed")
		w.sub(juliet, to, "unsubscribed")
		w.barrier(phone)
		w.Drain(domain)
	}
	// The user lives on.
	w.join(phone, room, "juliet")
}

// A probe is answered with what there is, to who asked; a stranger's by
// unsubscribed. RFC 6121 §4.3. SMS-I13
func TestProbe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.sub(juliet, nurse, "subscribe")
	w.join(phone, room, "juliet")
	w.settled(phone, "juliet")
	w.Drain(domain)
	for range 2 {
		w.sub(phone, nurse, "probe")
		if p := w.presence(nurse+"/gateway", phone, ""); p.Child("http://jabber.org/protocol/caps", "c") == nil {
			t.Errorf("no caps: %s", dump(p))
		}
	}
	w.sub(phone, "tybalt%"+network+"@"+domain, "probe")
	w.presence("tybalt%"+network+"@"+domain, juliet, "unsubscribed")
	w.sub(phone, room, "probe")
	w.silent(phone)
}

// A lone unsubscribed only ends our view of the user.
func TestLoneUnsubscribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(network, "pw")
	w.sub(juliet, domain, "subscribe")
	w.barrier(phone)
	w.Drain(domain)
	w.sub(juliet, domain, "unsubscribed")
	w.silent(phone)
	w.session("juliet")
	if a, err := w.domain().Account(context.Background(), jid.MustParse(juliet), network); err != nil || !a.Suspended.IsZero() {
		t.Errorf("account %v, %v", a, err)
	}
}

// Taking the gateway off the roster, and being deleted on the server, look
// alike: the account is suspended, and resumes only by another sign-up; what has
// no secrets is dropped at once.
func TestSuspend(t *testing.T) {
	t.Parallel()
	orders := [][]string{
		{"unsubscribed", "unavailable", "unsubscribe"}, // Prosody
		{"unavailable", "unsubscribe", "unsubscribed"}, // ejabberd
	}
	for _, order := range orders {
		t.Run(order[0], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.register(network, "pw")
			w.join(phone, room, "juliet")
			w.join(phone, "#other%irc.example.com@"+domain, "juliet") // an account by mere use
			w.sub(juliet, domain, "subscribed")
			w.sub(juliet, domain, "subscribe")
			w.barrier(phone)
			w.Drain(domain)
			from := phone
			if order[0] != "unsubscribed" {
				from = juliet
			}
			for _, typ := range order {
				w.sub(from, domain, typ)
			}
			w.presence(room+"/juliet", phone, "unavailable")
			w.barrier(phone)
			w.Drain(domain)
			w.ask(phone, room, "juliet", "")
			if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "auth/registration-required" {
				t.Errorf("a join of a suspended account: %s", dump(p))
			}
			w.sub(juliet, nurse, "subscribe")
			w.presence(nurse, juliet, "error")
			all, err := w.domain().Accounts(context.Background(), jid.MustParse(juliet))
			if err != nil || len(all) != 1 || all[0].Suspended.IsZero() || all[0].Scope != network {
				t.Errorf("on file: %v, %v", all, err)
			}
			rooms, err := w.store.Rooms(context.Background(), all[0].ID)
			if err != nil || len(rooms) != 0 {
				t.Errorf("rooms on file: %v, %v", rooms, err)
			}
			// It stays so over a restart, and resumes by a sign-up.
			w.restart()
			w.ask(phone, room, "juliet", "")
			w.presence(room+"/juliet", phone, "error")
			w.register(network, "pw")
			w.join(phone, room, "juliet")
		})
	}
}

// Bare-JID unavailable is no log-out: it answers our own subscribe. XEP-0100
// §4.5. Nor is any other.
func TestUnavailableIsNoLogOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(network, "pw")
	w.presence(domain, juliet, "subscribe")
	w.sub(juliet, domain, "unavailable")
	w.sub(phone, domain, "unavailable")
	w.join(phone, room, "juliet")
	if n := len(w.net.Calls()); n != 2 {
		t.Errorf("calls: %v", w.net.Calls())
	}
}
