package component

import (
	"slices"
	"strings"
	"time"

	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// reacted follows a reaction of somebody's: it is kept as what they react by from
// now on, and shown.
func (u *user) reacted(r *room, ev transports.Reacted) {
	r.view.React(ev, randomID(), func(to string, signs []string) (string, bool) {
		return u.keepReaction(r, ev, to, slices.Clone(signs))
	})
}

// unreacted tells whether what was taken back, by its stanza-id, is a reaction:
// then that is no more what its sender reacts by.
func (u *user) unreacted(r *room, id string) bool {
	kept, ok := r.log.line(u.d.live, id)
	if !ok {
		return false
	}
	s, err := decodeSpoken(kept.Content)
	if err != nil || !s.Reacts {
		return false
	}
	to, known := r.view.Point(s.ReplyTo)
	if sign, added := strings.CutPrefix(s.Text, "+"); added && known {
		u.reacted(r, transports.Reacted{Chat: r.addr, To: to.Net, Nick: kept.Nick, Key: s.Key, Sign: sign, Removed: true})
	}
	return true
}

// showReaction follows that the user's reaction to a line, sent, is signs now: what
// changed by that is kept, each sign as others are told of it.
func (u *user) showReaction(r *room, sent *stanza.Message, line muc.Pointed, signs []string) {
	nick, kept := r.view.Nick(), ""
	now := r.view.Signs(line.ID, nick)
	keep := func(sign string, removed bool) {
		ev := transports.Reacted{Nick: nick, Own: true, Sign: sign, Removed: removed, Time: time.Now()}
		kept, _ = u.keepReaction(r, ev, line.ID, slices.Clone(now))
	}
	for _, sign := range slices.Clone(now) {
		if !slices.Contains(signs, sign) {
			now = slices.DeleteFunc(now, func(other string) bool { return other == sign })
			keep(sign, true)
		}
	}
	for _, sign := range signs {
		if !slices.Contains(now, sign) {
			now = append(now, sign)
			keep(sign, false)
		}
	}
	r.view.Reacted(sent, line.ID, signs, kept)
}

// keepReaction records a change of what somebody reacts by to a line, after which
// that is signs, and returns the stanza-id under which it is kept, once for all who
// share the log; nothing where it is not. again tells that the user was told of it
// before. XEP-0444 §4, XEP-0313
func (u *user) keepReaction(r *room, ev transports.Reacted, to string, signs []string) (id string, again bool) {
	if _, ok := parseStanzaID(to); !ok || r.log == nil || !u.records(r.addr) {
		return "", false
	}
	oneLine := strings.NewReplacer("\n", " ")
	for i := range signs {
		signs[i] = oneLine.Replace(signs[i])
	}
	s := speech{
		nick: ev.Nick, key: ev.Key, text: "+" + ev.Sign, netID: ev.ID, at: ev.Time, delayed: ev.Delayed,
		replyTo: to, reacts: true, signs: strings.Join(signs, "\n"),
	}
	if ev.Removed {
		s.text = "-" + ev.Sign
	}
	if s.key == "" {
		s.key = r.view.Key(ev.Nick)
	}
	place, again := r.log.take(u.d.live, s)
	return stanzaID(place), again
}

// lines cuts a text into its lines; nothing has none.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
