package clients

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"wherry/component/stanza"
)

// What differs from one run to the next stands in a file as a token. Ids of the
// client are plain names, c1, since it may choose any. What the gateway chooses
// is in braces: {g1} an id, {o1} an occupant's, {t1} a time, {v1} a hash of
// abilities. Wherever the same value came again, the same token stands. A time
// of the client's own that is not long ago is {n1}, which is always now.

var aTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// normal is a dialogue on its way to its file.
type normal struct {
	tokens map[string]string // by what was recorded
	counts map[string]int
}

// Normalize replaces what differs from run to run by tokens, and gives the client
// a resource.
func (d *Dialogue) Normalize(resource string) {
	n := normal{tokens: make(map[string]string), counts: make(map[string]int)}
	for _, l := range d.Lines {
		if bare, own, _ := strings.Cut(l.Stanza.Attr("from"), "/"); l.Kind == Sent && own != "" {
			n.tokens[bare+"/"+own] = bare + "/" + resource
		}
	}
	for i := range d.Lines {
		if l := &d.Lines[i]; l.Kind == Sent || l.Kind == Got {
			n.learn(&l.Stanza, l.Kind, true)
			n.replace(&l.Stanza)
		}
	}
}

// token names a value, once.
func (n *normal) token(value, kind string) {
	if value == "" || n.tokens[value] != "" {
		return
	}
	n.counts[kind]++
	name := fmt.Sprintf("%s%d", kind, n.counts[kind])
	if kind != "c" {
		name = "{" + name + "}"
	}
	n.tokens[value] = name
}

// learn finds the values in an element that need tokens.
func (n *normal) learn(e *stanza.Element, kind Kind, top bool) {
	id := "g"
	if kind == Sent {
		id = "c"
	}
	if top {
		n.token(e.Attr("id"), id)
	}
	switch e.Name {
	case "stanza-id", "origin-id", "result":
		n.token(e.Attr("id"), id)
	case "occupant-id":
		n.token(e.Attr("id"), "o")
	case "query":
		n.token(e.Attr("queryid"), id)
	case "first", "last":
		n.token(e.Text, id)
	case "c":
		if kind == Got {
			n.token(e.Attr("ver"), "v")
		}
	}
	n.token(e.Attr("stamp"), "t")
	if aTime.MatchString(e.Text) {
		switch at, err := time.Parse(time.RFC3339, e.Text); {
		case kind == Got:
			n.token(e.Text, "t")
		case err == nil && time.Since(at) < time.Hour:
			n.token(e.Text, "n")
		}
	}
	for i := range e.Children {
		n.learn(&e.Children[i], kind, false)
	}
}

// replace puts tokens in place of values, and the attributes in one order: servers
// have any.
func (n *normal) replace(e *stanza.Element) {
	slices.SortFunc(e.Attrs, func(a, b stanza.Attr) int { return cmp.Compare(a.Name, b.Name) })
	for i := range e.Attrs {
		a := &e.Attrs[i]
		a.Value = n.spell(a.Value)
	}
	e.Text = n.spell(e.Text)
	for i := range e.Children {
		n.replace(&e.Children[i])
	}
}

// spell returns a value with its token. A hash may stand behind a node.
func (n *normal) spell(value string) string {
	if t := n.tokens[value]; t != "" {
		return t
	}
	if before, after, ok := strings.Cut(value, "#"); ok && n.tokens[after] != "" {
		return before + "#" + n.tokens[after]
	}
	return value
}
