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
	c.bound.Allow(c.most)
	left := int64(streamMost)
	err := f(func(r io.Reader) io.Reader { return &lively{r, slow, c, &left} })
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return Failure(c.host, err)
}

// lively is a reader that puts off a timer, and the bound of what an answer may be,
// as long as some are left of the bytes of a stream.
type lively struct {
	r    io.Reader
	slow *time.Timer
	c    *Client
	left *int64
}

func (l *lively) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if *l.left -= int64(n); n > 0 && *l.left > 0 {
		l.c.bound.Credit(int64(n))
		if l.slow.Stop() {
			l.slow.Reset(l.c.within)
		}
	}
	return n, err
}
