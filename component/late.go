package component

import (
	"context"
	"errors"
	"io"
	"sync"

	"wherry/component/stanza"
	"wherry/component/stream"
)

// late holds the answers to what came while a stop had ended our side of the
// stream: without them it would be lost without a word.
type late struct {
	mu      sync.Mutex // guards answers
	answers []stanza.Stanza
}

// lateBound is how many answers are kept for a further stream.
const lateBound = 20000

// lateRounds is how often a stream is opened for them: while it is open, more
// may come.
const lateRounds = 3

// answer writes an answer; at a stop whose stream has ended, it is kept.
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

func (d *Domain) takeLate() []stanza.Stanza {
	d.late.mu.Lock()
	defer d.late.mu.Unlock()
	answers := d.late.answers
	d.late.answers = nil
	return answers
}

// answerLate opens the stream again for the answers that were kept, and ends it
// in the same order.
func (d *Domain) answerLate(ctx context.Context) {
	for range lateRounds {
		answers := d.takeLate()
		if len(answers) == 0 {
			return
		}
		if err := d.sayLate(ctx, answers); err != nil {
			d.log.Warn("some stanzas could not be answered at the stop", "count", len(answers), "err", err)
			return
		}
	}
}

func (d *Domain) sayLate(ctx context.Context, answers []stanza.Stanza) error {
	conn, err := stream.Open(ctx, d.conf.Load().stream())
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
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
