package ircv3test

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Bounds of AUTHENTICATE, https://ircv3.net/specs/extensions/sasl-3.1: of one
// line, and of all of one response together.
const (
	saslChunk = 400
	saslMost  = 16 * saslChunk
)

// saslState is a login that goes on.
type saslState struct {
	mechanism string // empty when there is none
	response  string // so far
	scram     *scramServer
}

// authenticate handles AUTHENTICATE.
func (c *client) authenticate(l *line) {
	data := l.param(0)
	switch {
	case c.account != "" && !c.server.cfg.Reauthenticate:
		c.reply("907", "You have already authenticated using SASL")
	case data == "*":
		c.sasl = saslState{}
		c.reply("906", "SASL authentication aborted")
	case c.sasl.mechanism == "":
		c.startSASL(strings.ToUpper(data))
	case len(data) > saslChunk, len(c.sasl.response)+len(data) > saslMost:
		c.sasl = saslState{}
		c.reply("905", "SASL message too long")
	case data == "+":
		c.respond()
	default:
		if c.sasl.response += data; len(data) < saslChunk {
			c.respond()
		}
	}
}

func (c *client) startSASL(mechanism string) {
	known := strings.Split(c.server.cfg.Mechanisms, ",")
	for _, p := range c.server.caps {
		if p.name == "sasl" && p.value != "" {
			known = strings.Split(p.value, ",")
		}
	}
	if !slices.Contains(known, mechanism) {
		c.reply("908", strings.Join(known, ","), "are available SASL mechanisms")
		c.loginFailed()
		return
	}
	c.sasl = saslState{mechanism: mechanism}
	c.challenge("")
}

// challenge sends what the server says, in chunks.
func (c *client) challenge(text string) {
	data := base64.StdEncoding.EncodeToString([]byte(text))
	for len(data) >= saslChunk {
		c.send(&message{verb: "AUTHENTICATE", params: []string{data[:saslChunk]}})
		data = data[saslChunk:]
	}
	if data == "" {
		data = "+"
	}
	c.send(&message{verb: "AUTHENTICATE", params: []string{data}})
}

// respond handles a whole response.
func (c *client) respond() {
	raw, err := base64.StdEncoding.DecodeString(c.sasl.response)
	c.sasl.response = ""
	if err != nil {
		c.loginFailed()
		return
	}
	switch c.sasl.mechanism {
	case "PLAIN": // RFC 4616 §2: authzid NUL authcid NUL passwd
		parts := strings.Split(string(raw), "\x00")
		if len(parts) != 3 || parts[0] != "" && parts[0] != parts[1] || !c.server.passwordIs(parts[1], parts[2]) {
			c.loginFailed()
			return
		}
		c.loggedIn(parts[1])
	case "EXTERNAL": // RFC 4422 appendix A
		account := c.server.cfg.Certificates[c.certificate]
		if c.certificate == "" || account == "" || len(raw) > 0 && string(raw) != account {
			c.loginFailed()
			return
		}
		c.loggedIn(account)
	case "SCRAM-SHA-256":
		c.respondSCRAM(string(raw))
	default:
		c.loginFailed()
	}
}

func (c *client) respondSCRAM(text string) {
	if c.sasl.scram == nil {
		c.sasl.scram = newSCRAM(c.server.passwordOf)
	}
	answer, err := c.sasl.scram.step(text)
	switch {
	case err != nil:
		c.loginFailed()
	case c.sasl.scram.done():
		c.loggedIn(c.sasl.scram.account)
	default:
		c.challenge(answer)
	}
}

func (s *Server) passwordOf(account string) (string, bool) {
	for name, password := range s.cfg.Accounts {
		if s.fold(name) == s.fold(account) {
			return password, true
		}
	}
	return "", false
}

func (s *Server) passwordIs(account, password string) bool {
	want, known := s.passwordOf(account)
	return known && want == password
}

func (c *client) loginFailed() {
	c.sasl = saslState{}
	c.reply("904", "SASL authentication failed")
}

func (c *client) loggedIn(account string) {
	c.sasl = saslState{}
	c.setAccount(account)
	c.reply("903", "SASL authentication successful")
}

// setAccount logs a client in, or out with "", and tells those who may know.
func (c *client) setAccount(account string) {
	if account == "" {
		c.reply("901", c.mask(), "You are now logged out")
	} else {
		c.reply("900", c.mask(), account, "You are now logged in as "+account)
	}
	shown := account
	if shown == "" {
		shown = "*"
	}
	if c.registered {
		m := c.event("ACCOUNT", shown) // with the account from before, as account-tag has it
		c.account = account
		if c.caps["account-notify"] {
			c.send(m)
		}
		c.notify("account-notify", m, nil)
	}
	c.account = account
}
