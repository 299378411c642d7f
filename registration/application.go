package registration

import (
	"maps"

	"wherry/component/form"
	"wherry/store"
	"wherry/transports"
)

// application is a sign-up, or a change, on its way through its forms.
type application struct {
	form    transports.Form     // what is asked now
	answers transports.Settings // to the forms before
	kinds   map[string]transports.FieldKind
}

// newApplication begins with a network's first form.
func newApplication(f transports.Form, have transports.Settings) *application {
	a := &application{answers: transports.Settings{}, kinds: map[string]transports.FieldKind{}}
	a.ask(f, have)
	return a
}

// next returns the application as it goes on, with another form. What it was
// stays as it is, for those who go back.
func (a *application) next(f transports.Form, answers, have transports.Settings) *application {
	n := &application{answers: answers, kinds: maps.Clone(a.kinds)}
	n.ask(f, have)
	return n
}

// ask makes f the form that is asked. A secret that there is already need not
// be given again.
func (a *application) ask(f transports.Form, have transports.Settings) {
	fields := make([]transports.Field, len(f.Fields))
	copy(fields, f.Fields)
	for i := range fields {
		if fields[i].Kind == transports.Secret && have[fields[i].Name] != "" {
			fields[i].Required = false
			if fields[i].Help.IsZero() {
				fields[i].Help = transports.T("Leave it empty to keep what is on file.")
			}
		}
		a.kinds[fields[i].Name] = fields[i].Kind
	}
	f.Fields = fields
	a.form = f
}

// fill checks what was answered to the form and returns all there is to try: a
// secret left empty is the one on file.
func (a *application) fill(file, answered transports.Settings, lang string) (trial, answers transports.Settings, err error) {
	answered = form.Complete(a.form, answered)
	if err := form.Check(a.form, answered, lang); err != nil {
		return nil, nil, err
	}
	answers = maps.Clone(a.answers)
	for name, value := range answered {
		if value != "" || a.kinds[name] != transports.Secret {
			answers[name] = value
		}
	}
	trial = transports.Settings{}
	maps.Copy(trial, file)
	maps.Copy(trial, answers)
	return trial, answers, nil
}

// onFile returns all settings of an account, secrets included, as far as its
// user may go on from them: nothing of a suspended one, whose JID may have
// another owner by now.
func onFile(a store.Account) transports.Settings {
	all := transports.Settings{}
	if a.Suspended.IsZero() {
		maps.Copy(all, a.Settings)
		maps.Copy(all, a.Secrets)
	}
	return all
}

// shown returns the settings that may be shown, those without secrets.
func shown(a store.Account) transports.Settings {
	if !a.Suspended.IsZero() {
		return transports.Settings{}
	}
	return maps.Clone(transports.Settings(a.Settings))
}

// divide tells what is kept in the open from what is sealed: all that was asked
// as a secret, and whatever the network added without ever showing it.
func (a *application) divide(settings transports.Settings, old store.Account) (open, secrets map[string]string) {
	open, secrets = map[string]string{}, map[string]string{}
	for name, value := range settings {
		kind, asked := a.kinds[name]
		_, before := old.Settings[name]
		switch {
		case asked && kind != transports.Secret, !asked && before:
			open[name] = value
		case value != "":
			secrets[name] = value
		}
	}
	return open, secrets
}
