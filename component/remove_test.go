package component_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
)

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

// Removal leaves no row and no trace in the database file, whatever was on its
// way there; all that showed is taken off the roster, after the result. G3-X1,
// G3-X3, G3-X4, G3-X5, G2-R3.
func TestRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, who := context.Background(), jid.MustParse(juliet)
	w.register("", "")
	w.register(network, "pw")
	w.join(phone, room, "juliet")
	w.sub(juliet, nurse, "subscribe")
	w.sub(juliet, domain, "subscribe")
	w.send("<presence xml:lang='de' from='%s' to='%s'/>", phone, domain)
	w.barrier(phone)
	if _, err := w.domain().Accounts(ctx, who); err != nil {
		t.Fatal(err)
	}
	if got := w.remnants("juliet", "nurse"); len(got) == 0 {
		t.Fatal("nothing of her in the file: the test looks in the wrong place")
	}
	w.Drain(domain)
	for range 20 { // writes that wait
		w.sub(juliet, "other%"+network+"@"+domain, "subscribe")
		w.sub(juliet, "other%"+network+"@"+domain, "unsubscribe")
		w.sub(juliet, "other%"+network+"@"+domain, "subscribe")
	}
	w.barrier(phone)
	w.Drain(domain)
	after, err := w.domain().Unregister(ctx, who, "")
	if err != nil {
		t.Fatal(err)
	}
	w.presence(room+"/juliet", phone, "unavailable")
	w.silent(phone)
	after()
	for _, from := range []string{domain, nurse, "other%" + network + "@" + domain} {
		w.presence(from, juliet, "unsubscribe")
		w.presence(from, juliet, "unsubscribed")
		w.presence(from+"/gateway", juliet, "unavailable")
	}
	w.silent(phone)
	if got := w.remnants("juliet", "nurse", "#room"); len(got) != 0 {
		t.Errorf("in the database file: %s", got)
	}
	if _, err := w.domain().Unregister(ctx, who, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed again: %v", err)
	}
	w.restart()
	w.silent(phone)
	if got := w.remnants("juliet", "nurse"); len(got) != 0 {
		t.Errorf("after a restart: %s", got)
	}
}

// One network's account goes without the others.
func TestRemoveOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, who := context.Background(), jid.MustParse(juliet)
	w.register("", "")
	w.register(network, "pw")
	w.sub(juliet, network+"@"+domain, "subscribe")
	w.barrier(phone)
	w.session("juliet")
	after, err := w.domain().Unregister(ctx, who, network)
	if err != nil {
		t.Fatal(err)
	}
	w.barrier(phone)
	w.Drain(domain)
	after()
	w.presence(network+"@"+domain+"/gateway", juliet, "unavailable")
	if _, err := w.domain().Account(ctx, who, ""); err != nil {
		t.Errorf("the other account: %v", err)
	}
	if _, err := w.domain().Account(ctx, who, network); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the removed account: %v", err)
	}
}

// A change replaces the session; what is wrong with credentials at log-in is
// told once, by presence and in words, and another sign-up mends it. G3-L2,
// G3-R10, XEP-0100 §4.4.2.
func TestCredentialsRefusedAtLogIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.net.Refuse("run", &transports.Error{Kind: transports.Credentials, Text: transports.T("Bad password.")})
	w.register(network, "pw")
	if p := w.presence(network+"@"+domain, juliet, "error"); fault(p) != "auth/not-authorized" {
		t.Errorf("told %s", dump(p))
	}
	if m := w.message(domain, juliet, "chat"); body(m) != network+": Bad password." {
		t.Errorf("told %s", dump(m))
	}
	w.ask(phone, room, "juliet", "")
	if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "auth/not-authorized" {
		t.Errorf("a join: %s", dump(p))
	}
	online, problem := w.domain().Online(context.Background(), jid.MustParse(juliet), network)
	if online || problem == nil || problem.Kind != transports.Credentials {
		t.Errorf("Online = %v, %v", online, problem)
	}
	w.register(network, "better")
	w.join(phone, room, "juliet")
	if online, problem := w.domain().Online(context.Background(), jid.MustParse(juliet), network); !online || problem != nil {
		t.Errorf("Online = %v, %v", online, problem)
	}
}
