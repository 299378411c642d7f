package compose

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// param is a parameter of a header of MIME.
type param struct{ name, value string }

// params writes a header with parameters (RFC 2045 §5.1): what is not ASCII as
// RFC 2231 has it, in pieces where it is long.
func (h *header) params(name, value string, params ...param) {
	words := []string{value}
	for _, p := range params {
		words[len(words)-1] += ";"
		words = append(words, p.encode()...)
	}
	h.words(name, words)
}

// pieceMost is how long one piece of a parameter is, so that a line has place
// for its name.
const pieceMost = 55

// encode returns a parameter as the words it is made of. A value with quotes in it
// is encoded, since not everybody reads an escaped one.
func (p param) encode() []string {
	switch {
	case token(p.value):
		if len(p.value) <= pieceMost {
			return []string{p.name + "=" + p.value}
		}
	case len(p.value) <= pieceMost && !strings.ContainsFunc(p.value, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }):
		return []string{p.name + `="` + p.value + `"`}
	}
	var pieces []string
	piece := "utf-8''"
	for _, r := range p.value {
		if e := percent(r); len(piece)+len(e) > pieceMost {
			pieces, piece = append(pieces, piece), e
		} else {
			piece += e
		}
	}
	if len(pieces) == 0 {
		return []string{p.name + "*=" + piece}
	}
	pieces = append(pieces, piece)
	for i := range pieces {
		pieces[i] = p.name + "*" + strconv.Itoa(i) + "*=" + pieces[i]
		if i < len(pieces)-1 {
			pieces[i] += ";"
		}
	}
	return pieces
}

// percent encodes a character (RFC 2231 §7).
func percent(r rune) string {
	if r < utf8.RuneSelf && (token(string(r)) && r != '&') {
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// fileNameMost bounds the name of a file, in bytes.
const fileNameMost = 200

// cleanName returns the name of a file without directories and without what
// cannot be seen or turns the text around. A long one keeps its ending.
func cleanName(s string) string {
	s = path.Base("/" + strings.ReplaceAll(cleanLine(s, 4*fileNameMost), `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	if s == "/" || strings.Trim(s, ". ") == "" {
		return ""
	}
	if len(s) <= fileNameMost {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 16 {
		ext = ""
	}
	return strings.ToValidUTF8(s[:fileNameMost-len(ext)], "") + ext
}
