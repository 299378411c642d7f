package component_test

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"sort"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	nsInfo  = "http://jabber.org/protocol/disco#info"
	nsItems = "http://jabber.org/protocol/disco#items"
	nsCaps  = "http://jabber.org/protocol/caps"
)

// info asks what an address is.
func (w *world) info(to, node string) *stanza.Element {
	w.Helper()
	a := w.get(phone, to, "<query xmlns='"+nsInfo+"' node='"+stanza.EscapeAttr(node)+"'/>")
	if a.Type != "result" || len(a.Payload) != 1 {
		w.Fatalf("info of %s: %s", to, dump(a))
	}
	return &a.Payload[0]
}

// traits returns the identities and features in an info.
func traits(q *stanza.Element) (identities, features []string) {
	for _, e := range q.Children {
		switch e.Name {
		case "identity":
			identities = append(identities, e.Attr("category")+"/"+e.Attr("type"))
		case "feature":
			features = append(features, e.Attr("var"))
		}
	}
	return identities, features
}

// Each kind of address says what it is, and no more. XEP-0030 §3, XEP-0045 §6.4. IRC-M12, IRC-B9
func TestInfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, about(func(a *transports.About) { a.Name, a.Contact = "irc", "pc" }))
	w.join(phone, room, "juliet")
	for _, tt := range []struct {
		to         string
		identities string
		has, lacks []string
	}{
		{domain, "gateway/irc conference/irc",
			[]string{nsInfo, nsItems, "http://jabber.org/protocol/commands", "jabber:iq:version", nsPing, "vcard-temp", `jid\20escaping`, nsMUC},
			[]string{"urn:xmpp:http:upload:0", "muc_open"}},
		{network + "@" + domain, "conference/irc", []string{nsInfo, nsPing}, []string{"jabber:iq:version"}},
		{nurse, "client/pc", []string{nsInfo, nsPing}, []string{nsMUC, "jabber:iq:register"}},
		{room, "conference/irc", []string{nsMUC, "muc_open", "muc_unmoderated", "muc_public", "muc_unsecured", "muc_persistent", "muc_semianonymous",
			"http://jabber.org/protocol/muc#stable_id", "http://jabber.org/protocol/muc#self-ping-optimization", nsSID, "urn:xmpp:occupant-id:0", "urn:xmpp:hats:0"},
			[]string{"jabber:iq:register", "muc_nonanonymous", "muc_membersonly"}},
		{"#unknown%" + network + "@" + domain, "conference/irc", []string{nsMUC}, nil}, // not joined, without joining
	} {
		q := w.info(tt.to, "")
		identities, features := traits(q)
		if got := strings.Join(identities, " "); got != tt.identities {
			t.Errorf("%s is %s, want %s", tt.to, got, tt.identities)
		}
		for _, f := range tt.has {
			if !slices.Contains(features, f) {
				t.Errorf("%s lacks %s", tt.to, f)
			}
		}
		for _, f := range tt.lacks {
			if slices.Contains(features, f) {
				t.Errorf("%s has %s", tt.to, f)
			}
		}
		if !slices.IsSorted(features) || len(slices.Compact(slices.Clone(features))) != len(features) {
			t.Errorf("%s: features are not sorted and unique: %s", tt.to, features)
		}
	}
	if n := len(w.net.Calls()); n != 2 {
		t.Errorf("the network was asked: %v", w.net.Calls())
	}
	if a := w.get(phone, domain, "<query xmlns='"+nsInfo+"' node='nope'/>"); fault(a) != "cancel/item-not-found" {
		t.Errorf("unknown node: %s", dump(a))
	}
}

// verOf is the verification string of XEP-0115 §5.1, written from the wire.
func verOf(q *stanza.Element) string {
	var identities, features, forms []string
	for _, e := range q.Children {
		switch e.Name {
		case "identity":
			identities = append(identities, e.Attr("category")+"/"+e.Attr("type")+"/"+e.Lang()+"/"+e.Attr("name")+"<")
		case "feature":
			features = append(features, e.Attr("var")+"<")
		case "x":
			var name string
			var fields []string
			for _, f := range e.Children {
				var values []string
				for _, v := range f.Children {
					values = append(values, v.Text+"<")
				}
				sort.Strings(values)
				if f.Attr("var") == "FORM_TYPE" {
					name = values[0]
					continue
				}
				fields = append(fields, f.Attr("var")+"<"+strings.Join(values, ""))
			}
			sort.Strings(fields)
			forms = append(forms, name+strings.Join(fields, ""))
		}
	}
	sort.Strings(identities)
	sort.Strings(features)
	sort.Strings(forms)
	sum := sha1.Sum([]byte(strings.Join(identities, "") + strings.Join(features, "") + strings.Join(forms, "")))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// The hash in presence is that of what the node answers. XEP-0115 §5.4.
func TestCaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	for _, of := range []string{domain, network + "@" + domain, nurse} {
		w.sub(juliet, of, "subscribe")
		c := w.presence(of+"/gateway", juliet, "").Child(nsCaps, "c")
		if c == nil || c.Attr("hash") != "sha-1" {
			t.Errorf("%s: caps %v", of, c)
			continue
		}
		for _, to := range []string{of, of + "/gateway"} {
			node := c.Attr("node") + "#" + c.Attr("ver")
			q := w.info(to, node)
			if got := verOf(q); got != c.Attr("ver") || q.Attr("node") != node {
				t.Errorf("%s says %s, its info makes %s at %q", to, c.Attr("ver"), got, q.Attr("node"))
			}
		}
		if a := w.get(phone, of, "<query xmlns='"+nsInfo+"' node='"+c.Attr("node")+"#AAAA'/>"); fault(a) != "cancel/item-not-found" {
			t.Errorf("another hash: %s", dump(a))
		}
	}
}

// The gateway lists the user's networks and rooms, a network all of its own.
func TestItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.join(romeo, "#other%"+network+"@"+domain, "romeo")
	items := func(to, node string) string {
		a := w.get(phone, to, "<query xmlns='"+nsItems+"' node='"+node+"'/>")
		if a.Type != "result" {
			return fault(a)
		}
		var all []string
		for _, e := range a.Payload[0].Children {
			if e.Name == "item" {
				all = append(all, e.Attr("jid")+e.Attr("node"))
			}
		}
		return strings.Join(all, " ")
	}
	for to, want := range map[string]string{domain: network + "@" + domain, network + "@" + domain: "#other%" + network + "@" + domain + " " + room, room: "", nurse: ""} {
		if got := items(to, ""); got != want {
			t.Errorf("items of %s: %s, want %s", to, got, want)
		}
	}
	if got := items(domain, "nope"); got != "cancel/item-not-found" {
		t.Errorf("items of an unknown node: %s", got)
	}
}

// A user's nick in a room. XEP-0045 §6.6. IRC-M11
func TestRoomNick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	q := w.info(room, "x-roomuser-item")
	if len(q.Children) != 1 || q.Children[0].Attr("name") != "juliet" {
		t.Errorf("nick %v", q.Children)
	}
	if q := w.info("#other%"+network+"@"+domain, "x-roomuser-item"); len(q.Children) != 0 {
		t.Errorf("nick in a room she is not in: %v", q.Children)
	}
}

// Commands are listed where they are found, and answered; those of
// administrators are not there for others. XEP-0050 §3.
func TestCommands(t *testing.T) {
	t.Parallel()
	start := func(_ context.Context, c command.Call) (command.Step, error) {
		return command.Step{Note: transports.T("Hello %s", c.From.Local)}, nil
	}
	w := newWorld(t,
		settings(func(c *component.DomainConfig) { c.Admins = nil }),
		with(func(c *component.Component) {
			c.Commands().Add(command.Command{Node: "greet", Name: transports.T("Hello"), Kinds: []transports.Kind{transports.Gateway}, Start: start})
			c.Commands().Add(command.Command{Node: "secret", Name: transports.T("Secret"), Kinds: []transports.Kind{transports.Gateway}, Admin: true, Start: start})
		}))
	list := dump(w.get(phone, domain, "<query xmlns='"+nsItems+"' node='http://jabber.org/protocol/commands'/>"))
	if !strings.Contains(list, "node='greet'") || strings.Contains(list, "secret") {
		t.Errorf("list %s", list)
	}
	identities, _ := traits(w.info(domain, "http://jabber.org/protocol/commands"))
	if strings.Join(identities, " ") != "automation/command-list" {
		t.Errorf("the list is %s", identities)
	}
	identities, features := traits(w.info(domain, "greet"))
	if strings.Join(identities, " ") != "automation/command-node" || !slices.Contains(features, "http://jabber.org/protocol/commands") {
		t.Errorf("the command is %s, %s", identities, features)
	}
	for _, to := range []string{domain, nurse} {
		if a := w.get(phone, to, "<query xmlns='"+nsInfo+"' node='secret'/>"); fault(a) != "cancel/item-not-found" {
			t.Errorf("a hidden command at %s: %s", to, dump(a))
		}
	}
	if a := w.get(phone, nurse, "<query xmlns='"+nsInfo+"' node='greet'/>"); fault(a) != "cancel/item-not-found" {
		t.Errorf("a command elsewhere: %s", dump(a))
	}
	run := func(node string) *stanza.IQ {
		return w.set(phone, domain, "<command xmlns='http://jabber.org/protocol/commands' node='"+node+"' action='execute'/>")
	}
	if a := run("greet"); a.Type != "result" || !strings.Contains(dump(a), "Hello juliet") {
		t.Errorf("greet: %s", dump(a))
	}
	if a := run("secret"); fault(a) != "cancel/forbidden" {
		t.Errorf("secret: %s", dump(a))
	}
}

// Version, time, uptime and cards. XEP-0092, XEP-0202, XEP-0012, XEP-0054.
func TestBasics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for payload, want := range map[string]string{
		"<query xmlns='jabber:iq:version'/>": "<version>test</version>",
		"<time xmlns='urn:xmpp:time'/>":      "<tzo>+00:00</tzo><utc>20",
		"<query xmlns='jabber:iq:last'/>":    "seconds='0'",
		"<vCard xmlns='vcard-temp'/>":        "<FN>Fake</FN>",
	} {
		if a := w.get(phone, domain, payload); a.Type != "result" || !strings.Contains(dump(a), want) {
			t.Errorf("%s: %s", payload, dump(a))
		}
	}
	for to, want := range map[string]string{nurse: "nurse", network + "@" + domain: network, room: "#room", room + "/tybalt": "tybalt"} {
		if a := w.get(phone, to, "<vCard xmlns='vcard-temp'/>"); !strings.Contains(dump(a), "<FN>"+want+"</FN>") {
			t.Errorf("card of %s: %s", to, dump(a))
		}
	}
}

// numbered is a network whose people have numbers.
type numbered struct{ *transporttest.Network }

func (numbered) Name(a transports.Address) (title, uri string) {
	if a.Name == "nurse" {
		return "The Nurse", "tel:+15551234567"
	}
	return "", "mailto:" + a.Name + "@example.net"
}

// SMS-I13: an address book gets what the network knows. XEP-0054, XEP-0292
func TestCards(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, func(w *world) { w.conf.Transport = numbered{w.net} })
	for to, want := range map[string][2]string{
		nurseNick: {
			"<FN>The Nurse</FN><NICKNAME>The Nurse</NICKNAME><TEL><CELL/><NUMBER>+15551234567</NUMBER></TEL>",
			"<fn><text>The Nurse</text></fn><nickname><text>The Nurse</text></nickname><tel><uri>tel:+15551234567</uri></tel>",
		},
		"friar%" + network + "@" + domain: {
			"<FN>friar</FN><NICKNAME>friar</NICKNAME><EMAIL><INTERNET/><USERID>friar@example.net</USERID></EMAIL>",
			"<fn><text>friar</text></fn><nickname><text>friar</text></nickname><email><text>friar@example.net</text></email>",
		},
	} {
		if a := w.get(phone, to, "<vCard xmlns='vcard-temp'/>"); !strings.Contains(dump(a), want[0]) {
			t.Errorf("%s: %s", to, dump(a))
		}
		if a := w.get(phone, to, "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>"); !strings.Contains(dump(a), want[1]) {
			t.Errorf("%s: %s", to, dump(a))
		}
	}
	// SMS-I13: who subscribes is asked for theirs: clients show the files of
	// those only who see them.
	w.send("<presence type='subscribe' from='%s' to='%s'/>", juliet, nurseNick)
	for _, typ := range []string{"subscribed", "subscribe"} {
		p := w.presence(nurseNick, juliet, typ)
		if nick := p.Child("http://jabber.org/protocol/nick", "nick"); typ == "subscribe" && (nick == nil || nick.Text != "The Nurse") {
			t.Errorf("asked by %s", dump(p))
		}
	}
}
