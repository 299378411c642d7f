package registration_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/component/form"
	"wherry/registration"
	"wherry/transports"
)

var hours = []transports.Option{{Value: "day", Label: transports.T("yes")}, {Value: "2"}, {Value: "Night"}, {Value: "night"}}

func TestReply(t *testing.T) {
	kinds := map[string]transports.Field{
		"line":    {Name: "f", Value: "old"},
		"secret":  {Name: "f", Kind: transports.Secret},
		"lines":   {Name: "f", Kind: transports.Lines},
		"boolean": {Name: "f", Kind: transports.Boolean, Value: "true"},
		"number":  {Name: "f", Kind: transports.Integer},
		"choice":  {Name: "f", Kind: transports.Choice, Options: hours},
		"choices": {Name: "f", Kind: transports.Choices, Options: hours},
	}
	for _, tt := range []struct{ kind, said, want string }{
		{"line", "-", "old"},
		{"line", "--", ""},
		{"line", "---", "---"},
		{"line", " new ", "new"},
		{"secret", "-", ""},
		{"secret", "p w", "p w"},
		{"lines", "a\r\nb\n", "a\nb"},
		{"boolean", "-", "true"},
		{"boolean", "ja", "true"},
		{"boolean", "NEIN", "false"},
		{"boolean", "0", "false"},
		{"boolean", "True", "true"},
		{"number", " 7", "7"},
		{"choice", "1", "day"},
		{"choice", " 2. ", "2"},
		{"choice", "3", "Night"},
		{"choice", "ja", "day"},
		{"choice", "DAY", "day"},
		{"choice", "night", "night"},
		{"choice", "0", "0"},
		{"choice", "5", "5"},
		{"choices", "1,night 2", "day\nnight\n2"},
		{"choices", ",", ""},
	} {
		if got, err := registration.Reply(kinds[tt.kind], tt.said); err != nil || got != tt.want {
			t.Errorf("%s: Reply(%q) = %q, %v, want %q", tt.kind, tt.said, got, err, tt.want)
		}
	}
	var fault *transports.FieldError
	if _, err := registration.Reply(kinds["boolean"], "perhaps"); !errors.As(err, &fault) || fault.Field != "f" {
		t.Errorf("perhaps: %v", err)
	}
}

// A question never shows a secret, and always how to get past it.
func TestQuestion(t *testing.T) {
	for _, tt := range []struct {
		field      transports.Field
		says, lang string
	}{
		{transports.Field{Name: "f", Kind: transports.Secret, Value: "hunter2", Required: true},
			"f (required)\nYour answer stays in your chat history: delete it there afterwards.", ""},
		{transports.Field{Name: "f", Label: transports.Literal("F"), Help: transports.Literal("H.")},
			"F\nH.\nSend - to leave it empty.", ""},
		{transports.Field{Name: "f", Required: true, Value: "v"}, "f (required)\nSend - to keep: v", ""},
		{transports.Field{Name: "f", Value: "v"}, "f\nSend - to keep: v\nSend -- to leave it empty.", ""},
		{transports.Field{Name: "f", Kind: transports.Boolean, Value: "false"}, "f (ja oder nein)\nSenden Sie -, um es zu behalten: nein", "de"},
		{transports.Field{Name: "f", Kind: transports.Choice, Value: "2", Required: true, Options: hours[:2]},
			"f (required)\n1. yes\n2. 2\nSend - to keep: 2", ""},
		{transports.Field{Name: "f", Kind: transports.Choices, Value: "day\n2", Required: true, Options: hours[:2]},
			"f (required)\n1. yes\n2. 2\nSend - to keep: yes, 2", ""},
	} {
		if got := registration.Question(tt.field, tt.lang); got != tt.says {
			t.Errorf("got %q, want %q", got, tt.says)
		}
	}
}

// A reply that passes the check is what the form, filled with it, would send.
func FuzzReply(f *testing.F) {
	for _, said := range []string{"-", "--", "yes", "1, 2", "a\nb", "\x00\xff", " 7 ", "9.", "☃"} {
		f.Add(uint8(transports.Choices), said)
		f.Add(uint8(transports.Line), said)
	}
	f.Fuzz(func(t *testing.T, kind uint8, said string) {
		field := transports.Field{Name: "f", Kind: transports.FieldKind(kind % 8), Options: hours}
		value, err := registration.Reply(field, said)
		if err == nil {
			err = form.CheckField(field, value, "")
		}
		var fault *transports.FieldError
		switch {
		case err != nil && !errors.As(err, &fault):
			t.Fatalf("%v blames no field", err)
		case err != nil && len(fault.Err.Text.String()) > 200:
			t.Errorf("%q says too much", fault.Err.Text)
		case err == nil && field.Kind != transports.Info && form.Clean(field.Kind, value) != value:
			t.Errorf("%q is not clean", value)
		}
		field.Value = value
		if q := registration.Question(field, "de"); field.Kind == transports.Secret && len(value) > 3 && strings.Contains(q, value) && !strings.Contains(registration.Question(transports.Field{Name: "f", Kind: field.Kind, Options: hours}, "de"), value) {
			t.Errorf("%q shows the secret", q)
		}
	})
}
