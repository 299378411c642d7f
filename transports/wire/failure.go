package wire

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"wherry/transports"
)

// refusals is the only table from HTTP statuses to errors.
var refusals = map[int]struct {
	kind transports.ErrorKind
	text string
}{
	http.StatusBadRequest:            {transports.Malformed, "The network does not understand that."},
	http.StatusUnauthorized:          {transports.Credentials, "The network refuses user or password."},
	http.StatusForbidden:             {transports.Forbidden, "You may not do that."},
	http.StatusNotFound:              {transports.NotFound, "There is nobody of that name."},
	http.StatusRequestEntityTooLarge: {transports.TooLong, "The message is too long."},
	http.StatusTooManyRequests:       {transports.Busy, "The network is busy."},
}

// refusal returns the error that an answer means. After an error of the
// network's own, what was asked may have been done.
func refusal(r *http.Response) error {
	status := fmt.Errorf("status %d", r.StatusCode)
	if known, ok := refusals[r.StatusCode]; ok {
		return &transports.Error{Kind: known.kind, Text: transports.Literal(known.text), Err: status, After: after(r)}
	}
	if r.StatusCode >= 400 && r.StatusCode < 500 {
		return &transports.Error{Kind: transports.NotAllowed, Text: transports.Literal("The network refuses that."), Err: status}
	}
	return &transports.Error{
		Kind: transports.Unreachable, Text: transports.Literal("The network had a fault."), Err: status, Unsure: true,
	}
}

// after reads when to try again: RFC 9110 §10.2.3, in seconds.
func after(r *http.Response) time.Duration {
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// broken returns the error of a request that got no whole answer.
func broken(err error, begun bool) error {
	return &transports.Error{
		Kind: transports.Unreachable, Text: transports.Literal("The network does not answer."), Err: bare(err), Unsure: begun,
	}
}

// garbage returns the error of an answer that cannot be read.
func garbage(err error) error {
	return &transports.Error{
		Kind: transports.Unreachable, Text: transports.Literal("The network's answer makes no sense."), Err: err, Unsure: true,
	}
}

// offline returns the error of a request without a log-in.
func offline() error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.Literal("There is no connection to the network.")}
}
