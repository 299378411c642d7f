package twilio

import (
	"errors"
	"regexp"
	"strings"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

var (
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	// pathSafe is what a SID of another service may have: it is put in paths.
	pathSafe = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// printable is what another service's secret may have.
	printable = regexp.MustCompile(`^[!-~]+$`)
)

// login is who asks: the account's own SID and token, or an API key.
type login struct{ user, secret string }

// String keeps the secret out of logs.
func (l login) String() string { return l.user }

// GoString is String for %#v.
func (l login) GoString() string { return l.user }

// byToken is the log-in by the account's token.
func byToken(c provider.Credentials) login { return login{c.Account, c.Token} }

// loginOf is the log-in for all that an API key may do too.
func loginOf(c provider.Credentials) login {
	if c.Key != "" {
		return login{c.Key, c.Secret}
	}
	return byToken(c)
}

// check refuses credentials that cannot be right, before they go anywhere.
// Twilio's have letters and digits only (its errors 21222 and 21224).
func (p *Provider) check(account string, as login) error {
	refuse := func(t transports.Text, why string) error {
		return &transports.Error{Kind: transports.Credentials, Text: t, Err: errors.New(why)}
	}
	sid, name, secret := pathSafe, printable, printable
	if p.own {
		sid, name, secret = alphanumeric, alphanumeric, alphanumeric
	}
	switch {
	case p.invalid != nil:
		return &transports.Error{Kind: transports.Internal, Err: p.invalid}
	case !sid.MatchString(account):
		return refuse(transports.T("That is no account SID of Twilio's. It is on the first page of the Twilio Console, and begins with AC."), "account SID of odd characters")
	case !name.MatchString(as.user) || strings.Contains(as.user, ":"):
		return refuse(transports.T("That is no API key of Twilio's. Its SID begins with SK."), "API key of odd characters")
	case !secret.MatchString(as.secret) && as.user == account:
		return refuse(transports.T("The auth token is missing, or has characters that none of Twilio's has."), "auth token of odd characters")
	case !secret.MatchString(as.secret):
		return refuse(transports.T("The secret of the API key is missing, or has characters that none of Twilio's has."), "secret of odd characters")
	}
	return nil
}
