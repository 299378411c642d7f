package imaptest

import "strings"

// idle tells what happens until the client says DONE, RFC 2177.
func (c *conn) idle(*command) (string, error) {
	c.s.mu.Lock()
	c.put("+ idling\r\n")
	c.idling = true
	c.s.stats.Idling++
	if c.box != nil && !c.box.deaf {
		c.put(c.sync())
	}
	c.s.mu.Unlock()
	if err := c.flush(); err != nil {
		return "", err
	}
	c.s.Ring()
	line, err := c.line()
	if err != nil {
		return "", err
	}
	if c.Frozen() {
		return "", c.Drain()
	}
	c.s.mu.Lock()
	c.idling = false
	c.s.stats.Idling--
	c.s.mu.Unlock()
	c.s.Ring()
	reply := "OK done"
	if !strings.EqualFold(line, "DONE") {
		reply = "BAD that is not DONE"
	}
	wrong := ""
	if right, err := c.Suffer(c.s.Take("DONE"), func(text string) error { wrong = text; return nil }); err != nil {
		return "", err
	} else if !right {
		reply = wrong
	}
	return reply, nil
}
