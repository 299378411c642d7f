package imaptest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"wherry/transports/email/mailtest"
)

// maxLine is how long a client's line may be, in bytes.
const maxLine = 64 << 10

// conn is one connection.
type conn struct {
	*mailtest.Conn
	s      *Server
	reader *bufio.Reader

	flushing sync.Mutex // held while out is written

	// The server's mu guards what follows.
	out      bytes.Buffer // what is to be written, in order
	mute     bool         // what a command answers is thrown away
	user     *account     // nil before the login
	box      *mailbox     // nil: none is selected
	readOnly bool
	view     []*message // what the client knows to be in box, in order
	seen     uint64     // the change it knows last
	expunges int
	idling   bool
}

// serve speaks IMAP to one client.
func (s *Server) serve(m *mailtest.Conn) {
	c := &conn{Conn: m, s: s, reader: bufio.NewReaderSize(m, 512)}
	s.mu.Lock()
	s.conns[c] = true
	s.mu.Unlock()
	defer s.leave(c)
	if c.greet() != nil {
		return
	}
	for c.serveOne() == nil {
	}
}

// leave forgets a connection.
func (s *Server) leave(c *conn) {
	s.mu.Lock()
	c.enter(nil, false)
	if c.idling {
		s.stats.Idling--
	}
	if c.user != nil {
		c.user.open--
	}
	delete(s.conns, c)
	s.mu.Unlock()
	s.Ring()
}

// put adds to what is to be written. The caller holds mu.
func (c *conn) put(text string) {
	if !c.mute {
		c.out.WriteString(text)
	}
}

func (c *conn) setMute(mute bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.mute = mute
}

// say adds lines to what is to be written.
func (c *conn) say(format string, args ...any) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.put(fmt.Sprintf(format, args...) + "\r\n")
}

// flush writes what is to be written.
func (c *conn) flush() error {
	c.flushing.Lock()
	defer c.flushing.Unlock()
	c.s.mu.Lock()
	out := bytes.Clone(c.out.Bytes())
	c.out = bytes.Buffer{}
	c.s.mu.Unlock()
	if len(out) == 0 {
		return nil
	}
	_, err := c.Write(out)
	return err
}

func (c *conn) greet() error {
	right, err := c.Suffer(c.s.Take("GREETING"), func(reply string) error { c.say("* %s", reply); return c.flush() })
	if err != nil || !right {
		return err
	}
	if c.s.cfg.Dialect.Unasked {
		c.say("* OK [CAPABILITY %s] %s", c.capabilities(), c.s.cfg.Dialect.Greeting)
	} else {
		c.say("* OK %s", c.s.cfg.Dialect.Greeting)
	}
	return c.flush()
}

// serveOne reads a command and answers it, rightly or with the fault that is due.
func (c *conn) serveOne() error {
	cmd, err := c.read()
	if err != nil {
		return err
	}
	if c.Frozen() {
		return c.Drain()
	}
	c.s.note(cmd.name, cmd.shown())
	fault := c.s.Take(cmd.name)
	var reply string
	if fault.Work {
		c.setMute(true)
		reply, err = c.do(cmd)
		c.setMute(false)
		if err != nil {
			return err
		}
	}
	answer := func(reply string) error { c.say("%s %s", cmd.tag, reply); return c.flush() }
	right, err := c.Suffer(fault, answer)
	if err != nil || !right {
		return err
	}
	if !fault.Work {
		if reply, err = c.do(cmd); err != nil {
			return err
		}
	}
	if err := answer(reply); err != nil {
		return err
	}
	if cmd.name == "LOGOUT" {
		return mailtest.ErrOver
	}
	if cmd.name == "STARTTLS" && strings.HasPrefix(reply, "OK") {
		if err := c.StartTLS(); err != nil {
			return err
		}
		c.reader.Reset(c.Conn) // RFC 3501 §6.2.1: what came in the clear after the command is not obeyed
	}
	return nil
}

// read reads a command with its literals.
func (c *conn) read() (*command, error) {
	var text strings.Builder
	var literals []string
	for {
		line, err := c.line()
		if err != nil {
			return nil, err
		}
		size, waits, ok := literalAt(line)
		if !ok {
			text.WriteString(line)
			return parse(text.String(), literals), nil
		}
		if size > c.s.cfg.Literal {
			c.say("* BYE the literal is too long")
			return nil, errors.Join(c.flush(), mailtest.ErrOver)
		}
		text.WriteString(line[:strings.LastIndexByte(line, '{')] + literalMark)
		if waits {
			c.say("+ go on")
			if err := c.flush(); err != nil {
				return nil, err
			}
		}
		literal := make([]byte, size)
		if _, err := io.ReadFull(c.reader, literal); err != nil {
			return nil, err
		}
		literals = append(literals, string(literal))
	}
}

// line reads a line without its end.
func (c *conn) line() (string, error) {
	var line []byte
	for {
		part, err := c.reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		case len(line) > maxLine:
			c.say("* BYE the line is too long")
			return "", errors.Join(c.flush(), mailtest.ErrOver)
		}
	}
}

// literalAt tells whether a line ends in the announcement of a literal, and whether
// its sender waits to be asked for it, RFC 7888.
func literalAt(line string) (size int64, waits, ok bool) {
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return 0, false, false
	}
	digits, plus := strings.CutSuffix(line[open+1:len(line)-1], "+")
	size, err := strconv.ParseInt(digits, 10, 64)
	return size, !plus, err == nil && size >= 0
}
