package ircv3test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// AllCaps are the capabilities that the server knows. "sts" is offered only
// with a value of its own, and those of a bouncer by a bouncer only.
var AllCaps = []string{
	"account-notify", "account-tag", "away-notify", "batch", "cap-notify", "chghost",
	"draft/account-registration", "draft/chathistory", "draft/event-playback", "draft/message-redaction",
	"draft/multiline", "draft/no-implicit-names", "draft/pre-away", "draft/read-marker",
	"echo-message", "extended-join", "extended-monitor", "invite-notify", "labeled-response",
	"message-tags", "multi-prefix", "no-implicit-names", "sasl", "server-time", "setname",
	"soju.im/bouncer-networks", "soju.im/bouncer-networks-notify", "standard-replies", "sts",
	"userhost-in-names",
}

// capability is a capability offered.
type capability struct{ name, value string }

func (p capability) String() string {
	if p.value == "" {
		return p.name
	}
	return p.name + "=" + p.value
}

// usual returns the value that a capability has, and whether it is offered.
func (s *Server) usual(name string) (string, bool) {
	switch name {
	case "sasl":
		return s.cfg.Mechanisms, true
	case "draft/multiline":
		return fmt.Sprintf("max-bytes=%d,max-lines=%d", s.cfg.MultilineMax, s.cfg.MultilineRows), true
	case "draft/account-registration":
		return s.cfg.Registration, true
	case "sts":
		return s.cfg.STS, s.cfg.STS != ""
	case "soju.im/bouncer-networks", "soju.im/bouncer-networks-notify":
		return "", len(s.cfg.Networks) > 0
	}
	return "", true
}

// offered returns what is offered at first.
func (s *Server) offered() []capability {
	names := s.cfg.Caps
	if names == nil {
		names = AllCaps
	}
	var caps []capability
	for _, name := range names {
		name, value, own := strings.Cut(name, "=")
		usual, offered := s.usual(name)
		if !own {
			value = usual
		}
		if own || offered {
			caps = append(caps, capability{name, value})
		}
	}
	return caps
}

// offers tells whether a capability is offered now.
func (s *Server) offers(name string) bool {
	return slices.ContainsFunc(s.caps, func(p capability) bool { return p.name == name })
}

// capability handles CAP, https://ircv3.net/specs/extensions/capability-negotiation.
func (c *client) capability(l *line) {
	switch sub := strings.ToUpper(l.param(0)); sub {
	case "LS":
		version, _ := strconv.Atoi(l.param(1))
		c.version = max(c.version, version)
		if version >= 302 {
			c.caps["cap-notify"] = true
		}
		c.hold = !c.registered
		var names []string
		for _, p := range c.server.caps {
			if version < 302 {
				p.value = ""
			}
			names = append(names, p.String())
		}
		c.capList("LS", names, version)
	case "LIST":
		var names []string
		for name, on := range c.caps {
			if on {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		c.capList("LIST", names, c.version)
	case "REQ":
		c.hold = !c.registered
		c.request(l.param(1))
	case "END":
		if !c.registered && c.hold {
			c.hold = false
			c.letIn()
		}
	default:
		c.reply("410", l.param(0), "Invalid CAP command")
	}
}

// capList sends a list of capabilities: in several lines to who knows them,
// else as many as a line holds.
func (c *client) capList(sub string, names []string, version int) {
	const room = 400
	for {
		n, size := 0, 0
		for n < len(names) && size+len(names[n])+1 <= room {
			size += len(names[n]) + 1
			n++
		}
		if n == len(names) || n == 0 || version < 302 {
			c.send(c.server.by("CAP", c.name(), sub, strings.Join(names[:n], " ")))
			return
		}
		m := c.server.by("CAP", c.name(), sub, "*", strings.Join(names[:n], " "))
		c.send(m)
		names = names[n:]
	}
}

// request changes all capabilities of a list, or none.
func (c *client) request(list string) {
	ok := true
	for name := range strings.FieldsSeq(list) {
		name, off := strings.CutPrefix(name, "-")
		switch {
		case !c.server.offers(name), name == "sts", off && name == "cap-notify" && c.version >= 302:
			ok = false
		}
	}
	if !ok {
		c.acknowledge("NAK", list)
		return
	}
	c.acknowledge("ACK", list)
	for name := range strings.FieldsSeq(list) {
		name, off := strings.CutPrefix(name, "-")
		c.caps[name] = !off
		if name == "soju.im/bouncer-networks-notify" && !off && c.registered {
			c.listNetworks()
		}
	}
}

// acknowledge answers a request, in several lines if it takes them.
func (c *client) acknowledge(verb, list string) {
	room := maxRest - 2 - len(formatRest(c.server.cfg.Name, "CAP", []string{c.name(), verb, ""}, true))
	for len(list) > room {
		at := strings.LastIndexByte(list[:room+1], ' ')
		if at <= 0 {
			break
		}
		c.send(c.server.by("CAP", c.name(), verb, list[:at]))
		list = list[at+1:]
	}
	c.send(c.server.by("CAP", c.name(), verb, list))
}

// AddCap offers a capability, "sasl=PLAIN", or one with another value, and tells
// clients by CAP NEW.
func (s *Server) AddCap(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, value, _ := strings.Cut(token, "=")
	s.caps = slices.DeleteFunc(s.caps, func(p capability) bool { return p.name == name })
	s.caps = append(s.caps, capability{name, value})
	for c := range s.conns {
		switch {
		case c.version >= 302:
			c.send(s.by("CAP", c.name(), "NEW", token))
		case c.caps["cap-notify"]:
			c.send(s.by("CAP", c.name(), "NEW", name))
		}
	}
}

// RemoveCap withdraws a capability, and tells clients by CAP DEL.
func (s *Server) RemoveCap(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caps = slices.DeleteFunc(s.caps, func(p capability) bool { return p.name == name })
	for c := range s.conns {
		if c.version >= 302 || c.caps["cap-notify"] {
			c.send(s.by("CAP", c.name(), "DEL", name))
		}
		delete(c.caps, name)
	}
}
