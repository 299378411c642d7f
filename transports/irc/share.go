package irc

// Shares returns the host that the connection is proven to reach, if what is said
// in its channels is the same for all who are there by such a connection: its
// certificate is good for the network's own name, nothing that the user set led
// elsewhere, and nobody between keeps a view of their own, as bouncers do.
func (s *Session) Shares() (host string, ok bool) {
	c, err := s.live()
	if err != nil {
		return "", false
	}
	c.mu.Lock()
	bouncer := c.bouncer
	c.mu.Unlock()
	who := &s.who
	alone := who.pass != "" || s.t.cfg.FixedNetwork != "" && who.wantsSASL()
	return who.host, c.secure() && !bouncer && !alone && who.address == "" && len(who.pins) == 0
}
