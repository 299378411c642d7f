package muc

import (
	"time"
	"unicode/utf8"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// Past is a line of the past, as an archive has it.
type Past struct {
	Nick string // who said it
	Key  string // who that is, as Occupant's; empty: it was not known
	ID   string // its stanza-id
	Text string
	Time time.Time
	Gone *Gone // nil: it was not taken back

	ReplyTo string // the stanza-id of the line that it answers; empty: none that is known
	ReplyBy string // the nick of who said that

	Reacts bool     // it says nothing, but is all that who said it reacts by to ReplyTo:
	Signs  []string // these
}

// Gone tells that a line was taken back, by its sender or by somebody else.
type Gone struct {
	By     string // a nick; empty: its sender
	Reason string
	Time   time.Time
}

// Trim keeps the newest of some lines that a wish allows. They are in order,
// oldest first.
func (want History) Trim(lines []Past) []Past {
	from, chars := len(lines), 0
	for ; from > 0; from-- {
		l := &lines[from-1]
		chars += utf8.RuneCountInString(l.Text)
		if want.Stanzas >= 0 && len(lines)-from >= want.Stanzas || want.Chars >= 0 && chars > want.Chars || l.Time.Before(want.Since) {
			break
		}
	}
	return lines[from:]
}

// before returns what a joining seat is shown of the past.
func (r *Room) before(want History) []line {
	var lines []Past
	ok := false
	if r.conf.Past != nil {
		lines, ok = r.conf.Past(want)
	}
	if !ok {
		return r.withSigns(r.past.pick(want), want)
	}
	var out []line
	for _, p := range lines {
		out = append(out, r.line(p))
	}
	return out
}

func (r *Room) line(p Past) line {
	from, occ := r.conf.speaker(p)
	l := line{from: from, id: p.ID, text: p.Text, occ: occ, at: p.Time, gone: p.Gone}
	if p.Reacts {
		l.signs = reaction(p.ReplyTo, p.Signs)
		return l
	}
	if p.ReplyTo != "" {
		to := r.conf.JID
		if resource, err := jid.Resource(p.ReplyBy); err == nil && p.ReplyBy != "" {
			to = to.WithResource(resource)
		}
		l.more = []stanza.Element{reply(to, p.ReplyTo)}
	}
	return l
}

func (c *Config) speaker(p Past) (jid.JID, string) {
	if p.Nick == "" {
		return c.JID, ""
	}
	from := c.JID
	if resource, err := jid.Resource(p.Nick); err == nil {
		from = c.JID.WithResource(resource)
	}
	if p.Key != "" {
		return from, c.Key(p.Key)
	}
	return from, c.Key(p.Nick)
}

// Archived returns a line of the past as an archive hands it out: from whom, and
// what it carries. The configuration needs JID and Key only.
func (c Config) Archived(p Past) (from jid.JID, payload []stanza.Element) {
	r := Room{conf: c, name: c.JID.String()}
	m := r.message(r.line(p), &Seat{})
	return m.From, m.Payload
}

// element tells that a line was taken back: a tombstone of XEP-0424 §5, or of
// XEP-0425 §5 where somebody else did it.
func (g *Gone) element(r *Room) stanza.Element {
	e := stanza.E(NSRetract, "retracted").With("stamp", g.Time.UTC().Format(timeStamp))
	if g.By != "" {
		e.Children = append(e.Children, stanza.E(NSModer, "moderated").With("by", r.occupantJID(g.By).String()))
	}
	if g.Reason != "" {
		e.Children = append(e.Children, stanza.T(NSRetract, "reason", g.Reason))
	}
	return e
}
