package ircv3test

import "math/rand/v2"

// Shuffle makes what the client with a nick is told of channels come in another
// order from now on: the lines of one sender stay in theirs, as they do where a
// network has several servers. All of them come before anything else does. A seed
// of 0 ends it.
func (s *Server) Shuffle(nick string, seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[s.fold(nick)]
	if u == nil {
		return
	}
	u.settle()
	if u.random = nil; seed != 0 {
		u.random = rand.New(rand.NewPCG(seed, 0))
	}
}

// shuffled is how many lines wait for later ones, at most.
const shuffled = 5

// hear tells a client a message of a channel, or keeps it for later, and tells
// some that were kept.
func (c *client) hear(m *message) {
	if c.random == nil {
		c.deliver(m)
		return
	}
	c.late = append(c.late, m)
	for n := c.random.IntN(shuffled); len(c.late) > n; {
		at := c.random.IntN(len(c.late))
		for i := range at { // what its sender said before goes first
			if c.late[i].source == c.late[at].source {
				at = i
				break
			}
		}
		c.release(at)
	}
}

func (c *client) release(at int) {
	m := c.late[at]
	c.late = append(c.late[:at:at], c.late[at+1:]...)
	late := c.late
	c.late = nil // these go on waiting
	c.deliver(m)
	c.late = late
}

// settle tells what was kept for later.
func (c *client) settle() {
	late := c.late
	c.late = nil
	for _, m := range late {
		c.deliver(m)
	}
}
