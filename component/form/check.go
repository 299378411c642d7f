package form

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"wherry/component/text"
	"wherry/transports"
)

// What is wrong with a value. The errors of Check wrap one of these.
var (
	ErrMissing = errors.New("required field is empty")
	ErrType    = errors.New("value is not of the field's type")
)

// The longest values that are taken, in bytes.
const (
	MaxLine  = 4 << 10
	MaxLines = 32 << 10
)

// Check holds settings to f. The error is a *transports.FieldError for the
// first field that is at fault; its text names the field by its label in the
// given language, and never the value.
func Check(f transports.Form, settings transports.Settings, lang string) error {
	for _, field := range distinct(f.Fields) {
		if err := CheckField(field, settings[field.Name], lang); err != nil {
			return err
		}
	}
	return nil
}

// CheckField is Check for one field.
func CheckField(f transports.Field, value, lang string) error {
	if f.Kind == transports.Info {
		return nil
	}
	label := Label(f, lang)
	fault := func(cause error, t transports.Text) error {
		return &transports.FieldError{Field: f.Name, Err: &transports.Error{Kind: transports.Malformed, Text: t, Err: cause}}
	}
	if value == "" {
		if f.Required {
			return fault(ErrMissing, transports.T("%s is missing.", label))
		}
		return nil
	}
	if !utf8.ValidString(value) || strings.ContainsAny(value, "\x00\r") {
		return fault(ErrType, transports.T("%s has characters that cannot be used.", label))
	}
	many := f.Kind == transports.Lines || f.Kind == transports.Choices
	switch {
	case !many && len(value) > MaxLine, len(value) > MaxLines:
		return fault(ErrType, transports.T("%s is too long.", label))
	case !many && strings.Contains(value, "\n"):
		return fault(ErrType, transports.T("%s must be one line.", label))
	}
	switch f.Kind {
	case transports.Boolean:
		if value != "true" && value != "false" {
			return fault(ErrType, transports.T("%s must be yes or no.", label))
		}
	case transports.Integer:
		return checkInteger(f, value, label, fault)
	case transports.Choice:
		if !offers(f, value) {
			return fault(ErrType, transports.T("%s must be one of the choices.", label))
		}
	case transports.Choices:
		for _, v := range lines(value) {
			if !offers(f, v) {
				return fault(ErrType, transports.T("%s must be some of the choices.", label))
			}
		}
	}
	return nil
}

func checkInteger(f transports.Field, value, label string, fault func(error, transports.Text) error) error {
	n, err := strconv.Atoi(value)
	switch {
	case err != nil:
		return fault(ErrType, transports.T("%s must be a whole number.", label))
	case (f.Min != 0 || f.Max != 0) && (n < f.Min || n > f.Max):
		return fault(ErrType, transports.T("%s must be a number from %s to %s.", label, strconv.Itoa(f.Min), strconv.Itoa(f.Max)))
	}
	return nil
}

// Label returns what to call a field in a language: its label, else its name.
func Label(f transports.Field, lang string) string {
	if f.Label.IsZero() {
		return f.Name
	}
	return text.In(lang, f.Label)
}

// Fill returns f with the values of settings in its fields, secrets aside.
// Fields that settings do not name keep theirs.
func Fill(f transports.Form, settings transports.Settings) transports.Form {
	fields := make([]transports.Field, len(f.Fields))
	copy(fields, f.Fields)
	for i := range fields {
		v, ok := settings[fields[i].Name]
		if ok && fields[i].Kind != transports.Secret && fields[i].Kind != transports.Info {
			fields[i].Value = v
		}
	}
	f.Fields = fields
	return f
}
