package upload

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/dial"
)

var (
	textNone   = transports.T("Your server has no place for files.")
	textDown   = transports.T("The place for files cannot be reached now.")
	textBusy   = transports.T("The place for files takes no more at the moment.")
	textDenied = transports.T("Your server does not let this gateway store files.")
	textFailed = transports.T("The file could not be stored.")
	textEmpty  = transports.T("The file is empty.")
)

func textLarge(max int64) transports.Text {
	return transports.T("The file is larger than %s.", dial.Bytes(max))
}

func tooLong(max int64) *transports.Error {
	return &transports.Error{Kind: transports.TooLong, Text: textLarge(max),
		Err: fmt.Errorf("file of more than %d bytes", max)}
}

// unanswered is the error where a question got no answer.
func unanswered(err error) *transports.Error {
	return &transports.Error{Kind: transports.Unreachable, Text: textDown, Err: err}
}

// conditions say what the error of a service means, as far as its type does not.
var conditions = map[stanza.Condition]transports.ErrorKind{
	stanza.Forbidden:             transports.Forbidden,
	stanza.NotAllowed:            transports.Forbidden,
	stanza.NotAuthorized:         transports.Forbidden,
	stanza.RegistrationRequired:  transports.Forbidden,
	stanza.PolicyViolation:       transports.Forbidden,
	stanza.NotAcceptable:         transports.NotAllowed,
	stanza.BadRequest:            transports.NotAllowed,
	stanza.ResourceConstraint:    transports.Busy,
	stanza.RemoteServerTimeout:   transports.Unreachable,
	stanza.InternalServerError:   transports.Unreachable,
	stanza.RecipientUnavailable:  transports.Unreachable,
	stanza.ServiceUnavailable:    transports.Unsupported,
	stanza.FeatureNotImplemented: transports.Unsupported,
	stanza.ItemNotFound:          transports.Unsupported,
	stanza.RemoteServerNotFound:  transports.Unsupported,
}

var kindTexts = map[transports.ErrorKind]transports.Text{
	transports.Forbidden:   textDenied,
	transports.NotAllowed:  textDenied,
	transports.Busy:        textBusy,
	transports.Unreachable: textDown,
	transports.TooLong:     transports.T("The file is too large."),
}

// afterMost bounds what a service may ask us to wait.
const afterMost = 24 * time.Hour

// refusal reads the error of a service. XEP-0363 §6
func refusal(answer *stanza.IQ, now time.Time) *transports.Error {
	e := stanza.ParseError(answer.Child("", "error"))
	kind, ok := conditions[e.Condition]
	if !ok {
		kind = transports.Unsupported
		if e.Type == stanza.Wait {
			kind = transports.Busy
		}
	}
	out := worded(&transports.Error{Kind: kind, Err: fmt.Errorf("slot: %w", e)})
	if e.App == nil || e.App.Space != NS {
		return out
	}
	switch e.App.Name {
	case "file-too-large":
		out.Kind, out.Text = transports.TooLong, kindTexts[transports.TooLong]
		max, err := strconv.ParseInt(strings.TrimSpace(e.App.ChildText(NS, "max-file-size")), 10, 64)
		if err == nil && max > 0 {
			out.Text = textLarge(max)
		}
	case "retry":
		out.Kind, out.Text = transports.Busy, textBusy
		at, err := time.Parse(time.RFC3339, e.App.Attr("stamp"))
		if err == nil && at.After(now) {
			out.After = min(at.Sub(now), afterMost)
		}
	}
	return out
}

// worded gives an error the text of its kind for files that are put somewhere.
func worded(e *transports.Error) *transports.Error {
	text, ok := kindTexts[e.Kind]
	if !ok {
		text = textFailed
	}
	return &transports.Error{Kind: e.Kind, Text: text, Err: e.Err, After: e.After}
}
