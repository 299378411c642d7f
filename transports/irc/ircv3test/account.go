package ircv3test

import "strings"

// pendingAccount is one that VERIFY makes.
type pendingAccount struct{ name, password string }

// minPassword is how short a password is too weak.
const minPassword = 4

// registerAccount handles REGISTER,
// https://ircv3.net/specs/extensions/account-registration.
func (c *client) registerAccount(l *line) {
	s := c.server
	account, email, password := l.param(0), l.param(1), l.param(2)
	if account == "*" && c.nick != "" {
		account = c.nick
	}
	_, exists := s.passwordOf(account)
	code, why := "", ""
	switch {
	case !s.offers("draft/account-registration"):
		c.reply("421", l.verb, "Unknown command")
		return
	case !c.registered && !s.registration("before-connect"):
		c.fail("REGISTER", "COMPLETE_CONNECTION_REQUIRED", "You must complete the connection before registering an account")
		return
	case c.nick == "":
		code, account, why = "NEED_NICK", "*", "You must have a nickname"
	case c.account != "":
		code, account, why = "ALREADY_AUTHENTICATED", c.account, "You are already logged in"
	case !s.registration("custom-account-name") && s.fold(account) != s.fold(c.nick):
		code, why = "ACCOUNT_NAME_MUST_BE_NICK", "The account must have the name of your nickname"
	case !s.validNick(account):
		code, why = "BAD_ACCOUNT_NAME", "That is no name for an account"
	case exists:
		code, why = "ACCOUNT_EXISTS", "The account exists already"
	case (email == "*" || email == "") && s.registration("email-required"), email != "*" && !strings.Contains(email, "@"):
		code, why = "INVALID_EMAIL", "A valid email address is required"
	case len(password) < minPassword:
		code, why = "WEAK_PASSWORD", "The password is too weak"
	case len(password) > 300:
		code, why = "UNACCEPTABLE_PASSWORD", "The password is too long"
	}
	switch {
	case code != "":
		c.fail("REGISTER", code, account, why)
	case s.cfg.VerifyCode != "":
		s.pending[s.fold(account)] = pendingAccount{account, password}
		c.send(s.by("REGISTER", "VERIFICATION_REQUIRED", account, "Account created, pending verification; a code has been sent to "+email))
	default:
		s.cfg.Accounts[account] = password
		c.send(s.by("REGISTER", "SUCCESS", account, "Account successfully registered"))
		c.setAccount(account)
	}
}

// verifyAccount handles VERIFY.
func (c *client) verifyAccount(l *line) {
	s := c.server
	account, code := l.param(0), l.param(1)
	waits, known := s.pending[s.fold(account)]
	switch {
	case !s.offers("draft/account-registration"):
		c.reply("421", l.verb, "Unknown command")
	case !c.registered && !s.registration("before-connect"):
		c.fail("VERIFY", "COMPLETE_CONNECTION_REQUIRED", "You must complete the connection before verifying an account")
	case c.account != "":
		c.fail("VERIFY", "ALREADY_AUTHENTICATED", c.account, "You are already logged in")
	case !known || code != s.cfg.VerifyCode:
		c.fail("VERIFY", "INVALID_CODE", account, "The code is wrong")
	default:
		delete(s.pending, s.fold(account))
		s.cfg.Accounts[waits.name] = waits.password
		c.send(s.by("VERIFY", "SUCCESS", waits.name, "Account successfully registered"))
		c.setAccount(waits.name)
	}
}

// registration tells whether draft/account-registration has a key.
func (s *Server) registration(key string) bool {
	for _, p := range s.caps {
		if p.name == "draft/account-registration" {
			for k := range strings.SplitSeq(p.value, ",") {
				if k == key {
					return true
				}
			}
		}
	}
	return false
}
