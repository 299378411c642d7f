package message

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
)

// charsetNames are names of encodings that no index has.
var charsetNames = map[string]string{
	"cp932": "shift_jis", "ms932": "shift_jis", "x-sjis-jp": "shift_jis", "iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp",
	"cp936": "gbk", "gb_1988-80": "gbk", "cp949": "euc-kr", "ks_c_5601": "euc-kr", "cp950": "big5", "latin-1": "windows-1252",
	"cp1250": "windows-1250", "cp1251": "windows-1251", "ansi": "windows-1252", "8bit": "windows-1252", "unicode": "utf-8",
	"utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8",
}

// decodeText returns text of a named encoding as valid UTF-8. What the name says
// is believed unless it cannot be so: then it is UTF-8 if that can be, and
// windows-1252 if not, which everything can be.
func decodeText(name string, raw []byte) string {
	name = strings.Trim(strings.ToLower(name), " \t\"'")
	if to, ok := charsetNames[name]; ok {
		name = to
	}
	switch name {
	case "utf-8", "utf8", "", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "iso-8859-1-unmappable":
		return fromUTF8(raw)
	case "utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return fromUTF7(raw)
	}
	e, _ := charset.Lookup(name)
	if e == nil || e == encoding.Replacement {
		e, _ = ianaindex.MIME.Encoding(name)
	}
	if e == nil {
		return fromUTF8(raw)
	}
	text, err := e.NewDecoder().Bytes(raw)
	if err != nil || lost(text) > len(raw)/10 {
		return fromUTF8(raw)
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// decodeHTML is decodeText for HTML, which may name its encoding itself.
func decodeHTML(name string, raw []byte) string {
	if name != "" || utf8.Valid(raw) {
		return decodeText(name, raw)
	}
	_, name, _ = charset.DetermineEncoding(raw[:min(len(raw), 1024)], "")
	return decodeText(name, raw)
}

// fromUTF8 reads what should be UTF-8. A little damage is shown as such; what has
// more wrong than right is windows-1252.
func fromUTF8(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	good, bad := 0, 0
	for rest := raw; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		rest = rest[n:]
	}
	if good > bad {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return fromWindows1252(raw)
}

func fromWindows1252(raw []byte) string {
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil { // it has a character for each byte
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return string(text)
}

// lost counts the characters that could not be read.
func lost(text []byte) int { return bytes.Count(text, []byte("\ufffd")) }
