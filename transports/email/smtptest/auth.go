package smtptest

import (
	"encoding/base64"
	"slices"
	"strings"

	"wherry/transports/email/mailtest"
)

const (
	in    = "235 2.7.0 welcome"
	wrong = "535 5.7.8 Authentication credentials invalid"
	odd   = "501 5.5.2 that is not base64"
)

// auth answers AUTH, RFC 4954.
func (c *conn) auth(args string) error {
	mechanism, initial, given := strings.Cut(args, " ")
	mechanism = strings.ToUpper(mechanism)
	switch {
	case !c.hello:
		return c.say("503 5.5.1 say EHLO first")
	case c.user != "":
		return c.say("503 5.5.1 you are logged in")
	case c.s.Security() == mailtest.StartTLS && !c.Secure():
		return c.say("538 5.7.11 not without TLS")
	case !slices.Contains(c.s.cfg.Mechanisms, mechanism):
		return c.say("504 5.5.4 no such mechanism")
	}
	if mechanism == "LOGIN" {
		return c.authLogin(initial)
	}
	if !given {
		var err error
		if initial, err = c.ask(""); err != nil {
			return err
		}
	}
	response, ok := decode(initial)
	if !ok {
		return c.say(odd)
	}
	if mechanism == "PLAIN" {
		parts := strings.Split(response, "\x00")
		if len(parts) != 3 {
			return c.say("501 5.5.2 that is not PLAIN")
		}
		return c.enter(parts[1], func(a Account) bool { return a.Password != "" && a.Password == parts[2] })
	}
	return c.bearer(response)
}

// authLogin asks for the name, where it was not given, and the password.
func (c *conn) authLogin(name string) error {
	var err error
	if name == "" {
		if name, err = c.ask("Username:"); err != nil {
			return err
		}
	}
	password, err := c.ask("Password:")
	if err != nil {
		return err
	}
	user, ok := decode(name)
	secret, fine := decode(password)
	if !ok || !fine {
		return c.say(odd)
	}
	return c.enter(user, func(a Account) bool { return a.Password != "" && a.Password == secret })
}

// bearer logs in by a token. Who fails is told why, and has to answer that.
func (c *conn) bearer(response string) error {
	name, token := mailtest.Token(response)
	if c.admit(name, func(a Account) bool { return a.Token != "" && a.Token == token }) {
		return c.say(in)
	}
	answer, err := c.ask(mailtest.Challenge)
	if err != nil {
		return err
	}
	if _, ok := decode(answer); !ok && answer != "*" {
		return c.say(odd)
	}
	return c.say(wrong)
}

// enter logs a user in who is good, and answers.
func (c *conn) enter(name string, good func(Account) bool) error {
	if c.admit(name, good) {
		return c.say(in)
	}
	return c.say(wrong)
}

func (c *conn) admit(name string, good func(Account) bool) bool {
	defer c.s.Ring()
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.stats.Logins++
	a, known := c.s.accounts[name]
	if !known || !good(a) {
		c.s.stats.Refused++
		return false
	}
	c.user, c.froms = name, a.Froms
	return true
}

// ask sends a challenge and returns the response as it is on the wire.
func (c *conn) ask(challenge string) (string, error) {
	if err := c.say("334 " + base64.StdEncoding.EncodeToString([]byte(challenge))); err != nil {
		return "", err
	}
	return c.line()
}

// decode reads a response; "=" is an empty one.
func decode(response string) (string, bool) {
	if response == "=" {
		return "", true
	}
	raw, err := base64.StdEncoding.DecodeString(response)
	return string(raw), err == nil
}
