package irc

import (
	"context"
	"errors"
	"slices"

	"wherry/transports"
)

// request is a question to the network that somebody waits for. IRC has no
// numbers for questions: its answer is known by the command and the names in
// it, by what it changes, or by a ping sent behind it coming back.
type request struct {
	verb    string
	room    string // folded; empty where it is about none
	nick    string // folded; empty where it is about nobody
	settled func() bool
	label   string // of its line; empty where it has none
	fence   string // what the ping behind it says; empty where there is none
	silent  error  // what it means that the ping came back and nothing else did
	bans    []transports.Outcast
	answer  string   // of a program's
	lists   bool     // whether the network's answers are wanted
	words   []string // folded: what else a refusal of it can name
	said    []string // these
	done    chan error
}

// errTimeout is the answer where the network gave none in time.
func errTimeout(err error) *transports.Error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The network did not answer in time."), Err: err}
}

// errNotDone is the answer where the network was silent and did not do it.
var errNotDone = &transports.Error{Kind: transports.NotAllowed, Text: transports.T("The network did not do that.")}

// ask sends the lines that compose makes, and waits for the answer to r, which
// compose may fill in. Compose is called with mu held; it returns nil where
// there is nothing to ask.
func (c *conn) ask(ctx context.Context, r *request, compose func() ([]byte, error)) error {
	if err := c.pace.wait(ctx, true); err != nil {
		return paceError(err)
	}
	r.done = make(chan error, 1)
	c.mu.Lock()
	lines, err := compose()
	if err == nil && lines != nil {
		c.requests = append(c.requests, r)
	}
	c.mu.Unlock()
	if err != nil || lines == nil {
		return err
	}
	defer c.forget(r)
	if err := c.out.send(ctx, lines); err != nil {
		return err
	}
	return r.wait(ctx)
}

// wait returns the answer to a request.
func (r *request) wait(ctx context.Context) error {
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return errTimeout(ctx.Err())
	}
}

// paceError turns the end of a wait for a turn into its meaning.
func paceError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errTimeout(err)
	}
	return err
}

// fenced adds to lines a ping that comes back after their answers. Bouncers
// answer pings themselves, too early: there the answer must do alone.
func (c *conn) fenced(r *request, lines []byte) ([]byte, error) {
	if c.bouncer {
		return lines, nil
	}
	r.fence = "wherry-" + c.mint()
	return appendLine(lines, "PING", r.fence)
}

// complete answers a request. It is called with mu held.
func (c *conn) complete(r *request, err error) {
	c.remove(r)
	select {
	case r.done <- err:
	default:
	}
}

// forget drops a request that nobody waits for any more.
func (c *conn) forget(r *request) {
	c.mu.Lock()
	c.remove(r)
	c.mu.Unlock()
}

func (c *conn) remove(r *request) {
	if i := slices.Index(c.requests, r); i >= 0 {
		c.requests = slices.Delete(c.requests, i, i+1)
	}
}

// find returns the oldest request of a command about a room.
func (c *conn) find(verb, room string) *request {
	for _, r := range c.requests {
		if r.verb == verb && r.room == room {
			return r
		}
	}
	return nil
}

// completeAll answers all requests of a command about a room.
func (c *conn) completeAll(verb, room string, err error) {
	for r := c.find(verb, room); r != nil; r = c.find(verb, room) {
		c.complete(r, err)
	}
}

// settle answers the requests that have what they asked for. It is called with
// mu held.
func (c *conn) settle() {
	for _, r := range slices.Clone(c.requests) {
		if r.settled != nil && r.settled() {
			c.complete(r, nil)
		}
	}
}

// ponged handles PONG.
func (c *conn) ponged(l *line) {
	c.setClock(l)
	for _, r := range c.requests {
		if r.fence != "" && r.fence == l.last() {
			if r.settled != nil && r.settled() {
				c.complete(r, nil)
			} else {
				c.complete(r, r.silent)
			}
			return
		}
	}
}

// abandon answers what is still asked when the connection ended.
func (c *conn) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.requests) > 0 {
		c.complete(c.requests[0], disconnected(errClosed))
	}
	for _, sk := range c.seeks {
		close(sk.done)
	}
	c.seeks = nil
}
