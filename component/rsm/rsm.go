// Package rsm implements XEP-0059: Result Set Management, for lists that are at
// hand as a whole.
package rsm

import (
	"slices"
	"strconv"

	"wherry/component/stanza"
)

// NS is the namespace of the payload.
const NS = "http://jabber.org/protocol/rsm"

// Request is which part of a list is wanted.
type Request struct {
	Max    int    // how many at most; negative is no wish
	After  string // those behind the one of this id; empty: none
	Before string // those before it
	Last   bool   // the last page: an empty "before"
	Index  int    // from this place on; negative is no wish
}

// Parse reads the set of a query, nil where it has none. What makes no sense is
// no wish.
func Parse(set *stanza.Element) Request {
	r := Request{Max: -1, Index: -1}
	if set == nil {
		return r
	}
	number := func(name string, to *int) {
		if n, err := strconv.Atoi(set.ChildText(NS, name)); err == nil && n >= 0 {
			*to = n
		}
	}
	number("max", &r.Max)
	number("index", &r.Index)
	r.After = set.ChildText(NS, "after")
	if before := set.Child(NS, "before"); before != nil {
		r.Before, r.Last = before.Text, before.Text == ""
	}
	return r
}

// Page is a part of a list, and where it lies.
type Page struct {
	From, To int // the entries From ≤ i < To
	Total    int
	ids      func(int) string
}

// Of returns the part of a list of n entries that is wanted, no more than most
// and usual where no number is. ids names the entries, each by its own; found
// tells that the one which the request names is among them (XEP-0059 §2.2: else
// the answer is item-not-found).
func (r Request) Of(n, usual, most int, ids func(int) string) (p Page, found bool) {
	size := usual
	if r.Max >= 0 {
		size = min(r.Max, most)
	}
	find := func(id string) int {
		for i := range n {
			if ids(i) == id {
				return i
			}
		}
		return -1
	}
	p = Page{Total: n, ids: ids}
	switch {
	case r.After != "":
		i := find(r.After)
		if i < 0 {
			return p, false
		}
		p.From = i + 1
	case r.Before != "":
		i := find(r.Before)
		if i < 0 {
			return p, false
		}
		p.To = i
		p.From = max(0, i-size)
		return p, true
	case r.Last:
		p.From, p.To = max(0, n-size), n
		return p, true
	case r.Index >= 0:
		p.From = min(r.Index, n)
	}
	p.To = p.From + min(size, n-p.From)
	return p, true
}

// Element returns the set of the answer. complete tells that the list is whole,
// so that its length may be told.
func (p Page) Element(complete bool) stanza.Element {
	set := stanza.E(NS, "set")
	if p.From < p.To {
		set.Children = append(set.Children,
			stanza.T(NS, "first", p.ids(p.From)).With("index", strconv.Itoa(p.From)),
			stanza.T(NS, "last", p.ids(p.To-1)))
	}
	if complete {
		set.Children = append(set.Children, stanza.T(NS, "count", strconv.Itoa(p.Total)))
	}
	return set
}

// Slice returns the part of a list that a page is.
func Slice[T any](p Page, all []T) []T { return slices.Clone(all[p.From:p.To]) }
