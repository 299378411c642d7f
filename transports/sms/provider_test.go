package sms_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// carrier is a provider in memory. It keeps the seam honest: it is no company's.
type carrier struct {
	mu      sync.Mutex
	about   provider.About
	account provider.Account
	token   string
	items   []provider.Item // oldest first
	hooks   map[string]provider.Hook
	media   map[string][]provider.Medium
	calls   []provider.Item // what the next Call is of
	sends   []provider.Outgoing
	lists   []listing
	did     []string         // methods in order, with their line
	errs    map[string]error // by method
	most    int              // Sent and List have no more
	minted  int
	ahead   time.Duration // how far its clock is ahead of ours

	refuseKey bool // API keys are wrong

	tokens map[string]string // by account; of all others it is token
	owners map[string]string // accounts by line; all others are anybody's
	failed bool              // Send makes a message that fails at once
}

type listing struct {
	line  string
	since time.Time
	at    time.Time
}

const (
	home  = "+15550001111"
	work  = "+15550002222"
	bob   = "+15557654321"
	token = "hunter2-secret"
)

func newCarrier() *carrier {
	return &carrier{
		about: provider.About{Name: "Carrier", MaxText: 1600, MaxMedia: 10, MediaBytes: 5 << 20, MaxAge: 4 * time.Hour, Settled: time.Minute, FinalWithin: 24 * time.Hour},
		account: provider.Account{Name: "Mine", Lines: []provider.Line{
			{ID: "1", Number: home, Name: "Home", MMS: true}, {ID: "2", Number: work, Name: "Work"},
		}},
		token: token, hooks: map[string]provider.Hook{}, media: map[string][]provider.Medium{}, errs: map[string]error{},
	}
}

// do notes that a method was called, and returns its error.
func (c *carrier) do(method, line string, creds provider.Credentials) error {
	c.did = append(c.did, strings.TrimSpace(method+" "+line))
	if err := c.errs[method]; err != nil {
		return err
	}
	right := c.token
	if other, ok := c.tokens[creds.Account]; ok {
		right = other
	}
	if creds.Token != right || c.refuseKey && creds.Key != "" {
		return &transports.Error{Kind: transports.Credentials, Text: transports.T("The token is wrong. (Carrier 7)"), Code: "7"}
	}
	return nil
}

// fail sets the error of a method; nil is none.
func (c *carrier) fail(method string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs[method] = err
}

// add has messages be there.
func (c *carrier) add(items ...provider.Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, items...)
}

// done returns the methods called since it was asked last.
func (c *carrier) done() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	did := c.did
	c.did = nil
	return did
}

func (c *carrier) sent() []provider.Outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sends)
}

func (c *carrier) listed() []listing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lists)
}

func (c *carrier) About() provider.About { return c.about }

func (c *carrier) Now() time.Time { return time.Now().Add(c.ahead) }

func (c *carrier) Verify(_ context.Context, creds provider.Credentials) (provider.Account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.account, c.do("Verify", "", creds)
}

func (c *carrier) Send(_ context.Context, creds provider.Credentials, o provider.Outgoing) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("Send", o.Line, creds); err != nil {
		return nil, err
	}
	c.sends = append(c.sends, o)
	c.minted++
	state, err := provider.Accepted, error(nil)
	if c.failed {
		state, err = provider.Failed, &transports.Error{Kind: transports.Undelivered}
	}
	id := fmt.Sprintf("M%d", c.minted)
	c.items = append(c.items, provider.Item{
		ID: id, Line: o.Line, Peer: o.To, Text: o.Text, NumMedia: len(o.Media), Time: c.Now(), State: state,
	})
	return []string{id}, err
}

func (c *carrier) Sent(_ context.Context, creds provider.Credentials, line, to string, since time.Time) ([]provider.Item, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []provider.Item
	for _, i := range slices.Backward(c.items) {
		if !i.Inbound && i.Line == line && i.Peer == to && !i.Time.Before(since) {
			all = append(all, i)
		}
	}
	return all, c.most == 0, c.do("Sent", line, creds)
}

func (c *carrier) List(_ context.Context, creds provider.Credentials, line string, since time.Time, most int) ([]provider.Item, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists = append(c.lists, listing{line, since, time.Now()})
	if c.most > 0 {
		most = c.most
	}
	all, ways, missed := []provider.Item{}, make(map[bool]int), false
	for _, i := range slices.Backward(c.items) {
		if i.Line != line || i.Time.Before(since) || i.Time.After(c.Now()) {
			continue
		}
		if ways[i.Inbound]++; ways[i.Inbound] <= most {
			all = append(all, i)
		} else {
			missed = missed || i.Inbound
		}
	}
	slices.Reverse(all)
	return all, missed, c.do("List", line, creds)
}

func (c *carrier) Get(context.Context, provider.Credentials, string) (provider.Item, error) {
	return provider.Item{}, &transports.Error{Kind: transports.NotFound}
}

func (c *carrier) Call(_ context.Context, creds provider.Credentials, lines []string, hook string, r transports.Request) ([]provider.Item, transports.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(r.Body) != creds.Token && (creds.OldToken == "" || string(r.Body) != creds.OldToken) {
		return nil, transports.Reply{Status: 403}
	}
	_ = c.do("Call", fmt.Sprint(lines, " ", hook), provider.Credentials{Token: c.token})
	return c.calls, transports.Reply{Status: 200, Type: "text/xml"}
}

func (c *carrier) Media(_ context.Context, creds provider.Credentials, id string) ([]provider.Medium, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.media[id], c.do("Media", id, creds)
}

func (c *carrier) Fetch(_ context.Context, _ provider.Credentials, ref string) (*transports.Content, error) {
	return &transports.Content{Body: io.NopCloser(strings.NewReader(ref)), Size: int64(len(ref))}, nil
}

func (c *carrier) Hooked(_ context.Context, creds provider.Credentials, line string) (provider.Hook, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("Hooked", line, creds); err != nil {
		return provider.Hook{}, err
	}
	return c.hooks[line], c.owned(line, creds)
}

func (c *carrier) SetHook(_ context.Context, creds provider.Credentials, line string, h provider.Hook) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("SetHook", line, creds); err != nil {
		return err
	}
	if err := c.owned(line, creds); err != nil {
		return err
	}
	c.hooks[line] = h
	return nil
}

// owned refuses who asks for a line of another account's.
func (c *carrier) owned(line string, creds provider.Credentials) error {
	if owner, ok := c.owners[line]; ok && owner != creds.Account {
		return &transports.Error{Kind: transports.NotFound}
	}
	return nil
}

func (c *carrier) hookOf(line string) provider.Hook {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hooks[line]
}

// settings returns those of an account of the carrier's, with some changed.
func settings(with ...string) transports.Settings {
	s := transports.Settings{"account_sid": "AC1", "auth_token": token, "line": home}
	for i := 0; i < len(with); i += 2 {
		s[with[i]] = with[i+1]
	}
	return s
}

var _ provider.Provider = (*carrier)(nil)

func cloned(s transports.Settings) transports.Settings { return maps.Clone(s) }

// slow is a carrier whose Send waits for its gate.
type slow struct {
	*carrier
	gate chan struct{}
	n    atomic.Int64
}

func (s *slow) Send(ctx context.Context, c provider.Credentials, o provider.Outgoing) ([]string, error) {
	s.n.Add(1)
	defer s.n.Add(-1)
	<-s.gate
	return s.carrier.Send(ctx, c, o)
}

// under returns how many requests are under way.
func (s *slow) under() int64 { return s.n.Load() }
