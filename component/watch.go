package component

import (
	"context"
	"slices"
	"strings"

	"wherry/transports"
)

// watch tells a network which of its people the user wants to see come and go:
// those whose presence they are subscribed to.
func (u *user) watch(scope transports.Scope) {
	a := u.accounts.of(scope)
	if a == nil || a.session == nil || a.session.crowded() {
		return
	}
	ts, ok := a.session.ts.(transports.Watcher)
	if !ok {
		return
	}
	var people []transports.Address
	for _, c := range u.contacts {
		if c.state.Theirs && c.addr.Kind == transports.Contact && c.addr.Scope == scope {
			people = append(people, c.addr)
		}
	}
	if len(people) == 0 && !a.watches {
		return
	}
	a.watches = len(people) > 0
	slices.SortFunc(people, func(x, y transports.Address) int { return strings.Compare(x.Name, y.Name) })
	u.aside(a.session, func(ctx context.Context) error { return ts.Watch(ctx, people) }, nil)
}
