package component_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
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
// way there; all that showed is taken off the roster, after the result. XEP-0100
// §4.3, XEP-0077 §3.2.
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
// told once, by presence and in words, and another sign-up mends it. XEP-0100
// §4.4.2. SMS-R5
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

// A suspended account is kept for the time of grace, and then removed with all
// that is its user's, where no other account is in use.
func TestPurge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ago    time.Duration
		others bool
		want   int // accounts left
	}{
		"within the grace": {6 * 24 * time.Hour, false, 1},
		"after it":         {8 * 24 * time.Hour, false, 0},
		"with others":      {8 * 24 * time.Hour, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, who := context.Background(), jid.MustParse(juliet)
			w := newWorld(t)
			w.register(network, "pw")
			if tt.others {
				w.register("irc.example.com", "pw")
			}
			w.sub(juliet, nurse, "subscribe")
			w.barrier(phone)
			a, err := w.domain().Account(ctx, who, network)
			if err != nil {
				t.Fatal(err)
			}
			w.stop()
			a.Suspended = time.Now().Add(-tt.ago)
			if err := w.store.SaveAccount(ctx, &a); err != nil {
				t.Fatal(err)
			}
			w.restart()
			deadline := time.Now().Add(within)
			for {
				w.barrier(phone)
				all, err := w.domain().Accounts(ctx, who)
				if err != nil {
					t.Fatal(err)
				}
				if len(all) == tt.want {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("on file: %v", all)
				}
			}
			contacts, err := w.store.Contacts(ctx, domain, juliet)
			if err != nil || (len(contacts) == 0) != (tt.want == 0) {
				t.Errorf("contacts: %v, %v", contacts, err)
			}
		})
	}
}

// What a session saves is there for the next one, and gone with the account.
func TestSaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(network, "pw")
	w.join(phone, room, "juliet")
	err := w.session("juliet").EmitBatch(transports.Batch{Saves: []transports.Save{
		{Name: "position", Value: []byte("forty-two")}, {Name: "token", Value: []byte("verysecret"), Secret: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.remnants("verysecret"); len(got) != 0 {
		t.Errorf("not sealed: %s", got)
	}
	w.restart()
	w.net.AwaitCall(t, "run", 1)
	if saved := w.session("juliet").Saved; string(saved["position"]) != "forty-two" || string(saved["token"]) != "verysecret" {
		t.Errorf("saved %q", saved)
	}
}

// Something told to a user is in their language; administrators are known.
func TestTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings(func(c *component.DomainConfig) { c.Admins = []jid.JID{jid.MustParse(juliet)} }))
	w.sub(juliet, nurse, "subscribe")
	w.send("<presence xml:lang='de' from='%s' to='%s'/>", phone, domain)
	w.send("<presence xml:lang='%s' from='%s' to='%s'/>", strings.Repeat("x-", 20), phone, domain) // no language
	w.barrier(phone)
	w.register(network, "pw")
	w.restart()
	w.domain().Tell(jid.MustParse(phone), transports.T("You are not in that room."))
	if m := w.message(domain, juliet, "chat"); body(m) == "" || body(m) == "You are not in that room." {
		t.Errorf("told %s", dump(m))
	}
	if !w.domain().Admin(jid.MustParse(phone)) || w.domain().Admin(jid.MustParse(romeo)) {
		t.Error("who administers the domain is mistaken")
	}
}

// What follows an answer comes behind it. XEP-0100 §4.3
func TestAfter(t *testing.T) {
	t.Parallel()
	for _, slow := range []bool{false, true} {
		release := make(chan struct{})
		w := newWorld(t, with(func(c *component.Component) {
			component.ShortenAnswers(c, 200*time.Millisecond)
			c.Handle(component.Endpoint{Space: "urn:example:late", Name: "a", On: component.AtGateway, Slow: true,
				Get: func(_ context.Context, q *component.Query) (*stanza.Element, error) {
					<-release
					q.After(func() { q.Domain.Tell(q.User(), transports.Literal("late")) })
					return nil, nil
				}})
			c.Handle(component.Endpoint{Space: "urn:example:after", Name: "a", On: component.AtGateway, Slow: slow,
				Get: func(_ context.Context, q *component.Query) (*stanza.Element, error) {
					q.After(func() { q.Domain.Tell(q.User(), transports.Literal("after")) })
					return nil, nil
				}})
		}))
		w.send("<iq type='get' id='a' from='%s' to='%s'><a xmlns='urn:example:after'/></iq>", phone, domain)
		if st := w.Next(domain); st.Head().ID != "a" {
			t.Errorf("first %s", dump(st))
		}
		if st, ok := w.Next(domain).(*stanza.Message); !ok || body(st) != "after" {
			t.Errorf("then %s", dump(st))
		}
		// Also where the answer came too late.
		if a := w.get(phone, domain, "<a xmlns='urn:example:late'/>"); fault(a) != "wait/remote-server-timeout" {
			t.Errorf("answer %s", dump(a))
		}
		close(release)
		if st, ok := w.Next(domain).(*stanza.Message); !ok || body(st) != "late" {
			t.Errorf("at last %s", dump(st))
		}
	}
}
