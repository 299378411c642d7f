package component

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"wherry/component/stanza"
	"wherry/component/stream"
)

// A stop refuses whatever comes, at once, and ends the stream when nobody has
// said anything for a moment. What comes even later, while the server ends its
// side, cannot be answered on that stream any more: the answers are kept and
// said on a further one, or else their senders would hear nothing at all.

// late holds the answers that had no stream when the gateway was stopping.
type late struct {
	mu      sync.Mutex // guards answers
	answers []stanza.Stanza
}

const (
	lateBound  = 20000 // answers that are kept
	lateRounds = 30    // streams that are opened for them: while one is open, more may come
	lull       = 150 * time.Millisecond
	lateRetry  = 200 * time.Millisecond
	lullWithin = time.Second // for the lull to come: others never stop talking
)

// answer writes an answer for a user. While the gateway stops, one that has no
// stream is kept.
func (d *Domain) answer(s *share, st stanza.Stanza) {
	if d.link.send(s, st) || !d.closing.Load() {
		return
	}
	d.late.mu.Lock()
	defer d.late.mu.Unlock()
	if len(d.late.answers) < lateBound {
		d.late.answers = append(d.late.answers, st)
	}
}

func (l *late) take() []stanza.Stanza {
	l.mu.Lock()
	defer l.mu.Unlock()
	answers := l.answers
	l.answers = nil
	return answers
}

// awaitLull returns when nothing was read from the stream for a moment, or
// after a second.
func (l *link) awaitLull(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lullWithin)
	defer cancel()
	for {
		wait := lull - time.Since(time.Unix(0, l.heard.Load()))
		if up, _, _ := l.state(); !up || wait <= 0 {
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// answerLate opens the stream again for the answers that were kept, as often as
// new ones come.
func (d *Domain) answerLate(ctx context.Context) {
	for range lateRounds {
		answers := d.late.take()
		if len(answers) == 0 {
			return
		}
		conn, err := stream.Open(ctx, d.conf.Load().stream())
		for err != nil && pauseFor(ctx, lateRetry) { // the server may not have seen yet that the last stream ended
			conn, err = stream.Open(ctx, d.conf.Load().stream())
		}
		if err == nil {
			err = d.sayLate(ctx, conn, answers)
		}
		if err != nil {
			d.log.Warn("some senders were not told that the gateway stops", "count", len(answers), "err", err)
			return
		}
	}
	if n := len(d.late.take()); n > 0 {
		d.log.Warn("some senders were not told that the gateway stops", "count", n)
	}
}

// pauseFor waits, and reports false where ctx was done first.
func pauseFor(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sayLate says the answers on a further stream and ends it in order. What comes
// meanwhile is answered too: kept for the next round.
func (d *Domain) sayLate(ctx context.Context, conn *stream.Conn, answers []stanza.Stanza) (err error) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	var b []byte
	for _, st := range answers {
		if b, err = d.link.writer.Append(b, st); err != nil {
			d.log.Error("answer withheld from the stream", "err", err)
		}
	}
	if err := conn.Write(b); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	for {
		st, err := conn.Read()
		var bad *stream.BadStanzaError
		switch {
		case err == nil:
			d.c.dispatch(st)
		case errors.Is(err, io.EOF):
			return nil
		case !errors.As(err, &bad):
			return err
		}
	}
}
