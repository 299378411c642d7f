package registration

import (
	"context"
	"errors"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// fail returns what a client of XEP-0077 is told for an error: a condition
// with its number, and a text that names the field where one is to blame.
// What is nobody's but our fault is logged. f is the form that was answered.
//
// Nothing that was submitted is ever part of it. XEP-0077 §3.3
func (p *applicant) fail(err error, f transports.Form) *stanza.Error {
	var ready *stanza.Error
	if errors.As(err, &ready) {
		return ready
	}
	p.log(err)
	e := component.SignUpError(err, p.lang)
	if note, ok := command.Again(err, command.Step{Form: &f}, p.lang); ok {
		e.Text = text.In(p.lang, note)
	}
	var fault *transports.FieldError
	switch {
	case errors.Is(err, form.ErrType):
		set(e, stanza.BadRequest)
	case errors.As(err, &fault) && blames(fault.Err.Kind):
		set(e, stanza.NotAcceptable)
	}
	return e
}

// blames tells whether an error of that kind is of the value's own making.
func blames(k transports.ErrorKind) bool {
	switch k {
	case transports.Internal, transports.Unreachable, transports.Busy, transports.Conflict,
		transports.Forbidden, transports.NotAllowed, transports.Unsupported:
		return false
	}
	return true
}

func set(e *stanza.Error, c stanza.Condition) {
	e.Condition, e.Type, e.Code = c, stanza.Modify, stanza.LegacyCode(c)
}

// log logs errors that are our own.
func (p *applicant) log(err error) {
	if transports.AsError(err).Kind == transports.Internal {
		p.reg.log.Error("sign-up", "domain", p.d.Name(), "user", p.user, "scope", p.scope, "err", err)
	}
}

// explain returns an error in words.
func (p *applicant) explain(err error) string { return p.fail(err, transports.Form{}).Text }

// again makes an error of a step such that the dialogue goes on and says what
// was wrong: those of the network, and ours. Refusals of the gateway end it.
func (p *applicant) again(err error) error {
	var ready *stanza.Error
	if errors.As(err, &ready) || errors.Is(err, context.Canceled) {
		return err
	}
	p.log(err)
	said := transports.AsError(err).Text
	if said.IsZero() {
		said = transports.Literal(component.SignUpError(err, p.lang).Text)
	}
	worded := *transports.AsError(err)
	worded.Text = said
	var fault *transports.FieldError
	if errors.As(err, &fault) {
		return &transports.FieldError{Field: fault.Field, Err: &worded}
	}
	return &worded
}
