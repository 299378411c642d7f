package component

import (
	"errors"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/privilege"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// On networks with conversations (see transports.About.Trails) the store keeps of
// each message, of either side, what is needed when another one follows it: how the
// network and the user's clients call it, in which thread it stands here and there,
// and the network's Trail. All that is decided by it is decided here, in the
// transaction that keeps what it is decided of: no answer is ever put beside the
// message that it answers.
//
// What a message of the user's follows is chosen when it is its turn, not when it
// is written: then those before it have gone, and have left theirs. It is kept in
// its row of the outbox, as sending, before it is handed to the network: a message
// that is sent again, after whatever happened, is the same one.

// trails tells whether the network has conversations.
func (d *Domain) trails() bool { return d.Transport().About().Trails }

// notes tells whether a message is noted as sending before it is sent.
func (d *Domain) notes() bool {
	about := d.Transport().About()
	return !about.FoldsRepeats || about.Trails
}

// Of names that are longer, in bytes, nothing is kept: nobody answers by them.
const longestRef = 1 << 10

func refOf(s string) string {
	if len(s) > longestRef {
		return ""
	}
	return s
}

// trailOf returns what is kept of a Trail: nothing where it is too long.
func (d *Domain) trailOf(b []byte) []byte {
	if len(b) > transports.TrailMost {
		d.log.Error("a trail is too long", "bytes", len(b))
		return nil
	}
	return b
}

// reply is which message another one answers, as the user's clients know it.
type reply struct {
	ID    string
	Whose store.Whose
}

// follow keeps the trail of a message that came, shown by a stanza of some id, and
// puts the message into the thread where it is shown. It returns which one it
// answers, if that is in the same chat.
func (d *Domain) follow(t *store.Tx, account int64, id string, m *transports.Message) (answers reply, err error) {
	row := store.Trail{
		Account: account, Chat: m.Chat.String(), Ref: refOf(m.Ref), Stanza: id, Thread: refOf(m.Thread), Said: m.Time, Content: d.trailOf(m.Trail),
	}
	if row.Ref == "" {
		row.Ref = refOf(m.ID)
	}
	if m.Own {
		row.Whose = store.Elsewhere
	}
	to, err := found(m.ReplyTo, func() (store.Trail, error) { return t.TrailOf(account, row.Chat, m.ReplyTo) })
	if err != nil {
		return reply{}, err
	}
	switch {
	case to == nil:
		row.Answers = refOf(m.ReplyTo)
	case to.Chat == row.Chat:
		answers = reply{to.Stanza, to.Whose}
	}
	if to == nil || to.Shown == "" {
		to, err = found(row.Thread, func() (store.Trail, error) { return t.TrailInThread(account, row.Chat, row.Thread) })
	}
	if err == nil && to == nil {
		to, err = found(row.Ref, func() (store.Trail, error) { return t.TrailAnswering(account, row.Ref) })
	}
	if err != nil {
		return reply{}, err
	}
	row.Shown = row.Thread
	if to != nil && to.Shown != "" {
		row.Shown = to.Shown
	}
	m.Thread = row.Shown
	return answers, t.AddTrail(&row)
}

// replied returns by which id the user's clients know a message of a chat that
// another one answers, and who said it, as they see it.
func (u *user) replied(to reply, chat jid.JID, grant privilege.Grant) (id string, by jid.JID) {
	switch {
	case to.ID == "":
		return "", jid.JID{}
	case to.Whose == store.Ours:
		return to.ID, u.jid
	case to.Whose == store.Elsewhere && grant.Messages():
		return u.d.copyID(to.ID), u.jid
	}
	return to.ID, chat
}

// found returns what look finds by a name, or nil.
func found(name string, look func() (store.Trail, error)) (*store.Trail, error) {
	if name == "" {
		return nil, nil
	}
	r, err := look()
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &r, err
}

// choose sees to it that a part of a message has what it follows, and always the
// same: what it answers, else the last of the thread that the user's client gave it,
// else the last of its chat. It changes the row, which is to be kept.
func (d *Domain) choose(t *store.Tx, o *store.Outgoing) error {
	if !d.trails() {
		return nil
	}
	m, posted, err := decodeMessage(o.Content)
	if err != nil || posted.Chosen {
		return nil // what cannot be read is told of elsewhere
	}
	to, err := d.answered(t, o.Account, o.Chat, posted)
	switch {
	case err != nil:
		return err
	case to != nil:
		m.ReplyTo = to.Ref
	case m.Gesture != nil:
	case m.Thread != "":
		to, err = found(m.Thread, func() (store.Trail, error) { return t.LastTrailShown(o.Account, o.Chat, m.Thread) })
	default:
		to, err = found(o.Chat, func() (store.Trail, error) { return t.LastTrail(o.Account, o.Chat) })
	}
	if err != nil {
		return err
	}
	if to != nil {
		m.Trail = to.Content
		if err := d.recall(t, m.Gesture, to); err != nil {
			return err
		}
	}
	posted.Chosen = true
	o.Content = encodeMessage(m, posted)
	return nil
}

// answered returns the trail of the message that a part answers or corrects, or
// nil.
func (d *Domain) answered(t *store.Tx, account int64, chat string, p posted) (to *store.Trail, err error) {
	for _, id := range []string{p.Answers, p.Corrects} {
		for _, name := range stanzasOf(id) {
			to, err = found(name, func() (store.Trail, error) { return t.TrailOfStanza(account, chat, name) })
			if to != nil || err != nil {
				return to, err
			}
		}
	}
	return nil, nil
}

// stanzasOf returns the ids by which a message may be kept that a client calls by
// one: that, and where it may be a copy's, or a file's, its message's.
func stanzasOf(id string) []string {
	all := []string{id}
	if item, ok := strings.CutPrefix(id, isCopy); ok {
		item, _, _ = strings.Cut(item, "-")
		return append(all, item)
	}
	if item, _, ok := strings.Cut(id, "-"); ok {
		return append(all, item, fileID(item, 0))
	}
	return all
}

// left keeps the trail of a message of the user's that was sent.
func (d *Domain) left(t *store.Tx, o *store.Outgoing, m transports.Message, p posted, sent transports.Sent) error {
	if m.Gesture != nil {
		return d.leftGesture(t, o, m, p)
	}
	row := store.Trail{
		Account: o.Account, Chat: o.Chat, Stanza: refOf(p.name(o.Stanza)), Thread: refOf(sent.Thread), Shown: m.Thread,
		Whose: store.Ours, Said: m.Time, Content: d.trailOf(sent.Trail),
	}
	if len(sent.IDs) > 0 {
		row.Ref = refOf(sent.IDs[0])
	}
	if row.Shown == "" {
		to, err := found(row.Thread, func() (store.Trail, error) { return t.TrailInThread(o.Account, o.Chat, row.Thread) })
		if err != nil {
			return err
		}
		row.Shown = row.Thread
		if to != nil && to.Shown != "" {
			row.Shown = to.Shown
		}
	}
	return t.AddTrail(&row)
}

// writtenWithin is how long ago a message may say that it was written.
const writtenWithin = 30 * 24 * time.Hour

// written returns when the user wrote a message: in their own zone, where their
// client tells it (XEP-0203, XEP-0082).
func written(m *stanza.Message) time.Time {
	at := now().UTC()
	oldest := at.Add(-writtenWithin)
	for i := range m.Payload {
		d := &m.Payload[i]
		if d.Space != nsDelay || d.Name != "delay" {
			continue
		}
		said, err := time.Parse(time.RFC3339, d.Attr("stamp"))
		if err == nil && said.Before(at) && said.After(oldest) {
			at = said.Truncate(time.Millisecond) // of several the first: the others are of who passed it on
		}
	}
	return at
}

// threadGiven returns the thread that the user's client put a message into, or
// nothing.
func threadGiven(m *stanza.Message) string {
	e := m.Child("", "thread")
	if e == nil || len(e.Text) > longestID {
		return ""
	}
	return strings.Clone(e.Text)
}

// converse has a message of the user's say to which conversation it belongs.
func converse(m *stanza.Message, msg *transports.Message, p *posted) {
	msg.Time, msg.Thread = written(m), threadGiven(m)
	if e := m.Child(muc.NSReply, "reply"); e != nil && len(e.Attr("id")) <= longestID {
		p.Answers = strings.Clone(e.Attr("id"))
	}
	if e := m.Child(nsSID, "origin-id"); e != nil && e.Attr("id") != m.ID && len(e.Attr("id")) <= longestID {
		p.Origin = strings.Clone(e.Attr("id"))
	}
}
