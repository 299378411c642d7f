package stanza

import "strings"

// Namespaces that every stanza may meet.
const (
	NSXML    = "http://www.w3.org/XML/1998/namespace" // of xml:lang
	NSClient = "jabber:client"
	NSAccept = "jabber:component:accept"
	NSServer = "jabber:server"
	NSErrors = "urn:ietf:params:xml:ns:xmpp-stanzas"
)

// Attr is an attribute. Space is empty for all but prefixed ones; xml:lang has
// NSXML there. Namespace declarations are no attributes.
type Attr struct {
	Space, Name, Value string
}

// Element is a piece of XML: what stands in a stanza.
//
// Space is the namespace of the element itself, never inherited; an empty one
// is the stream's own, whatever that is called on the wire: jabber:client,
// jabber:server and jabber:component:accept are read as "", and so is no
// namespace at all.
//
// Text is the character data directly inside, in one piece: where text and
// elements are mixed, their order is not kept. Blank text beside children is
// dropped on reading.
type Element struct {
	Space, Name string
	Attrs       []Attr
	Text        string
	Children    []Element
}

// E makes an element with children.
func E(space, name string, children ...Element) Element {
	return Element{Space: space, Name: name, Children: children}
}

// T makes an element with text.
func T(space, name, text string) Element {
	return Element{Space: space, Name: name, Text: text}
}

// With returns a copy of e with the attribute set. The copy shares the
// children with e, but not the attributes.
func (e Element) With(name, value string) Element {
	return e.with(Attr{Name: name, Value: value})
}

// WithLang returns a copy of e with xml:lang set; an empty lang changes
// nothing.
func (e Element) WithLang(lang string) Element {
	if lang == "" {
		return e
	}
	return e.with(Attr{Space: NSXML, Name: "lang", Value: lang})
}

func (e Element) with(a Attr) Element {
	attrs := make([]Attr, 0, len(e.Attrs)+1)
	for _, old := range e.Attrs {
		if old.Space != a.Space || old.Name != a.Name {
			attrs = append(attrs, old)
		}
	}
	e.Attrs = append(attrs, a)
	return e
}

// Attr returns the value of the attribute without a namespace, or nothing.
func (e *Element) Attr(name string) string { return e.attr("", name) }

// Lang returns the element's own xml:lang, or nothing.
func (e *Element) Lang() string { return e.attr(NSXML, "lang") }

func (e *Element) attr(space, name string) string {
	if e == nil {
		return ""
	}
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Name == name && a.Space == space {
			return a.Value
		}
	}
	return ""
}

// Child returns the first child of that name, or nil. It may be called on nil,
// so that calls can be chained.
func (e *Element) Child(space, name string) *Element {
	if e == nil {
		return nil
	}
	return child(e.Children, space, name)
}

// ChildText returns the text of the first child of that name, or nothing.
func (e *Element) ChildText(space, name string) string {
	if c := e.Child(space, name); c != nil {
		return c.Text
	}
	return ""
}

func child(list []Element, space, name string) *Element {
	for i := range list {
		if c := &list[i]; c.Name == name && c.Space == space {
			return c
		}
	}
	return nil
}

// blank tells whether s is nothing but XML white space.
func blank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }
