package component

import (
	"cmp"
	"context"
	"math"
	"slices"

	"wherry/component/muc"
	"wherry/store"
)

// joinMost is how many lines who joins is shown at most, and as many reactions.
const joinMost = 500

// before returns what who joins is shown of a room. Of a room that is public
// that is all, else what the account was there for. With reacts that is also by
// what people reacted.
func (t *tap) before(ctx context.Context, want muc.History, public, reacts bool) []muc.Past {
	most := historyLines // where a client does not say how many
	switch {
	case want.Stanzas >= 0:
		most = min(want.Stanzas, joinMost)
	case !want.Since.IsZero():
		most = joinMost
	}
	if most == 0 || want.Chars == 0 {
		return nil
	}
	var from int64
	if !want.Since.IsZero() {
		from = store.Place(want.Since)
	}
	reactions, lines := parted(t.recent(from, public))
	row := t.row()
	lines = t.inOrder(ctx, lines, row, reading{spans: cut(t.spans(row, public), from, math.MaxInt64), most: most, lines: true})
	lines = lines[max(0, len(lines)-most):]
	t.retract(lines)
	shown := want.Trim(pasts(lines))
	most = joinMost
	if want.Stanzas >= 0 {
		most = min(most, want.Stanzas-len(shown)) // lines come first
	}
	if !reacts || most == 0 || len(shown) == 0 && want.Since.IsZero() {
		return shown
	}
	if want.Since.IsZero() {
		from, _ = parseStanzaID(shown[0].ID)
	}
	reactions, _ = parted(t.inOrder(ctx, reactions, row, reading{spans: cut(t.spans(row, public), from, math.MaxInt64), most: 2 * joinMost}))
	return withReactions(shown, pasts(reactions), most, !want.Since.IsZero())
}

// inOrder returns lines of the store and others, once each, the oldest first: the
// last ones of what is wanted.
func (t *tap) inOrder(ctx context.Context, lines []store.Line, row int64, r reading) []store.Line {
	if row != 0 {
		r.account, r.backward = t.owner.Load(), true
		all, err := t.ar.read(ctx, r)
		t.ar.failed(err)
		lines = append(lines, all...)
	}
	slices.SortStableFunc(lines, func(a, b store.Line) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(lines, func(a, b store.Line) bool { return a.ID == b.ID })
}

// parted tells reactions from lines.
func parted(all []store.Line) (reactions, lines []store.Line) {
	for _, l := range all {
		if len(l.Content) > 0 && l.Content[0] == spokenReaction {
			reactions = append(reactions, l)
		} else {
			lines = append(lines, l)
		}
	}
	return reactions, lines
}

// pasts returns lines as rooms show them; what cannot be read is left out.
func pasts(lines []store.Line) []muc.Past {
	var all []muc.Past
	for _, l := range lines {
		if p, err := past(l); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// withReactions returns lines with the reactions to them, each at its time, and no
// more of these than most: the newest. Of all by which somebody has reacted to a
// line only what holds in the end counts, and nothing is said of one who then
// reacts by nothing. Who was there before, with earlier, is also told that, and of
// reactions to lines that they know. Both are in order. XEP-0444 §4
func withReactions(lines, reactions []muc.Past, most int, earlier bool) []muc.Past {
	shown := map[string]bool{}
	for _, l := range lines {
		shown[l.ID] = l.Gone == nil
	}
	seen := map[[2]string]bool{}
	var last []muc.Past
	for _, r := range slices.Backward(reactions) {
		by := [2]string{r.ReplyTo, cmp.Or(r.Key, "\x00"+r.Nick)}
		stands, here := shown[r.ReplyTo]
		if seen[by] || len(last) == most {
			continue
		}
		seen[by] = true
		if stands && (len(r.Signs) > 0 || earlier) || !here && earlier {
			last = append(last, r)
		}
	}
	slices.Reverse(last)
	all := append(lines, last...)
	slices.SortStableFunc(all, func(a, b muc.Past) int { return a.Time.Compare(b.Time) })
	return all
}
