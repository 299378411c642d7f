package registration

import (
	"context"

	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/transports"
)

// plain are the fields that may stand in a query without a data form.
// XEP-0077 §14.1 (those that were ever meant to be answered)
var plain = map[string]bool{
	"username": true, "nick": true, "password": true, "name": true, "first": true, "last": true, "email": true,
	"address": true, "city": true, "state": true, "zip": true, "phone": true, "url": true, "date": true,
}

// plainFields returns the plain equivalents of a form, for clients that know no
// data forms. There are none where one of them would not do: XEP-0077 §4.
func plainFields(f transports.Form) []stanza.Element {
	var fields []stanza.Element
	for _, field := range f.Fields {
		switch {
		case field.Kind == transports.Info:
		case plain[plainName(field)] && field.Kind == transports.Secret:
			fields = append(fields, stanza.E(nsRegister, plainName(field)))
		case plain[plainName(field)]:
			fields = append(fields, stanza.T(nsRegister, plainName(field), field.Value))
		case field.Required:
			return nil
		}
	}
	return fields
}

// plainName is what a field is called where there are no data forms.
func plainName(f transports.Field) string {
	if f.Plain != "" {
		return f.Plain
	}
	return f.Name
}

// submitted returns the answers in a query. A data form wins over plain fields.
func (p *applicant) submitted(ctx context.Context, a *application, q, x *stanza.Element) (transports.Settings, error) {
	if x != nil {
		answered, err := form.Parse(a.form, x)
		if err != nil {
			return nil, p.refuse(stanza.BadRequest, transports.T("The form that was sent cannot be read."))
		}
		return answered, nil
	}
	given := make(map[string]string)
	for i := range q.Children {
		if c := &q.Children[i]; c.Space == nsRegister && plain[c.Name] {
			given[c.Name] = c.Text
		}
	}
	if err := p.passwordChange(ctx, given); err != nil {
		return nil, err
	}
	return match(a.form, given), nil
}

// passwordChange refuses the change of a password that lacks one of its two
// fields. XEP-0077 §3.3
func (p *applicant) passwordChange(ctx context.Context, given map[string]string) error {
	_, name := given["username"]
	_, password := given["password"]
	if len(given) != 1 || !name && !password {
		return nil
	}
	old, err := p.file(ctx)
	if err != nil {
		return err
	}
	if !inForce(old) {
		return nil
	}
	return p.refuse(stanza.BadRequest, transports.T("To change the password, send user name and password."))
}

// match finds the form's fields for plain ones. Where a form has one secret
// only, that is what a plain password means.
func match(f transports.Form, given map[string]string) transports.Settings {
	settings := transports.Settings{}
	secrets := f.Secrets()
	for _, field := range f.Fields {
		value, ok := given[plainName(field)]
		if !ok && field.Kind == transports.Secret && len(secrets) == 1 {
			value, ok = given["password"]
		}
		if ok && field.Kind != transports.Info {
			settings[field.Name] = form.Clean(field.Kind, value)
		}
	}
	return settings
}
