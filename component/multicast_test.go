package component_test

import (
	"slices"
	"strings"
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// grouping is a network on which groups are contacts.
type grouping struct{ *transporttest.Network }

func (grouping) Group(members []transports.Address) (transports.Address, error) {
	var names []string
	for _, m := range members {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return transports.Address{Kind: transports.Contact, Scope: members[0].Scope, Name: strings.Join(names, "+")}, nil
}

func groups(w *world) { w.conf.Transport = grouping{w.net} }

const nsAddress = "http://jabber.org/protocol/address"

// SMS-G1: one message to several goes to them as a group, and to each blind
// copy by itself. XEP-0033 §4
func TestMulticast(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, groups)
	w.chat(phone, domain, "m1", "<body>hello</body><addresses xmlns='"+nsAddress+"'>"+
		"<address type='to' jid='"+nurseNick+"'/>"+
		"<address type='cc' uri='sms:friar%"+network+"?body=no'/>"+
		"<address type='bcc' jid='tybalt%"+network+"@"+domain+"'/>"+
		"<address type='to' jid='paris%"+network+"@"+domain+"' delivered='true'/>"+
		"<address type='replyto' jid='"+phone+"'/></addresses>")
	var to []string
	for i := range 2 {
		m := w.net.AwaitCall(t, transporttest.OpSend, i).Message
		to = append(to, m.Chat.Name)
		if m.Text != "hello" {
			t.Errorf("%q went out", m.Text)
		}
	}
	slices.Sort(to)
	if !slices.Equal(to, []string{"friar+nurse", "tybalt"}) {
		t.Errorf("went to %v", to)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// SMS-G1: one wrong address, and nobody gets anything.
func TestMulticastRefused(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, groups)
	good := "<address type='to' jid='" + nurseNick + "'/>"
	for xml, want := range map[string]stanza.Condition{
		"":                                     stanza.BadRequest,
		strings.Repeat(good, 51):               stanza.BadRequest,
		good + "<address type='to'/>":          stanza.JIDMalformed,
		good + "<address type='cc' jid='@@'/>": stanza.JIDMalformed,
		good + "<address type='cc' jid='nurse@elsewhere.example.org'/>": stanza.JIDMalformed,
		good + "<address type='to' jid='" + room + "'/>":                stanza.JIDMalformed,
		good + "<address type='bcc' uri='sms:a b'/>":                    stanza.JIDMalformed,
	} {
		id := w.id()
		w.chat(phone, domain, id, "<body>hello</body><addresses xmlns='"+nsAddress+"'>"+xml+"</addresses>")
		m := w.message(domain, phone, "error")
		if e := stanza.ParseError(m.Child("", "error")); m.ID != id || e.Condition != want {
			t.Errorf("%.80s was answered by %s", xml, dump(m))
		}
	}
	w.settled(phone, "juliet")
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d messages went out", n)
	}
}

// Addresses that are nobody's to send to change nothing: the message is for the
// gateway.
func TestNotMulticast(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, groups)
	w.chat(phone, domain, "m1", "<body>help</body><addresses xmlns='"+nsAddress+"'><address type='replyto' jid='"+phone+"'/></addresses>")
	w.settled(phone, "juliet")
	w.nothing()
}

// A network without groups refuses. SMS-G2
func TestNoMulticast(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.chat(phone, domain, "m1", "<body>hello</body><addresses xmlns='"+nsAddress+"'><address type='to' jid='"+nurseNick+"'/></addresses>")
	m := w.message(domain, phone, "error")
	if e := stanza.ParseError(m.Child("", "error")); e.Condition != stanza.FeatureNotImplemented {
		t.Errorf("answered by %s", dump(m))
	}
}
