package registration_test

import (
	"context"
	"maps"
	"strings"
	"sync"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// service is the network of a world: by default a fake one that has one account
// for each user, with a form of all kinds of fields.
type service struct {
	*transporttest.Network
	form func(transports.Scope, transports.Settings) transports.Form
}

func (s *service) Form(scope transports.Scope, on transports.Settings) transports.Form {
	return s.form(scope, on)
}

// allKinds is a form with a field of each kind.
func allKinds(_ transports.Scope, on transports.Settings) transports.Form {
	value := func(name, usual string) string {
		if v, ok := on[name]; ok {
			return v
		}
		return usual
	}
	options := []transports.Option{
		{Value: "de", Label: transports.T("yes")}, // "ja" in German
		{Value: "at", Label: transports.T("no")},
	}
	return transports.Form{
		Title:        transports.T("Your accounts"), // "Ihre Konten" in German
		Instructions: transports.Literal("First line.\nSecond line."),
		Fields: []transports.Field{
			{Name: "username", Label: transports.T("User name"), Required: true, Value: value("username", "")},
			{Name: "password", Kind: transports.Secret, Label: transports.Literal("Password"), Required: true},
			{Name: "region", Kind: transports.Choice, Label: transports.Literal("Region"), Value: value("region", "de"), Options: options},
			{Name: "alerts", Kind: transports.Boolean, Label: transports.Literal("Alerts"), Value: value("alerts", "")},
			{Name: "port", Kind: transports.Integer, Label: transports.Literal("Port"), Value: value("port", ""), Min: 1, Max: 65535},
			{Name: "topics", Kind: transports.Choices, Label: transports.Literal("Topics"), Value: value("topics", ""), Options: options},
			{Name: "notes", Kind: transports.Lines, Label: transports.Literal("Notes"), Value: value("notes", "")},
			{Name: "only", Kind: transports.Choice, Label: transports.Literal("Only"), Value: "one", Options: []transports.Option{{Value: "one"}}},
			{Kind: transports.Info, Value: "Read this."},
		},
	}
}

// brief is a form of two fields.
func brief(_ transports.Scope, on transports.Settings) transports.Form {
	return transports.Form{Title: transports.Literal("Sign up"), Fields: []transports.Field{
		{Name: "username", Label: transports.Literal("Name"), Required: true, Value: on["username"]},
		{Name: "password", Kind: transports.Secret, Label: transports.Literal("Password"), Required: true},
	}}
}

// fault is an error that a field is to blame for.
func fault(field string, kind transports.ErrorKind, says string) error {
	return &transports.FieldError{Field: field, Err: &transports.Error{Kind: kind, Text: transports.Literal(says)}}
}

// picky refuses the passwords that begin as bad does.
func picky(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
	if strings.HasPrefix(s["password"], bad) {
		return transports.Answer{}, fault("password", transports.Credentials, "That is not your password.")
	}
	return transports.Answer{Settings: s}, nil
}

// rotating accepts everything, and adds the next of some tokens each time.
func rotating(tokens []string) transporttest.Verifier {
	var mu sync.Mutex // guards tokens
	return func(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		s = maps.Clone(s)
		s["token"], tokens = tokens[0], tokens[1:]
		return transports.Answer{Settings: s}, nil
	}
}
