package ircv3test

import (
	"slices"
	"strings"
)

// BouncerNetwork is one network of a bouncer: its attributes by name, as
// "name", "host", "state".
type BouncerNetwork struct {
	ID         string
	Attributes map[string]string
}

// String returns the attributes in the format of message tags.
func (n BouncerNetwork) String() string {
	var tags []tag
	for name, value := range n.Attributes {
		tags = append(tags, tag{name, value})
	}
	slices.SortFunc(tags, func(a, b tag) int { return strings.Compare(a.name, b.name) })
	return strings.Trim(formatTags(tags), "@ ")
}

// bouncer handles BOUNCER of soju.im/bouncer-networks: BIND and LISTNETWORKS.
func (c *client) bouncer(l *line) {
	s, id := c.server, l.param(1)
	switch sub := strings.ToUpper(l.param(0)); {
	case sub == "LISTNETWORKS" && c.registered:
		c.listNetworks()
	case sub != "BIND":
		c.fail("BOUNCER", "UNKNOWN_COMMAND", l.param(0), "Unknown subcommand")
	case c.registered:
		c.fail("BOUNCER", "REGISTRATION_IS_COMPLETED", "BIND", "Cannot bind to a network after registration")
	case c.account == "":
		c.fail("BOUNCER", "ACCOUNT_REQUIRED", "BIND", "Authentication required")
	case s.networkAt(id) < 0:
		c.fail("BOUNCER", "INVALID_NETID", "BIND", id, "Network not found")
	default:
		c.network = id
	}
}

func (s *Server) networkAt(id string) int {
	return slices.IndexFunc(s.networks, func(n BouncerNetwork) bool { return n.ID == id })
}

func (c *client) listNetworks() {
	c.inside("soju.im/bouncer-networks", nil, func(batch string) {
		for _, n := range c.server.networks {
			m := c.server.by("BOUNCER", "NETWORK", n.ID, n.String())
			m.batch = batch
			c.send(m)
		}
	})
}

// SetNetwork adds a network of the bouncer, or changes attributes of one, and
// tells clients with soju.im/bouncer-networks-notify what is new.
func (s *Server) SetNetwork(n BouncerNetwork) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.networkAt(n.ID); at >= 0 {
		all := make(map[string]string)
		for _, attributes := range []map[string]string{s.networks[at].Attributes, n.Attributes} {
			for name, value := range attributes {
				all[name] = value
			}
		}
		s.networks = slices.Clone(s.networks)
		s.networks[at].Attributes = all
	} else {
		s.networks = append(slices.Clone(s.networks), n)
	}
	s.tellNetwork(n.ID, n.String())
}

// RemoveNetwork removes a network of the bouncer.
func (s *Server) RemoveNetwork(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.networks = slices.DeleteFunc(slices.Clone(s.networks), func(n BouncerNetwork) bool { return n.ID == id })
	s.tellNetwork(id, "*")
}

func (s *Server) tellNetwork(id, attributes string) {
	for _, u := range s.sorted() {
		if u.caps["soju.im/bouncer-networks-notify"] {
			u.send(s.by("BOUNCER", "NETWORK", id, attributes))
		}
	}
}

// Bound returns the network of the bouncer that a client is bound to.
func (s *Server) Bound(nick string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[s.fold(nick)]; u != nil {
		return u.network
	}
	return ""
}
