package component_test

import (
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	nsPrivilege    = "urn:xmpp:privilege:2"
	nsPrivilegeOld = "urn:xmpp:privilege:1"
	nsForward      = "urn:xmpp:forward:0"
)

// grant has a server say what it lets the gateway do.
func (w *world) grant(server, perms string) {
	w.Helper()
	w.grantBy(nsPrivilege, server, perms)
}

// grantBy is grant by a server that speaks the version of a namespace.
func (w *world) grantBy(ns, server, perms string) {
	w.Helper()
	w.send("<message from='%s' to='%s'><privilege xmlns='%s'>%s</privilege></message>", server, domain, ns, perms)
	w.barrier(phone)
}

const mayMessage = "<perm access='message' type='outgoing'/>"

// elsewhere has Juliet say something on the network by another program.
func (w *world) elsewhere(m transports.Message) {
	w.Helper()
	m.Chat, m.Nick, m.Own = person("romeo"), "juliet", true
	if err := w.session("juliet").Emit(transports.Received{Message: m}); err != nil {
		w.Fatal(err)
	}
}

// copied waits for a message in Juliet's name.
func (w *world) copied() (outer *stanza.Message, inner *stanza.Element) {
	w.Helper()
	return w.copiedBy(nsPrivilege)
}

// copiedBy is copied, by the version of a namespace.
func (w *world) copiedBy(ns string) (outer *stanza.Message, inner *stanza.Element) {
	w.Helper()
	outer = componenttest.Await(w.Server, domain, func(m *stanza.Message) bool { return m.To == jid.MustParse("example.org") })
	inner = outer.Child(ns, "privilege").Child(nsForward, "forwarded").Child("", "message")
	if inner == nil || inner.Attr("from") != juliet || inner.Attr("to") != romeoNick || inner.Attr("type") != "chat" || outer.From.String() != domain {
		w.Fatalf("sent %s", dump(outer))
	}
	return outer, inner
}

// What the user says elsewhere is sent in their name where their server lets us,
// once, and what comes back of it goes nowhere. XEP-0356 §5.3, XEP-0280. IRC-B15
func TestSaidElsewhereInTheUsersName(t *testing.T) {
	t.Parallel()
	w := newChatWorld(t)
	w.grant("example.org", "<perm access='roster' type='both'/>"+mayMessage)
	w.elsewhere(transports.Message{ID: "n1", Text: "from my phone"})
	outer, inner := w.copied()
	if inner.ChildText("", "body") != "from my phone" || inner.Child(nsDelay, "delay") != nil || inner.Attr("id") != outer.ID {
		t.Errorf("sent %s", dump(outer))
	}
	w.send("<message type='chat' id='%s' from='%s' to='%s'><body>from my phone</body></message>", outer.ID, juliet, romeoNick)
	w.elsewhere(transports.Message{ID: "n1", Text: "from my phone"}) // told again
	w.settled(phone, "juliet")
	w.nothing()
	if got := w.sent(); len(got) != 1 {
		t.Errorf("sent %q", got)
	}
	w.elsewhere(transports.Message{ID: "n2", Text: "long ago", Delayed: true})
	if outer, inner = w.copied(); inner.Child(nsDelay, "delay").Attr("from") != domain {
		t.Errorf("sent %s", dump(outer))
	}
	// An id that only looks like one of ours is a message as any.
	w.chat(phone, romeoNick, outer.ID, "<body>back by a client</body>")
	w.chat(phone, romeoNick, outer.ID+"x", "<body>by itself</body>")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "by itself" {
		t.Errorf("sent %q", c.Message.Text)
	}
}

// A server is heard where only some of its people may use the gateway.
func TestGrantForSome(t *testing.T) {
	t.Parallel()
	w := newChatWorld(t, settings(func(c *component.DomainConfig) { c.Allow = []string{juliet, "romeo@example.org"} }))
	w.grant("example.org", mayMessage)
	w.elsewhere(transports.Message{ID: "n1", Text: "from my phone"})
	if outer, _ := w.copied(); outer.To.String() != "example.org" {
		t.Errorf("sent %s", dump(outer))
	}
}

// What went from here is not said elsewhere, however late the network shows it.
func TestOwnIsNotElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hurried)
	w.grant("example.org", mayMessage)
	w.net.SetAble(transports.CanEcho)
	w.psst("one")
	w.passed(1, store.Sent)
	w.elsewhere(transports.Message{ID: transporttest.NetID("1"), Text: "one", Delayed: true})
	w.settled(phone, "juliet")
	w.nothing()
}

// Without a grant it is dropped, as when a server takes that back, or refuses.
func TestSaidElsewhereWithoutGrant(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(*world){
		"none":         func(*world) {},
		"another's":    func(w *world) { w.grant("example.net", mayMessage) },
		"a user's":     func(w *world) { w.grant("juliet@example.org", mayMessage) },
		"a resource's": func(w *world) { w.grant("example.org/x", mayMessage) },
		"other things": func(w *world) { w.grant("example.org", "<perm access='message' type='none'/>") },
		"withdrawn":    func(w *world) { w.grant("example.org", mayMessage); w.grant("example.org", "") },
		"refused": func(w *world) {
			w.grant("example.org", mayMessage)
			w.elsewhere(transports.Message{ID: "n0", Text: "x"})
			outer, _ := w.copied()
			w.send("<message type='error' id='%s' from='example.org' to='%s'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>", outer.ID, domain)
			w.barrier(phone)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChatWorld(t)
			f(w)
			w.elsewhere(transports.Message{ID: "n1", Text: "from my phone"})
			w.settled(phone, "juliet")
			for _, st := range w.rest(phone) {
				if st.Name() == "message" && strings.Contains(dump(st), "from my phone") {
					t.Errorf("unexpected: %s", dump(st))
				}
			}
		})
	}
}

// On a network that stores and forwards the copy takes the place of the mark. SMS-I10
func TestSaidElsewhereByText(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.elsewhere(transports.Message{ID: "n1", Text: "from the console"})
	if m := w.heard("romeo"); body(m) != "[sent elsewhere] from the console" {
		t.Errorf("shown %s", dump(m))
	}
	w.grant("example.org", mayMessage)
	w.elsewhere(transports.Message{ID: "n2", Text: "again"})
	if _, inner := w.copied(); inner.ChildText("", "body") != "again" {
		t.Errorf("sent %+v", inner)
	}
}

// A server that speaks the version before XEP-0356's present one is spoken to in it.
// Whether it shows what it is handed is not known: where people attend, it is
// trusted to; elsewhere nothing may be lost, and what was said is shown with its
// mark. SMS-I10, IRC-B15
func TestSaidElsewhereOfAnOldServer(t *testing.T) {
	t.Parallel()
	w := newChatWorld(t)
	w.grantBy(nsPrivilegeOld, "example.org", mayMessage)
	w.elsewhere(transports.Message{ID: "n1", Text: "from my phone"})
	outer, inner := w.copiedBy(nsPrivilegeOld)
	if inner.ChildText("", "body") != "from my phone" {
		t.Errorf("sent %s", dump(outer))
	}
	w.send("<message type='chat' id='%s' from='%s' to='%s'><body>from my phone</body></message>", outer.ID, juliet, romeoNick)
	w.settled(phone, "juliet")
	w.nothing()
	if got := w.sent(); len(got) != 1 {
		t.Errorf("sent %q", got)
	}

	w = newMailWorld(t)
	w.grantBy(nsPrivilegeOld, "example.org", mayMessage)
	w.elsewhere(transports.Message{ID: "n1", Text: "from the console"})
	if m := w.heard("romeo"); body(m) != "[sent elsewhere] from the console" {
		t.Errorf("shown %s", dump(m))
	}
}
