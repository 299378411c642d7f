package component_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/mds"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// grantRequests has Juliet's server let the gateway do something in its users' names, as
// Prosody says it: each namespace in the one before.
func (w *world) grantRequests(typ string) {
	w.Helper()
	w.send("<message from='example.org' to='%s'><privilege xmlns='%s'><perm access='roster' type='none'/><perm access='iq'>"+
		"<namespace ns='urn:example' type='get'><namespace ns='%s' type='%s'/></namespace></perm></privilege></message>", domain, nsPrivilege, mds.NSPubSub, typ)
	w.barrier("nobody@example.org/there")
}

// asks waits for a request that the gateway wants to be made in Juliet's name, and
// returns it with the request for it.
func (w *world) asks(typ string) (asked, inside *stanza.Element, outer *stanza.IQ) {
	w.Helper()
	outer = componenttest.Await(w.Server, domain, func(iq *stanza.IQ) bool { return iq.Child(nsPrivilege, "privileged_iq") != nil })
	in := outer.Child(nsPrivilege, "privileged_iq").Child("", "iq")
	if outer.Type != typ || in.Attr("type") != typ || in.Attr("id") == "" || in.Attr("from") != "" || outer.To.String() != juliet || len(in.Children) != 1 {
		w.Fatalf("asked %s", dump(outer))
	}
	return in, &in.Children[0], outer
}

// answers answers a request in Juliet's name.
func (w *world) answers(outer *stanza.IQ, inside string) {
	w.Helper()
	w.send("<iq type='result' from='%s' to='%s' id='%s'><privilege xmlns='%s'><forwarded xmlns='urn:xmpp:forward:0'>"+
		"<iq xmlns='jabber:client' type='result' id='x'>%s</iq></forwarded></privilege></iq>", juliet, domain, outer.ID, nsPrivilege, inside)
}

// nodeItem is how a node says up to where a room was read.
func nodeItem(id string) string {
	return fmt.Sprintf("<item id='%s'><displayed xmlns='%s'><stanza-id xmlns='%s' by='%s' id='%s'/></displayed></item>", room, mds.NS, nsSID, room, id)
}

// newReadWorld returns a world whose network keeps how far was read, where the nurse
// said some lines, with their stanza-ids.
func newReadWorld(t *testing.T, builds ...build) (w *world, ids []string, at time.Time) {
	t.Helper()
	w = newWorld(t, append([]build{recording, with(func(c *component.Component) { component.ShortenPublishing(c, time.Millisecond) })}, builds...)...)
	w.net.SetAble(transports.CanRead)
	w.people("nurse")
	w.join(phone, room, "juliet")
	at = time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for i := range 4 {
		text := fmt.Sprint("line ", i)
		err := w.session("juliet").Emit(transports.Received{Message: transports.Message{
			Chat: address, Nick: "nurse", Text: text, Time: at.Add(time.Duration(i) * time.Second),
		}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, w.sees(phone, text))
	}
	w.settled(phone, "juliet")
	w.Drain(domain)
	return w, ids, at
}

func (w *world) readUpTo(at time.Time) {
	w.Helper()
	if err := w.session("juliet").Emit(transports.ReadUpTo{Chat: address, Time: at}); err != nil {
		w.Fatal(err)
	}
	w.settled(phone, "juliet")
}

// What was read by the network's other programs is published in the user's name,
// forwards only, after a look at what stands there. XEP-0490 §4, XEP-0356 §5, IRC-M19
func TestReadIsPublished(t *testing.T) {
	t.Parallel()
	w, ids, at := newReadWorld(t)
	w.readUpTo(at) // nothing is allowed: nothing is asked
	w.silent(phone)
	w.grantRequests("get")
	w.readUpTo(at)
	w.silent(phone)
	w.grantRequests("both")
	w.readUpTo(at.Add(time.Second + 500*time.Millisecond))
	_, get, outer := w.asks("get")
	if items := get.Child(mds.NSPubSub, "items"); items.Attr("node") != mds.NS || items.Child(mds.NSPubSub, "item").Attr("id") != room {
		t.Errorf("asked %s", dump(outer))
	}
	published := func(want string) *stanza.IQ {
		t.Helper()
		_, set, outer := w.asks("set")
		e := set.Child(mds.NSPubSub, "publish").Child(mds.NSPubSub, "item")
		sid := e.Child(mds.NS, "displayed").Child(nsSID, "stanza-id")
		if set.Child(mds.NSPubSub, "publish").Attr("node") != mds.NS || e.Attr("id") != room || sid.Attr("by") != room || sid.Attr("id") != want {
			t.Errorf("published %s, want %s", dump(outer), want)
		}
		options := map[string]string{}
		for _, f := range set.Child(mds.NSPubSub, "publish-options").Child("jabber:x:data", "x").Children {
			options[f.Attr("var")] = f.ChildText("jabber:x:data", "value")
		}
		if options["pubsub#access_model"] != "whitelist" || options["pubsub#max_items"] != "max" {
			t.Errorf("published with %v", options)
		}
		return outer
	}
	w.answers(outer, "<pubsub xmlns='"+mds.NSPubSub+"'><items node='"+mds.NS+"'>"+nodeItem(ids[0])+"</items></pubsub>")
	outer = published(ids[1])
	w.readUpTo(at.Add(2 * time.Second)) // while that is under way
	w.readUpTo(at.Add(time.Minute))
	w.readUpTo(at)
	w.silent(phone)
	w.answers(outer, "")
	w.answers(published(ids[3]), "")
	w.readUpTo(at.Add(time.Second)) // backwards
	w.readUpTo(at.Add(time.Hour))   // the same
	w.silent(phone)
}

// Where clients were further, nothing is published; a server that refuses is not
// asked again, and one that lost its stream grants anew.
func TestReadIsNotPublished(t *testing.T) {
	t.Parallel()
	w, ids, at := newReadWorld(t)
	w.send("<message from='evil.example' to='%s'><privilege xmlns='%s'><perm access='iq'><namespace ns='%s' type='both'/></perm></privilege></message>",
		domain, nsPrivilege, mds.NSPubSub)
	w.readUpTo(at)
	w.silent(phone)
	w.grantRequests("both")
	w.readUpTo(at.Add(time.Second))
	_, _, outer := w.asks("get")
	w.answers(outer, "<pubsub xmlns='"+mds.NSPubSub+"'><items node='"+mds.NS+"'>"+nodeItem(ids[2])+"</items></pubsub>")
	w.readUpTo(at.Add(time.Second))
	w.barrier(phone)
	w.silent(phone)
	w.readUpTo(at.Add(time.Hour))
	_, _, outer = w.asks("set")
	w.send("<iq type='error' from='%s' to='%s' id='%s'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", juliet, domain, outer.ID)
	w.readUpTo(at.Add(2 * time.Hour))
	w.silent(phone)
}

// Where the user's server lets us, it is told to tell us of what clients publish:
// once, and where there is no node yet, after we have published. XEP-0060 §6.1, §8.9.2
func TestListensToTheNode(t *testing.T) {
	t.Parallel()
	w, _, at := newReadWorld(t)
	w.send("<message from='example.org' to='%s'><privilege xmlns='%s'><perm access='iq'><namespace ns='%s' type='both'/><namespace ns='%s' type='set'/></perm></privilege></message>",
		domain, nsPrivilege, mds.NSPubSub, mds.NSOwner)
	admitted := func() *stanza.IQ {
		t.Helper()
		_, e, outer := w.asks("set")
		a := e.Child(mds.NSOwner, "affiliations").Child(mds.NSOwner, "affiliation")
		if e.Child(mds.NSOwner, "affiliations").Attr("node") != mds.NS || a.Attr("jid") != domain || a.Attr("affiliation") != "member" {
			t.Errorf("asked %s", dump(outer))
		}
		return outer
	}
	w.join(phone, "#other%"+network+"@"+domain, "juliet")
	w.send("<iq type='error' from='%s' to='%s' id='%s'><error type='cancel'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", juliet, domain, admitted().ID)
	w.barrier(phone)
	w.join(phone, "#third%"+network+"@"+domain, "juliet") // not again so soon
	w.readUpTo(at)
	_, _, outer := w.asks("get")
	w.answers(outer, "")
	_, _, outer = w.asks("set")
	w.answers(outer, "")
	w.answers(admitted(), "")
	iq := componenttest.Await(w.Server, domain, func(iq *stanza.IQ) bool { return iq.Type == "set" && iq.Child(mds.NSPubSub, "pubsub") != nil })
	if e := iq.Child(mds.NSPubSub, "pubsub").Child(mds.NSPubSub, "subscribe"); e.Attr("node") != mds.NS || e.Attr("jid") != domain || iq.To.String() != juliet {
		t.Errorf("asked %s", dump(iq))
	}
	w.readUpTo(at.Add(time.Second))
	_, _, outer = w.asks("set")
	w.answers(outer, "")
	w.barrier(phone)
	w.silent(phone)
}

// What the user's clients publish of rooms is told to the network, forwards only,
// and not published again. XEP-0490 §4.3, IRC-M19
func TestPublishedIsRead(t *testing.T) {
	t.Parallel()
	w, ids, at := newReadWorld(t)
	if _, features := traits(w.info(domain, "")); !slices.Contains(features, mds.Notify) {
		t.Errorf("the gateway does not ask to be told: %s", features)
	}
	w.grantRequests("both")
	event := func(from, inside string) {
		w.send("<message type='headline' from='%s' to='%s'><event xmlns='%s#event'><items node='%s'>%s</items></event></message>", from, domain, mds.NSPubSub, mds.NS, inside)
	}
	event(juliet, nodeItem(ids[2]))
	if c := w.net.AwaitCall(w, transporttest.OpRead, 0); c.Room != address || !c.Time.Equal(at.Add(2*time.Second)) {
		t.Errorf("told %+v", c)
	}
	event(juliet, nodeItem(ids[1])+nodeItem("nonsense")+"<item id='other@example.org'/>")
	event(phone, nodeItem(ids[3])) // no server says so
	event("romeo@example.org", nodeItem(ids[3]))
	w.readUpTo(at.Add(2 * time.Second)) // the network's answer
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpRead); n != 1 {
		t.Errorf("told %d times", n)
	}
	event(juliet, nodeItem(ids[3]))
	w.net.AwaitCall(w, transporttest.OpRead, 1)
	w.silent(phone)
}

// A line of which the room remembers no time is found in the archive.
func TestReadLongAgo(t *testing.T) {
	t.Parallel()
	w, ids, at := newReadWorld(t)
	w.gesture("m1", "<displayed xmlns='"+nsMarkers+"' id='"+ids[0]+"'/>")
	if c := w.net.AwaitCall(w, transporttest.OpRead, 0); !c.Time.Equal(at) {
		t.Errorf("told %+v", c)
	}
	for i := range 101 {
		text := fmt.Sprint("more ", i)
		w.net.Say(address, "nurse", text)
		ids = append(ids[:min(len(ids), 6)], w.sees(phone, text))
	}
	w.gesture("m2", "<displayed xmlns='"+nsMarkers+"' id='"+ids[1]+"'/>")
	c := w.net.AwaitCall(w, transporttest.OpRead, 1)
	if !c.Time.After(at.Add(time.Minute)) {
		t.Errorf("told %+v", c) // when it came
	}
	w.grantRequests("both")
	w.readUpTo(c.Time)
	_, _, outer := w.asks("get")
	w.answers(outer, "")
	_, set, _ := w.asks("set")
	if got := set.Child(mds.NSPubSub, "publish").Child(mds.NSPubSub, "item").Child(mds.NS, "displayed").Child(nsSID, "stanza-id").Attr("id"); !slices.Contains(ids[1:], got) {
		t.Errorf("published %s, want one of %v, which came within a millisecond", got, ids[1:])
	}
}
