package component

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"wherry/component/stanza"
	"wherry/transports"
)

// aways is in what words a user's clients, by resource, say that they are away
// from a network; those that are there have no words.
type aways map[string]string

// showAway follows what a client shows in a room (RFC 6121 §4.7.2.1). The user is
// away from a network when all their clients in rooms there are, in the words of
// the last one.
func (u *user) showAway(r *room, p *stanza.Presence) {
	a := u.accounts.of(r.addr.Scope)
	if a == nil || r.view.Seat(p.From) == nil {
		return
	}
	words := awayWords(p)
	if words != "" && a.aways == nil {
		a.aways = aways{}
	}
	if words != "" {
		a.aways[strings.Clone(p.From.Resource)] = strings.Clone(words)
	} else {
		delete(a.aways, p.From.Resource)
	}
	u.tellAway(a, words)
}

// tellAway tells the network whether the user is away, if that changed.
func (u *user) tellAway(a *account, words string) {
	if a.session == nil || a.words == "" && len(a.aways) == 0 {
		return
	}
	ts, ok := a.session.ts.(transports.Awayer)
	if !ok {
		return
	}
	seated := aways{}
	for _, r := range u.rooms {
		if r.addr.Scope != a.scope {
			continue
		}
		for _, s := range r.view.Seats() {
			seated[s.JID.Resource] = a.aways[s.JID.Resource]
		}
	}
	maps.DeleteFunc(a.aways, func(resource, _ string) bool { return seated[resource] == "" })
	for _, its := range seated {
		if its == "" {
			words = ""
			break
		}
		words = cmp.Or(words, its)
	}
	if len(seated) == 0 || a.words == words || a.session.crowded() {
		return
	}
	a.words = words
	u.aside(a.session, func(ctx context.Context) error { return ts.SetAway(ctx, words) }, func(_ *user, err error) {
		if err != nil && a.words == words {
			a.words = unknownWords // it is not known what others see
		}
	})
}

// unknownWords is what nobody says: the next change is told, whatever it is.
const unknownWords = "\x00"

// awayWords returns in what words a presence says that its client is away, or
// nothing.
func awayWords(p *stanza.Presence) string {
	show := ""
	if e := p.Child("", "show"); e != nil {
		show = strings.TrimSpace(e.Text)
	}
	status := ""
	if e := p.Child("", "status"); e != nil {
		status = strings.TrimSpace(e.Text)
	}
	switch show {
	case "away":
		return cmp.Or(status, "Away")
	case "xa":
		return cmp.Or(status, "Away for a long time")
	case "dnd":
		return cmp.Or(status, "Busy")
	}
	return ""
}
