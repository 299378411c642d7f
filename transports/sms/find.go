package sms

import (
	"context"
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// findBefore is how much earlier than its try a message may show: the provider's
// clock is known to the second. An equal text before that is another.
const findBefore = 5 * time.Second

var textUnsettled = transports.T("It is not known yet whether this message was sent.")

// Find looks for a message among those that left its line for its number: the
// first of this text, with as many files, that is no other's; one that failed
// only where no other is there. That it is not there says something only once
// the provider has settled, and where it listed all.
func (s *Session) Find(ctx context.Context, m transports.Message, since time.Time, known func(id string) bool) (*transports.Sent, error) {
	if !s.online.Load() {
		return nil, &transports.Error{Kind: transports.Unreachable, Text: textOffline}
	}
	peer, line, err := s.route(m.Chat)
	if err != nil {
		return nil, err
	}
	if err := s.writable(peer); err != nil {
		return nil, err
	}
	tried, here := s.memory.lastTry(m.ID)
	if here {
		since = tried.at // whatever was tried before was certain
	} else {
		tried.at = s.t.started // it was tried before this process started
	}
	since = s.t.theirs(since).Add(-findBefore)
	var items []provider.Item
	var complete bool
	var g joined
	if peer.Kind == phone.Group {
		items, complete, g, err = s.spokenBy(ctx, peer, line, since)
	} else {
		items, complete, err = s.t.provider.Sent(ctx, s.creds, line, peer.Wire(), since)
	}
	if err != nil {
		return nil, err
	}
	id := pick(items, func(item provider.Item) bool {
		return same(item, m) && (item.Time.IsZero() || !item.Time.Before(since)) && !known(item.ID) && !s.memory.wasRefused(item.ID)
	})
	switch {
	case id != "":
		s.memory.settle(m.ID)
		sent := s.sent([]string{id})
		if peer.Kind == phone.Group {
			sent = s.spoke(m, id, g)
		}
		return &sent, nil
	case time.Since(tried.at) < s.t.about.Settled:
		return nil, &transports.Error{Kind: transports.Unreachable, Text: textUnsettled, After: s.t.about.Settled - time.Since(tried.at)}
	case !complete:
		return nil, &transports.Error{Kind: transports.Unreachable, Text: textUnsettled}
	}
	s.memory.settle(m.ID)
	s.refund(tried.segments)
	return nil, nil
}

// pick returns the id of the oldest item that fits, of those that did not fail
// if there is one; empty where none fits. items are newest first.
func pick(items []provider.Item, fits func(provider.Item) bool) (id string) {
	for _, item := range slices.Backward(items) {
		switch {
		case !fits(item):
		case item.State != provider.Failed:
			return item.ID
		case id == "":
			id = item.ID
		}
	}
	return id
}

// spokenBy lists what was said in a group, as Sent lists what left a line, and
// returns the group too.
func (s *Session) spokenBy(ctx context.Context, p phone.Peer, line string, since time.Time) (items []provider.Item, complete bool, g joined, err error) {
	members, err := s.others(p)
	if err != nil {
		return nil, false, g, err
	}
	if g, err = s.group(ctx, line, members); err != nil {
		return nil, false, g, err
	}
	items, missed, err := s.t.grouper.ListGroup(ctx, s.creds, g.Group, since, backlogMost)
	if e := transports.AsError(err); e != nil && e.Kind == transports.NotFound {
		err = s.lost(g, e)
	}
	slices.Reverse(items)
	return items, !missed, g, err
}

// same tells whether an item is what Send makes of a message. Which files went
// as links is not known any more. A provider may change blanks.
func same(item provider.Item, m transports.Message) bool {
	links, ok := strings.CutPrefix(words(item.Text), words(said(m)))
	if !ok || item.Inbound {
		return false
	}
	files, n := m.Attachments, 0
	for _, link := range strings.Fields(links) {
		i := slices.IndexFunc(files, func(f transports.Attachment) bool { return f.Ref == link })
		if i < 0 {
			return false
		}
		files, n = files[i+1:], n+1
	}
	return item.NumMedia == len(m.Attachments)-n
}

// words returns a text with one blank between words.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }
