package mam

import (
	"slices"
	"strconv"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
)

const timeStamp = "2006-01-02T15:04:05.000000Z"

// Form is the answer to who asks by what messages can be picked (XEP-0313
// §4.1.6).
func Form() stanza.Element {
	field := func(kind, name string, children ...stanza.Element) stanza.Element {
		return stanza.E(nsForm, "field", children...).With("type", kind).With("var", name)
	}
	return stanza.E(NS, "query", stanza.E(nsForm, "x",
		field("hidden", "FORM_TYPE", stanza.T(nsForm, "value", NS)),
		field("jid-single", "with"),
		field("text-single", "start"),
		field("text-single", "end"),
		field("text-single", "before-id"),
		field("text-single", "after-id"),
		field("list-multi", "ids", stanza.E(nsChecks, "validate", stanza.E(nsChecks, "open")).With("datatype", "xs:string")),
	).With("type", "form"))
}

// Message is one message of an archive.
type Message struct {
	ID      string // of the archive
	Time    time.Time
	From    jid.JID
	Payload []stanza.Element
}

// Result is a message as the answer to a query carries it (XEP-0313 §4.2).
func (q *Query) Result(from, to jid.JID, m Message) *stanza.Message {
	said := stanza.Element{
		Name:     "message",
		Attrs:    []stanza.Attr{{Name: "from", Value: m.From.String()}, {Name: "type", Value: "groupchat"}, {Name: "id", Value: m.ID}},
		Children: m.Payload,
	}
	delay := stanza.E(nsDelay, "delay").With("stamp", m.Time.UTC().Format(timeStamp))
	result := stanza.E(NS, "result", stanza.E(nsForward, "forwarded", delay, said))
	if q.ID != "" {
		result = result.With("queryid", q.ID)
	}
	return &stanza.Message{
		Header:  stanza.Header{From: from, To: to},
		Payload: []stanza.Element{result.With("id", m.ID)},
	}
}

// Page is what was answered with a page.
type Page struct {
	First, Last string // ids; empty: there was none
	Complete    bool   // nothing follows in the direction that was asked for
	Index       int    // of First; negative: not known
	Count       int    // of all that was asked for; negative: not known
}

// Fin ends the answer to a query (XEP-0313 §4.3).
func (p Page) Fin() stanza.Element {
	set := stanza.E(nsSet, "set")
	if p.First != "" {
		first := stanza.T(nsSet, "first", p.First)
		if p.Index >= 0 {
			first = first.With("index", strconv.Itoa(p.Index))
		}
		set.Children = append(set.Children, first, stanza.T(nsSet, "last", p.Last))
	}
	if p.Count >= 0 {
		set.Children = append(set.Children, stanza.T(nsSet, "count", strconv.Itoa(p.Count)))
	}
	fin := stanza.E(NS, "fin", set).With("stable", "true")
	if p.Complete {
		fin = fin.With("complete", "true")
	}
	return fin
}

// Order puts a page, which is in order, into that in which it is sent.
func Order[T any](q *Query, page []T) []T {
	if q.Flip {
		slices.Reverse(page)
	}
	return page
}

// Metadata tells where an archive begins and ends (XEP-0313 §5). An empty id: it
// is empty.
func Metadata(first string, start time.Time, last string, end time.Time) stanza.Element {
	e := stanza.E(NS, "metadata")
	if first == "" {
		return e
	}
	at := func(name, id string, t time.Time) stanza.Element {
		return stanza.E(NS, name).With("id", id).With("timestamp", t.UTC().Format(timeStamp))
	}
	e.Children = []stanza.Element{at("start", first, start), at("end", last, end)}
	return e
}
