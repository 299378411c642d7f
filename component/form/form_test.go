package form_test

import (
	"strings"
	"testing"

	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// xml returns e as it goes over the stream.
func xml(t *testing.T, e stanza.Element) string {
	t.Helper()
	iq := &stanza.IQ{Header: stanza.Header{
		From: jid.MustParse("a.example"), To: jid.MustParse("b.example"), ID: "1", Type: stanza.TypeResult,
	}, Payload: []stanza.Element{e}}
	b, err := new(stanza.Writer).Append(nil, iq)
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	return s[strings.Index(s, ">")+1 : strings.LastIndex(s, "</iq>")]
}

func TestElement(t *testing.T) {
	label := transports.T("Label")
	options := []transports.Option{{Value: "a", Label: transports.T("Anton")}, {Value: "b"}}
	for _, c := range []struct {
		name  string
		field transports.Field
		want  string
	}{
		{"line", transports.Field{Name: "n", Label: label, Value: "v", Required: true},
			`<field var='n' type='text-single' label='Label'><required/><value>v</value></field>`},
		{"help", transports.Field{Name: "n", Help: transports.T("More")},
			`<field var='n' type='text-single'><desc>More</desc></field>`},
		{"secret never has a value", transports.Field{Name: "n", Kind: transports.Secret, Value: "hunter2"},
			`<field var='n' type='text-private'/>`},
		{"lines", transports.Field{Name: "n", Kind: transports.Lines, Value: "a\nb"},
			`<field var='n' type='text-multi'><value>a</value><value>b</value></field>`},
		{"boolean", transports.Field{Name: "n", Kind: transports.Boolean, Value: "true"},
			`<field var='n' type='boolean'><value>true</value></field>`},
		{"boolean by another spelling", transports.Field{Name: "n", Kind: transports.Boolean, Value: "0"},
			`<field var='n' type='boolean'><value>false</value></field>`},
		{"no boolean", transports.Field{Name: "n", Kind: transports.Boolean, Value: "perhaps"},
			`<field var='n' type='boolean'/>`},
		{"integer", transports.Field{Name: "n", Kind: transports.Integer, Value: "7"},
			`<field var='n' type='text-single'><value>7</value><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'><basic/></validate></field>`},
		{"integer within bounds", transports.Field{Name: "n", Kind: transports.Integer, Min: 1, Max: 65535},
			`<field var='n' type='text-single'><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'><range min='1' max='65535'/></validate></field>`},
		{"choice", transports.Field{Name: "n", Kind: transports.Choice, Value: "b", Options: options},
			`<field var='n' type='list-single'><value>b</value><option label='Anton'><value>a</value></option><option><value>b</value></option></field>`},
		{"a default is an option", transports.Field{Name: "n", Kind: transports.Choice, Value: "c", Options: options[1:]},
			`<field var='n' type='list-single'><option><value>b</value></option></field>`},
		{"choices", transports.Field{Name: "n", Kind: transports.Choices, Value: "b\nc\na", Options: options[1:]},
			`<field var='n' type='list-multi'><value>b</value><option><value>b</value></option></field>`},
		{"info", transports.Field{Name: "n", Kind: transports.Info, Value: "v", Label: label},
			`<field type='fixed'><value>Label: v</value></field>`},
		{"info without a name", transports.Field{Kind: transports.Info, Value: "v"},
			`<field type='fixed'><value>v</value></field>`},
		{"no name", transports.Field{Value: "v"}, ``},
		{"the name that is taken", transports.Field{Name: "FORM_TYPE", Value: "v"}, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := xml(t, form.Element(transports.Form{Fields: []transports.Field{c.field}}, "", ""))
			want := `<x xmlns='jabber:x:data' type='form'>` + c.want + `</x>`
			if c.want == "" {
				want = `<x xmlns='jabber:x:data' type='form'/>`
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestElementHead(t *testing.T) {
	f := transports.Form{
		Title:        transports.T("Of\nlines"),
		Instructions: transports.T("First.\nSecond."),
		Fields:       []transports.Field{{Name: "n", Value: "1"}, {Name: "n", Value: "2"}},
	}
	got := xml(t, form.Element(f, "urn:example", ""))
	want := `<x xmlns='jabber:x:data' type='form'><title>Of lines</title>` +
		`<instructions>First.</instructions><instructions>Second.</instructions>` +
		`<field var='FORM_TYPE' type='hidden'><value>urn:example</value></field>` +
		`<field var='n' type='text-single'><value>1</value></field></x>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestResult(t *testing.T) {
	f := transports.Form{Fields: []transports.Field{
		{Name: "a", Label: transports.T("State"), Kind: transports.Info, Value: "on"},
		{Name: "b", Kind: transports.Secret, Value: "hunter2"},
		{Kind: transports.Info, Value: "a line"},
	}}
	got := xml(t, form.Result(f, "", ""))
	want := `<x xmlns='jabber:x:data' type='result'>` +
		`<field var='a' type='text-single' label='State'><value>on</value></field>` +
		`<field var='b' type='text-private'/>` +
		`<field type='fixed'><value>a line</value></field></x>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFill(t *testing.T) {
	f := transports.Form{Fields: []transports.Field{
		{Name: "a", Value: "old"}, {Name: "b", Kind: transports.Secret}, {Name: "c", Value: "kept"},
	}}
	filled := form.Fill(f, transports.Settings{"a": "new", "b": "hunter2"})
	if filled.Fields[0].Value != "new" || filled.Fields[1].Value != "" || filled.Fields[2].Value != "kept" {
		t.Errorf("filled with %+v", filled.Fields)
	}
	if f.Fields[0].Value != "old" {
		t.Error("the form itself was changed")
	}
}
