package component

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// item is one thing that a user is to be told, as a row of the inbox keeps it:
// a message from the network, or what became of one of the user's own.
type item struct {
	Kind itemKind
	ID   string             // of the stanza that tells it, whenever it is written
	Chat transports.Address // whom it is about; zero: the gateway speaks

	Message *transports.Message // for itemMessage and itemFile
	URL     string              // for itemFile: where it can be had; empty: not brought yet
	Origin  string              // for itemFile: the network's id of the message that it came with
	Answers reply               // for itemMessage and itemFile: what it answers in the same chat; zero: nothing known

	// For what is done to a message, which Answers names: itemReaction and itemRetraction.
	Signs []string // for itemReaction: all that Chat has set to it
	// It is for itemMessage, too: it stands in place of the message that Answers names.
	Replaces bool

	// For itemReceipt and itemFailure.
	Stanza string // the id of the user's own
	Sender string // full JID that is to be told
	From   string // full JID that it was written to, where that is not Chat's; for itemFailure
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
	itemFile // one file that came
	itemSeen // the user's message was read
	itemReaction
	itemRetraction
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
	URL     string           `json:"u,omitempty"`
	Origin  string           `json:"og,omitempty"`
	Answers string           `json:"an,omitempty"`
	Whose   store.Whose      `json:"wh,omitempty"`
	Signs   []string         `json:"si,omitempty"`
	Instead bool             `json:"in,omitempty"`
	Stanza  string           `json:"st,omitempty"`
	Sender  string           `json:"to,omitempty"`
	From    string           `json:"fr,omitempty"`
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
	Version  int               `json:"v,omitempty"` // where it stands for itself, in the outbox
	Corrects string            `json:"o,omitempty"` // in the outbox, as posted has it
	To       string            `json:"to,omitempty"`
	ID       string            `json:"id,omitempty"`
	Chat     encodedAddress    `json:"c"`
	Nick     string            `json:"n,omitempty"`
	Style    transports.Style  `json:"s,omitempty"`
	Text     string            `json:"t"`
	Markup   bool              `json:"mk,omitempty"`
	Time     int64             `json:"at,omitempty"` // Unix milliseconds
	Delayed  bool              `json:"d,omitempty"`
	Own      bool              `json:"ow,omitempty"`
	Again    bool              `json:"ag,omitempty"` // Message.Corrects
	New      bool              `json:"nw,omitempty"` // Message.Introduce
	Letter   bool              `json:"le,omitempty"`
	Notes    []transports.Text `json:"no,omitempty"`
	Subject  string            `json:"sj,omitempty"`
	Thread   string            `json:"th,omitempty"`
	Files    []encodedFile     `json:"f,omitempty"`
	Follows  *encodedFollows   `json:"fo,omitempty"`
	Gesture  *encodedGesture   `json:"ge,omitempty"` // in the outbox
	Joined   *encodedJoined    `json:"jo,omitempty"`
	Parties  []encodedParty    `json:"pa,omitempty"`
}

// encodedGesture is a transports.Gesture.
type encodedGesture struct {
	Do     transports.Doing `json:"d"`
	To     []string         `json:"to,omitempty"`
	Signs  []string         `json:"s,omitempty"`
	Whole  bool             `json:"w,omitempty"`
	Text   string           `json:"t,omitempty"`
	Before []string         `json:"b,omitempty"`
	Knows  bool             `json:"k,omitempty"`
}

// encodedFollows is what belongs to a message of the outbox on networks with
// conversations.
type encodedFollows struct {
	Zone    int    `json:"z,omitempty"` // of Time, in seconds east of UTC
	Answers string `json:"an,omitempty"`
	Origin  string `json:"or,omitempty"`
	Chosen  bool   `json:"ch,omitempty"`
	ReplyTo string `json:"re,omitempty"`
	Trail   []byte `json:"tr,omitempty"`
}

// encodedJoined is what belongs to a message of the outbox that goes as one with
// others.
type encodedJoined struct {
	With   []int64 `json:"w,omitempty"`
	In     int64   `json:"i,omitempty"`
	Before []byte  `json:"b,omitempty"`
}

type encodedParty struct {
	As      transports.PartyKind `json:"k,omitempty"`
	Address encodedAddress       `json:"a,omitzero"`
	URI     string               `json:"u,omitempty"`
	Name    string               `json:"n,omitempty"`
}

type encodedFile struct {
	Ref  string `json:"r"`
	Name string `json:"n,omitempty"`
	Type string `json:"t,omitempty"`
	Size int64  `json:"s,omitempty"`
}

type encodedError struct {
	Kind transports.ErrorKind `json:"k"`
	Text transports.Text      `json:"t,omitzero"`
	Code string               `json:"c,omitempty"`
}

func toEncodedError(e *transports.Error) *encodedError {
	if e == nil {
		return nil
	}
	return &encodedError{e.Kind, e.Text, e.Code}
}

func (e *encodedError) decode() *transports.Error {
	if e == nil {
		return nil
	}
	return &transports.Error{Kind: e.Kind, Text: e.Text, Code: e.Code}
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
		Text: m.Text, Markup: m.Markup, Delayed: m.Delayed,
		Own: m.Own, New: m.Introduce, Letter: m.Letter, Again: m.Corrects, Notes: m.Notes, Subject: m.Subject, Thread: m.Thread,
	}
	for _, f := range m.Attachments {
		e.Files = append(e.Files, encodedFile(f))
	}
	for _, p := range m.Parties {
		e.Parties = append(e.Parties, encodedParty{p.As, encodeAddress(p.Address), p.URI, p.Name})
	}
	if !m.Time.IsZero() {
		e.Time = m.Time.UnixMilli()
	}
	if m.Gesture != nil {
		g := encodedGesture(*m.Gesture)
		e.Gesture = &g
	}
	return e
}

func (e *encodedMessage) decode() transports.Message {
	m := transports.Message{
		ID: e.ID, Chat: e.Chat.decode(), Nick: e.Nick, Style: e.Style,
		Text: e.Text, Markup: e.Markup, Delayed: e.Delayed,
		Own: e.Own, Introduce: e.New, Letter: e.Letter, Corrects: e.Again, Notes: e.Notes, Subject: e.Subject, Thread: e.Thread,
	}
	for _, f := range e.Files {
		m.Attachments = append(m.Attachments, transports.Attachment(f))
	}
	for _, p := range e.Parties {
		m.Parties = append(m.Parties, transports.Party{As: p.As, Address: p.Address.decode(), URI: p.URI, Name: p.Name})
	}
	if e.Time != 0 {
		m.Time = time.UnixMilli(e.Time).UTC()
	}
	if e.Gesture != nil {
		g := transports.Gesture(*e.Gesture)
		g.To, g.Signs, g.Before = some(g.To), some(g.Signs), some(g.Before)
		m.Gesture = &g
	}
	return m
}

// some returns a list, or nil where there is nothing in it.
func some(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// encode returns an item as the store keeps it. The cause of an error, which is
// for the log, is left out.
func (it *item) encode() []byte {
	e := encoded{
		Version: itemVersion, Kind: it.Kind, ID: it.ID, Chat: encodeAddress(it.Chat),
		Stanza: it.Stanza, Sender: it.Sender, From: it.From, Lang: it.Lang, Quote: it.Quote, URL: it.URL, Origin: it.Origin,
		Answers: it.Answers.ID, Whose: it.Answers.Whose, Signs: it.Signs, Instead: it.Replaces, Err: toEncodedError(it.Err),
	}
	if it.Message != nil {
		e.Message = toEncoded(*it.Message)
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
	if e.Version < 1 || e.Version > itemVersion || e.Kind < itemMessage || e.Kind > itemRetraction ||
		e.Kind == itemMessage && e.Message == nil || e.Kind == itemFile && (e.Message == nil || len(e.Message.Files) != 1) || e.Kind == itemFailure && e.Err == nil {
		return nil, fmt.Errorf("read an item: version %d, kind %d", e.Version, e.Kind)
	}
	it := &item{
		Kind: e.Kind, ID: e.ID, Chat: e.Chat.decode(),
		Stanza: e.Stanza, Sender: e.Sender, From: e.From, Lang: e.Lang, Quote: e.Quote, URL: e.URL, Origin: e.Origin,
		Answers: reply{e.Answers, e.Whose}, Signs: some(e.Signs), Replaces: e.Instead, Err: e.Err.decode(),
	}
	if e.Message != nil {
		m := e.Message.decode()
		it.Message = &m
	}
	if e.Text != nil {
		it.Text = *e.Text
	}
	return it, nil
}

// posted is what the outbox keeps of the stanza of a message besides what goes
// to the network.
type posted struct {
	Corrects string // the id of the stanza that it replaced; empty: none
	To       string // full JID that it was written to, where that is not the contact's

	// On networks with conversations.
	Answers string // the id of the stanza that it answers; empty: none
	Origin  string // its origin-id (XEP-0359), where that is not its id
	Chosen  bool   // what it follows stands fast

	// Of messages that go as one; see gather.go.
	With   []int64 // on the first: the others, in order
	In     int64   // on the others: the first
	Before []byte  // on the first: itself, while that can come back
}

// name returns by which id the user's clients know a message that came in a stanza
// of some id (XEP-0308 §5, XEP-0461 §3).
func (p posted) name(id string) string { return cmp.Or(p.Corrects, p.Origin, id) }

// encodeMessage returns a message to the network as the outbox keeps it.
func encodeMessage(m transports.Message, p posted) []byte {
	e := toEncoded(m)
	e.Version, e.Corrects, e.To = itemVersion, p.Corrects, p.To
	zone := 0
	if e.Time != 0 {
		_, zone = m.Time.Zone()
	}
	if zone != 0 || p.Chosen || p.Answers != "" || p.Origin != "" || m.ReplyTo != "" || len(m.Trail) > 0 {
		e.Follows = &encodedFollows{zone, p.Answers, p.Origin, p.Chosen, m.ReplyTo, m.Trail}
	}
	if p.In != 0 || len(p.With) > 0 {
		e.Joined = &encodedJoined{p.With, p.In, p.Before}
	}
	return marshal(e)
}

func decodeMessage(b []byte) (m transports.Message, p posted, err error) {
	var e encodedMessage
	if err := json.Unmarshal(b, &e); err != nil {
		return m, p, fmt.Errorf("read a message: %w", err)
	}
	if e.Version < 1 || e.Version > itemVersion {
		return m, p, fmt.Errorf("read a message: version %d", e.Version)
	}
	m, p = e.decode(), posted{Corrects: e.Corrects, To: e.To}
	if f := e.Follows; f != nil {
		m.ReplyTo, p.Answers, p.Origin, p.Chosen = f.ReplyTo, f.Answers, f.Origin, f.Chosen
		if len(f.Trail) > 0 {
			m.Trail = f.Trail
		}
		if f.Zone != 0 && e.Time != 0 {
			m.Time = m.Time.In(time.FixedZone("", f.Zone))
		}
	}
	if j := e.Joined; j != nil {
		p.With, p.In, p.Before = j.With, j.In, j.Before
		m.Gathered = len(p.With) > 0
	}
	return m, p, nil
}

// telling is how an item is told.
type telling struct {
	from    jid.JID   // of the chat
	user    jid.JID   // bare
	lang    string    // the user's
	delayed time.Time // when it came, where that is to be told; else zero
	thread  string    // in which the user last wrote there
	aloud   bool      // a failure that its sender's client did not take, in words
	asks    bool      // a message wants to be said to be read
	answers string    // the id of the message that a message answers, where that is known
	asked   jid.JID   // who said that one
}

// stanza returns the message that tells an item.
func (it *item) stanza(how telling) *stanza.Message {
	switch it.Kind {
	case itemReceipt:
		return it.receipt(how)
	case itemSeen:
		return it.seen(how)
	case itemFailure:
		return it.failure(how)
	case itemReaction:
		return it.reaction(how)
	case itemRetraction:
		return it.retraction(how)
	}
	m := transports.Message{}
	if it.Kind == itemNotice {
		m.Text = text.In(how.lang, it.Text)
	} else {
		m = *it.Message
		m.Text = noted(m, how.lang)
	}
	if !how.delayed.IsZero() && !m.Delayed {
		m.Delayed = true
		if m.Time.IsZero() {
			m.Time = how.delayed
		}
	}
	if m.Own {
		m.Text = text.In(how.lang, transports.T("[sent elsewhere] %s", m.Text))
	}
	var out *stanza.Message
	if it.Kind == itemFile {
		out = it.file(how, m)
	} else {
		out = chatMessage(how.from, how.user, it.ID, m)
	}
	if how.thread != "" && it.Kind == itemMessage && m.Thread == "" {
		out.Payload = append(out.Payload, stanza.T("", "thread", how.thread))
	}
	if it.Replaces {
		out.Payload = append(out.Payload, stanza.E(nsCorrect, "replace").With("id", how.answers))
	} else {
		how.answering(out)
	}
	if all := concerned(m.Parties, how.from.Domain); all != nil {
		out.Payload = append(out.Payload, *all)
	}
	if how.asks && it.Message != nil && !m.Own && !it.Replaces {
		out.Payload = append(out.Payload, stanza.E(nsMarkers, "markable"))
	}
	return out
}

// answering has a message say which one it answers (XEP-0461 §3).
func (how telling) answering(m *stanza.Message) {
	if how.answers != "" {
		m.Payload = append(m.Payload, stanza.E(nsReply, "reply").With("to", how.asked.String()).With("id", how.answers))
	}
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
	it.Message.Text = cutText(it.Message.Text, shortened)
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

// seen tells that a message was read, to who asked (XEP-0333 §5).
func (it *item) seen(how telling) *stanza.Message {
	return &stanza.Message{
		Header: stanza.Header{From: how.from, To: it.sender(how), ID: it.ID, Type: "chat"},
		Payload: []stanza.Element{
			stanza.E(nsMarkers, "displayed").With("id", it.Stanza),
			stanza.E(nsHints, "store"),
		},
	}
}

// reaction tells by what a contact reacts to a message (XEP-0444 §3.2): all of it,
// each time.
func (it *item) reaction(how telling) *stanza.Message {
	return it.done(how, muc.Reactions(how.answers, it.Signs))
}

// retraction tells that a contact took a message back (XEP-0424 §3).
func (it *item) retraction(how telling) *stanza.Message {
	return it.done(how, stanza.E(nsRetract, "retract").With("id", how.answers),
		stanza.E(nsFallback, "fallback").With("for", nsRetract),
		stanza.T("", "body", text.In(how.lang, transports.T("[took a message back]"))))
}

// done tells what a contact did to a message. The archive shall keep it.
func (it *item) done(how telling, payload ...stanza.Element) *stanza.Message {
	return &stanza.Message{
		Header:  stanza.Header{From: how.from, To: how.user, ID: it.ID, Type: "chat"},
		Payload: append(payload, stanza.E(nsSID, "origin-id").With("id", it.ID), stanza.E(nsHints, "store")),
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
	e, from := StanzaError(it.Err, it.Lang), how.from
	if full, err := jid.Parse(it.From); err == nil && full.Domain == from.Domain {
		from = full // RFC 6120 §8.3.1: as if it came from there
	}
	return &stanza.Message{
		Header:  stanza.Header{From: from, To: it.sender(how), ID: it.Stanza, Type: stanza.TypeError},
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
