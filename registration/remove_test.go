package registration_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// told returns the presences and answers that a user was sent, in order, as
// "from type", and leaves nothing.
func (w *world) told(user string) []string {
	w.Helper()
	w.barrier(phone)
	var all []string
	for _, st := range w.Drain(domain) {
		w.seen = append(w.seen, st)
		h := st.Head()
		if h.To.Bare() != jid.MustParse(user) {
			w.Errorf("somebody else was sent %s", dump(st))
			continue
		}
		all = append(all, fmt.Sprintf("%s %s", h.From, h.Type))
	}
	return all
}

// Removal: first the result, then all that showed goes off the roster; no row
// and no byte stays; a second one finds nothing. XEP-0077 §3.2, XEP-0100 §4.3.
func TestRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	nurse := "nurse%" + onNet
	w.signUp(phone, domain, "nick", "verona")
	w.signUp(phone, onNet, "nick", "verona", "password", good)
	for _, to := range []string{domain, nurse} {
		w.send("<presence type='subscribe' from='%s' to='%s'/>", juliet, to)
		w.presence(to, juliet, "subscribed")
	}
	w.barrier(phone)
	if len(w.remnants("verona", "nurse")) == 0 {
		t.Fatal("nothing of her in the file: the test looks in the wrong place")
	}
	w.seen = append(w.seen, w.Drain(domain)...)

	id := w.ask("set", laptop, domain, query("<remove/>"))
	w.presence(domain+"/gateway", juliet, "unavailable")
	w.presence(nurse+"/gateway", juliet, "unavailable")
	told := w.told(juliet)
	if len(told) == 0 || told[0] != domain+" result" {
		t.Fatalf("not the result first: %v", told)
	}
	got := map[string]bool{}
	for _, s := range told[1:] {
		got[s] = true
	}
	want := map[string]bool{
		domain + " unsubscribe": true, domain + " unsubscribed": true,
		nurse + " unsubscribe": true, nurse + " unsubscribed": true,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("after %s: %s", id, d)
	}
	if got := w.remnants("juliet", "verona", "nurse"); len(got) != 0 {
		t.Errorf("in the database file: %v", got)
	}
	if w.account(juliet, "") != nil || w.account(juliet, network) != nil {
		t.Error("an account is left")
	}

	refused(t, w.set(phone, domain, query("<remove/>")), "auth/registration-required/407")
	if q := w.asked(phone, domain); q.Child(nsRegister, "registered") != nil {
		t.Error("still registered")
	}
	if told := w.told(juliet); len(told) != 0 {
		t.Errorf("the second removal had effects: %v", told)
	}
}

// The order of the gateway's own farewell. XEP-0100 §4.3.
func TestRemovalOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	w.presence(domain, juliet, "subscribe")
	w.send("<presence type='subscribe' from='%s' to='%s'/>", juliet, domain)
	w.send("<presence type='subscribed' from='%s' to='%s'/>", juliet, domain)
	w.presence(domain, juliet, "subscribed")
	w.online(1)
	w.barrier(phone)
	w.seen = append(w.seen, w.Drain(domain)...)
	id := w.ask("set", phone, domain, query("<remove/>"))
	var got []string
	for len(got) < 4 {
		st := w.Next(domain)
		w.seen = append(w.seen, st)
		if iq, ok := st.(*stanza.IQ); ok && iq.ID != id {
			t.Fatalf("unexpected: %s", dump(st))
		}
		got = append(got, st.Head().From.String()+" "+st.Head().Type)
	}
	want := []string{domain + " result", domain + " unsubscribe", domain + " unsubscribed", domain + "/gateway unavailable"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What is no removal is refused, and removes nothing. XEP-0077 §3.2
func TestRemovalsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused(t, w.set(phone, domain, query("<remove/>")), "auth/registration-required/407")
	w.signUp(phone, domain, "username", "juliet", "password", good)
	for _, inside := range []string{
		"<remove/><username>juliet</username>", fields("username", "juliet") + "<remove/>", "<remove/><remove/>",
	} {
		refused(t, w.set(phone, domain, query(inside)), "modify/bad-request/400")
	}
	refused(t, w.set(romeo, domain, query("<remove/>")), "auth/registration-required/407")
	if w.account(juliet, "") == nil {
		t.Error("removed")
	}
}

// One network's account goes alone; the gateway's takes all others with it,
// also where it was never made itself.
func TestRemoveScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	other := "other.example.net"
	w.signUp(phone, onNet, "nick", "juliet", "password", good)
	w.signUp(phone, other+"@"+domain, "nick", "juliet")
	done(t, w.set(laptop, onNet, query("<remove/>")))
	refused(t, w.set(laptop, onNet, query("<remove/>")), "auth/registration-required/407")
	if w.account(juliet, network) != nil || w.account(juliet, other) == nil {
		t.Fatal("the wrong account was removed")
	}
	done(t, w.set(phone, domain, query("<remove/>")))
	if w.account(juliet, other) != nil {
		t.Error("an account is left")
	}
}

// A suspended account can be removed.
func TestRemoveSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "verona", "password", good)
	w.suspend()
	done(t, w.set(phone, domain, query("<remove/>")))
	if got := w.remnants("verona"); len(got) != 0 {
		t.Errorf("in the database file: %v", got)
	}
}
