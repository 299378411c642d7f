package irc

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"wherry/transports"
)

// charsets are the encodings that lines may have besides UTF-8, by the value
// of encoding_in. The first is meant where none is named.
var charsets = []struct {
	name    string
	charset *charmap.Charmap
}{
	{"windows-1252", charmap.Windows1252},
	{"iso-8859-1", charmap.ISO8859_1},
	{"iso-8859-2", charmap.ISO8859_2},
	{"iso-8859-15", charmap.ISO8859_15},
	{"windows-1250", charmap.Windows1250},
	{"windows-1251", charmap.Windows1251},
	{"koi8-r", charmap.KOI8R},
	{"koi8-u", charmap.KOI8U},
}

// utf8Name is the value of encoding_out that is meant where there is none.
const utf8Name = "utf-8"

// parseOutgoing returns the encoding of what is sent; nil is UTF-8.
func parseOutgoing(name string) (*charmap.Charmap, error) {
	if n := strings.ToLower(name); n == "" || n == utf8Name || n == "utf8" {
		return nil, nil
	}
	return parseEncoding(fieldEncodingOut, name)
}

func parseEncoding(field, name string) (*charmap.Charmap, error) {
	switch name = strings.ToLower(name); name {
	case "", "utf-8", "utf8", "cp1252":
		return charmap.Windows1252, nil
	case "latin1", "latin-1":
		return charmap.ISO8859_1, nil
	}
	for _, c := range charsets {
		if c.name == name {
			return c.charset, nil
		}
	}
	return nil, fieldError(field, transports.Malformed, transports.T("This encoding is not known."))
}

// decode returns a line of a server as text: what is not UTF-8 is read by
// charset, or lost where that is nil. The result is valid UTF-8.
func decode(raw []byte, charset *charmap.Charmap) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	if charset == nil {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	var b strings.Builder
	b.Grow(2 * len(raw))
	for _, c := range raw {
		b.WriteRune(charset.DecodeByte(c))
	}
	return b.String()
}
