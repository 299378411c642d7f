package smtptest

import (
	"bufio"
	"bytes"
	"errors"
	"slices"
)

const tooLong = "552 5.3.4 the mail is too long"

// data answers DATA: it reads a mail, and answers that.
func (c *conn) data() error {
	if c.mail == nil || len(c.mail.To) == 0 {
		return c.say("503 5.5.1 say RCPT first")
	}
	if err := c.say("354 go on"); err != nil {
		return err
	}
	refusal, err := c.content()
	if err != nil {
		return err
	}
	if c.Frozen() {
		return c.Drain()
	}
	mail := *c.mail
	c.mail = nil
	c.s.note("MESSAGE")
	fault := c.s.Take("MESSAGE")
	if fault.Work && refusal == "" {
		c.s.take(mail)
	}
	right, err := c.Suffer(fault, c.say)
	switch {
	case err != nil || !right:
		return err
	case refusal != "":
		return c.say(refusal)
	}
	if !fault.Work {
		c.s.take(mail)
	}
	return c.say("250 2.0.0 queued")
}

// content reads a mail up to the line with a dot. It returns why the mail is refused,
// or nothing.
func (c *conn) content() (refusal string, err error) {
	start := true
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		if start && bytes.Equal(line, []byte(".\r\n")) {
			break
		}
		end := err == nil
		if start && line[0] == '.' {
			line = line[1:] // RFC 5321 §4.5.2
		}
		start = end
		if int64(len(c.mail.Data)+len(line)) > c.s.cfg.Size {
			refusal = tooLong
			continue
		}
		c.mail.Data = append(c.mail.Data, line...)
	}
	eight := slices.ContainsFunc(c.mail.Data, func(b byte) bool { return b >= 0x80 })
	switch {
	case refusal != "":
	case bytes.Contains(bytes.ReplaceAll(c.mail.Data, []byte("\r\n"), nil), []byte("\n")):
		refusal = "550 5.5.2 a bare newline"
	case eight && c.mail.Body != "8BITMIME" && !c.mail.UTF8:
		refusal = "554 5.6.3 8-bit text without BODY=8BITMIME"
	}
	return refusal, nil
}
