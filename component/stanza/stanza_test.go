package stanza_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/component/jid"
	"wherry/component/stanza"
)

var (
	_ stanza.Stanza = (*stanza.Message)(nil)
	_ stanza.Stanza = (*stanza.Presence)(nil)
	_ stanza.Stanza = (*stanza.IQ)(nil)
)

func TestElement(t *testing.T) {
	e := stanza.E("urn:a", "query", stanza.T("urn:a", "item", "one"), stanza.T("urn:a", "item", "two"), stanza.E("urn:b", "x")).
		With("node", "n").With("node", "m").WithLang("").WithLang("en")
	if e.Attr("node") != "m" || len(e.Attrs) != 2 || e.Lang() != "en" || e.Attr("lang") != "" {
		t.Errorf("attributes %v", e.Attrs)
	}
	if got := e.ChildText("urn:a", "item"); got != "one" {
		t.Errorf("first item %q", got)
	}
	if e.Child("urn:b", "item") != nil || e.Child("urn:b", "x") == nil || e.ChildText("urn:b", "y") != "" {
		t.Error("children are mixed up")
	}
	none := e.Child("urn:b", "y").Child("urn:b", "z")
	if none != nil || none.Attr("a") != "" || none.Lang() != "" || none.ChildText("", "a") != "" {
		t.Error("nothing has something")
	}
}

func TestWithLeavesTheOriginal(t *testing.T) {
	a := stanza.E("", "a").With("x", "1")
	b := a.With("x", "2").With("y", "3")
	if a.Attr("x") != "1" || a.Attr("y") != "" || b.Attr("x") != "2" {
		t.Errorf("a %v, b %v", a.Attrs, b.Attrs)
	}
}

func TestParse(t *testing.T) {
	body := stanza.T("", "body", "hello")
	for _, name := range []string{"message", "presence", "iq"} {
		st, err := stanza.Parse(stanza.E("", name, body).
			With("from", "a@b/c").With("to", "d").With("id", "1").With("type", "error").WithLang("en"))
		if err != nil {
			t.Fatal(err)
		}
		want := stanza.Header{From: jid.MustParse("a@b/c"), To: jid.MustParse("d"), ID: "1", Type: "error", Lang: "en"}
		if st.Name() != name || *st.Head() != want || st.Child("", "body") == nil || st.Child("", "x") != nil {
			t.Errorf("%s: %+v", name, st)
		}
		st.Head().ID = "2"
		if st.Head().ID != "2" {
			t.Error("the header is a copy")
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, e := range []stanza.Element{stanza.E("urn:a", "message"), stanza.E("", "handshake"), {}} {
		if _, err := stanza.Parse(e); errors.As(err, new(*stanza.UnknownError)) == false {
			t.Errorf("%v: %v", e, err)
		}
	}
	for _, tt := range []struct{ from, to, attr, value string }{
		{"@", "d", "from", "@"},
		{"a@b", "@d", "to", "@d"},
		{"a@b", "d/", "to", "d/"},
		{"@b", "@d", "from", "@b"}, // nobody to answer: the worse of the two
	} {
		_, err := stanza.Parse(stanza.E("", "iq", stanza.E("urn:q", "q")).With("from", tt.from).With("to", tt.to).With("id", "1"))
		bad, ok := errors.AsType[*stanza.BadAddressError](err)
		if !ok {
			t.Errorf("%v: %v", tt, err)
			continue
		}
		if bad.Attr != tt.attr || bad.Value != tt.value || !errors.Is(err, jid.ErrEmpty) || bad.Stanza.Child("urn:q", "q") == nil {
			t.Errorf("%v: %+v", tt, bad)
		}
	}
}

func TestBody(t *testing.T) {
	body := func(lang, text string) stanza.Element { return stanza.T("", "body", text).WithLang(lang) }
	three := []stanza.Element{body("fr", "bonjour"), body("", "hello"), body("de-AT", "servus")}
	for _, tt := range []struct {
		name       string
		payload    []stanza.Element
		own        string
		langs      []string
		text, lang string
	}{
		{name: "none"},
		{name: "one", payload: three[:1], text: "bonjour", lang: "fr"},
		{name: "one, another wanted", payload: three[:1], langs: []string{"de"}, text: "bonjour", lang: "fr"},
		{name: "nothing wanted", payload: three, text: "hello"},
		{name: "exact", payload: three, langs: []string{"FR"}, text: "bonjour", lang: "fr"},
		{name: "primary subtag", payload: three, langs: []string{"de"}, text: "servus", lang: "de-AT"},
		{name: "primary subtag of the wanted", payload: three, langs: []string{"fr-CA"}, text: "bonjour", lang: "fr"},
		{name: "exact before primary", payload: three, langs: []string{"de", "fr"}, text: "bonjour", lang: "fr"},
		{name: "unknown", payload: three, langs: []string{"it"}, text: "hello"},
		{name: "of the stanza", payload: three, own: "en", langs: []string{"en"}, text: "hello", lang: "en"},
		{name: "foreign", payload: []stanza.Element{stanza.T("urn:x", "body", "no")}},
	} {
		m := &stanza.Message{Header: stanza.Header{Lang: tt.own}, Payload: tt.payload}
		if text, lang := m.Body(tt.langs...); text != tt.text || lang != tt.lang {
			t.Errorf("%s: %q in %q, want %q in %q", tt.name, text, lang, tt.text, tt.lang)
		}
	}
}

func TestSubject(t *testing.T) {
	m := &stanza.Message{Payload: []stanza.Element{stanza.T("", "subject", "")}}
	if text, _, ok := m.Subject(); text != "" || !ok {
		t.Error("an empty subject is one")
	}
	m.Payload = []stanza.Element{stanza.T("", "body", "a")}
	if _, _, ok := m.Subject(); ok {
		t.Error("a subject out of nothing")
	}
}

func TestIQ(t *testing.T) {
	get := &stanza.IQ{Header: stanza.Header{From: theirs, To: ours, ID: "1", Type: "get"}, Payload: []stanza.Element{stanza.E("urn:q", "q")}}
	if !get.IsRequest() || get.Query() == nil || get.Query().Name != "q" {
		t.Errorf("query %v", get.Query())
	}
	result := stanza.Result(get, stanza.E("urn:q", "r"))
	want := &stanza.IQ{Header: stanza.Header{From: ours, To: theirs, ID: "1", Type: "result"}, Payload: []stanza.Element{stanza.E("urn:q", "r")}}
	if !cmp.Equal(result, want) || result.IsRequest() {
		t.Errorf("result %+v", result)
	}
	for _, payload := range [][]stanza.Element{nil, {stanza.E("a", "b"), stanza.E("a", "b")}} {
		if q := (&stanza.IQ{Payload: payload}).Query(); q != nil {
			t.Errorf("query %v of %d children", q, len(payload))
		}
	}
}

func TestErrorReply(t *testing.T) {
	h := stanza.Header{From: theirs, To: ours, ID: "1", Lang: "de"}
	typed := func(typ string) stanza.Header { h.Type = typ; return h }
	for _, tt := range []struct {
		st     stanza.Stanza
		answer bool
	}{
		{&stanza.Message{Header: typed("chat")}, true},
		{&stanza.Message{Header: typed("error")}, false},
		{&stanza.Presence{Header: typed("")}, true},
		{&stanza.Presence{Header: typed("error")}, false},
		{&stanza.IQ{Header: typed("get")}, true},
		{&stanza.IQ{Header: typed("set")}, true},
		{&stanza.IQ{Header: typed("result")}, false},
		{&stanza.IQ{Header: typed("error")}, false},
	} {
		got := stanza.ErrorReply(tt.st, &stanza.Error{Condition: stanza.ItemNotFound})
		if (got != nil) != tt.answer {
			t.Errorf("%s of type %q: %v", tt.st.Name(), tt.st.Head().Type, got)
		}
		if got == nil {
			continue
		}
		want := stanza.Header{From: ours, To: theirs, ID: "1", Type: "error"}
		if got.Name() != tt.st.Name() || *got.Head() != want || got.Child("", "error") == nil {
			t.Errorf("%s of type %q: %+v", tt.st.Name(), tt.st.Head().Type, got)
		}
	}
}
