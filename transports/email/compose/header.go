package compose

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/email/addrspec"
)

// header writes headers. What its methods are given is made fit there, but for
// raw's.
type header struct{ b bytes.Buffer }

// soft is how long a line of a header should be (RFC 5322 §2.1.1).
const soft = 78

func (h *header) bytes() []byte  { return h.b.Bytes() }
func (h *header) String() string { return h.b.String() }

// raw writes a value of ours, or one that was checked.
func (h *header) raw(name, value string) { h.line(name + ": " + value) }

func (h *header) line(s string) {
	h.b.WriteString(s)
	h.end()
}

// end ends a line; after a line, the headers.
func (h *header) end() { h.b.WriteString("\r\n") }

// words writes words that may not be cut, folded between them.
func (h *header) words(name string, words []string) {
	h.b.WriteString(name)
	h.b.WriteByte(':')
	col := len(name) + 1
	for i, w := range words {
		if i > 0 && col+1+len(w) > soft {
			h.end()
			col = 0
		}
		h.b.WriteByte(' ')
		h.b.WriteString(w)
		col += 1 + len(w)
	}
	h.end()
}

// text writes what a person typed (RFC 5322 §2.2.1, RFC 2047 §5).
func (h *header) text(name, value string) {
	value = cleanLine(value, textMost)
	if value == "" {
		return
	}
	if words := strings.Split(value, " "); plain(words) {
		h.words(name, words)
		return
	}
	h.words(name, encodedWords(value))
}

// textMost bounds a subject or a name, in characters.
const textMost = 500

// plain tells whether words of a text stand as they are.
func plain(words []string) bool {
	for _, w := range words {
		if len(w) > encodedMost || strings.Contains(w, "=?") || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' || r > '~' }) {
			return false
		}
	}
	return true
}

// addresses writes a list of mailboxes that were checked. None writes nothing.
func (h *header) addresses(name string, list []Mailbox) {
	var words []string
	for i, m := range list {
		a, err := addrspec.Parse(m.Addr)
		if err != nil {
			continue // Mail.envelope refused it
		}
		address := a.String()
		if phrase := phrase(m.Name, a); len(phrase) > 0 {
			words = append(words, phrase...)
			address = "<" + address + ">"
		}
		if i < len(list)-1 {
			address += ","
		}
		words = append(words, address)
	}
	if len(words) > 0 {
		h.words(name, words)
	}
}

// phrase returns the name of a mailbox (RFC 5322 §3.2.5): as it is, quoted or
// encoded. A name that only repeats the address is none.
func phrase(name string, a addrspec.Spec) []string {
	name = cleanLine(name, nameMost)
	if name == "" || strings.EqualFold(name, a.String()) {
		return nil
	}
	words := strings.Split(name, " ")
	if !plain(words) {
		return encodedWords(name)
	}
	for _, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool { return !addrspec.Atext(r) }) {
			return []string{quoted(name)}
		}
	}
	return words
}

// nameMost bounds the name of a mailbox, in characters.
const nameMost = 100

// quoted returns a quoted-string (RFC 5322 §3.2.4).
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// dateLayout is RFC 5322 §3.3.
const dateLayout = "Mon, 2 Jan 2006 15:04:05 -0700"

// origin writes who wrote a mail, when, and its name.
func (h *header) origin(from Mailbox, date time.Time, id string) error {
	if date.IsZero() || date.Year() < 1970 || date.Year() > 9999 {
		return &transports.Error{Err: errors.New("a mail without a date")}
	}
	if !validID(id) {
		return &transports.Error{Err: errors.New("a mail without a Message-ID")}
	}
	h.raw("Date", date.Format(dateLayout))
	h.addresses("From", []Mailbox{from})
	h.raw("Message-ID", "<"+id+">")
	return nil
}

// cleanLang returns a language tag (RFC 5646 §2.1), or nothing.
func cleanLang(s string) string {
	if len(s) > 35 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return ""
	}
	return s
}
