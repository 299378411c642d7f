package sms_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

var _ transports.Grouper = (*sms.Transport)(nil)

const (
	carol = "+15551234567"
	dave  = "+15559876543"
	us    = carol + "," + bob // the group of most tests
)

// talker is a carrier of groups too.
type talker struct {
	*carrier
	groups map[string]provider.Group // by ID
	said   map[string][]provider.Item
	hooks  map[string]string
	called []provider.Item // what the next CallGroup is of
	calls  string          // the group it is of
}

func newTalker(c *carrier) *talker {
	c.about.MaxGroup, c.about.GroupCode = 9, "+1"
	return &talker{carrier: c, groups: map[string]provider.Group{}, said: map[string][]provider.Item{}, hooks: map[string]string{}}
}

func (c *talker) Group(_ context.Context, creds provider.Credentials, line string, members []string) (provider.Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("Group", line, creds); err != nil {
		return provider.Group{}, err
	}
	for _, g := range c.groups {
		if g.Line == line && slices.Equal(g.Members, members) {
			return g, nil
		}
	}
	g := provider.Group{ID: fmt.Sprintf("G%d", len(c.groups)+1), Line: line, Self: line, Members: members}
	c.groups[g.ID] = g
	return g, nil
}

func (c *talker) Grouped(_ context.Context, creds provider.Credentials, id string) (provider.Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("Grouped", id, creds); err != nil {
		return provider.Group{}, err
	}
	g, ok := c.groups[id]
	if !ok {
		return g, &transports.Error{Kind: transports.NotFound}
	}
	return g, nil
}

func (c *talker) Groups(_ context.Context, creds provider.Credentials, line string, _ int) (ids []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, g := range c.groups {
		if g.Line == line {
			ids = append(ids, id)
		}
	}
	return ids, c.do("Groups", line, creds)
}

func (c *talker) SendGroup(_ context.Context, creds provider.Credentials, g provider.Group, text string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("SendGroup", g.ID, creds); err != nil {
		return "", err
	}
	c.minted++
	id := fmt.Sprintf("I%d", c.minted)
	c.said[g.ID] = append(c.said[g.ID], provider.Item{ID: id, Line: g.Line, Peer: g.Self, Text: text, Time: time.Now(), State: provider.Sent})
	return id, nil
}

func (c *talker) ListGroup(_ context.Context, creds provider.Credentials, g provider.Group, since time.Time, most int) ([]provider.Item, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []provider.Item
	for _, i := range c.said[g.ID] {
		if !i.Time.Before(since) {
			all = append(all, i)
		}
	}
	return all[max(0, len(all)-most):], len(all) > most, c.do("ListGroup", g.ID, creds)
}

func (c *talker) CallGroup(_ context.Context, creds provider.Credentials, _ string, r transports.Request) (string, []provider.Item, transports.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(r.Body) != creds.Token {
		return "", nil, transports.Reply{Status: 403}
	}
	return c.calls, c.called, transports.Reply{Status: 200}
}

func (c *talker) SetGroupHook(_ context.Context, creds provider.Credentials, id, before, url string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("SetGroupHook", id, creds); err != nil {
		return err
	}
	if c.hooks[id] == before || before == "" {
		c.hooks[id] = url
	}
	return nil
}

func (c *talker) hookOf(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hooks[id]
}

// say has somebody say something in a group.
func (c *talker) say(group, id, who, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[group] = append(c.said[group], provider.Item{ID: id, Line: home, Peer: who, Inbound: true, Text: text, Time: time.Now()})
}

// talking runs a test with a transport to a carrier of groups.
func talking(t *testing.T, f func(t *testing.T, l *life, c *talker)) {
	t.Helper()
	bubble(t, func(t *testing.T, l *life) {
		c := newTalker(l.c)
		l.tr = sms.New(sms.Config{Provider: c, AllowPrivateHosts: true})
		f(t, l, c)
	})
}

// to is a message to a group.
func to(id, text string) transports.Message {
	return transports.Message{ID: id, Chat: contact(us), Text: text}
}

// count counts the calls of a method.
func count(did []string, method string) (n int) {
	for _, d := range did {
		if d == method || strings.HasPrefix(d, method+" ") {
			n++
		}
	}
	return n
}
