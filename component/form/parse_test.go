package form_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/transports"
)

var all = transports.Form{Fields: []transports.Field{
	{Name: "line", Label: transports.T("Line of text")},
	{Name: "secret", Kind: transports.Secret},
	{Name: "lines", Kind: transports.Lines},
	{Name: "yes", Kind: transports.Boolean},
	{Name: "number", Kind: transports.Integer, Min: 1, Max: 9},
	{Name: "one", Kind: transports.Choice, Options: []transports.Option{{Value: "a"}, {Value: "b"}}},
	{Name: "some", Kind: transports.Choices, Options: []transports.Option{{Value: "a"}, {Value: "b"}}},
	{Name: "info", Kind: transports.Info, Value: "read this"},
}}

// submit returns a submitted form; each field is a name and its values.
func submit(fields ...[]string) stanza.Element {
	x := stanza.E(form.NS, "x").With("type", "submit")
	for _, f := range fields {
		e := stanza.E(form.NS, "field").With("var", f[0])
		for _, v := range f[1:] {
			e.Children = append(e.Children, stanza.T(form.NS, "value", v))
		}
		x.Children = append(x.Children, e)
	}
	return x
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields [][]string
		want   transports.Settings
	}{
		{"nothing", nil, transports.Settings{}},
		{"unknown", [][]string{{"FORM_TYPE", "x"}, {"other", "v"}, {"", "v"}}, transports.Settings{}},
		{"empty is not missing", [][]string{{"line"}, {"some"}}, transports.Settings{"line": "", "some": ""}},
		{"pasted", [][]string{{"line", " v \n"}, {"secret", " s \n"}, {"number", " 7"}},
			transports.Settings{"line": "v", "secret": " s ", "number": "7"}},
		{"several lines", [][]string{{"lines", "a", "", "b"}}, transports.Settings{"lines": "a\n\nb"}},
		{"lines in one value", [][]string{{"lines", "a\r\nb\n"}}, transports.Settings{"lines": "a\nb"}},
		{"choices", [][]string{{"some", "a", "b"}}, transports.Settings{"some": "a\nb"}},
		{"true", [][]string{{"yes", "1"}}, transports.Settings{"yes": "true"}},
		{"false", [][]string{{"yes", "False"}}, transports.Settings{"yes": "false"}},
		{"neither", [][]string{{"yes", "maybe"}}, transports.Settings{"yes": "maybe"}},
		{"the first counts", [][]string{{"line", "a"}, {"line", "b"}}, transports.Settings{"line": "a"}},
		{"info is no question", [][]string{{"info", "a"}}, transports.Settings{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := submit(c.fields...)
			got, err := form.Parse(all, &x)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, x := range []*stanza.Element{
		nil,
		{Space: form.NS, Name: "y"},
		{Space: "jabber:x:other", Name: "x", Attrs: []stanza.Attr{{Name: "type", Value: "submit"}}},
		{Space: form.NS, Name: "x"},
		{Space: form.NS, Name: "x", Attrs: []stanza.Attr{{Name: "type", Value: "form"}}},
	} {
		if _, err := form.Parse(all, x); !errors.Is(err, form.ErrNoForm) {
			t.Errorf("Parse(%+v) = %v", x, err)
		}
	}
}

func TestType(t *testing.T) {
	x := submit([]string{"FORM_TYPE", "urn:example"}, []string{"a", "b"})
	if got := form.Type(&x); got != "urn:example" {
		t.Errorf("Type = %q", got)
	}
	if d := cmp.Diff([]string{"a"}, form.Names(&x)); d != "" {
		t.Error(d)
	}
	if form.Type(nil) != "" || form.Names(nil) != nil || form.Cancelled(nil) {
		t.Error("a form that is not there has something")
	}
}

func TestCheck(t *testing.T) {
	long := strings.Repeat("x", form.MaxLine+1)
	for _, c := range []struct {
		name, field, value string
		kind               error
	}{
		{"required", "line", "", form.ErrMissing},
		{"too long", "line", long, form.ErrType},
		{"two lines", "line", "a\nQUIT", form.ErrType},
		{"a secret of two lines", "secret", "a\nQUIT", form.ErrType},
		{"a carriage return", "secret", "a\rQUIT", form.ErrType},
		{"a NUL", "lines", "a\x00", form.ErrType},
		{"no UTF-8", "line", "\xff", form.ErrType},
		{"lines may be long", "lines", long, nil},
		{"lines too long", "lines", strings.Repeat("x\n", form.MaxLines), form.ErrType},
		{"boolean", "yes", "maybe", form.ErrType},
		{"number", "number", "seven", form.ErrType},
		{"number too large", "number", "99999999999999999999999", form.ErrType},
		{"number within", "number", "9", nil},
		{"number above", "number", "10", form.ErrType},
		{"number below", "number", "0", form.ErrType},
		{"choice", "one", "c", form.ErrType},
		{"choice offered", "one", "b", nil},
		{"choices", "some", "a\nc", form.ErrType},
		{"choices offered", "some", "a\nb", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := form.Fill(all, nil)
			f.Fields[0].Required = true
			settings := transports.Settings{"line": "v"}
			settings[c.field] = c.value
			err := form.Check(f, settings, "")
			if !errors.Is(err, c.kind) {
				t.Fatalf("got %v, want %v", err, c.kind)
			}
			var fault *transports.FieldError
			if c.kind != nil && (!errors.As(err, &fault) || fault.Field != c.field || fault.Err.Text.IsZero()) {
				t.Errorf("%#v does not name the field", err)
			}
		})
	}
}

func TestCheckNamesTheField(t *testing.T) {
	f := form.Fill(all, nil)
	f.Fields[0].Required = true
	var fault *transports.FieldError
	if err := form.Check(f, nil, ""); !errors.As(err, &fault) {
		t.Fatal(err)
	}
	if got, want := fault.Err.Text.String(), "Line of text is missing."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// echo returns the form as a client sends it back unchanged.
func echo(x stanza.Element) stanza.Element {
	x = x.With("type", "submit")
	return x
}

func FuzzParse(f *testing.F) {
	f.Add("line", "v", "number", "7")
	f.Add("some", "a\nb", "yes", "1")
	f.Add("secret", "\x00\xff\r\n", "FORM_TYPE", "x")
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		x := submit([]string{name, value}, []string{name2, value2})
		got, err := form.Parse(all, &x)
		if err != nil {
			t.Fatal(err)
		}
		if form.Check(all, got, "") != nil {
			return
		}
		// What passed the check comes back as it is from a form filled with it.
		shown := echo(form.Element(form.Fill(all, got), "", ""))
		again, err := form.Parse(all, &shown)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range got {
			if name != "secret" && again[name] != v {
				t.Errorf("%s was %q and is %q", name, v, again[name])
			}
		}
		if again["secret"] != "" {
			t.Error("the form shows a secret")
		}
	})
}

func TestComplete(t *testing.T) {
	f := transports.Form{Fields: []transports.Field{
		{Name: "a", Value: "shown"}, {Name: "b", Value: "shown"}, {Name: "c", Kind: transports.Secret},
		{Name: "d", Kind: transports.Info, Value: "read this"},
	}}
	got := form.Complete(f, transports.Settings{"b": "", "x": "unknown"})
	if d := cmp.Diff(transports.Settings{"a": "shown", "b": ""}, got); d != "" {
		t.Error(d)
	}
}
