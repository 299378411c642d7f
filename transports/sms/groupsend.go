package sms

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/segment"
)

// groupPath is behind the hook where the provider tells what is said in groups.
const groupPath = "/group"

// joined is what is saved of a group: what it is at the provider, and where that
// calls for it, which is a secret.
type joined struct {
	provider.Group
	Hook string `json:"hook,omitempty"`
	kept bool   // it was handed on to be saved
}

// readJoined returns the groups that were saved, by their keys. One that cannot
// be read is found again at the provider.
func readJoined(saved transports.Saved) map[string]joined {
	groups := make(map[string]joined)
	for name, value := range saved {
		var g joined
		if key, ok := strings.CutPrefix(name, saveGroup); ok && json.Unmarshal(value, &g) == nil && g.ID != "" {
			g.kept = true
			groups[key] = g
		}
	}
	return groups
}

func (g joined) key() string { return groupKey(g.Line, g.Members) }

// saves returns what is kept of a group, and that there are any.
func (g joined) saves() []transports.Save {
	value, _ := json.Marshal(g) // strings only
	return []transports.Save{
		{Name: saveGroup + g.key(), Value: value, Secret: true},
		{Name: saveGroups, Value: []byte(groupsSome)},
	}
}

// sendGroup makes one request that sends a text to all of a group.
func (s *Session) sendGroup(ctx context.Context, m transports.Message, p phone.Peer, line string) (transports.Sent, error) {
	text := said(m)
	if err := s.sayable(m, p, text); err != nil {
		return transports.Sent{}, err
	}
	if len(m.Attachments) > 0 {
		s.tellOnce("links.group", transports.T("Pictures and files go to groups as links."))
		var links []string
		for _, f := range m.Attachments {
			links = append(links, f.Ref)
		}
		if text = linked(text, links); segment.Units(text) > s.t.about.MaxText {
			return transports.Sent{}, &transports.Error{Kind: transports.TooLong, Text: textLinks}
		}
	}
	members, err := s.others(p)
	if err != nil {
		return transports.Sent{}, err
	}
	if err := s.slot(ctx); err != nil {
		return transports.Sent{}, err
	}
	defer func() { <-s.slots }()
	g, err := s.group(ctx, line, members)
	if err != nil {
		return transports.Sent{}, err
	}
	if err := s.spend(len(members)); err != nil {
		return transports.Sent{}, err
	}
	s.memory.try(m.ID, len(members), time.Now())
	id, err := s.t.grouper.SendGroup(ctx, s.creds, g.Group, text)
	if err != nil {
		s.failed(m.ID, len(members), err)
		if e := transports.AsError(err); !e.Unsure && e.Kind == transports.NotFound {
			return transports.Sent{}, s.lost(g, e)
		}
		return transports.Sent{}, err
	}
	s.memory.settle(m.ID)
	return s.spoke(m, id, g), nil
}

// others returns the members of a group but for lines of ours, at least two.
func (s *Session) others(p phone.Peer) ([]string, error) {
	whole, err := s.t.together(p.Members(), s.lines)
	if err != nil {
		return nil, err
	}
	if whole.Kind != phone.Group {
		return nil, &transports.Error{Kind: transports.NotFound,
			Text: transports.T("There is no contact %s here. Write to %s instead.", p.String(), whole.On(p.Via).String())}
	}
	return whole.Members(), nil
}

// lost forgets a group that the provider has no longer. The message was not
// sent, and goes to another one when it is tried again.
func (s *Session) lost(g joined, err *transports.Error) error {
	s.mu.Lock()
	delete(s.joined, g.key())
	s.mu.Unlock()
	return &transports.Error{Kind: transports.Busy, After: time.Second, Text: err.Text, Err: err}
}

// spoke returns what is to be kept of a message to a group that was sent. Nobody
// tells of its arrival: where that is enough, it counts as received now.
func (s *Session) spoke(m transports.Message, id string, g joined) transports.Sent {
	sent := s.sent([]string{id})
	if !g.kept {
		sent.Saves = append(sent.Saves, s.kept(g)...)
	}
	if s.onSent {
		s.memory.tell(note{event: transports.Status{Chat: m.Chat, ID: id, State: transports.Delivered}})
	}
	return sent
}

// kept returns what is to be saved of a group, which is handed on now.
func (s *Session) kept(g joined) []transports.Save {
	g.kept = true
	s.mu.Lock()
	s.joined[g.key()] = g
	s.mu.Unlock()
	return g.saves()
}

// group returns the group of a line and some others, found or made.
func (s *Session) group(ctx context.Context, line string, members []string) (joined, error) {
	s.mu.Lock()
	g, ok := s.joined[groupKey(line, members)]
	s.mu.Unlock()
	if ok {
		return g, nil
	}
	found, err := s.t.grouper.Group(ctx, s.creds, line, slices.Clone(members))
	if err != nil {
		return joined{}, err
	}
	return s.join(ctx, joined{Group: found}), nil
}

// join remembers a group, and has the provider call us for it. Where that does
// not work, the group is looked at like one that is not called for.
func (s *Session) join(ctx context.Context, g joined) joined {
	select {
	case s.joining <- struct{}{}:
		defer func() { <-s.joining }()
	case <-ctx.Done():
		return g
	}
	s.mu.Lock()
	if before, ok := s.joined[g.key()]; ok && before.ID == g.ID {
		g = before
	}
	s.mu.Unlock()
	if hook := s.groupHook(); g.Hook != hook {
		if err := s.t.grouper.SetGroupHook(ctx, s.creds, g.ID, g.Hook, hook); err != nil {
			s.t.log.Warn("hook of a group", "group", g.ID, "err", err)
		} else {
			g.Hook = hook
		}
	}
	s.mu.Lock()
	s.joined[g.key()] = g
	s.mu.Unlock()
	s.memory.know(g.Group, time.Now())
	return g
}

// groupHook is where the provider is to call for groups; empty is nowhere.
func (s *Session) groupHook() string {
	if !s.calls() || s.webhook != webhookAuto {
		return ""
	}
	return s.hook + groupPath
}

// groupCall reads one call of the provider's for a group.
func (t *Transport) groupCall(ctx context.Context, a *account, m *memory, r transports.Request) (transports.Batch, transports.Reply) {
	ctx, cancel := context.WithTimeout(ctx, groupCallWithin)
	defer cancel()
	id, items, reply := t.grouper.CallGroup(ctx, a.creds, a.hook, r)
	if len(items) == 0 {
		return transports.Batch{}, reply
	}
	now := time.Now()
	g, ok := m.known(id, now)
	if !ok {
		var err error
		if g, err = t.grouper.Grouped(ctx, a.creds, id); err != nil {
			t.log.Warn("call for a group", "group", id, "err", err)
			return transports.Batch{}, transports.Reply{Status: http.StatusServiceUnavailable, After: callAgain}
		}
		m.know(g, now)
	}
	if !slices.Contains(a.lines, g.Line) {
		return transports.Batch{}, transports.Reply{Status: http.StatusNotFound}
	}
	chat, err := t.chat(a, g)
	if err != nil {
		t.log.Warn("call for a group", "group", id, "err", err)
		return transports.Batch{}, reply
	}
	var b transports.Batch
	for _, item := range items {
		b.Events = append(b.Events, mapping{t: t, a: a, memory: m, now: t.provider.Now()}.spoken(g, chat, item)...)
	}
	return b, reply
}
