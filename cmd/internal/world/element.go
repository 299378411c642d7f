package world

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Element is an XML element as a scripted client received it.
type Element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []Element  `xml:",any"`
	Text     string     `xml:",chardata"`

	raw string
}

// ParseElement reads one element.
func ParseElement(text string) (*Element, error) {
	e := &Element{raw: text}
	if err := xml.Unmarshal([]byte(text), e); err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	return e, nil
}

// Name is the element's name without its namespace.
func (e *Element) Name() string { return e.XMLName.Local }

// Space is the element's namespace.
func (e *Element) Space() string { return e.XMLName.Space }

// Attr returns the value of an attribute without a namespace, or nothing.
func (e *Element) Attr(name string) string {
	for _, attr := range e.Attrs {
		if attr.Name.Local == name && attr.Name.Space == "" {
			return attr.Value
		}
	}
	return ""
}

// From is the stanza's sender.
func (e *Element) From() string { return e.Attr("from") }

// Type is the stanza's type, or nothing.
func (e *Element) Type() string { return e.Attr("type") }

// ID is the stanza's id.
func (e *Element) ID() string { return e.Attr("id") }

// Child returns the first child of a name and, where one is given, a
// namespace. It is never nil: an absent child is an empty Element.
func (e *Element) Child(name string, space ...string) *Element {
	if found := e.All(name, space...); len(found) > 0 {
		return found[0]
	}
	return &Element{}
}

// All returns the children of a name and, where one is given, a namespace.
func (e *Element) All(name string, space ...string) []*Element {
	var found []*Element
	for i := range e.Children {
		child := &e.Children[i]
		if child.Name() == name && (len(space) == 0 || child.Space() == space[0]) {
			found = append(found, child)
		}
	}
	return found
}

// Has tells whether there is such a child.
func (e *Element) Has(name string, space ...string) bool { return len(e.All(name, space...)) > 0 }

// Body is the text of the message's first body.
func (e *Element) Body() string { return e.Child("body").Text }

// Codes returns the status codes of a room's stanza (XEP-0045 §15.6).
func (e *Element) Codes() []string {
	var codes []string
	for _, status := range e.Child("x", NSMUCUser).All("status") {
		codes = append(codes, status.Attr("code"))
	}
	return codes
}

// HasCode tells whether the room's stanza carries a status code.
func (e *Element) HasCode(code string) bool {
	for _, c := range e.Codes() {
		if c == code {
			return true
		}
	}
	return false
}

// Condition returns the defined condition of an error stanza, or nothing.
func (e *Element) Condition() string {
	for _, child := range e.Child("error").Children {
		if child.Space() == nsStanzas && child.Name() != "text" {
			return child.Name()
		}
	}
	return ""
}

// ErrorText returns the text of an error stanza, or nothing.
func (e *Element) ErrorText() string { return e.Child("error").Child("text", nsStanzas).Text }

// Field returns the values of a field of the data form among the element's
// descendants (XEP-0004).
func (e *Element) Field(name string) []string {
	if form := e.Find("x", NSForm); form != nil {
		for _, field := range form.All("field") {
			if field.Attr("var") == name {
				values := []string{}
				for _, value := range field.All("value") {
					values = append(values, value.Text)
				}
				return values
			}
		}
	}
	return nil
}

// Find returns the first element of that name and namespace, itself or among
// its descendants, or nil.
func (e *Element) Find(name, space string) *Element {
	if e.Name() == name && e.Space() == space {
		return e
	}
	for i := range e.Children {
		if found := e.Children[i].Find(name, space); found != nil {
			return found
		}
	}
	return nil
}

// String returns the element as it came, without needless namespaces.
func (e *Element) String() string {
	return strings.NewReplacer("ns0:", "", ":ns0", "", ` xmlns="jabber:client"`, "").Replace(e.raw)
}

// The namespaces that scripts name.
const (
	NSMUC      = "http://jabber.org/protocol/muc"
	NSMUCUser  = "http://jabber.org/protocol/muc#user"
	NSForm     = "jabber:x:data"
	NSRegister = "jabber:iq:register"
	NSCommands = "http://jabber.org/protocol/commands"
	NSDelay    = "urn:xmpp:delay"
	nsStanzas  = "urn:ietf:params:xml:ns:xmpp-stanzas"
)
