package sms_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

// life is a session that runs against a carrier, and what it emitted. It stands
// in a bubble of synctest, so that time is the test's.
type life struct {
	*sms.Session
	t       *testing.T
	c       *carrier
	tr      *sms.Transport
	account transports.Account

	mu     sync.Mutex
	events []transports.Event
	saved  transports.Saved
	log    []string // saves and calls in order
	refuse error    // what emit answers
	watch  func(transports.Batch)
	stop   func() error
}

// bubble runs a test with a transport to a new carrier.
func bubble(t *testing.T, f func(t *testing.T, l *life)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier()
		f(t, &life{
			t: t, c: c, tr: sms.New(sms.Config{Provider: c, AllowPrivateHosts: true}), saved: transports.Saved{},
			account: transports.Account{Key: "alice", Owner: "alice", Settings: settings()},
		})
	})
}

// start opens the account, with what was saved, and lets it run until it waits.
func (l *life) start() {
	l.t.Helper()
	l.mu.Lock()
	saved := maps.Clone(l.saved)
	l.mu.Unlock()
	session, err := l.tr.Open(l.account, saved)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Session = session.(*sms.Session)
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- session.Run(ctx, l.emit) }()
	l.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	l.t.Cleanup(func() { _ = l.stop() })
	synctest.Wait()
}

func (l *life) emit(_ context.Context, b transports.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return l.refuse
	}
	if l.watch != nil {
		l.watch(b)
	}
	l.events = append(l.events, b.Events...)
	for _, s := range b.Saves {
		l.log = append(l.log, "save "+s.Name)
		if s.Value == nil {
			delete(l.saved, s.Name)
			continue
		}
		l.saved[s.Name] = s.Value
	}
	return nil
}

// keep stores what a Send returned, as the core does.
func (l *life) keep(saves []transports.Save) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range saves {
		l.saved[s.Name] = s.Value
	}
}

// pass lets time pass.
func (l *life) pass(d time.Duration) {
	time.Sleep(d) // the bubble's
	synctest.Wait()
}

// took returns the events since it was asked last.
func (l *life) took() []transports.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.events
	l.events = nil
	return events
}

// texts returns what the events say: messages and notices.
func texts(events []transports.Event) (all []string) {
	for _, e := range events {
		switch e := e.(type) {
		case transports.Received:
			all = append(all, e.Message.Text)
		case transports.Told:
			all = append(all, "! "+e.Text.String())
		}
	}
	return all
}

func inbound(id, text string, at time.Time) provider.Item {
	return provider.Item{ID: id, Line: home, Peer: bob, Inbound: true, Text: text, Time: at}
}

func contact(name string) transports.Address {
	return transports.Address{Kind: transports.Contact, Name: name}
}
