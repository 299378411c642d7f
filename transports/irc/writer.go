package irc

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"wherry/transports"
)

const (
	// maxPending bounds what waits for a server that does not read.
	maxPending = 64 << 10
	// writeTimeout is how long a server may take nothing before the connection
	// counts as dead.
	writeTimeout = 15 * time.Second
)

// writer sends lines. Whoever finds nobody writing writes what waits; the
// others add theirs and wait, so that lines merge under load and no goroutine
// stands by.
type writer struct {
	conn   net.Conn
	encode func(lines []byte) []byte // as they go out; nil is UTF-8

	mu       sync.Mutex // guards all below; not held while writing
	writing  bool
	waiting  *flush // what to write next
	err      error
	deadline time.Time
}

// flush is lines that are written together, and what became of them.
type flush struct {
	lines []byte
	done  chan struct{}
	err   error
}

// errQueue tells that the server leaves too much unread.
var errQueue = &transports.Error{
	Kind: transports.Busy,
	Text: transports.T("The network does not take messages fast enough. Try again in a moment."),
}

// post sends lines, which stay the caller's. It does not wait for another
// that is writing.
func (w *writer) post(lines []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writing {
		_, err := w.add(lines)
		return err
	}
	return w.write(lines)
}

// send sends lines, which stay the caller's, and returns when the system took
// them. An error that is Unsure came after part of them may have been sent.
func (w *writer) send(ctx context.Context, lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	w.mu.Lock()
	if !w.writing {
		defer w.mu.Unlock()
		return w.write(lines)
	}
	f, err := w.add(lines)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return unsure(ctx.Err())
	}
	if f.err != nil {
		return unsure(f.err)
	}
	return nil
}

// add leaves lines to the one who writes.
func (w *writer) add(lines []byte) (*flush, error) {
	if w.err != nil {
		return nil, disconnected(w.err)
	}
	if w.waiting == nil {
		w.waiting = &flush{done: make(chan struct{})}
	}
	if len(w.waiting.lines)+len(lines) > maxPending {
		return nil, errQueue
	}
	w.waiting.lines = append(w.waiting.lines, lines...)
	return w.waiting, nil
}

// write writes lines, then what others added meanwhile. It is called, and
// returns, with mu held.
func (w *writer) write(lines []byte) error {
	if w.err != nil {
		return disconnected(w.err)
	}
	w.writing = true
	w.flush(lines)
	err := w.err
	for w.waiting != nil {
		f := w.waiting
		w.waiting = nil
		w.flush(f.lines)
		f.err = w.err
		close(f.done)
	}
	w.writing = false
	if err != nil {
		return unsure(err)
	}
	return nil
}

// flush writes lines with mu released.
func (w *writer) flush(lines []byte) {
	if w.err == nil {
		w.err = w.extend()
	}
	if w.err != nil {
		return
	}
	w.mu.Unlock()
	if w.encode != nil {
		lines = w.encode(lines)
	}
	_, err := w.conn.Write(lines)
	w.mu.Lock()
	if w.err == nil {
		w.err = err
	}
}

// extend keeps the write deadline ahead. It is not set for each line, since
// that costs as much as a line.
func (w *writer) extend() error {
	now := time.Now()
	if w.deadline.Sub(now) > writeTimeout {
		return nil
	}
	w.deadline = now.Add(2 * writeTimeout)
	return w.conn.SetWriteDeadline(w.deadline)
}

// finish bounds all that is still written.
func (w *writer) finish(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.deadline = now.AddDate(1, 0, 0) // extend has nothing more to do
	_ = w.conn.SetWriteDeadline(now.Add(d))
}

// errClosed is why a writer takes nothing after close.
var errClosed = errors.New("connection closed")

// close makes every later line an error.
func (w *writer) close() {
	w.mu.Lock()
	if w.err == nil {
		w.err = errClosed
	}
	w.mu.Unlock()
}

func disconnected(err error) *transports.Error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("There is no connection to the network."), Err: err}
}

func unsure(err error) *transports.Error {
	return &transports.Error{
		Kind:   transports.Unreachable,
		Text:   transports.T("The connection to the network broke."),
		Err:    err,
		Unsure: true,
	}
}
