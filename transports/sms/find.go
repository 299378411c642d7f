package sms

import (
	"context"
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// findBefore is how much earlier than its try a message may show: clocks differ.
const findBefore = time.Minute

var textUnsettled = transports.T("It is not known yet whether this message was sent.")

// Find looks for a message among those that left its line for its number: the
// first of this text, with as many files, that is no other's. That it is not
// there says something only once the provider has settled, and where it listed
// all.
func (s *Session) Find(ctx context.Context, m transports.Message, since time.Time, known func(id string) bool) (*transports.Sent, error) {
	if !s.online.Load() {
		return nil, &transports.Error{Kind: transports.Unreachable, Text: textOffline}
	}
	peer, line, err := s.route(m.Chat)
	if err != nil {
		return nil, err
	}
	since = since.Add(-findBefore)
	items, complete, err := s.t.provider.Sent(ctx, s.creds, line, peer.Wire(), since)
	if err != nil {
		return nil, err
	}
	for _, item := range slices.Backward(items) {
		if same(item, m) && (item.Time.IsZero() || !item.Time.Before(since)) && !known(item.ID) {
			sent := s.sent([]string{item.ID}, item.NumMedia > 0)
			return &sent, nil
		}
	}
	if !complete || time.Since(s.lastTry(m.ID)) < s.t.about.Settled {
		return nil, &transports.Error{Kind: transports.Unreachable, Text: textUnsettled}
	}
	return nil, nil
}

// lastTry returns when a message can have been tried last. One that this
// process did not try was tried before it started.
func (s *Session) lastTry(id string) time.Time {
	if at, ok := s.memory.lastTry(id); ok {
		return at
	}
	return s.t.started
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
