package imap

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"wherry/transports/dial"
	"wherry/transports/email/hosts"
)

// Link is a connection that is logged in. It has a Client, or it is parked: a client
// of the library has buffers, goroutines and what the server can do, some 25 KiB, and
// an account has no use for it while it waits for mail, which it does nearly always.
//
// Wake and Close are safe beside all others, which are for one goroutine.
type Link struct {
	conn   *hosts.Lean
	host   hosts.Host
	within time.Duration
	bound  *hosts.Bounded // what it says
	most   int64          // of that, about one command

	caps  unique.Handle[string] // what the server can do, as it writes that
	said  lines                 // while parked
	idles bool                  // an IDLE is under way
	news  bool                  // since it was parked, the server told of mail

	mu      sync.Mutex // guards what follows
	waiting bool
	woken   bool
}

// tagIdle is of the only command that a parked link gives.
const tagIdle = "IDLE1"

// attach gives the link a client, which is told hello before what the server says.
func (l *Link) attach(hello string, o *imapclient.Options) *Client {
	t := &tap{Lean: l.conn, hello: []byte(hello)}
	return &Client{Client: imapclient.New(t, o), Link: l, tap: t}
}

// Close ends the connection.
func (c *Client) Close() error { return c.Client.Close() }

// Close ends the connection.
func (l *Link) Close() error { return l.conn.Close() }

// Park takes the link from its client, which must not be used any more, and may be
// doing nothing. A folder that was selected stays selected.
func (c *Client) Park(ctx context.Context) (*Link, error) {
	l := c.Link
	if l.caps == (unique.Handle[string]{}) {
		err := c.Do(ctx, func() error {
			all := slices.Collect(maps.Keys(c.Caps()))
			slices.Sort(all)
			words := make([]string, len(all))
			for i, one := range all {
				words[i] = string(one)
			}
			l.caps = unique.Make(strings.Join(words, " "))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slow := time.AfterFunc(l.within, func() { _ = l.conn.Close() })
	defer slow.Stop()
	if err := c.tap.take(c.Closed()); err != nil {
		_ = l.conn.Close()
		return nil, Failure(l.host, err)
	}
	return l, nil
}

// can tells whether the server offers something.
func (l *Link) can(what imap.Cap) bool {
	return slices.Contains(strings.Fields(l.caps.Value()), string(what))
}

// Idle has the server tell of mail, RFC 2177, on a parked link. It reports false where
// the server does not offer that, or refuses it.
func (l *Link) Idle(ctx context.Context) (idles bool, err error) {
	l.news = false
	if !l.can(imap.CapIdle) {
		return false, nil
	}
	answered := false
	err = l.do(ctx, tagIdle+" IDLE\r\n", func(line []byte) {
		first, _ := word(line)
		switch string(first) {
		case "+":
			l.idles, answered = true, true
		case tagIdle:
			answered = true
		}
	}, func() bool { return answered })
	return l.idles, err
}

// do sends something and reads until that is answered, to the end of a line.
func (l *Link) do(ctx context.Context, say string, each func(line []byte), answered func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, l.within)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.conn.Close() })
	defer stop()
	l.bound.Allow(l.most)
	var err error
	if say != "" {
		_, err = io.WriteString(l.conn, say)
	}
	for err == nil && !(answered() && l.said.whole()) {
		if err = l.read(each); errors.Is(err, dial.ErrAgain) {
			err = l.conn.Wait()
		}
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = l.conn.Close()
	}
	return Failure(l.host, err)
}

// errBye tells that the server ends the connection.
var errBye = errors.New("BYE")

// pieces are lent to who reads while parked.
var pieces = sync.Pool{New: func() any { return new([1 << 10]byte) }}

// read reads what there is, which may be nothing: the error is dial.ErrAgain then.
func (l *Link) read(each func(line []byte)) error {
	b := pieces.Get().(*[1 << 10]byte)
	defer pieces.Put(b)
	n, err := l.conn.TryRead(b[:])
	if n == 0 {
		return err
	}
	bye := false
	err = l.said.feed(b[:n], func(line []byte) {
		l.news = l.news || tellsOfMail(line)
		bye = bye || saysBye(line)
		if each != nil {
			each(line)
		}
	})
	if bye {
		return errBye
	}
	return err
}

// Wait returns when the server told of mail since Idle, ended the IDLE, or Wake was
// called since the last Wait; told is of the first. The error is that of a
// connection that ended.
//
// This is where an account spends its life: what it has on the stack counts.
func (l *Link) Wait() (told bool, err error) {
	if !l.begin() {
		return l.news, nil
	}
	idled := l.idles
	for !l.news && idled == l.idles {
		if err = l.hear(); err != nil || l.news || idled != l.idles {
			break
		}
		if err = l.conn.Wait(); err != nil {
			break
		}
	}
	return l.news, l.end(err)
}

// begin reports false where Wake was called.
func (l *Link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.woken {
		l.woken = false
		return false
	}
	l.waiting = true
	return true
}

// end is of what begin began.
func (l *Link) end(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = false
	if l.woken {
		l.woken = false
		_ = l.conn.SetReadDeadline(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
	}
	return err
}

// Wake has Wait return, the next one where there is none now.
func (l *Link) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.woken {
		return
	}
	l.woken = true
	if l.waiting {
		_ = l.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// Forget has a Wake of before mean nothing.
func (l *Link) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.woken = false
}

// hear reads all that there is.
func (l *Link) hear() error {
	for {
		err := l.read(l.ends)
		switch {
		case errors.Is(err, dial.ErrAgain):
			return nil
		case err != nil:
			return err
		}
	}
}

// ends notes the end of an IDLE.
func (l *Link) ends(line []byte) {
	if first, _ := word(line); string(first) == tagIdle {
		l.idles = false
	}
}

// Resume gives a parked link a client again; an IDLE ends. No folder is selected, as
// far as that client knows.
func (l *Link) Resume(ctx context.Context, o *imapclient.Options) (*Client, error) {
	say := ""
	if l.idles {
		say = "DONE\r\n"
	}
	err := l.do(ctx, say, l.ends, func() bool { return !l.idles })
	if err != nil {
		return nil, err
	}
	c := l.attach("* PREAUTH [CAPABILITY "+l.caps.Value()+"] here\r\n", o)
	if err := c.Do(ctx, c.WaitGreeting); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}
