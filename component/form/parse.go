package form

import (
	"errors"
	"strings"

	"wherry/component/stanza"
	"wherry/transports"
)

// ErrNoForm is what Parse returns for an element that is no submitted form.
var ErrNoForm = errors.New("no submitted data form")

// Parse reads what was made of f. It takes the fields of f only and ignores
// all others; of several with one name the first counts. Fields that were not
// submitted are missing in the result, fields submitted without a value are
// empty. It does not tell whether the values are what f asks for: see Check.
//
// A cancelled form is taken as submitted (XEP-0050 §3.5.1); see Cancelled.
func Parse(f transports.Form, x *stanza.Element) (transports.Settings, error) {
	if x == nil || x.Space != NS || x.Name != "x" {
		return nil, ErrNoForm
	}
	if t := x.Attr("type"); t != "submit" && t != "cancel" {
		return nil, ErrNoForm
	}
	kinds := make(map[string]transports.FieldKind)
	for _, field := range distinct(f.Fields) {
		kinds[field.Name] = field.Kind
	}
	settings := make(transports.Settings)
	for i := range x.Children {
		field := &x.Children[i]
		if field.Space != NS || field.Name != "field" {
			continue
		}
		name := field.Attr("var")
		kind, asked := kinds[name]
		if _, again := settings[name]; !asked || again || kind == transports.Info {
			continue
		}
		settings[name] = Clean(kind, joined(field))
	}
	return settings, nil
}

// Complete returns settings with the fields of f that were not submitted as f
// shows them.
func Complete(f transports.Form, settings transports.Settings) transports.Settings {
	out := make(transports.Settings)
	for _, field := range distinct(f.Fields) {
		v, ok := settings[field.Name]
		switch {
		case field.Kind == transports.Info:
		case ok:
			out[field.Name] = v
		case field.Kind != transports.Secret:
			out[field.Name] = field.Value
		}
	}
	return out
}

// Names returns the names of all submitted fields, FORM_TYPE aside.
func Names(x *stanza.Element) []string {
	var names []string
	if x == nil {
		return nil
	}
	for i := range x.Children {
		field := &x.Children[i]
		if field.Space == NS && field.Name == "field" && field.Attr("var") != formType {
			names = append(names, field.Attr("var"))
		}
	}
	return names
}

// Type returns the FORM_TYPE of a form, empty where it has none.
func Type(x *stanza.Element) string {
	if x == nil {
		return ""
	}
	for i := range x.Children {
		field := &x.Children[i]
		if field.Space == NS && field.Name == "field" && field.Attr("var") == formType {
			return field.ChildText(NS, "value")
		}
	}
	return ""
}

// Cancelled tells that the user gave up a form. XEP-0004 §3.1
func Cancelled(x *stanza.Element) bool { return x.Attr("type") == "cancel" }

func joined(field *stanza.Element) string {
	var values []string
	for i := range field.Children {
		if v := &field.Children[i]; v.Space == NS && v.Name == "value" {
			values = append(values, v.Text)
		}
	}
	return strings.Join(values, "\n")
}

// Clean returns a value as the settings hold it: without what a paste leaves
// around it, and a truth value as "true" or "false".
func Clean(kind transports.FieldKind, value string) string {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	switch kind {
	case transports.Secret:
		return strings.TrimRight(value, "\n")
	case transports.Lines, transports.Choices:
		return strings.Trim(value, "\n")
	case transports.Boolean:
		return boolean(strings.TrimSpace(value))
	}
	return strings.TrimSpace(value)
}

// boolean maps the spellings of XEP-0004 §3.3 to one; others stay.
func boolean(value string) string {
	switch strings.ToLower(value) {
	case "1", "true":
		return "true"
	case "0", "false":
		return "false"
	}
	return value
}
