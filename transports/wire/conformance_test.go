package wire_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
	"wherry/transports/wire"
	"wherry/transports/wire/wiretest"
)

var (
	_ transports.Transport = (*wire.Transport)(nil)
	_ transports.Session   = (*wire.Session)(nil)
	_ transports.Splitter  = (*wire.Session)(nil)
	_ transports.Finder    = (*wire.Finder)(nil)
	_ transports.Splitter  = (*wire.Finder)(nil)
)

const secret = "hunter2-secret"

// log is a log that a test may read.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func settings(user, password string) transports.Settings {
	return transports.Settings{"user": user, "password": password}
}

func TestConformance(t *testing.T) {
	for _, mode := range []wire.Mode{wire.Find, wire.Fold, wire.Blind} {
		t.Run(string(mode), func(t *testing.T) {
			transporttest.Conformance(t, func(t *testing.T) transporttest.Harness { return harness(t, mode) })
		})
	}
}

func harness(t *testing.T, mode wire.Mode) transporttest.Harness {
	network := wiretest.New(t, mode == wire.Fold)
	network.Account("alice", secret)
	var logged log
	contact := transports.Address{Kind: transports.Contact, Name: "bob"}
	return transporttest.Harness{
		Transport: wire.New(wire.Config{
			URL: network.URL, Mode: mode, Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}),
		Account:   transports.Account{Key: "alice", Owner: "alice", Settings: settings("alice", secret)},
		Addresses: map[string]transports.Address{"bob": contact, " Bob": contact, "a-1": {Kind: transports.Contact, Name: "a-1"}},
		Garbage:   []string{"a b", "bob@host", "bob%host", "#bob", "ä", strings.Repeat("a", 33)},
		Refusals: []transporttest.Refusal{
			{Name: "password", Settings: settings("alice", "wrong"), Field: "password", Kind: transports.Credentials},
			{Name: "stranger", Settings: settings("eve", secret), Field: "password", Kind: transports.Credentials},
			{Name: "nobody", Settings: settings(" ", secret), Field: "user", Kind: transports.Malformed},
		},
		Contact: contact,
		Break:   func() { network.Drop("alice") },
		Dials:   network.Dials,
		Logs:    logged.String,
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	for mode, want := range map[wire.Mode]struct{ folds, finds bool }{
		wire.Find: {false, true}, wire.Fold: {true, false}, wire.Blind: {false, false},
	} {
		tr := wire.New(wire.Config{Mode: mode})
		session, err := tr.Open(transports.Account{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		about := tr.About()
		if _, finds := session.(transports.Finder); finds != want.finds || about.FoldsRepeats != want.folds {
			t.Errorf("%s: finds %v and folds %v, want %+v", mode, finds, about.FoldsRepeats, want)
		}
		if about.Attended || about.Rooms || about.Scoped || about.Guests {
			t.Errorf("%s is more than it should be: %+v", mode, about)
		}
	}
}
