package clients

import (
	"context"
	"path/filepath"
	"testing"

	"wherry/component"
	"wherry/component/stanza"
	"wherry/registration"
	"wherry/store"
	"wherry/transports/irc"
)

// stage is a gateway between a network that a test plays, and a shore.
type stage struct {
	t     *testing.T
	shore shore
	sea   *sea
	known bindings
	from  string           // the client's full JID
	early []stanza.Element // came, and was not yet wanted
	due   map[string]bool  // requests without an answer

	wanted func() string // what is waited for, for the report where it never comes
}

// shore is the gateway's XMPP server, and the client there.
type shore interface {
	addr() string // for the gateway
	open()        // returns when the gateway is connected
	send(stanza.Element)
	next() stanza.Element // that came to the client from the gateway

	// reorders tells whether the server puts the children of elements into an order
	// of its own, where order means nothing.
	reorders() bool
}

func newStage(t *testing.T, at shore) *stage {
	t.Helper()
	s := &stage{t: t, shore: at, sea: newSea(t), known: make(bindings), due: make(map[string]bool)}
	dir := t.TempDir()
	kept, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "wherry.db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := component.New(component.Config{Store: kept, Version: "test", Domains: []component.DomainConfig{{
		Domain: gateway, Secret: secret, Server: at.addr(), RecordHistory: true, SharedHistory: true,
		Transport: irc.New(irc.Config{PlainPorts: []int{s.sea.Port()}, AllowPrivateHosts: true, ThrottleLimit: -1}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	sign := registration.Attach(gate, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		sign.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		if t.Failed() && s.wanted != nil {
			t.Logf("%s\nand had left over:\n%s", s.wanted(), s.left())
		}
	})
	at.open()
	return s
}
