package world_test

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

func TestClient(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "prosody", "/usr/bin/python3")
	w := worldtest.New(t)
	x, err := w.Prosody(xmppConfig)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := x.Client(world.Login{Name: "alice", Password: "wrong"}); err == nil {
		c.Close()
		t.Fatal("a wrong password logs in")
	} else if !strings.Contains(err.Error(), "password") {
		t.Error(err)
	}
	phone := worldtest.Client(t, x, world.Login{Name: "alice", Password: "secret", Resource: "phone"})
	snow := worldtest.Client(t, x, world.Login{Name: "☃", Password: "snow"})
	snow.Sendf(`<message to="%s" type="chat" id="one"><body>%s</body></message>`, phone.JID, "a < b\n& ☃")
	got := phone.Expect("the message", func(e *world.Element) bool { return e.Name() == "message" })
	if got.Body() != "a < b\n& ☃" || got.From() != snow.JID || got.ID() != "one" {
		t.Errorf("got %v", got)
	}
	answer := snow.Ask("get", phone.JID, `<ping xmlns="urn:xmpp:ping"/>`)
	if answer.Type() != "result" {
		t.Errorf("ping answered by %v", answer)
	}
	if answer = snow.Ask("get", phone.JID, `<query xmlns="urn:example:junk"/>`); answer.Type() != "error" {
		t.Errorf("junk answered by %v", answer)
	}
	mute := worldtest.Client(t, x, world.Login{Name: "alice", Password: "secret", Resource: "mute", Mute: true})
	mute.Sendf(`<iq type="get" to="%s" id="self"><ping xmlns="urn:xmpp:ping"/></iq>`, mute.JID)
	mute.Sync(x.Domain)
	if slices.ContainsFunc(mute.Received(), func(e *world.Element) bool { return e.ID() == "self" && e.Type() == "result" }) {
		t.Error("a mute client answered")
	}
	if err := phone.Client.Quit(); err != nil {
		t.Error(err)
	}
	if err := snow.Client.Close(); err != nil {
		t.Error(err)
	}
}

func TestElement(t *testing.T) {
	t.Parallel()
	e, err := world.ParseElement(`<ns0:presence xmlns:ns0="jabber:client" from="r/n" type="error">` +
		`<x xmlns="http://jabber.org/protocol/muc#user"><status code="110"/></x>` +
		`<ns0:error type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
		`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">no</text></ns0:error>` +
		`<x xmlns="jabber:x:data"><field var="nick"><value>a</value><value>b</value></field></x></ns0:presence>`)
	if err != nil {
		t.Fatal(err)
	}
	if !e.HasCode("110") || e.HasCode("201") || e.Condition() != "forbidden" || e.ErrorText() != "no" || e.From() != "r/n" {
		t.Errorf("got %+v", e)
	}
	if got := e.Field("nick"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("field nick: %q", got)
	}
	if e.Has("y") || e.Child("y").Text != "" || e.Field("other") != nil {
		t.Error("finds what is not there")
	}
}
