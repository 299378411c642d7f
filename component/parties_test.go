package component_test

import (
	"fmt"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// parties has messages name others who get them.
var parties = about(func(a *transports.About) { a.Parties = true })

// addressed is the element that does, for "to nurse", "bcc friar" and so on.
func addressed(all ...string) string {
	var b strings.Builder
	for _, one := range all {
		as, name, _ := strings.Cut(one, " ")
		fmt.Fprintf(&b, "<address type='%s' jid='%s%%%s@%s'/>", as, name, network, domain)
	}
	return "<addresses xmlns='" + nsAddress + "'>" + b.String() + "</addresses>"
}

// partiesOf returns whom a message names in the same way.
func partiesOf(m transports.Message) string {
	var all []string
	for _, p := range m.Parties {
		all = append(all, fmt.Sprintf("%s %s", []string{"to", "cc", "bcc"}[p.As], p.Address.Name))
	}
	return strings.Join(all, ", ")
}

// A message to a contact names others; one to the gateway only those whom it names, as
// one message, in the chat of what it answers. XEP-0033 §4 MAIL-P2
func TestParties(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t, groups, parties)
	w.comes(mail("nurse", "a", "", ""))
	ofFriar := w.comes(mail("friar", "b", "", ""))
	for i, tt := range []struct {
		to, inside    string
		chat, parties string
		answers       string
	}{
		{nurseNick, "", "nurse", "", ""},
		{nurseNick, addressed("cc friar", "bcc paris"), "nurse", "cc friar, bcc paris", ""},
		{nurseNick, addressed("to nurse", "cc friar") + inThread("thread-a"), "nurse", "to nurse, cc friar", ""},
		{nurseNick, addressed("replyto friar"), "nurse", "", ""},
		{domain, addressed("to nurse", "cc friar"), "nurse", "to nurse, cc friar", ""},
		{domain, addressed("to nurse", "to friar", "cc paris"), "friar+nurse", "to nurse, to friar, cc paris", ""},
		{domain, addressed("to nurse", "cc friar") + answering(ofFriar.ID), "friar", "to nurse, cc friar", "b"},
		{domain, addressed("to nurse", "to friar", "bcc paris") + inThread("thread-b"), "friar", "to nurse, to friar, bcc paris", ""},
		{domain, addressed("cc friar", "bcc nurse"), "friar", "cc friar, bcc nurse", ""},
	} {
		w.chat(phone, tt.to, fmt.Sprint("m", i), "<body>hello</body>"+tt.inside)
		m := w.net.AwaitCall(t, transporttest.OpSend, i).Message
		if m.Chat.Name != tt.chat || partiesOf(m) != tt.parties || m.ReplyTo != tt.answers {
			t.Errorf("%s: sent to %s, and %s, in answer to %q", tt.inside, m.Chat.Name, partiesOf(m), m.ReplyTo)
		}
		w.concluded()
	}
	before := w.net.Count(transporttest.OpSend)
	w.chat(phone, domain, "b1", "<body>psst</body>"+addressed("bcc nurse", "bcc friar"))
	for i := range 2 {
		if m := w.net.AwaitCall(t, transporttest.OpSend, before+i).Message; m.Parties != nil {
			t.Errorf("sent to %s, and %s", m.Chat.Name, partiesOf(m))
		}
	}
	w.chat(phone, nurseNick, "e1", "<body>hello</body><addresses xmlns='"+nsAddress+"'><address type='cc' jid='@@'/></addresses>")
	if m := w.message(nurseNick, phone, "error"); m.ID != "e1" || fault(m) != "modify/jid-malformed" {
		t.Errorf("answered by %s", dump(m))
	}
	w.settled(phone, "juliet")
	if n := w.net.Count(transporttest.OpSend); n != before+2 {
		t.Errorf("%d were sent", n)
	}
	w.nothing()
}

// A message that is corrected while it waits goes to the same, unless the correction
// names others. MAIL-M1
func TestPartiesOfACorrection(t *testing.T) {
	t.Parallel()
	w := newQuietWorld(t, parties)
	w.jots("m1", "won", addressed("cc friar"))
	w.corrects("c1", "m1", "one")
	w.jots("m2", "two", addressed("cc friar"))
	w.jots("c2", "two", addressed("cc paris")+"<replace xmlns='urn:xmpp:message-correct:0' id='m2'/>")
	w.overdue(0)
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	var got []string
	w.concluded()
	for _, c := range w.net.Calls(transporttest.OpSend) {
		got = append(got, c.Message.Text+": "+partiesOf(c.Message))
	}
	if strings.Join(got, "|") != "one: cc friar|two: cc paris" {
		t.Errorf("sent %q", got)
	}
}

// Whom a message concerns is told where it concerns others, with the message and not
// with its files, also after a restart, and no more than some. XEP-0033 §4 MAIL-I3
func TestConcerned(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t, parties, uploads(new(place)), cats)
	m := mail("nurse", "a", "", "")
	m.Parties = []transports.Party{
		{As: transports.PartyAnswers, Address: person("paris")},
		{As: transports.PartyAuthor, Address: person("tybalt"), Name: "Tybalt <tybalt@x.test>"},
		{As: transports.PartyTo, URI: "mailto:%22a%20b%22@x.test"},
		{As: transports.PartyCc, Address: person("friar")},
		{As: 77, Address: person("friar")},
		{As: transports.PartyCc},
	}
	m.Attachments = []transports.Attachment{{Ref: "cat", Name: "cat.jpg", Type: "image/jpeg"}}
	at := "%" + network + "@" + domain
	want := "<addresses xmlns='" + nsAddress + "'>" +
		"<address type='replyto' jid='paris" + at + "'/>" +
		"<address type='ofrom' jid='tybalt" + at + "' desc='Tybalt &lt;tybalt@x.test&gt;'/>" +
		"<address type='to' uri='mailto:%22a%20b%22@x.test'/>" +
		"<address type='cc' jid='friar" + at + "'/></addresses>"
	shown := w.comes(m)
	if !strings.Contains(quotes(dump(shown)), want) {
		t.Errorf("shown %s", dump(shown))
	}
	if file := w.heard("nurse"); file.Child(nsAddress, "addresses") != nil {
		t.Errorf("shown %s", dump(file))
	}
	m = mail("nurse", "b", "", "")
	for range 30 {
		m.Parties = append(m.Parties, transports.Party{As: transports.PartyCc, Address: person("friar")})
	}
	if n := len(w.comes(m).Child(nsAddress, "addresses").Children); n != 20 {
		t.Errorf("%d are told", n)
	}
	if m := w.comes(mail("nurse", "c", "", "")); m.Child(nsAddress, "addresses") != nil {
		t.Errorf("shown %s", dump(m))
	}
}

// quotes has one kind of quotes.
func quotes(xml string) string { return strings.ReplaceAll(xml, `"`, "'") }

// A message goes out from one account: those whom it names are that one's.
func TestPartiesOfSeveralAccounts(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t, groups, parties)
	other := fmt.Sprintf("<addresses xmlns='%s'><address type='to' jid='%s'/><address type='cc' jid='friar%%irc.example.com@%s'/></addresses>", nsAddress, nurseNick, domain)
	foreign := fmt.Sprintf("<addresses xmlns='%s'><address type='cc' jid='friar%%irc.example.com@%s'/></addresses>", nsAddress, domain)
	for id, tt := range map[string]struct{ to, inside string }{"m1": {domain, other}, "m2": {nurseNick, other}, "m3": {nurseNick, foreign}} {
		w.chat(phone, tt.to, id, "<body>hello</body>"+tt.inside)
		if m := w.message(tt.to, phone, "error"); m.ID != id || fault(m) != "cancel/not-allowed" {
			t.Errorf("answered by %s", dump(m))
		}
	}
	w.settled(phone, "juliet")
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d were sent", n)
	}
}
