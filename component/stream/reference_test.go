package stream

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"wherry/component/stanza"
)

// byEncodingXML parses an element by encoding/xml: what parser must agree with.
func byEncodingXML(p []byte) (stanza.Element, error) {
	d := xml.NewDecoder(bytes.NewReader(p))
	tok, err := d.Token()
	start, ok := tok.(xml.StartElement)
	if !ok {
		return stanza.Element{}, errors.Join(err, ErrSyntax)
	}
	e, err := encodingXMLTree(d, start)
	if err != nil {
		return e, err
	}
	if _, err := d.Token(); err != io.EOF {
		return e, ErrSyntax
	}
	return e, nil
}

func encodingXMLTree(d *xml.Decoder, start xml.StartElement) (stanza.Element, error) {
	e := stanza.Element{Space: own(start.Name.Space), Name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
			e.Attrs = append(e.Attrs, stanza.Attr{Space: a.Name.Space, Name: a.Name.Local, Value: a.Value})
		}
	}
	for {
		tok, err := d.Token()
		if err != nil {
			return e, err
		}
		switch tok := tok.(type) {
		case xml.CharData:
			e.Text += string(tok)
		case xml.StartElement:
			child, err := encodingXMLTree(d, tok)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.EndElement:
			if len(e.Children) > 0 && blank(e.Text) {
				e.Text = ""
			}
			return e, nil
		default:
			return e, ErrMarkup
		}
	}
}
