package component_test

import (
	"fmt"
	"strings"
	"testing"

	"wherry/component/rsm"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// listed asks for a page of a network's rooms.
func (w *world) listed(set string) (names []string, got *stanza.Element) {
	w.Helper()
	a := w.get(phone, network+"@"+domain, "<query xmlns='"+nsItems+"'><set xmlns='"+rsm.NS+"'>"+set+"</set></query>")
	if a.Type != "result" {
		w.Fatalf("no list: %s", dump(a))
	}
	q := a.Child(nsItems, "query")
	for _, item := range q.Children {
		if item.Name == "item" {
			names = append(names, item.Attr("name"))
		}
	}
	return names, q.Child(rsm.NS, "set")
}

// Who is not on a network yet may look at its rooms, page by page; those with
// occupants and a subject say so. XEP-0045 §6.3, XEP-0059, IRC-B8
func TestRoomList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 130 {
		a := transports.Address{Kind: transports.Room, Scope: network, Name: fmt.Sprintf("#r%03d", i)}
		w.net.SetOccupant(a, transports.Occupant{Nick: "nurse"})
	}
	names, set := w.listed("")
	if len(names) != 100 || names[0] != "#r000 (1)" || set.ChildText(rsm.NS, "count") != "130" {
		t.Errorf("the first page: %d, %v, %s", len(names), names[0], set.ChildText(rsm.NS, "count"))
	}
	rest, set := w.listed("<after>" + set.ChildText(rsm.NS, "last") + "</after>")
	if len(rest) != 30 || rest[29] != "#r129 (1)" || set.Child(rsm.NS, "first").Attr("index") != "100" {
		t.Errorf("the second page: %v", rest)
	}
	if names, _ := w.listed("<max>2</max><before/>"); strings.Join(names, " ") != "#r128 (1) #r129 (1)" {
		t.Errorf("the last two: %v", names)
	}
	a := w.get(phone, network+"@"+domain, "<query xmlns='"+nsItems+"'><set xmlns='"+rsm.NS+"'><after>#nowhere</after></set></query>")
	if fault(a) != "cancel/item-not-found" {
		t.Errorf("behind what is not there: %s", dump(a))
	}
	w.net.Refuse(transporttest.OpList, &transports.Error{Kind: transports.Busy})
	if a := w.get(phone, network+"@"+domain, "<query xmlns='"+nsItems+"'/>"); fault(a) != "wait/resource-constraint" {
		t.Errorf("refused: %s", dump(a))
	}
	if a := w.get("stranger@elsewhere.example/x", network+"@"+domain, "<query xmlns='"+nsItems+"'/>"); strings.Contains(dump(a), "#r") {
		t.Errorf("a stranger sees %s", dump(a))
	}
}

// A network that cannot be reached says so.
func TestRoomListUnreachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Unreachable})
	if a := w.get(phone, network+"@"+domain, "<query xmlns='"+nsItems+"'/>"); fault(a) != "wait/remote-server-timeout" {
		t.Errorf("%s", dump(a))
	}
}

// What program somebody uses is asked of that (XEP-0092). IRC-B25
func TestVersionOfSomebody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	const query = "<query xmlns='jabber:iq:version'/>"
	for _, to := range []string{room + "/nurse", "nurse%" + network + "@" + domain} {
		q := w.get(phone, to, query).Child("jabber:iq:version", "query")
		if q.ChildText("jabber:iq:version", "name") != "Fake client" || q.ChildText("jabber:iq:version", "version") != "v1.2" || q.ChildText("jabber:iq:version", "os") != "on Paper" {
			t.Errorf("%s: %v", to, q)
		}
	}
	if c := w.net.AwaitCall(w, transporttest.OpVersion, 0); c.Room != person("nurse") {
		t.Errorf("asked %+v", c)
	}
	for to, want := range map[string]string{room + "/nobody": "cancel/item-not-found", "nurse%elsewhere.example@" + domain: "wait/remote-server-timeout"} {
		if a := w.get(phone, to, query); fault(a) != want {
			t.Errorf("%s: %s", to, dump(a))
		}
	}
	w.net.Refuse(transporttest.OpVersion, &transports.Error{Kind: transports.Unreachable})
	if a := w.get(phone, room+"/nurse", query); fault(a) != "wait/remote-server-timeout" {
		t.Errorf("no answer: %s", dump(a))
	}
	if a := w.get(laptop, room+"/nurse", query); fault(a) != "cancel/not-acceptable" {
		t.Errorf("from outside: %s", dump(a))
	}
}

// A message to a network is a line of the network's own language. IRC-B24
func TestLineToANetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.chat(phone, network+"@"+domain, "m1", "<body>WHOIS nurse</body>")
	c := w.net.AwaitCall(w, transporttest.OpSend, 0)
	if c.Message.Chat != (transports.Address{Kind: transports.Network, Scope: network}) || c.Message.Text != "WHOIS nurse" {
		t.Errorf("sent %+v", c.Message)
	}
	err := w.session("juliet").Emit(transports.Received{Message: transports.Message{Chat: c.Message.Chat, Text: "nurse is here"}})
	if err != nil {
		t.Fatal(err)
	}
	if m := w.message(network+"@"+domain, juliet, "chat"); body(m) != "nurse is here" {
		t.Errorf("told %s", dump(m))
	}
}
