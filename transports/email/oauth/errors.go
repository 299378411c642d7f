package oauth

import (
	"errors"
	"fmt"
	"strings"

	"wherry/transports"
)

// Errors of servers: RFC 6749 §5.2 and RFC 8628 §3.5. They stand in the chain of
// what is returned.
var (
	ErrPending      = errors.New("authorization_pending") // the user has not done it yet
	ErrSlowDown     = errors.New("slow_down")             // ask less often
	ErrExpired      = errors.New("expired_token")         // the code is too old
	ErrDenied       = errors.New("access_denied")         // the user declined
	ErrInvalidGrant = errors.New("invalid_grant")         // the code or refresh token counts no more
	ErrClient       = errors.New("client refused")        // the provider does not take this gateway
	ErrOther        = errors.New("unknown error")
)

// codes is what the codes of errors mean.
var codes = map[string]error{
	"authorization_pending":  ErrPending,
	"slow_down":              ErrSlowDown,
	"expired_token":          ErrExpired,
	"code_expired":           ErrExpired, // Microsoft
	"access_denied":          ErrDenied,
	"authorization_declined": ErrDenied, // Microsoft
	"invalid_grant":          ErrInvalidGrant,
	"bad_verification_code":  ErrInvalidGrant, // Microsoft
	"interaction_required":   ErrInvalidGrant,
	"invalid_client":         ErrClient,
	"unauthorized_client":    ErrClient,
	"unsupported_grant_type": ErrClient,
	"invalid_scope":          ErrClient,
	"invalid_request":        ErrClient,
}

// refusal returns what a server's error means. What it says beyond the code is
// left out.
func refusal(p Provider, status int, code string) *transports.Error {
	cause, ok := codes[code]
	if !ok {
		cause = ErrOther
	}
	e := &transports.Error{Kind: transports.Credentials, Err: fmt.Errorf("%w: status %d, %q", cause, status, shownCode(code))}
	switch cause {
	case ErrPending, ErrSlowDown:
		e.Kind, e.Text = transports.Busy, transports.T("%s waits for you to enter the code.", p.Name)
	case ErrExpired:
		e.Text = transports.T("The code for %s is too old. Ask for another one.", p.Name)
	case ErrDenied:
		e.Text = transports.T("The log-in at %s was declined.", p.Name)
	case ErrInvalidGrant:
		e.Text = transports.T("%s does not let this gateway in any more. Log in again by the browser.", p.Name)
	case ErrClient:
		e.Kind, e.Text = transports.Forbidden, transports.T("%s does not take this gateway. Tell whoever runs it.", p.Name)
	default:
		e.Kind, e.Text = transports.Unreachable, transports.T("%s does not answer as it should.", p.Name)
	}
	return e
}

// shownCode returns a code of an error as far as it can be one (RFC 6749 §5.2).
func shownCode(s string) string {
	if len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "?"
	}
	return s
}
