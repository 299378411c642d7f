package component

import (
	"errors"

	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// conditions is the one table from what went wrong to what the user's client
// is told (RFC 6120 §8.3.3; for rooms XEP-0045 §7.2), and in which words where
// the network had none.
var conditions = [...]struct {
	kind      transports.ErrorKind
	typ       stanza.ErrorType
	condition stanza.Condition
	text      transports.Text
}{
	{transports.Internal, stanza.Wait, stanza.InternalServerError, transports.T("Something went wrong inside the gateway.")},
	{transports.Unreachable, stanza.Wait, stanza.RemoteServerTimeout, transports.T("The network cannot be reached right now.")},
	{transports.Busy, stanza.Wait, stanza.ResourceConstraint, transports.T("Too much at once. Please try again a little later.")},
	{transports.Credentials, stanza.Auth, stanza.NotAuthorized, transports.T("The network refused the log-in.")},
	{transports.NotFound, stanza.Cancel, stanza.ItemNotFound, transports.T("There is nobody and nothing of that name.")},
	{transports.Malformed, stanza.Modify, stanza.JIDMalformed, transports.T("That is not an address this gateway understands.")},
	{transports.NotAllowed, stanza.Cancel, stanza.NotAllowed, transports.T("That is not allowed here.")},
	{transports.Forbidden, stanza.Auth, stanza.Forbidden, transports.T("You are not allowed to do that.")},
	{transports.Uninvited, stanza.Auth, stanza.RegistrationRequired, transports.T("This room is only for those who are invited or registered.")},
	{transports.PasswordWant, stanza.Auth, stanza.NotAuthorized, transports.T("This room wants a password.")},
	{transports.Conflict, stanza.Cancel, stanza.Conflict, transports.T("That name is taken.")},
	{transports.Full, stanza.Wait, stanza.ServiceUnavailable, transports.T("There is no place left.")},
	{transports.TooLong, stanza.Modify, stanza.PolicyViolation, transports.T("That is more than the network takes.")},
	{transports.Unsupported, stanza.Cancel, stanza.FeatureNotImplemented, transports.T("This network cannot do that.")},
	{transports.Absent, stanza.Cancel, stanza.NotAcceptable, transports.T("You are not in that room.")},
	{transports.Unfit, stanza.Modify, stanza.NotAcceptable, transports.T("The network does not take that as it is.")},
	{transports.Impossible, stanza.Cancel, stanza.NotAcceptable, transports.T("Nothing can be sent there.")},
	{transports.NoRoute, stanza.Cancel, stanza.ServiceUnavailable, transports.T("The network has no way to get there.")},
	{transports.Incomplete, stanza.Modify, stanza.BadRequest, transports.T("There is nothing in it to send.")},
	{transports.Away, stanza.Wait, stanza.RecipientUnavailable, transports.T("The other side cannot be reached right now.")},
	{transports.Blocked, stanza.Cancel, stanza.Forbidden, transports.T("The other side does not accept messages from you.")},
	{transports.Filtered, stanza.Cancel, stanza.PolicyViolation, transports.T("The network took this message for spam.")},
	{transports.Undelivered, stanza.Cancel, stanza.UndefinedCondition, transports.T("The message did not arrive. The network does not say why.")},
	{transports.Unlicensed, stanza.Auth, stanza.PolicyViolation, transports.T("Your line lacks a registration that the network's rules ask for.")},
}

// StanzaError returns what is sent to the user for an error, in their
// language. A *stanza.Error passes as it is; anything but an *transports.Error
// is internal and tells nothing of itself.
func StanzaError(err error, lang string) *stanza.Error {
	var ready *stanza.Error
	if errors.As(err, &ready) {
		return bounded(ready)
	}
	e := transports.AsError(err)
	row := conditions[transports.Internal]
	for _, r := range conditions {
		if r.kind == e.Kind {
			row = r
		}
	}
	t := e.Text
	if t.IsZero() {
		t = row.text
	}
	out := &stanza.Error{Type: row.typ, Condition: row.condition, Text: text.In(lang, t), Lang: textLang(lang)}
	if e.Code != "" {
		code := stanza.T(nsCode, "code", e.Code)
		out.App = &code
	}
	return bounded(out)
}

// nsCode is of the element with the network's own number for an error.
const nsCode = "urn:wherry:error:0"

// maxErrorText bounds what an error says, in bytes: it may quote a user or a
// network.
const maxErrorText = 2 << 10

// bounded returns e with no more than the beginning of a long text.
func bounded(e *stanza.Error) *stanza.Error {
	if len(e.Text) <= maxErrorText {
		return e
	}
	short := *e
	short.Text = cutText(e.Text, maxErrorText)
	return &short
}

// SignUpError is StanzaError for registration, where XEP-0100 §4.1.2 wants
// not-acceptable for credentials that the network refuses, and XEP-0077 §7 the
// numeric code beside each condition.
func SignUpError(err error, lang string) *stanza.Error {
	e := *StanzaError(err, lang)
	var te *transports.Error
	if errors.As(err, &te) {
		switch te.Kind {
		case transports.Credentials, transports.Malformed, transports.PasswordWant:
			e.Type, e.Condition = stanza.Modify, stanza.NotAcceptable
		}
	}
	e.Code = stanza.LegacyCode(e.Condition)
	return &e
}

// refuse makes an error of ours with a text in the user's language, and the
// numeric code that registration owes its older clients (XEP-0077 §6).
func refuse(typ stanza.ErrorType, c stanza.Condition, lang string, t transports.Text) *stanza.Error {
	return &stanza.Error{Type: typ, Condition: c, Code: stanza.LegacyCode(c), Text: text.In(lang, t), Lang: textLang(lang)}
}

// textLang is the xml:lang of a text that was asked for in lang.
func textLang(lang string) string { return text.Of(lang) }
