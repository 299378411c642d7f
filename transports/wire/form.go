package wire

import (
	"context"
	"errors"
	"maps"
	"strings"

	"wherry/transports"
)

// The fields of the form.
const (
	fieldUser     = "user"
	fieldPassword = "password"
)

// Form asks for the account.
func (t *Transport) Form(_ transports.Scope, on transports.Settings) transports.Form {
	return transports.Form{
		Title:        transports.Literal("Your account on the wire"),
		Instructions: transports.Literal("We log in once to see whether it works."),
		Fields: []transports.Field{
			{Name: fieldUser, Kind: transports.Line, Required: true, Value: on[fieldUser], Label: transports.Literal("User")},
			{Name: fieldPassword, Kind: transports.Secret, Required: true, Label: transports.Literal("Password")},
		},
	}
}

// Verify logs in once.
func (t *Transport) Verify(ctx context.Context, _ transports.Scope, submitted transports.Settings) (transports.Answer, error) {
	settings := maps.Clone(submitted)
	settings[fieldUser] = strings.TrimSpace(settings[fieldUser])
	if settings[fieldUser] == "" {
		return transports.Answer{}, &transports.FieldError{Field: fieldUser, Err: &transports.Error{
			Kind: transports.Malformed, Text: transports.Literal("The user is missing."),
		}}
	}
	err := t.login(ctx, loginOf(settings))
	var e *transports.Error
	switch {
	case err == nil:
		return transports.Answer{Settings: settings}, nil
	case errors.As(err, &e) && e.Kind == transports.Credentials:
		return transports.Answer{}, &transports.FieldError{Field: fieldPassword, Err: e}
	}
	return transports.Answer{}, err
}
