package sms

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// Verify logs in once, and looks for the lines.
func (t *Transport) Verify(ctx context.Context, _ transports.Scope, submitted transports.Settings) (transports.Answer, error) {
	settings := maps.Clone(submitted)
	if settings == nil {
		settings = transports.Settings{}
	}
	for _, f := range fields {
		if f.Kind != transports.Secret {
			settings[f.Name] = strings.TrimSpace(settings[f.Name])
		}
	}
	drop(settings)
	if err := t.check(settings); err != nil {
		return transports.Answer{}, err
	}
	creds := credentials(settings, time.Now())
	got, err := t.provider.Verify(ctx, creds)
	if err != nil {
		return transports.Answer{}, t.refused(ctx, creds, err)
	}
	if len(got.Lines) == 0 {
		return transports.Answer{}, &transports.Error{Kind: transports.Unfit,
			Text: transports.T("This account at %s has no number that can text. Get one there first.", t.about.Name)}
	}
	switch next, err := t.choose(settings, got.Lines); {
	case err != nil:
		return transports.Answer{}, err
	case next != nil:
		return transports.Answer{Next: next}, nil
	}
	t.strip(settings)
	keep(settings, time.Now())
	return transports.Answer{Settings: settings}, nil
}

// strip takes out what is empty or says what holds anyway, so that what the
// gateway is told otherwise later holds for all who left it as it was.
func (t *Transport) strip(settings transports.Settings) {
	for _, f := range fields {
		if v := settings[f.Name]; v == "" || v == t.usual(f.Name) {
			delete(settings, f.Name)
		}
	}
}

// refused returns the error of a log-in that failed: it blames the secret that
// was used. Of two, that is the API key's where the token alone does it.
func (t *Transport) refused(ctx context.Context, c provider.Credentials, err error) error {
	e := transports.AsError(err)
	if e.Kind != transports.Credentials {
		return err
	}
	field := fieldToken
	if c.Key != "" {
		field = fieldSecret
		c.Key, c.Secret = "", ""
		if c.Token != "" {
			if _, err := t.provider.Verify(ctx, c); err != nil {
				field = fieldToken
			}
		}
	}
	return &transports.FieldError{Field: field, Err: e}
}

// check refuses settings that need no log-in to be seen wrong.
func (t *Transport) check(settings transports.Settings) error {
	missing := func(field string, text transports.Text) error { return refusal(field, transports.Malformed, text) }
	switch {
	case settings[fieldAccount] == "":
		return missing(fieldAccount, transports.T("The account SID is missing."))
	case settings[fieldKey] == "" && settings[fieldSecret] != "":
		return missing(fieldKey, transports.T("Give the API key that this secret belongs to."))
	case settings[fieldKey] != "" && settings[fieldSecret] == "":
		return missing(fieldSecret, transports.T("Give the secret of this API key."))
	case settings[fieldKey] == "" && settings[fieldToken] == "":
		return missing(fieldToken, transports.T("Give the auth token of this account, or an API key and its secret."))
	}
	for _, f := range fields {
		if v := settings[f.Name]; v != "" && !valid(f, v) {
			return missing(f.Name, transports.T("That is not one of the values that can be set here."))
		}
	}
	region := strings.ToUpper(settings[fieldRegion])
	if region != "" && !isRegion(region) {
		return missing(fieldRegion, transports.T("A country is written as two letters, such as US."))
	}
	settings[fieldRegion] = region
	return nil
}

// isRegion tells whether a region is written as in ISO 3166-1: two letters.
func isRegion(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// choose finds the lines that are asked for among those of the account. Where
// none is asked for, and there are several, the next form asks.
func (t *Transport) choose(settings transports.Settings, have []provider.Line) (*transports.Form, error) {
	if settings[fieldLine] == "" && len(have) == 1 {
		settings[fieldLine] = have[0].Number
	}
	line, err := t.owned(fieldLine, settings[fieldLine], settings[fieldRegion], have)
	if err != nil {
		return nil, err
	}
	var further []string
	for _, entry := range split(settings[fieldLines]) {
		number, err := t.owned(fieldLines, entry, settings[fieldRegion], have)
		if err != nil {
			return nil, err
		}
		if number != line && !slices.Contains(further, number) {
			further = append(further, number)
		}
	}
	settings[fieldLine], settings[fieldLines] = line, strings.Join(further, "\n")
	if line == "" {
		return t.lineForm(further, have), nil
	}
	return nil, nil
}

// owned returns the line that is meant by what was typed. Nothing means none.
func (t *Transport) owned(field, typed, region string, have []provider.Line) (string, error) {
	if typed == "" {
		return "", nil
	}
	number := typed
	if !slices.ContainsFunc(have, func(l provider.Line) bool { return l.Number == typed }) {
		if region == "" {
			region = phone.Region(have[0].Number)
		}
		p, err := phone.Read(typed, region)
		if err != nil {
			return "", &transports.FieldError{Field: field, Err: transports.AsError(err)}
		}
		number = p.Name
	}
	var all []string
	for _, l := range have {
		if l.Number == number {
			return number, nil
		}
		all = append(all, l.Number)
	}
	return "", refusal(field, transports.NotFound, transports.T(
		"%s is not on this account at %s, or cannot text. These can: %s", number, t.about.Name, strings.Join(all[:min(len(all), 20)], ", ")))
}

// lineForm asks which of the account's lines to use.
func (t *Transport) lineForm(further []string, have []provider.Line) *transports.Form {
	options := make([]transports.Option, len(have))
	for i, l := range have {
		label := l.Number
		if l.Name != "" && l.Name != l.Number {
			label = l.Number + " (" + l.Name + ")"
		}
		options[i] = transports.Option{Value: l.Number, Label: transports.Literal(clean(label))}
	}
	return &transports.Form{
		Title:        transports.T("Which number is yours?"),
		Instructions: transports.T("This account has several numbers that can text."),
		Fields: []transports.Field{
			{Name: fieldLine, Kind: transports.Choice, Required: true, Label: transports.T("Your number"), Options: options},
			{Name: fieldLines, Kind: transports.Choices, Label: transports.T("Further numbers"), Options: options,
				Value: strings.Join(further, "\n"), Help: transports.T("What comes to them arrives here too.")},
		},
	}
}
