package stanza_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/component/stanza"
)

func TestError(t *testing.T) {
	app := stanza.E("urn:app", "too-many")
	e := &stanza.Error{
		Type: stanza.Wait, Condition: stanza.ResourceConstraint, Code: 500,
		Text: "Slowly, please.", Lang: "en", By: "irc.example.org", App: &app,
	}
	const want = "<error type='wait' code='500' by='irc.example.org'>" +
		"<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
		"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Slowly, please.</text>" +
		"<too-many xmlns='urn:app'/></error>"
	m := stanza.ErrorReply(&stanza.Message{Header: stanza.Header{From: theirs, To: ours}}, e)
	if got := write(t, m); !strings.Contains(got, want) {
		t.Errorf("written %s", got)
	}
	if got := stanza.ParseError(m.Child("", "error")); !cmp.Equal(got, e) {
		t.Errorf("read back: %s", cmp.Diff(e, got))
	}
	for _, part := range []string{"resource-constraint", "wait", "Slowly"} {
		if !strings.Contains(e.Error(), part) {
			t.Errorf("%q lacks %q", e, part)
		}
	}
}

func TestErrorDefaults(t *testing.T) {
	e := (&stanza.Error{}).Element()
	if e.Attr("type") != "cancel" || e.Child(stanza.NSErrors, "undefined-condition") == nil || len(e.Attrs) != 1 {
		t.Errorf("got %v", e)
	}
	e = (&stanza.Error{Condition: stanza.Gone, Redirect: "xmpp:new@example.org"}).Element()
	if e.ChildText(stanza.NSErrors, "gone") != "xmpp:new@example.org" || e.Attr("type") != "cancel" {
		t.Errorf("got %v", e)
	}
}

func TestParseError(t *testing.T) {
	E, T := stanza.E, stanza.T
	ptr := func(e stanza.Element) *stanza.Element { return &e }
	for name, tt := range map[string]struct {
		e    *stanza.Element
		want stanza.Error
	}{
		"nothing": {nil, stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition}},
		"empty":   {ptr(E("", "error")), stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition}},
		"code only": {ptr(T("", "error", "Not Found").With("code", "404")),
			stanza.Error{Type: stanza.Cancel, Condition: stanza.ItemNotFound, Code: 404, Text: "Not Found"}},
		"bad code": {ptr(E("", "error").With("code", "x")), stanza.Error{Type: stanza.Cancel, Condition: stanza.UndefinedCondition}},
		"moved": {ptr(E("", "error", T(stanza.NSErrors, "gone", "xmpp:b@c")).With("type", "cancel")),
			stanza.Error{Type: stanza.Cancel, Condition: stanza.Gone, Redirect: "xmpp:b@c"}},
		"no type": {ptr(E("", "error", E(stanza.NSErrors, "forbidden"))), stanza.Error{Type: stanza.Auth, Condition: stanza.Forbidden}},
	} {
		if got := stanza.ParseError(tt.e); !cmp.Equal(*got, tt.want) {
			t.Errorf("%s: %s", name, cmp.Diff(tt.want, *got))
		}
	}
}

func TestLegacyCodes(t *testing.T) {
	for condition, code := range map[stanza.Condition]int{
		stanza.BadRequest: 400, stanza.NotAuthorized: 401, stanza.Forbidden: 403, stanza.ItemNotFound: 404,
		stanza.NotAllowed: 405, stanza.NotAcceptable: 406, stanza.RegistrationRequired: 407, stanza.Conflict: 409,
		stanza.InternalServerError: 500, stanza.FeatureNotImplemented: 501, stanza.ServiceUnavailable: 503,
		stanza.RemoteServerTimeout: 504, "unheard-of": 0,
	} {
		if got := stanza.LegacyCode(condition); got != code {
			t.Errorf("%s: %d, want %d", condition, got, code)
		}
		if code == 0 {
			continue
		}
		e := stanza.E("", "error").With("code", (&stanza.Error{Condition: condition, Code: code}).Element().Attrs[1].Value)
		if got := stanza.ParseError(&e).Condition; got != condition {
			t.Errorf("%d: %s, want %s", code, got, condition)
		}
	}
}
