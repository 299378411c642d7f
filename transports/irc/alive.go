package irc

import (
	"errors"
	"time"
)

// times are the waits of a connection.
type times struct {
	login time.Duration // a log-in, after the connection stands
	idle  time.Duration // silence before we ping
	grace time.Duration // then, until the connection counts as dead
	alive time.Duration // a wait of ours before we show that we live
	quit  time.Duration // the way out
	away  time.Duration // before a server is told again that we are away, where it refused
	nick  time.Duration // before it is asked for a nick again, where it does not tell; twice as long each time
}

var defaultTimes = times{
	login: 25 * time.Second,
	idle:  90 * time.Second,
	grace: 30 * time.Second,
	alive: 30 * time.Second,
	quit:  2 * time.Second,
	away:  15 * time.Second,
	nick:  time.Minute,
}

var (
	errLogin   = errors.New("the log-in takes too long")
	errSilence = errors.New("the server is silent")
)

// wake makes the wait for input end after d, unless the connection is ending
// anyway.
func (c *conn) wake(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.reason != nil {
		return nil
	}
	return c.link.socket.SetReadDeadline(time.Now().Add(d))
}

// silence is called when the read deadline is over. The deadline is not moved
// by what comes in, for that would cost as much as a line: so the server may
// have spoken since.
func (c *conn) silence() error {
	c.mu.Lock()
	over, registering := c.closing || c.reason != nil, c.reg != nil
	c.mu.Unlock()
	times := &c.s.t.times
	switch {
	case over:
		return errClosed
	case registering:
		return errLogin
	case c.asked:
		return errSilence
	}
	if rest := times.idle - time.Since(c.heard); rest > 0 {
		return c.wake(rest)
	}
	c.asked = true
	ping, err := appendLine(nil, "PING", c.s.who.host)
	if err != nil {
		return err
	}
	if err := c.out.post(ping); err != nil {
		return err
	}
	return c.wake(times.grace)
}

// stayAlive tells the server now and then, unasked, that we live, until done.
// Servers take any line for that.
func (c *conn) stayAlive(done <-chan struct{}) {
	pong, err := appendLine(nil, "PONG", c.s.who.host)
	if err != nil {
		return
	}
	tick := time.NewTicker(c.s.t.times.alive)
	defer tick.Stop()
	for {
		if c.out.post(pong) != nil {
			return
		}
		select {
		case <-tick.C:
		case <-done:
			return
		}
	}
}
