package component

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// item is one thing that a user is to be told, as a row of the inbox keeps it:
// a message from the network, or what became of one of the user's own.
type item struct {
	Kind itemKind
	ID   string             // of the stanza that tells it, whenever it is written
	Chat transports.Address // whom it is about; zero: the gateway speaks

	Message *transports.Message // for itemMessage

	// For itemReceipt and itemFailure.
	Stanza string // the id of the user's own
	Sender string // full JID that is to be told
	Lang   string
	Err    *transports.Error // for itemFailure
	Quote  string            // how the user's own began

	Text transports.Text // for itemNotice
}

type itemKind uint8

const (
	itemMessage itemKind = iota + 1
	itemReceipt
	itemFailure
	itemNotice
)

// itemVersion is the format that encode writes. decode reads all before it.
const itemVersion = 1

// encoded is an item on disk.
type encoded struct {
	Version int              `json:"v"`
	Kind    itemKind         `json:"k"`
	ID      string           `json:"id"`
	Chat    encodedAddress   `json:"c,omitzero"`
	Message *encodedMessage  `json:"m,omitempty"`
	Stanza  string           `json:"st,omitempty"`
	Sender  string           `json:"to,omitempty"`
	Lang    string           `json:"l,omitempty"`
	Err     *encodedError    `json:"e,omitempty"`
	Quote   string           `json:"q,omitempty"`
	Text    *transports.Text `json:"t,omitempty"`
}

type encodedAddress struct {
	Kind  transports.Kind  `json:"k,omitempty"`
	Scope transports.Scope `json:"s,omitempty"`
	Name  string           `json:"n,omitempty"`
}

type encodedMessage struct {
	Version  int              `json:"v,omitempty"` // where it stands for itself, in the outbox
	Corrects string           `json:"o,omitempty"` // in the outbox: the id of the stanza that it replaced
	ID       string           `json:"id,omitempty"`
	Chat     encodedAddress   `json:"c"`
	Nick     string           `json:"n,omitempty"`
	Style    transports.Style `json:"s,omitempty"`
	Text     string           `json:"t"`
	Markup   bool             `json:"mk,omitempty"`
	Time     int64            `json:"at,omitempty"` // Unix milliseconds
	Delayed  bool             `json:"d,omitempty"`
	Mention  bool             `json:"mn,omitempty"`
}

type encodedError struct {
	Kind transports.ErrorKind `json:"k"`
	Text transports.Text      `json:"t,omitzero"`
}

func encodeAddress(a transports.Address) encodedAddress {
	return encodedAddress{a.Kind, a.Scope, a.Name}
}

func (a encodedAddress) decode() transports.Address {
	return transports.Address{Kind: a.Kind, Scope: a.Scope, Name: a.Name}
}

func toEncoded(m transports.Message) *encodedMessage {
	e := &encodedMessage{
		ID: m.ID, Chat: encodeAddress(m.Chat), Nick: m.Nick, Style: m.Style,
		Text: m.Text, Markup: m.Markup, Delayed: m.Delayed, Mention: m.Mention,
	}
	if !m.Time.IsZero() {
		e.Time = m.Time.UnixMilli()
	}
	return e
}

func (e *encodedMessage) decode() transports.Message {
	m := transports.Message{
		ID: e.ID, Chat: e.Chat.decode(), Nick: e.Nick, Style: e.Style,
		Text: e.Text, Markup: e.Markup, Delayed: e.Delayed, Mention: e.Mention,
	}
	if e.Time != 0 {
		m.Time = time.UnixMilli(e.Time).UTC()
	}
	return m
}

// encode returns an item as the store keeps it. The cause of an error, which is
// for the log, is left out.
func (it *item) encode() []byte {
	e := encoded{
		Version: itemVersion, Kind: it.Kind, ID: it.ID, Chat: encodeAddress(it.Chat),
		Stanza: it.Stanza, Sender: it.Sender, Lang: it.Lang, Quote: it.Quote,
	}
	if it.Message != nil {
		e.Message = toEncoded(*it.Message)
	}
	if it.Err != nil {
		e.Err = &encodedError{it.Err.Kind, it.Err.Text}
	}
	if !it.Text.IsZero() {
		e.Text = &it.Text
	}
	return marshal(e)
}

// marshal encodes what always can be.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func decodeItem(b []byte) (*item, error) {
	var e encoded
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("read an item: %w", err)
	}
	if e.Version < 1 || e.Version > itemVersion || e.Kind < itemMessage || e.Kind > itemNotice ||
		e.Kind == itemMessage && e.Message == nil || e.Kind == itemFailure && e.Err == nil {
		return nil, fmt.Errorf("read an item: version %d, kind %d", e.Version, e.Kind)
	}
	it := &item{
		Kind: e.Kind, ID: e.ID, Chat: e.Chat.decode(),
		Stanza: e.Stanza, Sender: e.Sender, Lang: e.Lang, Quote: e.Quote,
	}
	if e.Message != nil {
		m := e.Message.decode()
		it.Message = &m
	}
	if e.Err != nil {
		it.Err = &transports.Error{Kind: e.Err.Kind, Text: e.Err.Text}
	}
	if e.Text != nil {
		it.Text = *e.Text
	}
	return it, nil
}

// encodeMessage returns a message to the network as the outbox keeps it, and
// the id of the stanza that it corrects, if it does.
func encodeMessage(m transports.Message, corrects string) []byte {
	e := toEncoded(m)
	e.Version, e.Corrects = itemVersion, corrects
	return marshal(e)
}

func decodeMessage(b []byte) (m transports.Message, corrects string, err error) {
	var e encodedMessage
	if err := json.Unmarshal(b, &e); err != nil {
		return m, "", fmt.Errorf("read a message: %w", err)
	}
	if e.Version < 1 || e.Version > itemVersion {
		return m, "", fmt.Errorf("read a message: version %d", e.Version)
	}
	return e.decode(), e.Corrects, nil
}

// telling is how an item is told.
type telling struct {
	from    jid.JID   // of the chat
	user    jid.JID   // bare
	lang    string    // the user's
	delayed time.Time // when it came, where that is to be told; else zero
	aloud   bool      // a failure that its sender's client did not take, in words
}

// stanza returns the message that tells an item.
func (it *item) stanza(how telling) *stanza.Message {
	switch it.Kind {
	case itemReceipt:
		return it.receipt(how)
	case itemFailure:
		return it.failure(how)
	}
	m := transports.Message{}
	if it.Kind == itemNotice {
		m.Text = text.In(how.lang, it.Text)
	} else {
		m = *it.Message
	}
	if !how.delayed.IsZero() && !m.Delayed {
		m.Delayed = true
		if m.Time.IsZero() {
			m.Time = how.delayed
		}
	}
	return chatMessage(how.from, how.user, it.ID, m)
}

// shortened is how much is left of a message that is too long for a stanza, in
// bytes.
const shortened = 8 << 10

// shorten cuts a message that is too long for a stanza. It reports false where
// that does not help.
func (it *item) shorten() bool {
	if it.Message == nil || len(it.Message.Text) <= shortened {
		return false
	}
	end := shortened
	for end > 0 && !utf8.RuneStart(it.Message.Text[end]) {
		end--
	}
	it.Message.Text = it.Message.Text[:end] + "…"
	return true
}

// receipt tells that a message arrived, to the resource that asked for it
// (XEP-0184 §5.3). The archive shall keep it.
func (it *item) receipt(how telling) *stanza.Message {
	return &stanza.Message{
		Header: stanza.Header{From: how.from, To: it.sender(how), ID: it.ID, Type: "chat"},
		Payload: []stanza.Element{
			stanza.E(nsReceipts, "received").With("id", it.Stanza),
			stanza.E(nsHints, "store"),
		},
	}
}

// failure answers a message that will not arrive. A resource that is gone gets
// no errors: then the user is told in words.
func (it *item) failure(how telling) *stanza.Message {
	if how.aloud {
		reason := text.In(how.lang, withText(it.Err).Text)
		m := transports.Message{Text: text.In(how.lang, transports.T("[not delivered] %s", reason))}
		if it.Quote != "" {
			m.Text += "\n> " + it.Quote
		}
		if !how.delayed.IsZero() {
			m.Delayed, m.Time = true, how.delayed
		}
		return chatMessage(how.from, how.user, it.ID, m)
	}
	e := StanzaError(it.Err, it.Lang)
	return &stanza.Message{
		Header:  stanza.Header{From: how.from, To: it.sender(how), ID: it.Stanza, Type: stanza.TypeError},
		Payload: []stanza.Element{e.Element()},
	}
}

// sender is who is to be told of a message of their own.
func (it *item) sender(how telling) jid.JID {
	if full, err := jid.Parse(it.Sender); err == nil && full.Bare() == how.user {
		return full
	}
	return how.user
}
