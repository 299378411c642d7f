package component

import (
	"encoding/json"
	"slices"
	"strings"

	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// This file has what contacts and the user do to each other's messages on networks
// with conversations: reactions (XEP-0444), corrections (XEP-0308), taking back
// (XEP-0424). What of these the network has no way for is a message, or refused.
//
// A client is told all signs that a contact has set to a message, each time one
// comes; and a network may want to know what was set before. Both are kept as trails
// of chats of their own, which no message is in.

const (
	signsOfThem = "reactions of " // and their chat: what they set to a message
	signsOfUs   = "reactions to " // and their chat: what the user set to one
)

const (
	gestureMost = 20      // messages that one gesture is done to
	signsKept   = 10      // of one message
	signsMost   = 1 << 10 // bytes
)

// gesture puts what somebody does to messages into the inbox: one row for each that
// is known in the same chat. There is none where it is to be shown as what it says
// besides. Only who said a message can change it: the chat is theirs.
func (d *Domain) gesture(t *store.Tx, user string, account int64, id string, m transports.Message) (rows []store.Incoming, err error) {
	g := m.Gesture
	for i, ref := range g.To[:min(len(g.To), gestureMost)] {
		to, err := found(refOf(ref), func() (store.Trail, error) { return t.TrailOf(account, m.Chat.String(), ref) })
		if err != nil {
			return nil, err
		}
		if to == nil || to.Chat != m.Chat.String() || to.Stanza == "" || g.Do != transports.React && to.Whose != store.Theirs {
			continue
		}
		it := &item{ID: id, Chat: m.Chat, Answers: reply{to.Stanza, to.Whose}}
		if i > 0 {
			it.ID = fileID(id, i)
		}
		switch g.Do {
		case transports.React:
			it.Kind = itemReaction
			it.Signs, err = d.addSigns(t, to, *g)
		case transports.Edit:
			it.Kind, it.Replaces = itemMessage, true
			it.Message = &transports.Message{Chat: m.Chat, Nick: m.Nick, Text: g.Text, Thread: to.Shown, Time: m.Time, Delayed: m.Delayed, Letter: m.Letter}
			err = d.replaced(t, to, m)
		case transports.Delete:
			it.Kind = itemRetraction
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		row, err := d.putItem(t, user, account, it)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row...)
		if g.Do != transports.Delete {
			break
		}
	}
	return rows, nil
}

// addSigns keeps what a contact sets to a message, and returns all that they have.
func (d *Domain) addSigns(t *store.Tx, to *store.Trail, g transports.Gesture) ([]string, error) {
	chat := signsOfThem + to.Chat
	var signs []string
	if !g.Whole {
		var err error
		if signs, err = signsSet(t, to.Account, chat, to.Stanza); err != nil {
			return nil, err
		}
	}
	for _, sign := range g.Signs {
		if sign = refOf(sign); sign != "" && !slices.Contains(signs, sign) {
			signs = append(signs, sign)
		}
	}
	signs = signs[max(0, len(signs)-signsKept):]
	return signs, keepSigns(t, to.Account, chat, to.Stanza, signs)
}

// signsSet returns the signs that are kept of a message.
func signsSet(t *store.Tx, account int64, chat, stanza string) (signs []string, err error) {
	kept, err := found(stanza, func() (store.Trail, error) { return t.TrailOfStanza(account, chat, stanza) })
	if err != nil || kept == nil {
		return nil, err
	}
	_ = json.Unmarshal(kept.Content, &signs) // it is ours
	return signs, nil
}

func keepSigns(t *store.Tx, account int64, chat, stanza string, signs []string) error {
	return t.AddTrail(&store.Trail{Account: account, Chat: chat, Stanza: stanza, Content: marshal(signs)})
}

// replaced keeps the trail of a message that stands in place of another one: who
// answers either answers that one.
func (d *Domain) replaced(t *store.Tx, to *store.Trail, m transports.Message) error {
	row := *to
	row.Ref, row.Said, row.Answers = refOf(m.Ref), m.Time, ""
	return t.AddTrail(&row)
}

// recall has a reaction of the user's say what they had set to that message before,
// and whether the contact is known to react.
func (d *Domain) recall(t *store.Tx, g *transports.Gesture, to *store.Trail) (err error) {
	if g == nil {
		return nil
	}
	if g.Before, err = signsSet(t, to.Account, signsOfUs+to.Chat, to.Stanza); err != nil {
		return err
	}
	them := signsOfThem + to.Chat
	last, err := found(them, func() (store.Trail, error) { return t.LastTrail(to.Account, them) })
	g.Knows = last != nil
	return err
}

// leftGesture keeps which signs the user has set to a message by now.
func (d *Domain) leftGesture(t *store.Tx, o *store.Outgoing, m transports.Message, p posted) error {
	to, err := d.answered(t, o.Account, o.Chat, p)
	if err != nil || to == nil {
		return err
	}
	return keepSigns(t, o.Account, signsOfUs+o.Chat, to.Stanza, m.Gesture.Signs)
}

// reactTo takes a reaction of the user's to a message of a chat (XEP-0444 §4). It goes
// out as a message does, in its turn.
func (u *user) reactTo(m *stanza.Message, to transports.Address) {
	if err := u.canonical(m.To, to, u.language(m.Lang)); err != nil {
		u.fail(m, err)
		return
	}
	id, signs := signsOf(m)
	for i := range signs {
		signs[i] = strings.Clone(signs[i])
	}
	words := strings.Join(signs, " ")
	if len(signs) > reactionsAtOnce || len(words) > signsMost || len(id) > longestID {
		u.fail(m, &transports.Error{Kind: transports.TooLong})
		return
	}
	u.entrustAs(m, to, transports.Message{Text: words, Gesture: &transports.Gesture{Do: transports.React, Signs: signs}}, posted{Answers: strings.Clone(id)})
}
