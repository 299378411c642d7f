package imap

import (
	"context"
	"errors"
	"regexp"

	"github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/hosts"
)

// Failure returns why a command failed. The server's words are not in it: they may
// be anybody's, and echo what we said. It returns nil for nil.
func Failure(h hosts.Host, err error) error {
	var said *imap.Error
	if !errors.As(err, &said) {
		return hosts.Failure(h.Name, err)
	}
	e := &transports.Error{Kind: transports.Forbidden, Code: string(said.Code), Err: errors.New("IMAP " + string(said.Type)),
		Text: transports.T("%s does not let this gateway in.", h.Name)}
	switch said.Code { // RFC 5530
	case imap.ResponseCodeAuthenticationFailed, imap.ResponseCodeAuthorizationFailed, imap.ResponseCodeExpired:
		e.Kind, e.Text = transports.Credentials, transports.T("Your provider refused the log-in.")
	case imap.ResponseCodeUnavailable, imap.ResponseCodeLimit, imap.ResponseCodeInUse, imap.ResponseCodeServerBug:
		e.Kind = transports.Busy
	}
	switch {
	case said.Type == imap.StatusResponseTypeBye:
		e.Kind = transports.Busy
	case said.Code == imap.ResponseCodeAlert, said.Code == "", said.Code == "THROTTLED", said.Code == imap.ResponseCodeOverQuota:
		if crowded.MatchString(said.Text) {
			e.Kind, e.Code = transports.Busy, string(imap.ResponseCodeLimit)
		}
	}
	return e
}

// crowded is how servers say that somebody has too many connections, or moved too
// many bytes, where they have no code for it: Gmail, Courier. A password is not
// wrong by that. Nothing else is taken from their words, above all not that it may be
// tried again: they say so to who mistypes it, too.
var crowded = regexp.MustCompile(`(?i)too many.{0,20} connections|simultaneous connections|maximum.{0,20} connections|bandwidth limit`)

// Throttled tells whether an error of Failure's says that the server has no time for
// this user at the moment.
func Throttled(err error) bool {
	switch e := transports.AsError(err); imap.ResponseCode(e.Code) {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeLimit, imap.ResponseCodeInUse:
		return true
	}
	return false
}

// greetingFailure returns why a server did not greet.
func greetingFailure(ctx context.Context, h hosts.Host, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var said *imap.Error
	if errors.As(err, &said) {
		return Failure(h, err)
	}
	return hosts.Failure(h.Name, err)
}

// startFailure returns why a connection was not made secure.
func startFailure(ctx context.Context, h hosts.Host, err error) error {
	var said *imap.Error
	if ctx.Err() == nil && errors.As(err, &said) && said.Type != imap.StatusResponseTypeBye {
		return &transports.Error{Kind: transports.Unsupported, Err: errors.New("no STARTTLS"),
			Text: transports.T("%s offers no secure connection on that port. Your password was not sent.", h.Name)}
	}
	return greetingFailure(ctx, h, err)
}
