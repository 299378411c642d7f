package sms

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// This file is the only place where what a provider tells becomes events.

const (
	delayedAge = time.Minute      // a message that came this long ago is late
	filesMost  = 10               // of one message
	filesTries = 3                // looks at which its files are not given out, before it comes without
	filesAge   = 10 * time.Minute // of one with files that was handed on nobody tells more
)

// mapping makes events of items, for one account.
type mapping struct {
	t      *Transport
	a      *account
	memory *memory
	now    time.Time // by the provider's clock
	polled bool      // the items were looked for
}

// events returns what an item tells. The error is of asking for its files.
func (m mapping) events(ctx context.Context, item provider.Item) ([]transports.Event, error) {
	peer := m.a.peer(item)
	switch {
	case item.ID == "":
		return nil, nil
	case item.Inbound && !item.Only:
		return m.received(ctx, item, peer)
	case !item.Inbound:
		return m.status(item, peer), nil
	}
	return nil, nil
}

// received makes the event of a message to us.
func (m mapping) received(ctx context.Context, item provider.Item, peer phone.Peer) ([]transports.Event, error) {
	msg := transports.Message{
		ID: item.ID, Chat: m.t.address(peer), Nick: item.Name, Text: clean(item.Text), Time: item.Time,
		Delayed:   m.polled || !item.Time.IsZero() && m.now.Sub(item.Time) > delayedAge,
		Introduce: m.a.introduce && peer.Kind == phone.Number,
	}
	if msg.Nick == "" {
		msg.Nick = peer.Title()
	}
	var events []transports.Event
	files, err := m.files(ctx, item)
	switch e := transports.AsError(err); {
	case e == nil:
	case e.Kind == transports.Credentials, e.Kind == transports.Busy,
		e.Temporary() && (!m.polled || m.memory.fetched(item.ID) < filesTries):
		return nil, err
	default:
		m.t.log.Warn("files of a message", "message", item.ID, "err", err)
		events = append(events, transports.Told{ID: item.ID + "/files", Chat: msg.Chat, Text: transports.T(
			"Files came with this message, but %s does not give them out (%s).", m.t.about.Name, item.ID)})
	}
	for _, f := range files {
		msg.Attachments = append(msg.Attachments, transports.Attachment{Ref: f.Ref, Type: f.Type})
	}
	if msg.Text != "" || len(msg.Attachments) > 0 {
		events = append([]transports.Event{transports.Received{Message: msg}}, events...)
	}
	if text := optOut(item.Stop, peer.Title()); !text.IsZero() {
		events = append(events, transports.Told{ID: item.ID + "/stop", Chat: msg.Chat, Text: text})
	}
	return events, nil
}

// spoken makes the events of what was said in a group: by one of the others,
// whose number then stands before it, or by us, of which nobody tells whether it
// arrived.
func (m mapping) spoken(g provider.Group, chat transports.Address, item provider.Item) []transports.Event {
	own := m.memory.isOwn(item.ID)
	switch {
	case item.ID == "":
		return nil
	case own && m.a.onSent:
		return []transports.Event{transports.Status{Chat: chat, ID: item.ID, State: transports.Delivered}}
	case own || !g.Has(item.Peer):
		return nil
	}
	msg := transports.Message{
		ID: item.ID, Chat: chat, Nick: phone.From(item.Peer, g.Line).Title(), Text: "<" + item.Peer + "> " + clean(item.Text), Time: item.Time,
		Delayed: m.polled || !item.Time.IsZero() && m.now.Sub(item.Time) > delayedAge,
	}
	for _, f := range item.Media[:min(len(item.Media), filesMost)] {
		msg.Attachments = append(msg.Attachments, transports.Attachment{Ref: f.Ref, Type: f.Type})
	}
	switch {
	case item.Text != "":
	case len(msg.Attachments) == 0:
		return nil
	default:
		msg.Text = "<" + item.Peer + ">"
	}
	return []transports.Event{transports.Received{Message: msg}}
}

// optOut says what a word means by which a phone forbids and allows messages;
// it is zero for none.
func optOut(word provider.OptOut, peer string) transports.Text {
	switch word {
	case provider.Stop:
		return transports.T("%s does not want any more messages from your number: what you write is refused until they send START.", peer)
	case provider.Start:
		return transports.T("%s takes messages from your number again.", peer)
	case provider.Help:
		return transports.T("%s has asked for help. Your provider may have answered by itself.", peer)
	}
	return transports.Text{}
}

// files returns the files of a message, as many as there really are.
func (m mapping) files(ctx context.Context, item provider.Item) ([]provider.Medium, error) {
	files := item.Media
	if len(files) < min(item.NumMedia, filesMost) {
		listed, err := m.t.provider.Media(ctx, m.a.creds, item.ID)
		if err != nil {
			return files, err
		}
		if len(listed) > len(files) {
			files = listed
		}
	}
	return files[:min(len(files), filesMost)], nil
}

// status makes the event of what became of a message of ours.
func (m mapping) status(item provider.Item, peer phone.Peer) []transports.Event {
	st := transports.Status{Chat: m.t.address(peer), ID: item.ID}
	switch item.State {
	case provider.Sent:
		if !m.a.onSent && (!m.polled || !quiet(item, m.now)) {
			return nil
		}
		st.State = transports.Delivered
	case provider.Delivered:
		st.State = transports.Delivered
	case provider.Read:
		st.State = transports.Read
	case provider.Failed:
		st.State, st.Err = transports.Failed, item.Err
		if st.Err == nil {
			st.Err = &transports.Error{Kind: transports.Undelivered}
		}
	default:
		return nil
	}
	return []transports.Event{st}
}

// quiet tells whether an item was handed on, with files, so long ago that it is
// taken for delivered: mostly nobody tells. What fails is told of before.
func quiet(item provider.Item, now time.Time) bool {
	return !item.Inbound && item.State == provider.Sent && item.NumMedia > 0 && now.Sub(item.Time) > filesAge
}

// elsewhere makes the event of a message from our line that another program
// sent. Each is told once: at the first look after it was certain whose it is.
// The look before was at a time; zero is never.
func (m mapping) elsewhere(item provider.Item, before time.Time) []transports.Event {
	switch own := m.memory.isOwn(item.ID); {
	case own, item.ID == "", item.Only, before.IsZero(), item.State == provider.Failed:
		return nil
	case item.Time.After(m.now.Add(-settledAge)), !item.Time.After(before.Add(-settledAge)):
		return nil
	}
	text := clean(item.Text)
	if text == "" {
		return nil
	}
	return []transports.Event{transports.Received{Message: transports.Message{
		ID: item.ID, Chat: m.t.address(m.a.peer(item)), Own: true, Text: text, Time: item.Time, Delayed: true,
	}}}
}

// clean returns a text as XML can carry it, with "\n" between lines: what no
// XML 1.0 document can have (§2.2) becomes U+FFFD.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case r < ' ', r == 0xFFFE, r == 0xFFFF, r >= 0xD800 && r <= 0xDFFF:
			return utf8.RuneError
		}
		return r
	}, text)
}
