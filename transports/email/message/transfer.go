package message

import (
	"encoding/base64"
	"io"
	"strings"
)

// transferDecoder returns a writer that undoes an encoding, RFC 2045 §6, and
// hands what comes out to w. Unlike those of the standard library it never ends
// at what is wrong. An unknown encoding is taken for none. Close hands out the
// rest.
func transferDecoder(encoding string, w io.Writer) io.WriteCloser {
	encoding, _, _ = strings.Cut(strings.ToLower(encoding), ";")
	switch strings.TrimSpace(encoding) {
	case "base64":
		return &base64Decoder{w: w}
	case "quoted-printable":
		return &quotedDecoder{w: w}
	}
	return nopCloser{w}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// digits has the value of each base64 character, or 0xff.
var digits = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	return t
}()

// base64Decoder skips what is no base64. Padding ends a group, not the text:
// some programs encode it in pieces.
type base64Decoder struct {
	w       io.Writer
	held    [4]byte // characters of a group that is not whole
	n       int
	out     []byte
	decoded []byte
}

func (d *base64Decoder) Write(p []byte) (int, error) {
	d.out = d.out[:0]
	rest := p
	if d.n == 0 && len(rest)%4 == 0 && len(rest) > 0 { // a line as it should be
		if cap(d.decoded) < len(rest)/4*3 {
			d.decoded = make([]byte, len(rest)/4*3)
		}
		if n, err := base64.StdEncoding.Decode(d.decoded[:cap(d.decoded)], rest); err == nil {
			_, err = d.w.Write(d.decoded[:n])
			return len(p), err
		}
	}
	for _, c := range rest {
		switch v := digits[c]; {
		case v != 0xff:
			d.held[d.n] = v
			if d.n++; d.n == 4 {
				d.out = append(d.out, d.held[0]<<2|d.held[1]>>4, d.held[1]<<4|d.held[2]>>2, d.held[2]<<6|d.held[3])
				d.n = 0
			}
		case c == '=':
			d.flush()
		}
	}
	if len(d.out) == 0 {
		return len(p), nil
	}
	_, err := d.w.Write(d.out)
	return len(p), err
}

func (d *base64Decoder) flush() {
	if d.n >= 2 {
		d.out = append(d.out, d.held[0]<<2|d.held[1]>>4)
	}
	if d.n == 3 {
		d.out = append(d.out, d.held[1]<<4|d.held[2]>>2)
	}
	d.n = 0
}

func (d *base64Decoder) Close() error {
	d.out = d.out[:0]
	d.flush()
	if len(d.out) == 0 {
		return nil
	}
	_, err := d.w.Write(d.out)
	return err
}

// maxBlanks is how many blanks at the end of a line are taken away; more are text.
const maxBlanks = 1 << 10

// quotedDecoder leaves what is no quoted-printable as it is.
type quotedDecoder struct {
	w    io.Writer
	held []byte // "=" and what follows it, or blanks that may end a line
	out  []byte
}

func (d *quotedDecoder) Write(p []byte) (int, error) {
	d.out = d.out[:0]
	for i := 0; i < len(p); i++ {
		if len(d.held) == 0 { // most of it is plain
			j := i
			for j < len(p) && p[j] != '=' && p[j] != ' ' && p[j] != '\t' {
				j++
			}
			d.out = append(d.out, p[i:j]...)
			if i = j; i == len(p) {
				break
			}
		}
		d.put(p[i])
	}
	if len(d.out) == 0 {
		return len(p), nil
	}
	_, err := d.w.Write(d.out)
	return len(p), err
}

func (d *quotedDecoder) put(c byte) {
	if len(d.held) > 0 && d.held[0] != '=' { // blanks
		switch {
		case c == ' ' || c == '\t':
			if len(d.held) < maxBlanks {
				d.held = append(d.held, c)
				return
			}
		case c == '\n' || c == '\r': // RFC 2045 §6.7, rule 3
			d.held = d.held[:0]
		}
		d.out = append(d.out, d.held...)
		d.held = d.held[:0]
	}
	switch {
	case len(d.held) == 0 && (c == '=' || c == ' ' || c == '\t'):
		d.held = append(d.held, c)
	case len(d.held) == 0:
		d.out = append(d.out, c)
	default:
		d.escape(c)
	}
}

// escape goes on with what began with "=".
func (d *quotedDecoder) escape(c byte) {
	last := d.held[len(d.held)-1]
	switch {
	case c == '\n': // a soft break, with blanks before its end or without
		blank := true
		for _, h := range d.held[1:] {
			blank = blank && (h == ' ' || h == '\t' || h == '\r')
		}
		if blank {
			d.held = d.held[:0]
			return
		}
	case len(d.held) == 1 && (unhex(c) >= 0 || c == '\r' || c == ' ' || c == '\t'),
		(last == ' ' || last == '\t') && (c == '\r' || c == ' ' || c == '\t') && len(d.held) < maxBlanks:
		d.held = append(d.held, c)
		return
	case len(d.held) == 2 && unhex(last) >= 0 && unhex(c) >= 0:
		d.out = append(d.out, byte(unhex(last)<<4|unhex(c)))
		d.held = d.held[:0]
		return
	}
	d.out = append(d.out, d.held...)
	d.held = d.held[:0]
	d.put(c)
}

func (d *quotedDecoder) Close() error {
	if len(d.held) == 0 || string(d.held) == "=" {
		return nil
	}
	_, err := d.w.Write(d.held)
	d.held = d.held[:0]
	return err
}

// unhex returns the value of a digit, or -1.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
