package imap

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
)

const tagStartTLS = "TLS1"

// startTLS has a server go on with TLS: RFC 9051 §6.2.1. What is said in the clear is
// read byte by byte, so that nothing of it can be taken for what is said later.
func startTLS(conn net.Conn) error {
	greeting, err := clearLine(conn)
	if err != nil {
		return err
	}
	star, rest := word(greeting)
	if kind, words := word(rest); string(star) != "*" || !bytes.EqualFold(kind, []byte("OK")) {
		return refused(kind, words) // PREAUTH among them: nobody logs in without TLS
	}
	if _, err := io.WriteString(conn, tagStartTLS+" STARTTLS\r\n"); err != nil {
		return err
	}
	for {
		line, err := clearLine(conn)
		if err != nil {
			return err
		}
		if tag, rest := word(line); string(tag) == tagStartTLS {
			if kind, words := word(rest); !bytes.EqualFold(kind, []byte("OK")) {
				return refused(kind, words)
			}
			return nil
		}
		if saysBye(line) {
			_, rest := word(line)
			return refused(word(rest))
		}
	}
}

// clearLine reads a line.
func clearLine(conn net.Conn) ([]byte, error) {
	var line []byte
	var b [1]byte
	for len(line) < lineMost {
		if _, err := io.ReadFull(conn, b[:]); err != nil {
			return nil, err
		}
		if b[0] == '\n' {
			return bytes.TrimSuffix(line, []byte("\r")), nil
		}
		line = append(line, b[0])
	}
	return nil, errUnruly
}

// refused returns a status response that is not OK as the library has it: RFC 9051 §7.1.
func refused(kind, words []byte) error {
	switch t := imap.StatusResponseType(strings.ToUpper(string(kind))); t {
	case imap.StatusResponseTypeNo, imap.StatusResponseTypeBad, imap.StatusResponseTypeBye, imap.StatusResponseTypePreAuth:
		e := &imap.Error{Type: t, Text: string(words)}
		if inner, ok := bytes.CutPrefix(words, []byte("[")); ok {
			code, text, _ := bytes.Cut(inner, []byte("]"))
			name, _ := word(code)
			e.Code, e.Text = imap.ResponseCode(strings.ToUpper(string(name))), strings.TrimSpace(string(text))
		}
		return e
	}
	return errors.New("no greeting of IMAP")
}
