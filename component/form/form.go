// Package form implements XEP-0004: Data Forms, with XEP-0068 (FORM_TYPE) and
// XEP-0122 (validation), for the forms of package transports.
//
// A transports.Form is shown by Element, what the user made of it is read by
// Parse and held to the form by Check.
package form

import (
	"strconv"
	"strings"

	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// Namespaces of the payloads.
const (
	NS         = "jabber:x:data"
	NSValidate = "http://jabber.org/protocol/xdata-validate"
)

// formType is the field that names what a form is about. XEP-0068 §2
const formType = "FORM_TYPE"

// Element returns f as a form to fill in, in a language. Type is its
// FORM_TYPE; empty for none. The value of a secret is never part of it, and
// each name is asked for once: of fields with the same name the first counts.
func Element(f transports.Form, typ, lang string) stanza.Element {
	x := head(f, "form", typ, lang)
	for _, field := range distinct(f.Fields) {
		x.Children = append(x.Children, question(field, lang))
	}
	return x
}

// Result returns f as a report: its fields with their values, nothing asked.
func Result(f transports.Form, typ, lang string) stanza.Element {
	x := head(f, "result", typ, lang)
	for _, field := range distinct(f.Fields) {
		x.Children = append(x.Children, answer(field, lang))
	}
	return x
}

func head(f transports.Form, kind, typ, lang string) stanza.Element {
	x := stanza.E(NS, "x").With("type", kind)
	if !f.Title.IsZero() {
		x.Children = append(x.Children, stanza.T(NS, "title", oneLine(text.In(lang, f.Title))))
	}
	if !f.Instructions.IsZero() {
		// One element for each line: none may contain a line break. XEP-0004 §3.1
		for _, line := range lines(text.In(lang, f.Instructions)) {
			x.Children = append(x.Children, stanza.T(NS, "instructions", line))
		}
	}
	if typ != "" {
		hidden := stanza.E(NS, "field", stanza.T(NS, "value", typ))
		x.Children = append(x.Children, hidden.With("var", formType).With("type", "hidden"))
	}
	return x
}

// types are the field types of XEP-0004 §3.3 by kind.
var types = [...]string{
	transports.Line:    "text-single",
	transports.Secret:  "text-private",
	transports.Lines:   "text-multi",
	transports.Boolean: "boolean",
	transports.Integer: "text-single",
	transports.Choice:  "list-single",
	transports.Choices: "list-multi",
	transports.Info:    "fixed",
}

// question returns a field to fill in. Its children stand in the order of the
// schema, XEP-0004 §8.
func question(f transports.Field, lang string) stanza.Element {
	if f.Kind == transports.Info {
		return fixed(f, lang)
	}
	e := named(f, lang)
	if !f.Help.IsZero() {
		e.Children = append(e.Children, stanza.T(NS, "desc", text.In(lang, f.Help)))
	}
	if f.Required {
		e.Children = append(e.Children, stanza.E(NS, "required"))
	}
	e.Children = append(e.Children, values(f)...)
	for _, o := range f.Options {
		option := stanza.E(NS, "option", stanza.T(NS, "value", o.Value))
		if !o.Label.IsZero() {
			option = option.With("label", text.In(lang, o.Label))
		}
		e.Children = append(e.Children, option)
	}
	if f.Kind == transports.Integer {
		e.Children = append(e.Children, validate(f))
	}
	return e
}

// answer returns a field of a report.
func answer(f transports.Field, lang string) stanza.Element {
	if f.Kind == transports.Info && f.Name == "" {
		return fixed(f, lang)
	}
	e := named(f, lang)
	e.Children = append(e.Children, values(f)...)
	return e
}

func named(f transports.Field, lang string) stanza.Element {
	kind := types[transports.Line]
	if int(f.Kind) < len(types) && f.Kind != transports.Info {
		kind = types[f.Kind]
	}
	e := stanza.E(NS, "field").With("var", f.Name).With("type", kind)
	if !f.Label.IsZero() {
		e = e.With("label", text.In(lang, f.Label))
	}
	return e
}

// fixed returns text that is part of a form. It needs no name. XEP-0004 §3.3
func fixed(f transports.Field, lang string) stanza.Element {
	s := f.Value
	switch label := text.In(lang, f.Label); {
	case s == "":
		s = label
	case label != "":
		s = label + ": " + s
	}
	return stanza.E(NS, "field", stanza.T(NS, "value", s)).With("type", types[transports.Info])
}

func values(f transports.Field) []stanza.Element {
	var list []string
	switch {
	case f.Kind == transports.Secret, f.Value == "":
		return nil
	case f.Kind == transports.Boolean:
		if v := boolean(f.Value); v == "true" || v == "false" {
			list = []string{v}
		}
	case f.Kind == transports.Lines, f.Kind == transports.Choices:
		list = lines(f.Value)
	default:
		list = []string{f.Value}
	}
	var out []stanza.Element
	for _, v := range list {
		if f.Kind == transports.Choice || f.Kind == transports.Choices {
			if !offers(f, v) {
				continue // a default is one of the options. XEP-0004 §3.3
			}
		}
		out = append(out, stanza.T(NS, "value", v))
	}
	return out
}

// validate says that a field takes whole numbers. XEP-0122 §3
func validate(f transports.Field) stanza.Element {
	v := stanza.E(NSValidate, "validate").With("datatype", "xs:integer")
	if f.Min != 0 || f.Max != 0 {
		v.Children = append(v.Children, stanza.E(NSValidate, "range").
			With("min", strconv.Itoa(f.Min)).With("max", strconv.Itoa(f.Max)))
	} else {
		v.Children = append(v.Children, stanza.E(NSValidate, "basic"))
	}
	return v
}

// distinct returns the fields that can be shown: named, each name once.
func distinct(fields []transports.Field) []transports.Field {
	seen := map[string]bool{formType: true}
	out := make([]transports.Field, 0, len(fields))
	for _, f := range fields {
		switch {
		case f.Name == "" && f.Kind == transports.Info:
		case f.Name == "" || seen[f.Name]:
			continue
		}
		seen[f.Name] = true
		out = append(out, f)
	}
	return out
}

func offers(f transports.Field, value string) bool {
	for _, o := range f.Options {
		if o.Value == value {
			return true
		}
	}
	return false
}

func lines(s string) []string { return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
