package component

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/stream"
)

const (
	slowRetry  = 60 * time.Second // where only a changed configuration helps
	retryFirst = time.Second
	retryMost  = 60 * time.Second
	drainToEOF = 3 * time.Second // for the server to end its side of the stream
	nsPing     = "urn:xmpp:ping"
)

// link keeps the stream of one domain: it connects, writes what the users
// send, reads and hands on, and connects again.
type link struct {
	d      *Domain
	log    *slog.Logger
	writer *stanza.Writer

	mu    sync.Mutex // guards what follows
	conn  *stream.Conn
	queue *fairQueue // nil while there is no stream
	since time.Time
	err   error // why there is no stream
	ended chan struct{}

	heard    atomic.Int64 // when something was read last, Unix nanoseconds
	began    atomic.Int64 // when the stream began, Unix nanoseconds
	streams  atomic.Int64 // that there were
	withheld atomic.Int64 // stanzas that must not reach the wire
	dropped  atomic.Int64 // stanzas that had no stream or no room
}

func newLink(d *Domain) *link {
	name := d.Name()
	return &link{
		d: d, log: d.log,
		writer: &stanza.Writer{Domains: func(s string) bool { return s == name }},
		err:    errors.New("not connected yet"),
	}
}

// send writes a stanza for a user, or for the gateway itself where u is nil. A
// stanza that must not reach the wire is logged and dropped: it would end the
// stream for everybody.
func (l *link) send(s *share, st stanza.Stanza) bool { return l.try(s, st) == nil }

// errNoRoom says that the stream takes nothing now, or that there is none.
var errNoRoom = errors.New("the stream takes nothing now")

// try is send, and tells what is wrong: errNoRoom, or an error of the writer's
// for a stanza that can never be written.
func (l *link) try(s *share, st stanza.Stanza) error {
	l.mu.Lock()
	q := l.queue
	l.mu.Unlock()
	if q == nil {
		l.dropped.Add(1)
		return errNoRoom
	}
	ok, err := q.add(s, func(b []byte) ([]byte, error) { return l.writer.Append(b, st) })
	switch {
	case err != nil:
		l.withheld.Add(1)
		l.log.Error("stanza withheld from the stream", "stanza", st.Name(), "to", st.Head().To.Bare().String(), "err", err)
	case !ok:
		l.dropped.Add(1)
		err = errNoRoom
	}
	return err
}

// run keeps the link until ctx is done; then it closes the stream in order.
func (l *link) run(ctx context.Context) {
	var last string
	for try := 0; ctx.Err() == nil; try++ {
		conn, err := stream.Open(ctx, l.d.conf.Load().stream())
		if err == nil {
			try, last = -1, ""
			err = l.serve(ctx, conn)
		}
		if ctx.Err() != nil {
			return
		}
		l.fail(err)
		if s := err.Error(); s != last {
			l.log.Error("no stream to the XMPP server", "err", err)
			last = s
		}
		l.pause(ctx, err, try)
	}
}

// pause waits before the next try.
func (l *link) pause(ctx context.Context, err error, try int) {
	wait := backoff(max(try, 0), retryFirst, retryMost)
	var fault *stream.StreamError
	if errors.As(err, &fault) && fault.ConfigFault() {
		wait += slowRetry
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil || l.since.IsZero() {
		l.since = time.Now() // else it was missing before
	}
	l.err = err
}

// serve lives as long as one stream does.
func (l *link) serve(ctx context.Context, conn *stream.Conn) error {
	q, ended := newFairQueue(), make(chan struct{})
	l.heard.Store(time.Now().UnixNano())
	l.mu.Lock()
	l.conn, l.queue, l.since, l.err, l.ended = conn, q, time.Now(), nil, ended
	l.mu.Unlock()
	l.began.Store(time.Now().UnixNano())
	l.streams.Add(1)
	if ctx.Err() != nil { // finish may have been here before the stream was
		q.end()
		defer time.AfterFunc(drainToEOF, func() { _ = conn.Close() }).Stop()
	}
	l.log.Info("connected to the XMPP server")

	var wg sync.WaitGroup
	wg.Go(func() { l.write(conn, q, ended) })
	wg.Go(func() { l.watch(conn, ended) })
	l.d.streamUp()
	err := l.read(conn)

	l.mu.Lock()
	l.queue, l.conn = nil, nil
	l.mu.Unlock()
	q.close()
	close(ended)
	_ = conn.Close()
	wg.Wait()
	l.d.grants.clear()
	l.d.streamDown(time.Unix(0, l.heard.Load()))
	l.d.asked.expireAll()
	return err
}

// write sends what waits, merged, as long as the stream lives.
func (l *link) write(conn *stream.Conn, q *fairQueue, ended <-chan struct{}) {
	var buf []byte
	for {
		if buf = q.take(buf[:0]); len(buf) > 0 {
			if err := conn.Write(buf); err != nil {
				_ = conn.Close()
				return
			}
			continue
		}
		if q.ended() {
			_ = conn.CloseWrite()
			return
		}
		if cap(buf) > 2*writeMerge {
			buf = nil
		}
		select {
		case <-q.wake:
		case <-ended:
			return
		}
	}
}

// read hands on what comes, until the stream ends.
func (l *link) read(conn *stream.Conn) error {
	for {
		st, err := conn.Read()
		if conn.Fresh() {
			l.heard.Store(time.Now().UnixNano())
		}
		if err == nil {
			l.d.c.dispatch(st)
			continue
		}
		bad, ok := errors.AsType[*stream.BadStanzaError](err)
		switch {
		case ok:
			l.d.c.dispatchBad(bad)
		case errors.Is(err, io.EOF):
			return errors.New("the XMPP server ended the stream")
		default:
			return err
		}
	}
}

// watch asks the server for a sign of life when it was silent, and cuts the
// stream when none comes. First the server's own domain is asked; one that it
// does not serve may stay without an answer, while a ping to ourselves always
// comes back through a server that lives.
func (l *link) watch(conn *stream.Conn, ended <-chan struct{}) {
	silence, sign := l.d.c.patience.silence, l.d.c.patience.sign
	tick := time.NewTicker(silence / 4)
	defer tick.Stop()
	var asked time.Time
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		heard := time.Unix(0, l.heard.Load())
		switch {
		case heard.After(asked) && time.Since(heard) >= silence:
			asked = time.Now()
			l.ping(l.d.parent())
		case heard.After(asked):
		case time.Since(asked) >= sign:
			l.log.Error("the XMPP server does not answer")
			_ = conn.Close()
			return
		case time.Since(asked) >= sign/2:
			l.ping(jid.JID{Domain: l.d.Name()})
		}
	}
}

func (l *link) ping(to jid.JID) {
	from := jid.JID{Domain: l.d.Name()}
	id := l.d.asked.ask(from, to, l.d.c.patience.sign, func(*stanza.IQ) {})
	l.send(&l.d.share, &stanza.IQ{
		Header:  stanza.Header{From: from, To: to, ID: id, Type: stanza.TypeGet},
		Payload: []stanza.Element{stanza.E(nsPing, "ping")},
	})
}

// finish says all that waits, ends our side of the stream and waits until the
// server ended its own: only then is nothing lost that was on its way here.
func (l *link) finish(within time.Duration) {
	l.mu.Lock()
	conn, q, ended := l.conn, l.queue, l.ended
	l.mu.Unlock()
	if conn == nil {
		return
	}
	q.end()
	select {
	case <-ended:
	case <-time.After(within):
		l.log.Warn("the XMPP server did not end the stream")
		_ = conn.Close()
	}
}

// up tells whether there is a stream.
func (l *link) up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue != nil
}

// young returns for how long the stream is younger than d: a server that has just
// started may drop what it gets.
func (l *link) young(d time.Duration) time.Duration {
	return time.Until(time.Unix(0, l.began.Load()).Add(d))
}

// state tells since when the link is up, or why it is not.
func (l *link) state() (up bool, since time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil, l.since, l.err
}
