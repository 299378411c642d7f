package component

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"wherry/component/fault"
	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
)

// This file holds the transactions of the inbox and the outbox: what stands in
// the store after each step is decided here and nowhere else. They run in
// whoever's goroutine asks, never in a user's turn.

// arrival is one event of a batch that was committed: a row of the inbox to be
// written, or an event that is only told on.
type arrival struct {
	row   store.Incoming // with an ID where there is one
	event transports.Event
}

// commit makes a batch of the session's safe.
func (s *session) commit(ctx context.Context, b transports.Batch) ([]arrival, error) {
	return s.user.d.commit(ctx, s.user.jid.String(), s.id.Load(), s.guest, b)
}

// commit makes a batch of an account's safe: its saves, its messages and what
// it says of messages of ours. It returns what is to happen now, in order; what
// came before is left out.
func (d *Domain) commit(ctx context.Context, user string, account int64, guest bool, b transports.Batch) ([]arrival, error) {
	fault.At(fault.BeforeInbox)
	var out []arrival
	var failed int
	shows := func() bool {
		who, err := jid.Parse(user)
		return err == nil && d.showsOwn(who)
	}
	err := d.c.conf.Store.Update(ctx, func(t *store.Tx) error {
		out, failed = out[:0], 0
		for _, ev := range b.Events {
			if !d.stored(ev, shows) {
				out = append(out, arrival{event: ev})
				continue
			}
			rows, err := d.recordEvent(t, user, account, guest, ev)
			if err != nil {
				return err
			}
			for _, row := range rows {
				out = append(out, arrival{row: row})
			}
			if st, ok := ev.(transports.Status); ok && st.State == transports.Failed {
				failed += len(rows) // none where that was known
			}
		}
		if account == 0 || len(b.Saves) == 0 {
			return nil
		}
		return t.PutSaves(account, storedSaves(b.Saves))
	})
	if err != nil {
		return nil, err
	}
	d.stats.failed.Add(int64(failed))
	fault.At(fault.AfterInbox)
	return out, nil
}

// durable tells whether something of a batch is to be stored.
func (s *session) durable(b transports.Batch) bool {
	if len(b.Saves) > 0 && s.id.Load() != 0 {
		return true
	}
	shows := func() bool { return s.user.d.showsOwn(s.user.jid) }
	for _, ev := range b.Events {
		if s.user.d.stored(ev, shows) {
			return true
		}
	}
	return false
}

// stored tells whether an event goes through the inbox: messages of people and
// of networks do, room traffic does not; and what becomes of a message of ours
// does where that is in the outbox. What the user said elsewhere does where it can
// be shown: see showsOwn.
func (d *Domain) stored(ev transports.Event, shows func() bool) bool {
	attended := d.Transport().About().Attended
	switch ev := ev.(type) {
	case transports.Received:
		return ev.Message.Chat.Kind != transports.Room && (!ev.Message.Own || shows())
	case transports.Status:
		// Where people attend, only a failure is news; see awaited.
		return !attended || ev.Chat.Kind == transports.Contact && ev.State == transports.Failed
	case transports.Told:
		return ev.Chat.Kind != transports.Room
	}
	return false
}

// showsOwn tells whether a user can be shown what they said elsewhere, or may be:
// where people attend a network it belongs among what they said, or nowhere. What
// servers grant they say when a stream begins.
func (d *Domain) showsOwn(user jid.JID) bool {
	return !d.Transport().About().Attended || d.grants.of(user).Messages() ||
		!d.link.up() || d.link.young(d.c.patience.young) > 0
}

func storedSaves(saves []transports.Save) []store.Save {
	out := make([]store.Save, len(saves))
	for i, v := range saves {
		out[i] = store.Save{Name: v.Name, Value: v.Value, Secret: v.Secret}
	}
	return out
}

// recordEvent puts one event into the store and returns the rows of the inbox
// that it made: none for what came before.
func (d *Domain) recordEvent(t *store.Tx, user string, account int64, guest bool, ev transports.Event) ([]store.Incoming, error) {
	switch ev := ev.(type) {
	case transports.Received:
		return d.recordMessage(t, user, account, guest, ev.Message)
	case transports.Status:
		return d.recordStatus(t, user, account, ev)
	case transports.Told:
		return d.recordTold(t, user, account, ev)
	}
	return nil, fmt.Errorf("an event %T for the store", ev)
}

func (d *Domain) recordMessage(t *store.Tx, user string, account int64, guest bool, m transports.Message) ([]store.Incoming, error) {
	if m.Own {
		if ours, err := d.ours(t, account, m); ours || err != nil {
			return nil, err
		}
	}
	if m.ID != "" && account != 0 {
		first, err := t.See(account, d.idsOf(m.Chat.String()), m.ID)
		if err != nil || !first {
			return nil, err
		}
	}
	if guest {
		account = 0 // that may be gone before the message is settled
	}
	return d.putMessage(t, user, account, m)
}

// putMessage puts a message into the inbox: its text first, then each file that
// comes with it by itself.
func (d *Domain) putMessage(t *store.Tx, user string, account int64, m transports.Message) (rows []store.Incoming, err error) {
	id, files := d.messageID(user, m), m.Attachments
	m.Attachments = nil
	words := m.Text != "" || m.Subject != "" || len(m.Notes) > 0 || len(files) == 0
	if m.Gesture != nil && account != 0 && d.trails() && !m.Own {
		if rows, err = d.gesture(t, user, account, id, m); len(rows) > 0 || err != nil {
			return rows, err
		}
	}
	var answers reply
	if account != 0 && d.trails() {
		first := id
		if !words {
			first = fileID(id, 0)
		}
		if answers, err = d.follow(t, account, first, &m); err != nil {
			return nil, err
		}
	}
	m.ReplyTo, m.Trail, m.Gesture = "", nil, nil // what was to be known of these is
	if words {
		if rows, err = d.putItem(t, user, account, &item{Kind: itemMessage, ID: id, Chat: m.Chat, Message: &m, Answers: answers}); err != nil {
			return nil, err
		}
		answers, m.Parties = reply{}, nil
	}
	m.Text, m.Subject, m.Notes = "", "", nil
	for i, f := range files {
		one := m
		one.Attachments = []transports.Attachment{f}
		row, err := d.putItem(t, user, account, &item{
			Kind: itemFile, ID: fileID(id, i), Chat: m.Chat, Message: &one, Origin: m.ID, Answers: answers,
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row...)
		answers, m.Parties = reply{}, nil
	}
	return rows, nil
}

// fileID is the id of the stanza that shows a file of the message of an id.
func fileID(id string, i int) string { return id + "-" + strconv.Itoa(i+1) }

// messageID is the id of the stanza that shows a message: always the same for
// the same message of the network.
func (d *Domain) messageID(user string, m transports.Message) string {
	if m.ID == "" {
		return randomID()
	}
	return keyed(d.key, "message", d.Name(), user, m.Chat.String(), m.ID)
}

// messageID is the domain's, for one of the user's.
func (u *user) messageID(m transports.Message) string {
	if m.ID == "" {
		return randomID()
	}
	return u.d.messageID(u.jid.String(), m)
}

func (d *Domain) putItem(t *store.Tx, user string, account int64, it *item) ([]store.Incoming, error) {
	row := store.Incoming{
		Domain: d.Name(), User: user, Account: account, Chat: it.Chat.String(), Content: it.encode(), Created: now(),
	}
	if err := t.AddIncoming(&row); err != nil {
		return nil, err
	}
	return []store.Incoming{row}, nil
}

// recordStatus follows what the network says of a message of ours. One that is
// not known to be sent yet is kept: the network may be faster than we are.
func (d *Domain) recordStatus(t *store.Tx, user string, account int64, st transports.Status) ([]store.Incoming, error) {
	if account == 0 {
		return nil, nil
	}
	number, part, err := t.ByNetworkID(account, d.idsOf(st.Chat.String()), st.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, d.keepEarly(t, account, st)
	}
	if err != nil {
		return nil, err
	}
	parts, err := t.Outgoing(number)
	if err != nil {
		return nil, err
	}
	return d.advance(t, user, parts, part, outState(st.State), st.Err)
}

// keepEarly keeps a status of a message that is not known: it may be one that is
// being sent. Where none is, it is of somebody else's.
func (d *Domain) keepEarly(t *store.Tx, account int64, st transports.Status) error {
	waits, err := t.Waits(account, "")
	if err != nil || !waits {
		return err
	}
	return t.PutEarlyStatus(account, d.idsOf(st.Chat.String()), st.ID, encodeStatus(st))
}

// ours tells whether what the account said is from us, or may be: then another
// look shows.
func (d *Domain) ours(t *store.Tx, account int64, m transports.Message) (bool, error) {
	if d.trails() && m.Ref != "" {
		r, err := t.TrailOf(account, m.Chat.String(), m.Ref)
		if err == nil && r.Whose == store.Ours || err != nil && !errors.Is(err, store.ErrNotFound) {
			return err == nil, err
		}
	}
	_, _, err := t.ByNetworkID(account, d.idsOf(m.Chat.String()), m.ID)
	if !errors.Is(err, store.ErrNotFound) {
		return err == nil, err
	}
	return t.Waits(account, m.Chat.String())
}

// recordTold puts what a transport says of itself into the inbox, once.
func (d *Domain) recordTold(t *store.Tx, user string, account int64, ev transports.Told) ([]store.Incoming, error) {
	if ev.ID != "" && account != 0 {
		if first, err := t.See(account, "", "told "+ev.ID); err != nil || !first {
			return nil, err
		}
	}
	return d.putItem(t, user, account, &item{Kind: itemNotice, ID: randomID(), Chat: ev.Chat, Text: ev.Text})
}

// idsOf returns within what the network's ids are unique, for a chat.
func (d *Domain) idsOf(chat string) string {
	if d.Transport().About().AccountIDs {
		return ""
	}
	return chat
}

// outState is what a state of the network's is in the outbox.
func outState(s transports.State) store.OutState {
	switch s {
	case transports.Delivered:
		return store.Delivered
	case transports.Read:
		return store.Read
	case transports.Failed:
		return store.Failed
	}
	return store.Echoed
}

type encodedStatus struct {
	State transports.State `json:"s"`
	Err   *encodedError    `json:"e,omitempty"`
}

func encodeStatus(st transports.Status) []byte {
	return marshal(encodedStatus{State: st.State, Err: toEncodedError(st.Err)})
}

func decodeStatus(b []byte) (st transports.State, cause *transports.Error, err error) {
	var e encodedStatus
	if err := json.Unmarshal(b, &e); err != nil {
		return 0, nil, fmt.Errorf("read a status: %w", err)
	}
	return e.State, e.Err.decode(), nil
}

// advance brings one part of a message to a state and keeps it, with those that went
// as one with it; where that is news to who sent a message, it makes the rows that
// tell it.
func (d *Domain) advance(t *store.Tx, user string, parts []store.Outgoing, part int, to store.OutState, cause *transports.Error) ([]store.Incoming, error) {
	quote, p := quoteOf(parts)
	rows, err := d.advanceOne(t, user, parts, part, to, cause, quote, p)
	for _, message := range p.With {
		if err != nil {
			return nil, err
		}
		var more []store.Incoming
		if parts, err = t.Outgoing(message); err == nil {
			more, err = d.advance(t, user, parts, 0, to, cause)
		}
		rows = append(rows, more...)
	}
	return rows, err
}

// advanceOne is advance for one message, of which it is known how it begins.
func (d *Domain) advanceOne(t *store.Tx, user string, parts []store.Outgoing, part int, to store.OutState, cause *transports.Error, quote string, p posted) ([]store.Incoming, error) {
	changed, before, after := advance(parts, part, to)
	for _, i := range changed {
		parts[i].Changed = now()
		if parts[i].State.Final() {
			parts[i].Content = p.kept()
		}
		if err := t.SetOutgoing(parts[i]); err != nil {
			return nil, err
		}
	}
	if before == after {
		return nil, nil
	}
	first := parts[0]
	it := item{Chat: d.chatOf(first), Stanza: first.Stanza, Sender: first.Sender, From: p.To, Lang: first.Lang}
	if after == failed {
		if cause == nil {
			cause = &transports.Error{Kind: transports.Unreachable}
		}
		it.Err, it.Quote = cause, quote
		return d.putItems(t, user, first.Account, it, itemFailure)
	}
	var news []itemKind
	if first.Receipt && before < arrived {
		news = append(news, itemReceipt)
	}
	if first.Markable && after == seen {
		news = append(news, itemSeen)
	}
	return d.putItems(t, user, first.Account, it, news...)
}

// putItems puts one row into the inbox for each kind of news.
func (d *Domain) putItems(t *store.Tx, user string, account int64, it item, kinds ...itemKind) (rows []store.Incoming, err error) {
	for _, kind := range kinds {
		it.Kind, it.ID = kind, randomID()
		row, err := d.putItem(t, user, account, &it)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row...)
	}
	return rows, nil
}

// chatOf returns the address that a row of the outbox goes to.
func (d *Domain) chatOf(o store.Outgoing) transports.Address {
	a, err := d.Transport().Address(o.Chat, transports.Account{})
	if err != nil {
		d.log.Warn("a stored message goes to what is no address any more", "err", err)
	}
	return a
}

// quoteLength is how much of a message is told again when it failed, in runes.
const quoteLength = 60

// quoteOf is how a message begins, as far as that is still known, and what is kept
// of its stanza.
func quoteOf(parts []store.Outgoing) (quote string, p posted) {
	for i := range parts {
		if m, posted, err := decodeMessage(parts[i].Content); err == nil {
			return beginning(m.Text), posted
		}
	}
	return "", posted{}
}

// beginning returns the first line of a text, cut where it is long.
func beginning(s string) string {
	n := 0
	for i, r := range s {
		if r == '\n' || n == quoteLength {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// outcome is what came of one try to send a part, or of looking for it.
type outcome struct {
	to    store.OutState // Queued: to be tried again
	sent  transports.Sent
	err   *transports.Error
	again time.Duration // until the next try
	hold  bool          // nothing has happened: it is to be looked at then

	looked bool // the store may know more of the part than we do
	unsent bool // it certainly was not sent by this try
}

// conclude keeps what came of a try, and returns the part as it stands now and
// what is to be told; where the part was sent, next, which may be nil, is
// sending from then on, and stands as the store has it. The part may be gone: then
// its account is.
func (d *Domain) conclude(ctx context.Context, user string, o store.Outgoing, out outcome, next *store.Outgoing) (after store.Outgoing, rows []store.Incoming, err error) {
	var claimed *store.Outgoing
	err = d.c.conf.Store.Update(ctx, func(t *store.Tx) (err error) {
		rows, claimed = nil, nil
		parts := []store.Outgoing{o}
		if o.Parts > 1 || out.looked { // else nobody else can have changed it
			if parts, err = t.Outgoing(o.Message); err != nil {
				return err
			}
		}
		i := indexOfPart(parts, o.Part)
		if i < 0 {
			return store.ErrNotFound
		}
		if out.to == store.Sent {
			rows, err = d.concludeSent(t, user, parts, i, out.sent)
			if err == nil && next != nil && summary(parts) != failed {
				row := *next
				claimed = &row
				err = d.claim(t, claimed)
			}
		} else {
			rows, err = d.concludeOther(t, user, parts, i, out)
		}
		after = parts[i]
		return err
	})
	if err == nil {
		d.stats.tried(out.to, after.State)
	}
	if err == nil && claimed != nil {
		*next = *claimed
	}
	return after, rows, err
}

func (d *Domain) concludeSent(t *store.Tx, user string, parts []store.Outgoing, i int, sent transports.Sent) ([]store.Incoming, error) {
	p := &parts[i]
	if m, posted, err := decodeMessage(p.Content); err == nil {
		if p.State < store.Sent {
			if err := d.leftAll(t, p, m, posted, sent); err != nil {
				return nil, err
			}
		}
		p.Content = d.remembered(m, posted)
	}
	rows, err := d.advance(t, user, parts, p.Part, store.Sent, nil)
	if err != nil {
		return nil, err
	}
	if err := t.AddNetworkIDs(p.Account, d.idsOf(p.Chat), sent.IDs, p.Message, p.Part); err != nil {
		return nil, err
	}
	if len(sent.Saves) > 0 {
		if err := t.PutSaves(p.Account, storedSaves(sent.Saves)); err != nil {
			return nil, err
		}
	}
	early, err := t.TakeEarlyStatuses(p.Account, d.idsOf(p.Chat), sent.IDs)
	if err != nil {
		return nil, err
	}
	for _, b := range early {
		state, cause, err := decodeStatus(b)
		if err != nil {
			d.log.Error("a status that came early", "err", err)
			continue
		}
		more, err := d.advance(t, user, parts, p.Part, outState(state), cause)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// remembered is what is kept of a message that was sent.
func (d *Domain) remembered(m transports.Message, p posted) []byte {
	m.Trail, p.Before = nil, nil
	m.Text = beginning(m.Text) // all that a later failure quotes
	if d.Transport().About().Attended {
		m.Text = "" // a failure comes at once: no quote is needed, and what services are told may be a password
	}
	return encodeMessage(m, p)
}

func (d *Domain) concludeOther(t *store.Tx, user string, parts []store.Outgoing, i int, out outcome) ([]store.Incoming, error) {
	p := &parts[i]
	switch out.to {
	case store.Failed, store.Lost:
		return d.advance(t, user, parts, p.Part, out.to, out.err)
	}
	if p.State >= store.Sent {
		return nil, nil // meanwhile it is known to be sent
	}
	p.State, p.Changed, p.Due = out.to, now(), now().Add(out.again)
	if out.to != store.Sending {
		p.Attempts++
	}
	if err := d.part(t, p, out); err != nil {
		return nil, err
	}
	return nil, t.SetOutgoing(*p)
}

// abandon removes something of a user's by remove, and tells the senders of what
// waited to be sent there. The rows that tell them belong to no account: they
// outlive what is removed.
func (d *Domain) abandon(ctx context.Context, user string, accounts []int64, remove func(*store.Tx) error) error {
	// Behind the writes that are on their way: what they add waits, too.
	return d.c.conf.Store.Erase(ctx, func(t *store.Tx) error {
		var lost []*item
		for _, id := range accounts {
			waiting, err := t.QueuedOutgoing(id)
			if err != nil {
				return err
			}
			lost = append(lost, d.abandoned(waiting)...)
		}
		if err := remove(t); err != nil {
			return err
		}
		for _, it := range lost {
			if _, err := d.putItem(t, user, 0, it); err != nil {
				return err
			}
		}
		return nil
	})
}

// abandoned returns what tells that messages will not be sent any more, one for
// each message.
func (d *Domain) abandoned(waiting []store.Outgoing) (all []*item) {
	for i, o := range waiting {
		if i > 0 && waiting[i-1].Message == o.Message {
			continue
		}
		cause := &transports.Error{Kind: transports.NotFound, Text: transports.T("The account was removed.")}
		if o.State != store.Queued {
			cause = unknown()
		}
		quote, p := quoteOf(waiting[i : i+1])
		all = append(all, &item{
			Kind: itemFailure, ID: randomID(), Chat: d.chatOf(o), Stanza: o.Stanza, Sender: o.Sender, From: p.To,
			Lang: o.Lang, Err: cause, Quote: quote,
		})
	}
	return all
}
