package ircv3test

import "fmt"

// Split parts two servers of the network: puppets, who are behind the second,
// are gone for all others in one batch,
// https://ircv3.net/specs/extensions/batch/netsplit. It panics if a nick is no
// puppet's.
func (s *Server) Split(server, other string, nicks ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[*client][]*message)
	for _, nick := range nicks {
		p := s.user(nick)
		if p == nil || p.told == nil {
			panic(fmt.Sprintf("ircv3test: split: %q is no puppet", nick))
		}
		m := p.event("QUIT", server+" "+other)
		for _, n := range p.neighbours() {
			seen[n] = append(seen[n], m)
		}
		p.split = []membership{}
		for _, ch := range p.channels {
			p.split = append(p.split, membership{ch.name, ch.of(p).ranks})
		}
		p.leaveAll(m)
		p.forget()
	}
	s.sendBatches("netsplit", server, other, seen)
}

// Netjoin joins the servers again: the puppets are back where they were, in one
// batch of JOINs, with their ranks by MODE behind it.
func (s *Server) Netjoin(server, other string, nicks ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[*client][]*message)
	var back []*client
	for _, p := range s.puppets {
		if p.split == nil || !s.named(p, nicks) {
			continue
		}
		back = append(back, p)
		s.users[s.fold(p.nick)] = p
		places := p.split
		p.split = nil
		for _, place := range places {
			ch := s.makeChannel(place.channel)
			p.enter(ch, place.ranks)
			m := p.joinMessage(ch)
			ch.history.add(m, s.cfg.History)
			for _, other := range ch.members {
				seen[other.client] = append(seen[other.client], m)
			}
		}
		s.online(p)
	}
	for _, p := range back {
		delete(seen, p)
	}
	s.sendBatches("netjoin", server, other, seen)
	for _, p := range back {
		for _, ch := range p.channels {
			for _, m := range ch.members {
				if m.client != p {
					p.restore(ch, m.client)
				}
			}
		}
	}
}

// named tells whether a client has one of some nicks.
func (s *Server) named(c *client, nicks []string) bool {
	for _, nick := range nicks {
		if s.fold(nick) == s.fold(c.nick) {
			return true
		}
	}
	return false
}

// sendBatches gives each client its messages in one batch.
func (s *Server) sendBatches(kind, server, other string, messages map[*client][]*message) {
	for _, to := range s.sorted() {
		if len(messages[to]) == 0 {
			continue
		}
		to.inside(kind, []string{server, other}, func(batch string) {
			for _, m := range messages[to] {
				in := *m
				in.batch = batch
				to.send(&in)
			}
		})
	}
}
