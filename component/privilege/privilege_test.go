package privilege_test

import (
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
