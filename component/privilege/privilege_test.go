package privilege_test

import (
	"fmt"
	"testing"

	"wherry/component/jid"
	"wherry/component/privilege"
	"wherry/component/stanza"
)

func TestParse(t *testing.T) {
	perm := func(access, typ string) stanza.Element {
		return stanza.E(privilege.NS, "perm").With("access", access).With("type", typ)
	}
	for _, tt := range []struct {
		name        string
		payload     []stanza.Element
		ok, message bool
	}{
		{"nothing", []stanza.Element{stanza.T("", "body", "hello")}, false, false},
		{"of now", []stanza.Element{stanza.E(privilege.NS, "privilege", perm("roster", "both"), perm("message", "outgoing"))}, true, true},
		{"of before", []stanza.Element{stanza.E(privilege.NSOld, "privilege", perm("message", "outgoing"))}, true, true},
		{"other things", []stanza.Element{stanza.E(privilege.NS, "privilege", perm("message", "none"), perm("roster", "get"))}, true, false},
		{"withdrawn", []stanza.Element{stanza.E(privilege.NS, "privilege")}, true, false},
		{"an answer", []stanza.Element{stanza.E(privilege.NS, "privilege", stanza.E("urn:xmpp:forward:0", "forwarded"))}, false, false},
	} {
		g, ok := privilege.Parse(&stanza.Message{Payload: tt.payload})
		if ok != tt.ok || g.Messages() != tt.message {
			t.Errorf("%s: %v, %v", tt.name, g, ok)
		}
	}
}

func TestSend(t *testing.T) {
	g, _ := privilege.Parse(&stanza.Message{Payload: []stanza.Element{
		stanza.E(privilege.NSOld, "privilege", stanza.E(privilege.NSOld, "perm").With("access", "message").With("type", "outgoing")),
	}})
	m := g.Send(jid.MustParse("irc.example.org"), &stanza.Message{
		Header:  stanza.Header{From: jid.MustParse("juliet@example.org"), To: jid.MustParse("nurse@irc.example.org"), ID: "x", Type: "chat"},
		Payload: []stanza.Element{stanza.T("", "body", "hi")},
	})
	got, err := (&stanza.Writer{}).Append(nil, m)
	const want = `<message from='irc.example.org' to='example.org' id='x'><privilege xmlns='urn:xmpp:privilege:1'>` +
		`<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='juliet@example.org' to='nurse@irc.example.org' type='chat' id='x'>` +
		`<body>hi</body></message></forwarded></privilege></message>`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

// What a server grants is read as XEP-0356 has it, and as Prosody says it.
func TestParseRequests(t *testing.T) {
	namespace := func(ns, typ string, inside ...stanza.Element) stanza.Element {
		return stanza.E(privilege.NS, "namespace", inside...).With("ns", ns).With("type", typ)
	}
	perm := func(access string, inside ...stanza.Element) stanza.Element {
		return stanza.E(privilege.NS, "perm", inside...).With("access", access)
	}
	both, set, get, none := privilege.Types{Get: true, Set: true}, privilege.Types{Set: true}, privilege.Types{Get: true}, privilege.Types{}
	var many []stanza.Element
	for i := range 100 {
		many = append(many, namespace(fmt.Sprint("n", i), "get"))
	}
	for name, tt := range map[string]struct {
		in   []stanza.Element
		want map[string]privilege.Types
	}{
		"nothing": {nil, nil},
		"others":  {[]stanza.Element{perm("roster", namespace("a", "both")).With("type", "both")}, map[string]privilege.Types{}},
		"all": {
			[]stanza.Element{perm("message"), perm("iq", namespace("a", "both"), namespace("b", "set"), namespace("c", "get"), namespace("d", "none"), namespace("", "get"))},
			map[string]privilege.Types{"a": both, "b": set, "c": get, "d": none},
		},
		"nested": {[]stanza.Element{perm("iq", namespace("a", "both", namespace("b", "set")))}, map[string]privilege.Types{"a": both, "b": set}},
	} {
		m := &stanza.Message{Payload: []stanza.Element{stanza.E(privilege.NS, "privilege", tt.in...)}}
		got, ok := privilege.Parse(m)
		for _, ns := range []string{"a", "b", "c", "d", ""} {
			if !ok || got.Requests(ns) != tt.want[ns] {
				t.Errorf("%s: %s: %v, want %v", name, ns, got.Requests(ns), tt.want[ns])
			}
		}
	}
	got, _ := privilege.Parse(&stanza.Message{Payload: []stanza.Element{stanza.E(privilege.NS, "privilege", perm("iq", many...))}})
	kept := 0
	for i := range many {
		if got.Requests(fmt.Sprint("n", i)).Get {
			kept++
		}
	}
	if kept == 0 || kept > 50 {
		t.Errorf("%d namespaces are kept", kept)
	}
	if _, ok := privilege.Parse(&stanza.Message{Payload: []stanza.Element{stanza.T("", "body", "hello")}}); ok {
		t.Error("a message that grants nothing")
	}
}

// Answers are found in what they come in, whatever is wrong with it.
func TestAnswer(t *testing.T) {
	said := stanza.E("urn:x", "said")
	wrap := func(iq ...stanza.Element) []stanza.Element {
		return []stanza.Element{stanza.E(privilege.NS, "privilege", stanza.E("urn:xmpp:forward:0", "forwarded", iq...))}
	}
	refused := (&stanza.Error{Type: stanza.Auth, Condition: stanza.Forbidden}).Element()
	for name, tt := range map[string]struct {
		typ  string
		in   []stanza.Element
		ok   bool
		name string
	}{
		"result":  {"result", wrap(stanza.E("", "iq", said).With("type", "result")), true, "said"},
		"empty":   {"result", wrap(stanza.E("", "iq").With("type", "result")), true, ""},
		"error":   {"result", wrap(stanza.E("", "iq", refused).With("type", "error")), false, ""},
		"refused": {"error", []stanza.Element{refused}, false, ""},
		"nothing": {"result", nil, false, ""},
		"no iq":   {"result", wrap(), false, ""},
	} {
		got, err := privilege.Answer(&stanza.IQ{Header: stanza.Header{Type: tt.typ}, Payload: tt.in})
		switch {
		case (err == nil) != tt.ok:
			t.Errorf("%s: %v", name, err)
		case tt.name != "" && (got == nil || got.Name != tt.name), tt.name == "" && got != nil:
			t.Errorf("%s: %v", name, got)
		}
	}
}
