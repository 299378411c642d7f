package ircv3test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"sync"
	"time"
)

// maxQueue is how many lines wait for a client before it is cut off.
const maxQueue = 1 << 15

// maxInput is how long a line of a client may be; longer ones are read to
// their end and refused.
const maxInput = maxTags + maxRest

// queue holds the lines for one connection.
type queue struct {
	mu    sync.Mutex // guards lines
	lines []queued
	more  chan struct{} // holds one when there may be lines
	done  chan struct{} // closed with the connection
	once  sync.Once
}

type queued struct {
	text string
	due  time.Time
}

func newQueue() *queue {
	return &queue{more: make(chan struct{}, 1), done: make(chan struct{})}
}

// push adds a line, and tells whether there was room.
func (q *queue) push(text string, due time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lines) >= maxQueue {
		return false
	}
	q.lines = append(q.lines, queued{text, due})
	select {
	case q.more <- struct{}{}:
	default:
	}
	return true
}

// next returns all lines that wait.
func (q *queue) next() []queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines := q.lines
	q.lines = nil
	return lines
}

// write writes what is queued until the queue ends: a line "" closes the
// connection.
func (q *queue) write(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		select {
		case <-q.done:
			return
		case <-q.more:
		}
		var b bytes.Buffer
		for _, l := range q.next() {
			if wait := time.Until(l.due); wait > 0 {
				_, _ = conn.Write(b.Bytes())
				b.Reset()
				select {
				case <-time.After(wait):
				case <-q.done:
					return
				}
			}
			if l.text == "" {
				_, _ = conn.Write(b.Bytes())
				return
			}
			b.WriteString(l.text + "\r\n")
		}
		if _, err := conn.Write(b.Bytes()); err != nil {
			return
		}
	}
}

// serve serves the client's connection until it ends.
func (c *client) serve() {
	defer func() {
		c.close()
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		c.quit("Connection closed")
		delete(c.server.conns, c)
	}()
	if secure, ok := c.conn.(*tls.Conn); ok {
		if secure.Handshake() != nil {
			return
		}
		if certs := secure.ConnectionState().PeerCertificates; len(certs) > 0 {
			sum := sha256.Sum256(certs[0].Raw)
			c.certificate = hex.EncodeToString(sum[:])
		}
	}
	c.server.writers.Go(func() { c.queue.write(c.conn) })
	c.read()
}

// read handles the client's lines until its connection ends.
func (c *client) read() {
	in := bufio.NewReaderSize(c.conn, maxInput)
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			if err == nil {
				c.tooLong()
			}
		} else if err == nil {
			c.take(string(text))
		}
		if err != nil {
			return
		}
	}
}

// take handles one line with its end, and logs it.
func (c *client) take(text string) {
	tags, rest := "", text
	if strings.HasPrefix(text, "@") {
		if at := strings.IndexByte(text, ' '); at >= 0 {
			tags, rest = text[:at+1], text[at+1:]
		}
	}
	plain := strings.TrimRight(text, "\r\n")
	done := c.server.received.add(c, plain)
	defer done()
	switch {
	case len(tags) > maxTags || len(rest) > maxRest:
		c.tooLong()
	case plain != "":
		c.server.mu.Lock()
		c.handle(plain)
		c.server.mu.Unlock()
	}
}

// tooLong refuses a line, message-tags "Size limit".
func (c *client) tooLong() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.reply("417", "Input line was too long")
}

// close ends the connection at once; the reader takes the client out.
func (c *client) close() {
	if c.conn != nil {
		c.queue.once.Do(func() { close(c.queue.done) })
		_ = c.conn.Close()
	}
}
