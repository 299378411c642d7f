package muc

import (
	"slices"
	"time"
	"unicode/utf8"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// line is one message that was said in a room.
type line struct {
	from jid.JID
	id   string // its stanza-id; empty: it has none
	own  string // what its sender called it; empty: like its stanza-id
	text string
	more []stanza.Element // what else of the sender's stanza all are shown
	occ  string           // occupant-id of who said it
	at   time.Time
	gone *Gone

	signs []stanza.Element // it says nothing but these
}

// history holds the last lines of a room, oldest first.
type history struct {
	lines []line // a ring once full
	first int
	max   int
}

func (h *history) add(l line) {
	if h.max <= 0 {
		return
	}
	if len(h.lines) < h.max {
		h.lines = append(h.lines, l)
		return
	}
	h.lines[h.first] = l
	h.first = (h.first + 1) % len(h.lines)
}

// resize keeps no more than max lines from now on, the newest.
func (h *history) resize(max int) {
	if max == h.max {
		return
	}
	inOrder := append(h.lines[h.first:len(h.lines):len(h.lines)], h.lines[:h.first]...)
	if over := len(inOrder) - max; over > 0 {
		inOrder = inOrder[over:]
	}
	h.lines, h.first, h.max = slices.Clone(inOrder), 0, max
}

// Remember has the room keep so many lines itself.
func (r *Room) Remember(lines int) { r.past.resize(lines) }

// remove takes out the line of a stanza-id.
func (h *history) remove(id string) {
	inOrder := append(h.lines[h.first:len(h.lines):len(h.lines)], h.lines[:h.first]...)
	h.lines, h.first = slices.DeleteFunc(inOrder, func(l line) bool { return l.id == id }), 0
}

// pick returns the newest lines that a wish allows, oldest first.
func (h *history) pick(want History) []line {
	n := len(h.lines)
	at := func(i int) *line { return &h.lines[(h.first+i)%n] }
	from, chars := n, 0
	for from > 0 {
		l := at(from - 1)
		chars += utf8.RuneCountInString(l.text)
		if want.Stanzas >= 0 && n-from >= want.Stanzas || want.Chars >= 0 && chars > want.Chars || l.at.Before(want.Since) {
			break
		}
		from--
	}
	var out []line
	for i := from; i < n; i++ {
		out = append(out, *at(i))
	}
	return out
}

// maxSignsAtJoin is how many reactions who joins is shown.
const maxSignsAtJoin = 500

// withSigns puts behind lines by what people react to them, as far as the wish has
// room for that.
func (r *Room) withSigns(lines []line, want History) []line {
	most := maxSignsAtJoin
	if want.Stanzas >= 0 {
		most = min(most, want.Stanzas-len(lines))
	}
	var all []line
	for _, l := range lines {
		all = append(all, l)
		ref := r.refs.byID(l.id)
		if ref == nil || ref.id != l.id {
			continue
		}
		for _, s := range ref.signs[:min(len(ref.signs), most)] {
			from, occ := r.speaker(s.nick, "")
			all = append(all, line{from: from, own: l.id + ":" + occ, occ: occ, at: l.at, signs: reaction(l.id, s.signs)})
		}
		most -= min(len(ref.signs), most)
	}
	return all
}
