package dial

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wherry/transports"
)

var (
	errStall = errors.New("nothing came for too long")

	textNoURL   = transports.T("That is not a link that can be followed: it must begin with https://.")
	textPrivate = transports.T("That link leads to a private network. It cannot be followed from here.")
	textCert    = transports.T("The server of that link has no valid certificate.")
	textDown    = transports.T("The server of that link cannot be reached.")
	textRefused = transports.T("The server of that link does not give it out.")
	textGone    = transports.T("That link leads nowhere.")
	textBusy    = transports.T("The server of that link is too busy.")
	textLoop    = transports.T("That link leads to another one, and that again to another. It was not followed any further.")
)

// Failure returns why a request of a client failed, without the URL, which may
// hold a secret. It returns nil for nil.
func Failure(err error) *transports.Error {
	var (
		known   *transports.Error
		private *PrivateAddressError
		asked   *url.Error
	)
	if errors.As(err, &asked) {
		err = asked.Err
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &private):
		return &transports.Error{Kind: transports.NotAllowed, Text: textPrivate, Err: err}
	case errors.Is(err, ErrScheme):
		return &transports.Error{Kind: transports.Malformed, Text: textNoURL, Err: err}
	case errors.Is(err, ErrPermit):
		return &transports.Error{Kind: transports.NotAllowed, Text: textRefused, Err: err}
	case errors.Is(err, ErrRedirects):
		return &transports.Error{Kind: transports.NotFound, Text: textLoop, Err: err}
	case CertificateError(err) != nil:
		return &transports.Error{Kind: transports.NotAllowed, Text: textCert, Err: err}
	case errors.Is(err, context.Canceled):
		return &transports.Error{Kind: transports.Unreachable, Err: err}
	}
	return &transports.Error{Kind: transports.Unreachable, Text: textDown, Err: err}
}

// statusKinds say what a status means where its class does not.
var statusKinds = map[int]transports.ErrorKind{
	http.StatusUnauthorized:          transports.Forbidden,
	http.StatusForbidden:             transports.Forbidden,
	http.StatusNotFound:              transports.NotFound,
	http.StatusGone:                  transports.NotFound,
	http.StatusRequestTimeout:        transports.Unreachable,
	http.StatusRequestEntityTooLarge: transports.TooLong,
	http.StatusTooManyRequests:       transports.Busy,
	http.StatusServiceUnavailable:    transports.Busy,
}

var kindTexts = map[transports.ErrorKind]transports.Text{
	transports.Forbidden:   textRefused,
	transports.NotFound:    textGone,
	transports.Unreachable: textDown,
	transports.Busy:        textBusy,
}

// StatusFailure returns what an answer means that is not the one hoped for.
func StatusFailure(r *http.Response) *transports.Error {
	kind, ok := statusKinds[r.StatusCode]
	switch {
	case ok:
	case r.StatusCode >= 500:
		kind = transports.Unreachable
	case r.StatusCode >= 400:
		kind = transports.Forbidden
	default:
		kind = transports.NotFound // a redirect to nowhere, or nothing but a promise
	}
	e := &transports.Error{Kind: kind, Text: kindTexts[kind], Err: fmt.Errorf("status %d", r.StatusCode)}
	if kind == transports.Busy {
		e.After = RetryAfter(r.Header, time.Now())
	}
	return e
}

// afterMost bounds what a server may ask us to wait.
const afterMost = time.Hour

// RetryAfter returns how long a server asks to wait, at most an hour; 0 where
// it does not (RFC 9110 §10.2.3).
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, afterMost)
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return min(at.Sub(now), afterMost)
	}
	return 0
}
