package component

import (
	"context"
	"strings"

	"wherry/component/stanza"
	"wherry/transports"
)

// versionOf answers what program a contact or an occupant uses (XEP-0092), as
// that says itself.
func versionOf(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	who, a, err := u.personOf(q)
	if err != nil {
		return nil, err
	}
	answer := ""
	ts, ok := a.session.ts.(transports.Versioner)
	if !ok {
		return nil, &transports.Error{Kind: transports.Unsupported}
	}
	u.await(a.session, func(ctx context.Context) (err error) {
		answer, err = ts.Version(ctx, who)
		return err
	}, func(u *user, err error) {
		name, version, os := cutVersion(answer)
		e := stanza.E(nsVersion, "query", stanza.T(nsVersion, "name", name), stanza.T(nsVersion, "version", version))
		if os != "" {
			e.Children = append(e.Children, stanza.T(nsVersion, "os", os))
		}
		u.answer(q, &e, err)
	})
	return nil, errLater
}

// personOf returns whom a query is about, a contact or an occupant of a room that
// its sender sits in, and the account by which they can be asked.
func (u *user) personOf(q *Query) (who transports.Address, a *account, err error) {
	who = q.To
	if q.Nick != "" {
		r := u.rooms.of(q.To)
		if !r.seats(q.From) {
			return who, nil, &transports.Error{Kind: transports.Absent}
		}
		o, ok := r.view.Find(q.Nick)
		if !ok {
			return who, nil, &transports.Error{Kind: transports.NotFound}
		}
		if who, err = u.personCalled(q.To.Scope, o.Nick); err != nil {
			return who, nil, err
		}
	}
	if a = u.accounts.of(who.Scope); !a.online() {
		return who, nil, &transports.Error{Kind: transports.Unreachable}
	}
	return who, a, nil
}

// personCalled returns the address of somebody by their nick.
func (u *user) personCalled(scope transports.Scope, nick string) (transports.Address, error) {
	return u.d.Transport().Address(transports.Address{Kind: transports.Contact, Scope: scope, Name: nick}.String(), u.routing())
}

// cutVersion takes what a program says of itself apart: its name, its version,
// the first word with a digit, and what comes behind.
func cutVersion(said string) (name, version, os string) {
	words := strings.Fields(said)
	for i, word := range words {
		if i > 0 && strings.ContainsAny(word, "0123456789") {
			rest := strings.Join(words[i+1:], " ")
			return strings.Join(words[:i], " "), strings.Trim(word, ",;:()"), strings.Trim(rest, " -–|:,;()")
		}
	}
	return strings.Join(words, " "), "", ""
}
