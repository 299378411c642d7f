package imap

import (
	"bytes"
	"errors"
	"strconv"
)

// Bounds on what is said while nothing was asked.
const (
	lineMost    = 64 << 10 // bytes of a line
	literalMost = 1 << 20  // bytes of a literal in it
)

var errUnruly = errors.New("a line without an end")

// lines takes what a server says apart: RFC 9051 §2.2.2. Literals are left out of it.
type lines struct {
	part []byte // of a line whose end has not come
	skip int    // bytes of a literal that are still to come
}

// feed takes what was read and hands out each line that it ends, without its end.
// What is handed out is good until the next call. It goes on until all is taken, or
// with an error where a line is too long.
func (l *lines) feed(b []byte, each func(line []byte)) error {
	for len(b) > 0 {
		if n := min(l.skip, len(b)); n > 0 {
			b, l.skip = b[n:], l.skip-n
			continue
		}
		rest, line, ended := b[:0], b, false
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			rest, line, ended = b[i+1:], b[:i], true
		}
		b = rest
		if len(l.part)+len(line) > lineMost {
			return errUnruly
		}
		if !ended || len(l.part) > 0 {
			l.part = append(l.part, line...)
			line = l.part
		}
		if !ended {
			break
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if head, n, ok := announced(line); ok {
			if n > literalMost {
				return errUnruly
			}
			l.part, l.skip = append([]byte(nil), head...), n
			continue
		}
		l.part = nil
		each(line)
	}
	return nil
}

// whole tells whether what was read ended with a line.
func (l *lines) whole() bool { return len(l.part) == 0 && l.skip == 0 }

// announced returns what stands before the announcement of a literal at the end of a
// line, and how long that one is: RFC 9051 §4.3.
func announced(line []byte) (head []byte, n int, ok bool) {
	body, ok := bytes.CutSuffix(line, []byte("}"))
	if !ok {
		return nil, 0, false
	}
	at := bytes.LastIndexByte(body, '{')
	if at < 0 {
		return nil, 0, false
	}
	n, err := strconv.Atoi(string(bytes.TrimSuffix(body[at+1:], []byte("+"))))
	if err != nil || n < 0 {
		return nil, 0, false
	}
	return line[:at], n, true
}

// word returns what stands before the next space of a line, and what behind it.
func word(line []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(line, []byte(" "))
	return first, rest
}

// tellsOfMail tells whether a line says how many mails there are: RFC 9051 §7.4.1.
func tellsOfMail(line []byte) bool {
	star, rest := word(line)
	number, rest := word(rest)
	what, _ := word(rest)
	_, err := strconv.ParseUint(string(number), 10, 32)
	return string(star) == "*" && err == nil && bytes.EqualFold(what, []byte("EXISTS"))
}

// saysBye tells whether a line ends the connection: RFC 9051 §7.1.5.
func saysBye(line []byte) bool {
	star, rest := word(line)
	what, _ := word(rest)
	return string(star) == "*" && bytes.EqualFold(what, []byte("BYE"))
}
