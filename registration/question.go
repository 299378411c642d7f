package registration

import (
	"strconv"
	"strings"

	"wherry/component/form"
	"wherry/component/text"
	"wherry/transports"
)

// The words that answer any question: keep what there is, or have nothing.
const (
	keep    = "-"
	nothing = "--"
)

// question returns a field as it is asked in a chat.
func question(f transports.Field, lang string) string {
	var b strings.Builder
	in := func(t transports.Text) string { return text.In(lang, t) }
	b.WriteString(form.Label(f, lang))
	if f.Kind == transports.Boolean {
		b.WriteString(" " + in(transports.T("(yes or no)")))
	}
	if f.Required {
		b.WriteString(" " + in(transports.T("(required)")))
	}
	if !f.Help.IsZero() {
		b.WriteString("\n" + in(f.Help))
	}
	for i, o := range f.Options {
		label := in(o.Label)
		if label == "" {
			label = o.Value
		}
		b.WriteString("\n" + strconv.Itoa(i+1) + ". " + label)
	}
	switch {
	case f.Kind == transports.Secret:
		b.WriteString("\n" + in(transports.T("Your answer stays in your chat history: delete it there afterwards.")))
		if !f.Required {
			b.WriteString("\n" + in(transports.T("Send - to leave it as it is.")))
		}
	case f.Value != "":
		b.WriteString("\n" + in(transports.T("Send - to keep: %s", current(f, lang))))
		if !f.Required && f.Kind != transports.Boolean {
			b.WriteString("\n" + in(transports.T("Send -- to leave it empty.")))
		}
	case !f.Required:
		b.WriteString("\n" + in(transports.T("Send - to leave it empty.")))
	}
	return b.String()
}

// current returns a field's value as people read it.
func current(f transports.Field, lang string) string {
	if f.Kind == transports.Boolean {
		if f.Value == "true" {
			return text.In(lang, transports.T("yes"))
		}
		return text.In(lang, transports.T("no"))
	}
	values := strings.Split(f.Value, "\n")
	for i, v := range values {
		for _, o := range f.Options {
			if o.Value == v && !o.Label.IsZero() {
				values[i] = text.In(lang, o.Label)
			}
		}
	}
	return strings.Join(values, ", ")
}

// reply reads what was answered to a field.
func reply(f transports.Field, said string) (string, error) {
	switch said {
	case keep:
		return f.Value, nil
	case nothing:
		return "", nil
	}
	switch f.Kind {
	case transports.Boolean:
		return yesOrNo(f, said)
	case transports.Choice:
		return chosen(f, said), nil
	case transports.Choices:
		var all []string
		for _, word := range strings.FieldsFunc(said, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
			all = append(all, chosen(f, word))
		}
		return strings.Join(all, "\n"), nil
	}
	return form.Clean(f.Kind, said), nil
}

// chosen returns the value of an option by its number, or by its label in any
// language, else what was said.
func chosen(f transports.Field, said string) string {
	said = strings.TrimSpace(said)
	if n, err := strconv.Atoi(strings.TrimSuffix(said, ".")); err == nil && n >= 1 && n <= len(f.Options) {
		return f.Options[n-1].Value
	}
	for _, o := range f.Options {
		if said == o.Value {
			return said
		}
	}
	for _, o := range f.Options {
		for _, lang := range text.Languages() {
			if strings.EqualFold(said, o.Value) || strings.EqualFold(said, text.In(lang, o.Label)) {
				return o.Value
			}
		}
	}
	return said
}

// yesOrNo reads yes and no, in every language there are texts in.
func yesOrNo(f transports.Field, said string) (string, error) {
	if v := form.Clean(transports.Boolean, said); v == "true" || v == "false" {
		return v, nil
	}
	for _, lang := range text.Languages() {
		switch {
		case strings.EqualFold(said, text.In(lang, transports.T("yes"))):
			return "true", nil
		case strings.EqualFold(said, text.In(lang, transports.T("no"))):
			return "false", nil
		}
	}
	return "", &transports.FieldError{Field: f.Name, Err: &transports.Error{
		Kind: transports.Malformed, Text: transports.T("Please answer yes or no."),
	}}
}
