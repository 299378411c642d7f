// Package mam implements the payloads of XEP-0313: Message Archive Management,
// with the paging of XEP-0059: what a query asks, and what its answers carry.
package mam

import (
	"strconv"
	"time"

	"wherry/component/stanza"
)

// Namespaces of the payloads.
const (
	NS         = "urn:xmpp:mam:2"
	NSExtended = "urn:xmpp:mam:2#extended"

	nsSet     = "http://jabber.org/protocol/rsm"
	nsForm    = "jabber:x:data"
	nsChecks  = "http://jabber.org/protocol/xdata-validate"
	nsForward = "urn:xmpp:forward:0"
	nsDelay   = "urn:xmpp:delay"
)

// How many messages a page has where nothing else is asked, and at most.
const (
	PageUsual = 100
	PageMost  = 250
)

// Query is what a query asks (XEP-0313 §4). Its ids are as they were written:
// empty is no bound.
type Query struct {
	ID                string // of the query; empty: none
	With              string // a JID; empty: anybody
	Start, End        time.Time
	AfterID, BeforeID string
	IDs               []string // exactly these; nil: all
	Flip              bool     // the page in the other order

	Max           int    // of a page; 0 asks for none of it, only what there is
	After, Before string // the page's neighbour
	Backward      bool   // the page that ends there, or where Before is empty, the last one
	Index         int    // of the page's first message; negative: none is asked for
}

// Parse reads a query. A *stanza.Error tells what is wrong with it.
func Parse(e *stanza.Element) (Query, error) {
	q := Query{ID: e.Attr("queryid"), Max: PageUsual, Index: -1, Flip: e.Child(NS, "flip-page") != nil}
	if x := e.Child(nsForm, "x"); x != nil {
		if err := q.form(x); err != nil {
			return Query{}, err
		}
	}
	if set := e.Child(nsSet, "set"); set != nil {
		if err := q.set(set); err != nil {
			return Query{}, err
		}
	}
	return q, nil
}

func bad() error { return &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest} }

// form reads the filters (XEP-0313 §4.1). One that is not known must not be
// passed over.
func (q *Query) form(x *stanza.Element) error {
	for i := range x.Children {
		f := &x.Children[i]
		if f.Space != nsForm || f.Name != "field" {
			continue
		}
		var err error
		value := f.ChildText(nsForm, "value")
		switch f.Attr("var") {
		case "FORM_TYPE":
			if value != NS {
				return bad()
			}
		case "with":
			q.With = value
		case "start":
			q.Start, err = stamp(value)
		case "end":
			q.End, err = stamp(value)
		case "after-id":
			q.AfterID = value
		case "before-id":
			q.BeforeID = value
		case "ids":
			q.IDs, err = ids(f)
		default:
			return &stanza.Error{Type: stanza.Cancel, Condition: stanza.FeatureNotImplemented}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stamp reads a time of XEP-0082. None is no bound.
func stamp(value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, bad()
	}
	return t, nil
}

func ids(f *stanza.Element) ([]string, error) {
	all := []string{}
	for i := range f.Children {
		if v := &f.Children[i]; v.Space == nsForm && v.Name == "value" {
			all = append(all, v.Text)
		}
	}
	if len(all) > PageMost {
		return nil, bad()
	}
	return all, nil
}

// set reads the paging (XEP-0059 §2).
func (q *Query) set(set *stanza.Element) error {
	number := func(name string, to *int) error {
		e := set.Child(nsSet, name)
		if e == nil {
			return nil
		}
		n, err := strconv.ParseUint(e.Text, 10, 31)
		if err != nil {
			return bad()
		}
		*to = int(n)
		return nil
	}
	if err := number("max", &q.Max); err != nil {
		return err
	}
	q.Max = min(q.Max, PageMost)
	if err := number("index", &q.Index); err != nil {
		return err
	}
	q.After = set.ChildText(nsSet, "after")
	if e := set.Child(nsSet, "before"); e != nil {
		q.Before, q.Backward = e.Text, q.After == ""
	}
	return nil
}
