package component

import (
	"cmp"
	"slices"

	"wherry/transports"
)

// accounts are the accounts of a user. Most users have one or two, so that a map would
// be mostly empty. The slice is replaced, never changed: who goes through it may change
// the accounts.
type accounts []*account

// of returns the account of a scope, or nil.
func (as accounts) of(scope transports.Scope) *account {
	for _, a := range as {
		if a.scope == scope {
			return a
		}
	}
	return nil
}

// put adds an account, in place of another one of its scope.
func (as *accounts) put(a *account) {
	as.remove(a.scope)
	*as = append(slices.Clip(*as), a)
}

// remove takes out the account of a scope, if there is one.
func (as *accounts) remove(scope transports.Scope) {
	if i := slices.Index(*as, as.of(scope)); i >= 0 {
		*as = slices.Concat((*as)[:i], (*as)[i+1:])
	}
}

// rooms are rooms of a user in the order of their addresses. The slice is replaced,
// never changed, as that of accounts.
type rooms []*room

func (rs rooms) search(addr transports.Address) (int, bool) {
	return slices.BinarySearchFunc(rs, addr, func(r *room, addr transports.Address) int {
		return cmp.Or(cmp.Compare(r.addr.Name, addr.Name), cmp.Compare(r.addr.Scope, addr.Scope), cmp.Compare(r.addr.Kind, addr.Kind))
	})
}

// of returns the room of an address, or nil.
func (rs rooms) of(addr transports.Address) *room {
	if i, ok := rs.search(addr); ok {
		return rs[i]
	}
	return nil
}

// put adds a room, in place of another one of its address.
func (rs *rooms) put(r *room) {
	i, ok := rs.search(r.addr)
	rest := (*rs)[i:]
	if ok {
		rest = rest[1:]
	}
	*rs = slices.Concat((*rs)[:i], rooms{r}, rest)
}

// remove takes a room out, if it is there.
func (rs *rooms) remove(r *room) {
	if i, ok := rs.search(r.addr); ok && (*rs)[i] == r {
		*rs = slices.Concat((*rs)[:i], (*rs)[i+1:])
	}
}
