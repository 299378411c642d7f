package registration_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wherry/component/componenttest"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// fields returns a submitted data form; fields are names and values in turn.
func fields(list ...string) string {
	var b strings.Builder
	b.WriteString("<x xmlns='" + form.NS + "' type='submit'>")
	for i := 0; i+1 < len(list); i += 2 {
		fmt.Fprintf(&b, "<field var='%s'>", stanza.EscapeAttr(list[i]))
		for _, v := range strings.Split(list[i+1], "\n") {
			b.WriteString("<value>" + stanza.EscapeAttr(v) + "</value>")
		}
		b.WriteString("</field>")
	}
	return b.String() + "</x>"
}

// query returns a query of XEP-0077.
func query(inside string) string { return "<query xmlns='" + nsRegister + "'>" + inside + "</query>" }

// register submits a form to an address and returns the answer.
func (w *world) register(from, to string, list ...string) *stanza.IQ {
	w.Helper()
	return w.set(from, to, query(fields(list...)))
}

// signUp registers where that must work.
func (w *world) signUp(from, to string, list ...string) {
	w.Helper()
	done(w, w.register(from, to, list...))
}

// asked gets the form of an address.
func (w *world) asked(from, to string) *stanza.Element {
	w.Helper()
	iq := w.get(from, to, query(""))
	if iq.Type != "result" {
		w.Fatalf("get: %s", dump(iq))
	}
	return iq.Child(nsRegister, "query")
}

// done fails the test where an answer is not an empty result.
func done(t testing.TB, iq *stanza.IQ) {
	t.Helper()
	if iq.Type != "result" || len(iq.Payload) != 0 {
		t.Fatalf("got %s, want an empty result", dump(iq))
	}
}

// refused fails the test where an answer is not an error of "type/condition/code"
// with a text, or where that lacks one of the words. It returns the error.
func refused(t testing.TB, iq *stanza.IQ, want string, words ...string) *stanza.Error {
	t.Helper()
	if iq.Type != "error" {
		t.Fatalf("got %s, want %s", dump(iq), want)
	}
	e := stanza.ParseError(iq.Child("", "error"))
	if got := fmt.Sprintf("%s/%s/%d", e.Type, e.Condition, e.Code); got != want {
		t.Errorf("got %s (%q), want %s", got, e.Text, want)
	}
	if e.Text == "" || e.Lang == "" {
		t.Errorf("an error without text or language: %s", dump(iq))
	}
	for _, word := range words {
		if !strings.Contains(e.Text, word) {
			t.Errorf("%q does not say %q", e.Text, word)
		}
	}
	return e
}

// account returns what is on file of a user, nil where nothing is.
func (w *world) account(user, scope string) *store.Account {
	w.Helper()
	a, err := w.gate.Domain(domain).Account(context.Background(), jid.MustParse(user), transports.Scope(scope))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		w.Fatal(err)
	}
	return &a
}

// runs returns how many connections were made to the network.
func (w *world) runs() int { return len(w.net.Calls(transporttest.OpRun)) }

// presence waits for a presence between two addresses, of a type.
func (w *world) presence(from, to, typ string) {
	w.Helper()
	f, t := jid.MustParse(from), jid.MustParse(to)
	w.seen = append(w.seen, componenttest.Await(w.Server, domain, func(p *stanza.Presence) bool {
		return p.From == f && p.To == t && p.Type == typ
	}))
}

// dump returns a stanza as it goes over the wire.
func dump(st stanza.Stanza) string {
	b, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		return fmt.Sprintf("%s (%v)", b, err)
	}
	return string(b)
}

// field returns a field of a form by its name, nil where it has none.
func field(x *stanza.Element, name string) *stanza.Element {
	for i := range x.Children {
		if f := &x.Children[i]; f.Name == "field" && f.Attr("var") == name {
			return f
		}
	}
	return nil
}

// values returns a field's values.
func values(f *stanza.Element) []string {
	var all []string
	if f == nil {
		return nil
	}
	for _, c := range f.Children {
		if c.Name == "value" {
			all = append(all, c.Text)
		}
	}
	return all
}
