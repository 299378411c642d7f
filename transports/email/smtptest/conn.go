package smtptest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"wherry/transports/email/mailtest"
)

// maxLine is how long a client's line may be, in bytes: RFC 4954 §4 has the longest.
const maxLine = 12 << 10

// conn is one connection. One goroutine has it.
type conn struct {
	*mailtest.Conn
	s      *Server
	reader *bufio.Reader
	hello  bool
	user   string   // empty before the login
	froms  []string // the user's
	mail   *Message // of which MAIL was said
}

// serve speaks SMTP to one client.
func (s *Server) serve(m *mailtest.Conn) {
	c := &conn{Conn: m, s: s, reader: bufio.NewReader(m)}
	right, err := c.Suffer(s.Take("GREETING"), c.say)
	if err != nil || right && c.say("220 mail.test ESMTP smtptest") != nil {
		return
	}
	for c.serveOne() == nil {
	}
}

// say writes a reply, of one line or of several.
func (c *conn) say(reply string) error {
	_, err := io.WriteString(c, strings.ReplaceAll(c.plain(reply), "\n", "\r\n")+"\r\n")
	return err
}

// enhanced is the status code that stands before the text of a reply.
var enhanced = regexp.MustCompile(`(?m)^([245]\d\d[ -])[245]\.\d{1,3}\.\d{1,3} `)

// plain takes the enhanced status codes away where they are not offered.
func (c *conn) plain(reply string) string {
	if c.s.offers("ENHANCEDSTATUSCODES") {
		return reply
	}
	return enhanced.ReplaceAllString(reply, "$1")
}

// line reads a line without its end, which must be CRLF.
func (c *conn) line() (string, error) {
	var line []byte
	for {
		part, err := c.reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return "", errors.Join(c.say("500 5.5.6 the line is too long"), mailtest.ErrOver)
		case err == nil:
			text, ok := strings.CutSuffix(string(line), "\r\n")
			if !ok {
				return "", errors.Join(c.say("500 5.5.2 a bare newline"), mailtest.ErrOver)
			}
			return text, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
	}
}

// serveOne reads a command and answers it, rightly or with the fault that is due.
func (c *conn) serveOne() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	if c.Frozen() {
		return c.Drain()
	}
	name, args, _ := strings.Cut(line, " ")
	name = strings.ToUpper(name)
	c.s.note(name)
	if right, err := c.Suffer(c.s.Take(name), c.say); err != nil || !right {
		return err
	}
	return c.do(name, args)
}

func (c *conn) do(name, args string) error {
	switch name {
	case "EHLO", "HELO":
		return c.greet(name)
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.auth(args)
	case "MAIL":
		return c.say(c.from(args))
	case "RCPT":
		return c.say(c.to(args))
	case "DATA":
		return c.data()
	case "RSET":
		c.mail = nil
		return c.say("250 2.0.0 forgotten")
	case "NOOP":
		return c.say("250 2.0.0 done")
	case "QUIT":
		return errors.Join(c.say("221 2.0.0 bye"), mailtest.ErrOver)
	}
	return c.say("500 5.5.1 unknown command")
}

func (c *conn) greet(name string) error {
	c.hello, c.mail = true, nil
	if name == "HELO" {
		return c.say("250 mail.test")
	}
	lines := []string{"mail.test", fmt.Sprintf("SIZE %d", c.s.cfg.Size)}
	lines = append(lines, c.s.cfg.Extensions...)
	switch {
	case c.s.Security() == mailtest.StartTLS && !c.Secure():
		lines = append(lines, "STARTTLS")
	case len(c.s.cfg.Mechanisms) > 0:
		lines = append(lines, "AUTH "+strings.Join(c.s.cfg.Mechanisms, " "))
	}
	last := len(lines) - 1
	for i := range lines[:last] {
		lines[i] = "250-" + lines[i]
	}
	lines[last] = "250 " + lines[last]
	return c.say(strings.Join(lines, "\n"))
}

func (c *conn) startTLS() error {
	if c.s.Security() != mailtest.StartTLS || c.Secure() {
		return c.say("503 5.5.1 there is no TLS to start")
	}
	if err := c.say("220 2.0.0 begin now"); err != nil {
		return err
	}
	if err := c.StartTLS(); err != nil {
		return err
	}
	// RFC 3207 §4.2: what was known before is forgotten.
	c.reader.Reset(c.Conn)
	c.hello, c.user, c.mail = false, "", nil
	return nil
}

// from answers MAIL.
func (c *conn) from(args string) string {
	address, params, ok := path(args, "FROM:")
	switch {
	case !c.hello:
		return "503 5.5.1 say EHLO first"
	case c.user == "":
		return "530 5.7.0 Authentication required"
	case c.mail != nil:
		return "503 5.5.1 there is a mail already"
	case !ok:
		return "501 5.5.4 no sender"
	case len(c.froms) > 0 && !slices.Contains(c.froms, address):
		return "553 5.7.1 Sender address rejected: not owned by user " + c.user
	}
	mail := &Message{User: c.user, From: address}
	if refusal := c.mailParams(mail, params); refusal != "" {
		return refusal
	}
	if !ascii(address) && !mail.UTF8 {
		return "553 5.6.7 not ASCII, and no SMTPUTF8"
	}
	c.mail = mail
	return "250 2.1.0 sender ok"
}

// to answers RCPT.
func (c *conn) to(args string) string {
	address, params, ok := path(args, "TO:")
	switch {
	case c.mail == nil:
		return "503 5.5.1 say MAIL first"
	case !ok || address == "":
		return "501 5.5.4 no recipient"
	case !ascii(address) && !c.mail.UTF8:
		return "553 5.6.7 not ASCII, and no SMTPUTF8"
	}
	to := Recipient{Address: address}
	if refusal := c.recipientParams(&to, params); refusal != "" {
		return refusal
	}
	if reply := c.s.recipient(address); reply != "" {
		if strings.HasPrefix(reply, "2") {
			c.mail.To = append(c.mail.To, to)
		}
		return reply
	}
	c.mail.To = append(c.mail.To, to)
	return "250 2.1.5 recipient ok"
}

// path reads "FROM:<ann@mail.test> A=B C", RFC 5321 §4.1.2.
func path(args, begin string) (address string, params []string, ok bool) {
	if len(args) < len(begin) || !strings.EqualFold(args[:len(begin)], begin) {
		return "", nil, false
	}
	rest, ok := strings.CutPrefix(args[len(begin):], "<")
	if !ok {
		return "", nil, false
	}
	end := strings.LastIndexByte(rest, '>')
	if end < 0 {
		return "", nil, false
	}
	return rest[:end], strings.Fields(rest[end+1:]), true
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
