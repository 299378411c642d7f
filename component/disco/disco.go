// Package disco implements XEP-0030: Service Discovery, the forms that extend
// it (XEP-0128), and the hash that sums it up in presence (XEP-0115).
package disco

import (
	"crypto/sha1"
	"encoding/base64"
	"sort"
	"strings"

	"wherry/component/stanza"
)

// Namespaces of the payloads.
const (
	NSInfo  = "http://jabber.org/protocol/disco#info"
	NSItems = "http://jabber.org/protocol/disco#items"
	NSCaps  = "http://jabber.org/protocol/caps"

	nsForm = "jabber:x:data"
)

// Identity is what an entity is, in the words of the registry.
type Identity struct {
	Category, Type, Lang, Name string
}

// Form is one extended information form, XEP-0128.
type Form struct {
	Type   string // its FORM_TYPE
	Fields []Field
}

// Field is one field of a Form.
type Field struct {
	Var, Kind, Label string // Kind may be empty: text-single
	Values           []string
}

// Info is what an entity answers to disco#info.
type Info struct {
	Identities []Identity
	Features   []string
	Forms      []Form
}

// Item is one entry of disco#items.
type Item struct {
	JID, Node, Name string
}

// Element returns the disco#info query of a node, empty for none. Features are
// sorted, and each stands once (XEP-0030 §3.1).
func (i Info) Element(node string) stanza.Element {
	q := query(NSInfo, node)
	for _, id := range i.Identities {
		e := stanza.E(NSInfo, "identity").With("category", id.Category).With("type", id.Type)
		if id.Name != "" {
			e = e.With("name", id.Name)
		}
		if id.Lang != "" {
			e.Attrs = append(e.Attrs, stanza.Attr{Space: stanza.NSXML, Name: "lang", Value: id.Lang})
		}
		q.Children = append(q.Children, e)
	}
	for _, f := range unique(i.Features) {
		q.Children = append(q.Children, stanza.E(NSInfo, "feature").With("var", f))
	}
	for _, f := range i.Forms {
		q.Children = append(q.Children, f.element())
	}
	return q
}

func (f Form) element() stanza.Element {
	x := stanza.E(nsForm, "x").With("type", "result")
	for _, field := range append([]Field{{Var: "FORM_TYPE", Kind: "hidden", Values: []string{f.Type}}}, f.Fields...) {
		e := stanza.E(nsForm, "field").With("var", field.Var)
		if field.Kind != "" {
			e = e.With("type", field.Kind)
		}
		if field.Label != "" {
			e = e.With("label", field.Label)
		}
		for _, v := range field.Values {
			e.Children = append(e.Children, stanza.T(nsForm, "value", v))
		}
		x.Children = append(x.Children, e)
	}
	return x
}

// Items returns the disco#items query of a node.
func Items(node string, items []Item) stanza.Element {
	q := query(NSItems, node)
	for _, it := range items {
		e := stanza.E(NSItems, "item").With("jid", it.JID)
		if it.Node != "" {
			e = e.With("node", it.Node)
		}
		if it.Name != "" {
			e = e.With("name", it.Name)
		}
		q.Children = append(q.Children, e)
	}
	return q
}

func query(space, node string) stanza.Element {
	q := stanza.E(space, "query")
	if node != "" {
		q = q.With("node", node)
	}
	return q
}

// Ver returns the verification string of XEP-0115 §5.1, by SHA-1.
func (i Info) Ver() string {
	var parts []string
	for _, id := range i.Identities {
		parts = append(parts, strings.Join([]string{id.Category, id.Type, id.Lang, id.Name}, "/"))
	}
	sort.Strings(parts)
	parts = append(parts, unique(i.Features)...)
	forms := append([]Form(nil), i.Forms...)
	sort.Slice(forms, func(a, b int) bool { return forms[a].Type < forms[b].Type })
	for _, f := range forms {
		parts = append(parts, f.Type)
		fields := append([]Field(nil), f.Fields...)
		sort.Slice(fields, func(a, b int) bool { return fields[a].Var < fields[b].Var })
		for _, field := range fields {
			values := append([]string(nil), field.Values...)
			sort.Strings(values)
			parts = append(append(parts, field.Var), values...)
		}
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(strings.ReplaceAll(p, "<", "&lt;"))
		b.WriteByte('<')
	}
	sum := sha1.Sum([]byte(b.String()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Caps returns the element that presence carries: what the entity is at node,
// and the hash of its Info.
func Caps(node, ver string) stanza.Element {
	return stanza.E(NSCaps, "c").With("hash", "sha-1").With("node", node).With("ver", ver)
}

func unique(s []string) []string {
	sorted := append([]string(nil), s...)
	sort.Strings(sorted)
	var out []string
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			out = append(out, v)
		}
	}
	return out
}
