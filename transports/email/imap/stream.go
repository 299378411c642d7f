package imap

import (
	"context"
	"io"
	"time"
)

// Stream waits for a command whose answer may be long, as Do does: the time begins
// anew with all that is read through what f is given.
func (c *Client) Stream(ctx context.Context, f func(through func(io.Reader) io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	slow := time.AfterFunc(c.within, cancel)
	defer slow.Stop()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	err := f(func(r io.Reader) io.Reader { return &lively{r, slow, c.within} })
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return Failure(c.host, err)
}

// lively is a reader that puts off a timer.
type lively struct {
	r      io.Reader
	slow   *time.Timer
	within time.Duration
}

func (l *lively) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if n > 0 && l.slow.Stop() {
		l.slow.Reset(l.within)
	}
	return n, err
}
