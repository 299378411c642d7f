package irc

import (
	"context"
	"strings"

	"wherry/transports"
)

// enrol sends REGISTER, and waits for its answer.
func (c *conn) enrol(ctx context.Context, r *request, answered transports.Settings) error {
	account, email, password := strings.TrimSpace(answered[fieldAccount]), strings.TrimSpace(answered[fieldEmail]), answered[fieldPassword]
	r.verb = "REGISTER"
	err := c.ask(ctx, r, func() ([]byte, error) {
		if err := c.mayEnrol(); err != nil {
			return nil, err
		}
		if account == "" || !c.enrols.named {
			account = "*" // our nick
		}
		if email == "" && !c.enrols.email {
			email = "*"
		}
		switch {
		case !isWord(account, maxName):
			return nil, fieldError(fieldAccount, transports.Malformed, transports.T("This cannot be the name of an account."))
		case !isWord(email, maxEmail) || email != "*" && !strings.Contains(email, "@"):
			return nil, fieldError(fieldEmail, transports.Malformed, transports.T("This is no e-mail address."))
		case password == "" || len(password) > maxPassword || strings.ContainsAny(password, "\r\n\x00"):
			return nil, fieldError(fieldPassword, transports.Malformed, transports.T("A password is up to 300 bytes long, in one line."))
		case c.s.speech().charset != nil && !isASCII(password): // it would be another one at the next log-in
			return nil, fieldError(fieldPassword, transports.Malformed, transports.T("A password cannot hold that character."))
		}
		lines, err := appendLine(nil, r.verb, account, email, password)
		if err != nil {
			return nil, &transports.Error{Kind: transports.TooLong, Text: transports.T("That is too long for one line of IRC.")}
		}
		c.s.mu.Lock()
		c.s.enrolling().asked = password
		c.s.mu.Unlock()
		return lines, nil
	})
	return err
}

// confirm sends VERIFY, and waits for its answer.
func (c *conn) confirm(ctx context.Context, r *request, answered transports.Settings) error {
	code := strings.TrimSpace(answered[fieldCode])
	r.verb = "VERIFY"
	return c.ask(ctx, r, func() ([]byte, error) {
		if err := c.mayEnrol(); err != nil {
			return nil, err
		}
		account := c.s.enrolment().Account
		if account == "" {
			return nil, &transports.Error{Kind: transports.NotFound, Text: transports.T("There is no account to be confirmed.")}
		}
		if code == "" || len(code) > maxCode || strings.ContainsAny(code, "\r\n\x00") {
			return nil, fieldError(fieldCode, transports.Malformed, transports.T("This is no such code."))
		}
		return appendLine(nil, r.verb, account, code)
	})
}

// isWord tells whether a text can be a parameter that is not the last one.
func isWord(text string, most int) bool {
	return text != "" && len(text) <= most && text[0] != ':' && !strings.ContainsAny(text, " \t\r\n\x00")
}

// enrolled handles REGISTER and VERIFY of the server's: the account is made, or
// wants to be confirmed. It is taken in whether or not somebody still waits.
func (c *conn) enrolled(l *line) {
	made := strings.EqualFold(l.param(0), "SUCCESS")
	if !made && !strings.EqualFold(l.param(0), "VERIFICATION_REQUIRED") {
		return
	}
	c.s.mu.Lock()
	e := c.s.enrolling()
	switch {
	case l.verb == "REGISTER" && e.asked != "":
		*e = enrolment{Account: strings.Clone(l.param(1)), Password: e.asked}
		if !isWord(e.Account, maxName) || e.Account == "*" {
			e.Account = c.nick
		}
	case l.verb == "REGISTER" || e.Account == "":
		c.s.mu.Unlock()
		return
	}
	e.Made, e.words, e.changed = e.Made || made, l.words(), true
	c.s.mu.Unlock()
	if r := c.find(l.verb, ""); r != nil {
		c.complete(r, nil)
	}
	c.tellAbilities()
}

// enrolRefused handles FAIL of REGISTER and VERIFY.
func (c *conn) enrolRefused(verb string, l *line) {
	if verb == "REGISTER" {
		c.s.mu.Lock()
		c.s.enrolling().asked = ""
		c.s.mu.Unlock()
	}
	if r := c.find(verb, ""); r != nil {
		c.complete(r, c.enrolFailure(strings.ToUpper(l.param(1)), l.words()))
	}
}

// enrolFailure is what a code of FAIL means, with the field that is to blame
// where it was asked.
func (c *conn) enrolFailure(code, words string) error {
	text := transports.Literal(words)
	if words == "" {
		text = transports.Literal(code)
	}
	field, kind := "", transports.Forbidden
	switch code {
	case "ACCOUNT_EXISTS":
		field, kind = fieldAccount, transports.Conflict
	case "BAD_ACCOUNT_NAME", "ACCOUNT_NAME_MUST_BE_NICK":
		field, kind = fieldAccount, transports.Malformed
	case "NEED_NICK":
		kind = transports.Unfit
	case "ALREADY_AUTHENTICATED":
		kind = transports.Conflict
	case "WEAK_PASSWORD", "UNACCEPTABLE_PASSWORD":
		field, kind = fieldPassword, transports.Malformed
	case "INVALID_EMAIL", "UNACCEPTABLE_EMAIL":
		field, kind = fieldEmail, transports.Malformed
	case "COMPLETE_CONNECTION_REQUIRED", "TEMPORARILY_UNAVAILABLE":
		kind = transports.Busy
	case "INVALID_CODE":
		field, kind = fieldCode, transports.Malformed
	}
	if field == "" || field == fieldAccount && !c.enrols.named {
		return &transports.Error{Kind: kind, Text: text}
	}
	return fieldError(field, kind, text)
}
