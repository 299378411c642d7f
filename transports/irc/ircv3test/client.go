package ircv3test

import (
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// client is one connection, or a puppet without one.
type client struct {
	server *Server
	conn   net.Conn     // nil for a puppet
	queue  *queue       // nil for a puppet
	told   *journal     // what a puppet is told; nil for others
	key    atomic.Value // the folded nick, for the journals

	caps        map[string]bool
	version     int  // of CAP, as far as the client said
	hold        bool // registration waits for CAP END
	pass        string
	certificate string // SHA-256 in hex
	sasl        saslState

	nick, user, host, realname string
	account                    string
	registered                 bool
	gone                       bool
	split                      []membership // where it was before a netsplit
	away                       string
	bot                        bool
	invisible                  bool
	signOn, spoke              time.Time
	channels                   []*channel
	monitors                   map[string]string // as the client wrote them, by folded nick
	network                    string            // of a bouncer

	holding bool // what is sent waits in held
	held    []string
	random  *rand.Rand // what shuffles what the client hears; nil: nothing
	late    []*message // heard later

	label     string
	capture   []rendered // answers to a labelled line
	intercept bool       // the labelled line is answered by a test
	batch     *openBatch // of the client
}

// newClient returns a client; conn is nil for a puppet.
func newClient(s *Server, conn net.Conn) *client {
	c := &client{server: s, conn: conn, caps: make(map[string]bool), monitors: make(map[string]string), host: "client.test"}
	c.key.Store("")
	if conn != nil {
		c.queue = newQueue()
	}
	return c
}

// name returns the nick, or "*" before there is one.
func (c *client) name() string {
	if c.nick == "" {
		return "*"
	}
	return c.nick
}

// mask returns nick!user@host.
func (c *client) mask() string {
	user := c.user
	if user == "" {
		user = "unknown"
	}
	return c.name() + "!" + user + "@" + c.host
}

// owner is whose read markers and private history a client has: its account's,
// else its nick's.
func (c *client) owner() string {
	if c.account != "" {
		return c.server.fold(c.account)
	}
	return c.server.fold(c.nick)
}

// send sends a message to the client. An answer to a labelled line waits for
// the end of the answers.
func (c *client) send(m *message) {
	c.settle()
	r := c.render(m)
	if c.label != "" && !m.apart {
		c.capture = append(c.capture, r)
		return
	}
	c.push(r)
}

// push hands a line to the connection, or to the puppet.
func (c *client) push(r rendered) { c.pushText(r.String()) }

func (c *client) pushText(text string) {
	switch {
	case c.holding:
		if c.held = append(c.held, text); len(c.held) > maxQueue {
			c.close()
		}
	case c.gone || c.told == nil && c.queue == nil:
	case c.told != nil:
		c.told.add(c, text)()
	case !c.queue.push(text, time.Now().Add(c.server.lag)):
		c.close()
	}
}

// hangUp says why and closes the connection when all is written.
func (c *client) hangUp(reason string) {
	c.send(&message{verb: "ERROR", params: []string{reason}, apart: true})
	c.pushText("")
}

// neighbours returns all who share a channel with the client, without itself.
func (c *client) neighbours() []*client {
	var all []*client
	seen := map[*client]bool{c: true}
	for _, ch := range c.channels {
		for _, m := range ch.members {
			if !seen[m.client] {
				seen[m.client] = true
				all = append(all, m.client)
			}
		}
	}
	return all
}

// sorted returns the users that may be seen, by nick.
func (s *Server) sorted() []*client {
	var all []*client
	for _, u := range s.users {
		if u.registered {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *client) int { return strings.Compare(a.nick, b.nick) })
	return all
}

// user returns who has a nick and is let in, or nil.
func (s *Server) user(nick string) *client {
	if u := s.users[s.fold(nick)]; u != nil && u.registered {
		return u
	}
	return nil
}

// quit takes a client out of the network, and tells those who saw it.
func (c *client) quit(reason string) {
	if c.gone || c.split != nil {
		return
	}
	if c.registered {
		m := c.event("QUIT", reason)
		for _, n := range c.neighbours() {
			n.send(m)
		}
		c.leaveAll(m)
	}
	c.forget()
	c.gone = true
}

// forget takes a client's nick from it.
func (c *client) forget() {
	key := c.server.fold(c.nick)
	if c.server.users[key] == c {
		delete(c.server.users, key)
		if c.registered {
			c.server.offline(key, c.nick)
		}
	}
}

// leaveAll takes a client out of all its channels, which remember how it went.
func (c *client) leaveAll(m *message) {
	for _, ch := range slices.Clone(c.channels) {
		ch.history.add(m, c.server.cfg.History)
		c.leave(ch)
	}
}
