package imaptest

import (
	"encoding/base64"
	"strings"

	"wherry/transports/email/mailtest"
)

// The answers to who may not come in.
const (
	wrong   = "NO [AUTHENTICATIONFAILED] Authentication failed."
	tooMany = "NO [LIMIT] Too many simultaneous connections."
)

func (c *conn) login(cmd *command) (string, error) {
	if strings.Contains(c.capabilities(), "LOGINDISABLED") {
		return "NO [PRIVACYREQUIRED] not without TLS", nil
	}
	name, password := cmd.at(0), cmd.at(1)
	return c.enterAs(name, func(a Account) bool { return a.Password != "" && a.Password == password }), nil
}

// enterAs logs a user in who is good, and returns the answer.
func (c *conn) enterAs(name string, good func(Account) bool) string {
	reply := c.admit(name, good)
	c.s.Ring()
	if strings.HasPrefix(reply, "OK") && c.s.cfg.Dialect.Unasked {
		return "OK [CAPABILITY " + c.capabilities() + "] Logged in"
	}
	return reply
}

func (c *conn) admit(name string, good func(Account) bool) string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.stats.Logins++
	u := c.s.accounts[name]
	switch {
	case c.user != nil:
		return "BAD you are logged in"
	case u == nil || !good(u.Account):
		c.s.stats.Refused++
		return wrong
	case u.Limit > 0 && u.open >= u.Limit:
		return tooMany
	}
	c.user = u
	u.open++
	return "OK Logged in"
}

func (c *conn) authenticate(cmd *command) (string, error) {
	mechanism := strings.ToUpper(cmd.at(0))
	if !strings.Contains(" "+c.capabilities()+" ", " AUTH="+mechanism+" ") {
		return "NO [CANNOT] no such mechanism", nil
	}
	response := cmd.at(1)
	if len(cmd.args) < 2 {
		var err error
		if response, err = c.ask(""); err != nil {
			return "", err
		}
	}
	if response == "*" {
		return "BAD cancelled", nil
	}
	if response == "=" { // RFC 4959 §3: an empty one
		response = ""
	}
	raw, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		return "BAD that is not base64", nil
	}
	switch mechanism {
	case "PLAIN":
		parts := strings.Split(string(raw), "\x00")
		if len(parts) != 3 {
			return "BAD that is not PLAIN", nil
		}
		return c.enterAs(parts[1], func(a Account) bool { return a.Password != "" && a.Password == parts[2] }), nil
	case "XOAUTH2", "OAUTHBEARER":
		return c.bearer(string(raw))
	}
	return "NO [CANNOT] no such mechanism", nil
}

// bearer logs in by a token. Who fails is told why, and has to answer that.
func (c *conn) bearer(response string) (string, error) {
	name, token := mailtest.Token(response)
	reply := c.enterAs(name, func(a Account) bool { return a.Token != "" && a.Token == token })
	if reply != wrong {
		return reply, nil
	}
	answer, err := c.ask(mailtest.Challenge)
	if err != nil {
		return "", err
	}
	if _, err := base64.StdEncoding.DecodeString(answer); err != nil && answer != "*" {
		return "BAD that is not base64", nil
	}
	return wrong, nil
}

// ask sends a challenge and returns the response, both as they are on the wire but
// for the challenge's base64.
func (c *conn) ask(challenge string) (string, error) {
	c.say("+ %s", base64.StdEncoding.EncodeToString([]byte(challenge)))
	if err := c.flush(); err != nil {
		return "", err
	}
	return c.line()
}
