package component_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/stanza"
	"wherry/transports/transporttest"
)

// Every request gets exactly one answer, whatever it asks, wherever, and however
// odd it is. RFC 6120 §8.2.3.
func TestEveryIQIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	places := map[string]string{
		"gateway": domain, "gateway's resource": domain + "/gateway",
		"network": network + "@" + domain, "contact": nurse, "contact's resource": nurse + "/gateway",
		"room": room, "occupant": room + "/nurse", "nobody there": room + "/tybalt", "self": room + "/juliet",
		"another room": "#other%" + network + "@" + domain, "no address": "nonsense@" + domain,
		"odd local part": "\\40%\\40@" + domain, "odd scope": "%%%@" + domain,
	}
	payloads := map[string]string{
		"info":        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
		"info node":   "<query xmlns='http://jabber.org/protocol/disco#info' node='nope'/>",
		"items":       "<query xmlns='http://jabber.org/protocol/disco#items'/>",
		"items node":  "<query xmlns='http://jabber.org/protocol/disco#items' node='nope'/>",
		"ping":        "<ping xmlns='urn:xmpp:ping'/>",
		"version":     "<query xmlns='jabber:iq:version'/>",
		"time":        "<time xmlns='urn:xmpp:time'/>",
		"last":        "<query xmlns='jabber:iq:last'/>",
		"vcard":       "<vCard xmlns='vcard-temp'/>",
		"command":     "<command xmlns='http://jabber.org/protocol/commands' node='nope'/>",
		"admin":       "<query xmlns='" + nsAdmin + "'><item affiliation='owner'/></query>",
		"admin empty": "<query xmlns='" + nsAdmin + "'/>",
		"admin junk":  "<query xmlns='" + nsAdmin + "'><item role='king' nick='nurse'/></query>",
		"owner":       "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
		"junk":        "<junk xmlns='urn:example:junk'/>",
		"no name":     "<query/>",
		"none":        "",
		"two":         "<a xmlns='b'/><a xmlns='b'/>",
		"wrong name":  "<info xmlns='http://jabber.org/protocol/disco#info'/>",
	}
	asked := map[string]string{}
	for place, to := range places {
		for payload, xml := range payloads {
			for _, typ := range []string{"get", "set"} {
				for _, from := range []string{phone, "stranger@elsewhere.example/x", "example.org"} {
					id := w.id()
					asked[id] = fmt.Sprintf("%s %s to %s from %s", typ, payload, place, from)
					w.send("<iq type='%s' id='%s' from='%s' to='%s'>%s</iq>", typ, id, from, stanza.EscapeAttr(to), xml)
				}
			}
		}
	}
	answers := map[string]stanza.Stanza{}
	for range len(asked) {
		st := w.Expect(domain, func(st stanza.Stanza) bool { return st.Head().Type != "get" })
		id := st.Head().ID
		if asked[id] == "" || answers[id] != nil {
			t.Fatalf("%s: another answer %s", asked[id], dump(st))
		}
		answers[id] = st
		if e := fault(st); st.Head().Type == "error" && (strings.HasPrefix(e, "/") || strings.Contains(e, "undefined")) {
			t.Errorf("%s: %s", asked[id], dump(st))
		}
	}
	w.barrier("stranger@elsewhere.example/x")
	for _, st := range w.rest(phone) {
		if st.Head().Type != "get" {
			t.Errorf("unexpected: %s", dump(st))
		}
	}
	for id, what := range asked {
		st := answers[id]
		got := fault(st)
		switch {
		case strings.Contains(what, "junk to"), strings.Contains(what, "no name"), strings.Contains(what, "wrong name"):
			if strings.Contains(what, "admin") || strings.Contains(what, "odd") || strings.Contains(what, "no address") {
				continue
			}
			if got != "cancel/service-unavailable" {
				t.Errorf("%s: %s", what, dump(st))
			}
		case strings.Contains(what, " two to "), strings.Contains(what, " none to "):
			if !strings.HasPrefix(got, "modify/") {
				t.Errorf("%s: %s", what, dump(st))
			}
		case strings.Contains(what, "odd local"), strings.Contains(what, "odd scope"), strings.Contains(what, "no address"):
			if got != "modify/jid-malformed" {
				t.Errorf("%s: %s", what, dump(st))
			}
		}
	}
}

// Results and errors are never answered, and answers that nobody waits for
// change nothing. RFC 6120 §8.2.3.
func TestAnswersAreNotAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.barrier(phone)
	w.Drain(domain)
	for _, to := range []string{domain, nurse, room, room + "/juliet", "nonsense@" + domain} {
		for _, typ := range []string{"result", "error"} {
			w.send("<iq type='%s' id='x' from='%s' to='%s'/>", typ, phone, to)
			w.send("<iq type='%s' id='x' from='%s' to='%s'><a xmlns='b'/><a xmlns='b'/></iq>", typ, phone, to)
		}
		w.send("<message type='error' id='x' from='%s' to='%s'><body>hello</body><error type='cancel'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>", phone, to)
		w.send("<presence type='error' id='x' from='%s' to='%s'><error type='cancel'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>", phone, to)
	}
	w.silent(phone)
}

// An answer counts only from whom it was asked, to who asked. RFC 6120 §8.2.3.
func TestForgedAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.Server.Drop(domain)
	w.connected(2)
	ping := componenttest.Await(w.Server, domain, func(iq *stanza.IQ) bool { return iq.To.String() == phone })
	for _, forged := range []string{romeo, laptop, juliet, "example.org"} {
		w.send("<iq type='result' id='%s' from='%s' to='%s'/>", ping.ID, forged, domain)
	}
	w.send("<iq type='result' id='%s' from='%s' to='%s'/>", ping.ID, phone, nurse)
	w.silent(phone)
	w.SendStanza(domain, stanza.Result(ping))
	w.shown(phone)
}

// A handler that never returns is answered for, within the limit, once; and
// holds up nobody. RFC 6120 §8.2.3.
func TestSlowHandler(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	w := newWorld(t, with(func(c *component.Component) {
		component.ShortenAnswers(c, 200*time.Millisecond)
		c.Handle(component.Endpoint{
			Space: "urn:example:slow", Name: "slow", On: component.AtGateway, Slow: true,
			Get: func(context.Context, *component.Query) (*stanza.Element, error) { <-release; return nil, nil },
		})
	}))
	id := w.id()
	w.send("<iq type='get' id='%s' from='%s' to='%s'><slow xmlns='urn:example:slow'/></iq>", id, phone, domain)
	w.barrier(phone) // meanwhile all else works
	if got := fault(w.answer(id)); got != "wait/remote-server-timeout" {
		t.Errorf("answer %s", got)
	}
	close(release)
	w.silent(phone)
}

// One user's slow requests are bounded, and each is answered.
func TestManySlowRequests(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	w := newWorld(t, with(func(c *component.Component) {
		c.Handle(component.Endpoint{
			Space: "urn:example:slow", Name: "slow", On: component.AtGateway, Slow: true,
			Get: func(context.Context, *component.Query) (*stanza.Element, error) { <-release; return nil, nil },
		})
	}))
	const n = 20
	for i := range n {
		w.send("<iq type='get' id='slow%d' from='%s' to='%s'><slow xmlns='urn:example:slow'/></iq>", i, phone, domain)
	}
	w.barrier(phone)
	close(release)
	var busy, done int
	for i := range n {
		switch a := w.answer(fmt.Sprint("slow", i)); {
		case a.Type == "result":
			done++
		case fault(a) == "wait/resource-constraint":
			busy++
		default:
			t.Errorf("answer %s", dump(a))
		}
	}
	if done == 0 || busy == 0 {
		t.Errorf("%d done, %d refused", done, busy)
	}
}

// A request that the network never answers is answered for. XEP-0045 §7.2.
func TestNetworkNeverAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenAnswers(c, 200*time.Millisecond) }))
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.net.Stall(transporttest.OpModerate)
	a := w.set(phone, room, "<query xmlns='"+nsAdmin+"'><item role='none' nick='nurse'/></query>")
	if got := fault(a); got != "wait/remote-server-timeout" {
		t.Errorf("answer %s", dump(a))
	}
	// A join too, and its room is not kept.
	other := "#other%" + network + "@" + domain
	w.net.Stall(transporttest.OpJoin)
	w.ask(phone, other, "juliet", "")
	if p := w.presence(other+"/juliet", phone, "error"); fault(p) != "wait/remote-server-timeout" {
		t.Errorf("join: %s", dump(p))
	}
	w.settled(phone, "juliet")
	w.silent(phone)
	w.join(phone, other, "juliet")
}
