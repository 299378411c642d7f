package clients

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"

	"wherry/component/stanza"
)

// A Dialogue is what a client and the gateway said to each other, in order.
type Dialogue struct {
	Client string // the program and its version
	Source string // "recorded", "read" or "behaviour"
	Note   string // for people: where it is from
	Lines  []Line
}

// A Line is one thing of a dialogue.
type Line struct {
	Kind   Kind
	Stanza stanza.Element // of Sent and Got
	Who    string         // on IRC, of Does and Hears; empty is the server
	Text   string         // the line on IRC, or the name of the step
	Note   string         // for people
}

// Kind says what a line is.
type Kind string

// The kinds of lines. In Does, {a text} stands for the network's id of the line of
// that text; in Hears, * stands for anything.
const (
	Step  Kind = "step"  // what follows has this name
	Sent  Kind = "sent"  // by the client, to the gateway
	Got   Kind = "got"   // by the client, from the gateway
	Does  Kind = "does"  // somebody on IRC sends this
	Hears Kind = "hears" // somebody on IRC gets this
)

// Read reads a dialogue from its file.
func Read(path string) (*Dialogue, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	root, note, err := parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d := &Dialogue{Client: root.Attr("client"), Source: root.Attr("source"), Note: note}
	for i := range root.Children {
		e := &root.Children[i]
		l := Line{Kind: Kind(e.Name), Who: e.Attr("who"), Text: e.Text, Note: e.Attr("note")}
		switch l.Kind {
		case Step:
			l.Text = e.Attr("name")
		case Sent, Got:
			if len(e.Children) != 1 {
				return nil, fmt.Errorf("%s: a <%s/> with %d stanzas", path, e.Name, len(e.Children))
			}
			l.Stanza = e.Children[0]
		case Does, Hears:
		default:
			return nil, fmt.Errorf("%s: no such line: <%s/>", path, e.Name)
		}
		d.Lines = append(d.Lines, l)
	}
	return d, nil
}

// parse reads one element, and the first comment before it.
func parse(r io.Reader) (root *stanza.Element, note string, err error) {
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if err != nil {
			return nil, "", err
		}
		switch token := token.(type) {
		case xml.Comment:
			note = strings.TrimSpace(string(token))
		case xml.StartElement:
			e, err := tree(d, token)
			return &e, note, err
		}
	}
}

// tree reads an element whose start tag was read.
func tree(d *xml.Decoder, start xml.StartElement) (stanza.Element, error) {
	e := stanza.Element{Space: own(start.Name.Space), Name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			e.Attrs = append(e.Attrs, stanza.Attr{Space: a.Name.Space, Name: a.Name.Local, Value: a.Value})
		}
	}
	for {
		token, err := d.Token()
		if err != nil {
			return e, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := tree(d, token)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			e.Text += string(token)
		case xml.EndElement:
			return trimmed(e), nil
		}
	}
}

// trimmed returns an element without blank text, which means nothing.
func trimmed(e stanza.Element) stanza.Element {
	if strings.TrimSpace(e.Text) == "" {
		e.Text = ""
	}
	return e
}

// own is how stanza.Element has a namespace.
func own(space string) string {
	switch space {
	case stanza.NSClient, stanza.NSAccept:
		return ""
	}
	return space
}

// Write writes a dialogue to its file.
func (d *Dialogue) Write(path string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!--\n%s\n-->\n<dialogue client=\"%s\" source=\"%s\">\n", d.Note, stanza.EscapeAttr(d.Client), d.Source)
	for _, l := range d.Lines {
		note := ""
		if l.Note != "" {
			note = ` note="` + stanza.EscapeAttr(l.Note) + `"`
		}
		switch l.Kind {
		case Step:
			fmt.Fprintf(&b, "\n  <step name=\"%s\"%s/>\n", stanza.EscapeAttr(l.Text), note)
		case Sent, Got:
			fmt.Fprintf(&b, "  <%s%s>\n", l.Kind, note)
			print(&b, &l.Stanza, "", "    ")
			fmt.Fprintf(&b, "  </%s>\n", l.Kind)
		default:
			fmt.Fprintf(&b, "  <%s who=\"%s\"%s>%s</%[1]s>\n", l.Kind, l.Who, note, escapeText(l.Text))
		}
	}
	b.WriteString("</dialogue>\n")
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// print writes an element for people, in lines of their own where it has no text.
func print(b *strings.Builder, e *stanza.Element, outer, indent string) {
	fmt.Fprintf(b, "%s<%s", indent, e.Name)
	if e.Space != outer {
		space := e.Space
		if space == "" {
			space = stanza.NSClient
		}
		fmt.Fprintf(b, ` xmlns="%s"`, stanza.EscapeAttr(space))
	}
	for _, a := range e.Attrs {
		name := a.Name
		if a.Space == stanza.NSXML || a.Space == "xml" {
			name = "xml:" + name
		}
		fmt.Fprintf(b, ` %s="%s"`, name, stanza.EscapeAttr(a.Value))
	}
	switch {
	case len(e.Children) > 0:
		b.WriteString(">\n")
		for i := range e.Children {
			print(b, &e.Children[i], e.Space, indent+"  ")
		}
		fmt.Fprintf(b, "%s</%s>\n", indent, e.Name)
	case e.Text != "":
		fmt.Fprintf(b, ">%s</%s>\n", escapeText(e.Text), e.Name)
	default:
		b.WriteString("/>\n")
	}
}

func escapeText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
