package disco_test

import (
	"slices"
	"testing"

	"wherry/component/disco"
	"wherry/component/stanza"
)

// The two examples that XEP-0115 works out, §5.2 and §5.3.
func TestVer(t *testing.T) {
	simple := disco.Info{
		Identities: []disco.Identity{{Category: "client", Type: "pc", Name: "Exodus 0.9.1"}},
		Features: []string{
			"http://jabber.org/protocol/muc", "http://jabber.org/protocol/disco#info",
			"http://jabber.org/protocol/disco#items", "http://jabber.org/protocol/caps",
		},
	}
	if got, want := simple.Ver(), "QgayPKawpkPSDYmwT/WM94uAlu0="; got != want {
		t.Errorf("Ver = %s, want %s", got, want)
	}
	complex := simple
	complex.Identities = []disco.Identity{
		{Category: "client", Type: "pc", Lang: "en", Name: "Psi 0.11"},
		{Category: "client", Type: "pc", Lang: "el", Name: "Ψ 0.11"},
	}
	complex.Forms = []disco.Form{{Type: "urn:xmpp:dataforms:softwareinfo", Fields: []disco.Field{
		{Var: "software_version", Values: []string{"0.11"}},
		{Var: "os_version", Values: []string{"10.5.1"}},
		{Var: "ip_version", Values: []string{"ipv6", "ipv4"}},
		{Var: "os", Values: []string{"Mac"}},
		{Var: "software", Values: []string{"Psi"}},
	}}}
	if got, want := complex.Ver(), "q07IKJEyjvHSyhy//CH0CxmKi8w="; got != want {
		t.Errorf("Ver = %s, want %s", got, want)
	}
}

// The order in which something was put together says nothing, a repetition
// neither; a character that separates does.
func TestVerIsOfTheContents(t *testing.T) {
	a := disco.Info{Features: []string{"b", "a", "b"}}
	b := disco.Info{Features: []string{"a", "b"}}
	if a.Ver() != b.Ver() {
		t.Error("order or repetition counts")
	}
	c, d := disco.Info{Features: []string{"a<b"}}, disco.Info{Features: []string{"a", "b"}}
	if c.Ver() == d.Ver() {
		t.Error("one feature passes for two")
	}
}

// What goes over the wire.
func TestElements(t *testing.T) {
	info := disco.Info{
		Identities: []disco.Identity{{Category: "client", Type: "pc", Lang: "de", Name: "Schwester"}},
		Features:   []string{"b", "a", "b"},
		Forms:      []disco.Form{{Type: "urn:example", Fields: []disco.Field{{Var: "x", Kind: "text-multi", Label: "X", Values: []string{"1", "2"}}}}},
	}
	for _, tt := range []struct {
		e    stanza.Element
		want string
	}{
		{info.Element("n"), "<query xmlns='http://jabber.org/protocol/disco#info' node='n'>" +
			"<identity category='client' type='pc' name='Schwester' xml:lang='de'/><feature var='a'/><feature var='b'/>" +
			"<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:example</value></field>" +
			"<field var='x' type='text-multi' label='X'><value>1</value><value>2</value></field></x></query>"},
		{disco.Info{}.Element(""), "<query xmlns='http://jabber.org/protocol/disco#info'/>"},
		{disco.Items("n", []disco.Item{{JID: "a@b", Node: "x", Name: "A"}, {JID: "c"}}),
			"<query xmlns='http://jabber.org/protocol/disco#items' node='n'><item jid='a@b' node='x' name='A'/><item jid='c'/></query>"},
		{disco.Caps("n", "v"), "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>"},
	} {
		m := &stanza.Message{Payload: []stanza.Element{tt.e}}
		m.From.Domain, m.To.Domain = "a", "b"
		b, err := (&stanza.Writer{}).Append(nil, m)
		if got, want := string(b), "<message from='a' to='b'>"+tt.want+"</message>"; err != nil || got != want {
			t.Errorf("got  %s\nwant %s (%v)", got, want, err)
		}
	}
	if !slices.Equal(info.Features, []string{"b", "a", "b"}) {
		t.Error("Element changed the Info")
	}
}
