package email_test

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
)

// party is somebody whom a mail is to go to.
func party(as transports.PartyKind, name string) transports.Party {
	return transports.Party{As: as, Address: transports.Address{Kind: transports.Contact, Name: name}}
}

// Whom a message names gets the mail, too, each as it says; of who gets it blindly
// nobody knows. Where the contact is named it goes to exactly those. What follows it
// goes to the contact again, a correction to all. MAIL-P2, MAIL-M2
func TestParties(t *testing.T) {
	t.Parallel()
	const carl, dora, eve = "carl@example.org", "dora@example.org", "eve@example.org"
	const to, cc, bcc = transports.PartyTo, transports.PartyCc, transports.PartyBcc
	question := theirs("1@x.test", time.Hour)
	question.All = []compose.Mailbox{{Name: "Carl", Addr: "Carl@example.org"}, {Addr: dora}}
	elsewhere, list := question, question
	elsewhere.To = []compose.Mailbox{{Addr: "desk@example.org"}}
	list.List, list.To = true, []compose.Mailbox{{Addr: "post@lists.example.org"}}
	for name, tt := range map[string]struct {
		chat    string
		trail   email.Trail
		parties []transports.Party
		to, cc  string
		all     []string
	}{
		"nobody":       {bob, question, nil, "Bob@example.org", "", []string{"Bob@example.org"}},
		"a copy":       {bob, question, []transports.Party{party(cc, carl)}, "Bob@example.org", "Carl@example.org", []string{"Bob@example.org", "Carl@example.org"}},
		"each kind":    {bob, question, []transports.Party{party(to, carl), party(cc, dora), party(bcc, eve)}, "Bob@example.org Carl@example.org", dora, []string{"Bob@example.org", "Carl@example.org", dora, eve}},
		"twice":        {bob, question, []transports.Party{party(cc, carl), party(bcc, carl), party(to, carl)}, "Bob@example.org", "Carl@example.org", []string{"Bob@example.org", "Carl@example.org"}},
		"exactly":      {bob, elsewhere, []transports.Party{party(to, carl), party(cc, bob)}, "Carl@example.org", "Bob@example.org", []string{"Carl@example.org", "Bob@example.org"}},
		"Reply-To":     {bob, elsewhere, []transports.Party{party(cc, carl)}, "desk@example.org", "Carl@example.org", []string{"desk@example.org", "Carl@example.org"}},
		"of a group":   {carl + "," + dora, question, []transports.Party{party(to, carl), party(to, dora), party(cc, eve)}, "Carl@example.org " + dora, eve, []string{"Carl@example.org", dora, eve}},
		"a group, too": {bob, question, []transports.Party{party(cc, carl+","+dora)}, "Bob@example.org", "Carl@example.org " + dora, []string{"Bob@example.org", "Carl@example.org", dora}},
		"of a list":    {"crew.example.org", list, []transports.Party{party(to, "crew.example.org"), party(cc, eve)}, "post@lists.example.org", eve, []string{"post@lists.example.org", eve}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{more: transports.Settings{"answers": "all"}})
			m := post("m1", tt.chat, "an answer")
			m.ReplyTo, m.Trail, m.Parties = "1@x.test", tt.trail.Encode(), tt.parties
			s := w.open()
			sent := w.send(s, m)
			l := w.last()
			if tt.parties == nil {
				tt.cc, tt.all = "Carl@example.org "+dora, []string{"Bob@example.org", "Carl@example.org", dora} // by the account's choice
			}
			if got := bare(t, l, "To"); got != tt.to {
				t.Errorf("to %q", got)
			}
			if got := bare(t, l, "Cc"); got != tt.cc || l.head.Get("Bcc") != "" {
				t.Errorf("copies to %q", got)
			}
			if !slices.Equal(l.to, tt.all) || l.head.Get("In-Reply-To") != "<1@x.test>" {
				t.Errorf("sent to %q:\n%s", l.to, l.Data)
			}
			if strings.Contains(string(sent.Trail), eve) && slices.Contains(tt.parties, party(bcc, eve)) {
				t.Errorf("the blind copy is in the trail: %s", sent.Trail)
			}
			fix := post("m2", tt.chat, "* the answer")
			fix.Corrects, fix.ReplyTo, fix.Trail = true, sent.IDs[0], sent.Trail
			w.send(s, fix)
			seen := slices.DeleteFunc(tt.all, func(a string) bool { return slices.Contains(tt.parties, party(bcc, a)) })
			if got := w.last().to; !sameSet(got, seen) {
				t.Errorf("the correction goes to %q", got)
			}
		})
	}
	w := newLetters(t, setting{})
	m := post("m1", bob, "hello")
	m.Parties = []transports.Party{party(cc, "crew.example.org")}
	if _, err := w.open().Send(t.Context(), m); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("with a list: %v", err)
	}
}

// What follows a mail to several goes to the contact alone, also in a thread. MAIL-P2
func TestAfterParties(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	m := post("m1", bob, "to both")
	m.Parties = []transports.Party{party(transports.PartyTo, "carl@example.org")}
	sent := w.send(s, m)
	for _, thread := range []string{"", "t"} {
		next := post("m2"+thread, bob, "to him")
		next.Trail, next.Thread = sent.Trail, thread
		w.send(s, next)
		if l := w.last(); !slices.Equal(l.to, []string{bob}) || l.head.Get("In-Reply-To") == "" {
			t.Errorf("sent to %q:\n%s", l.to, l.Data)
		}
	}
}

// bare returns the addresses of a field.
func bare(t *testing.T, l letter, field string) string {
	t.Helper()
	if l.head.Get(field) == "" {
		return ""
	}
	list, err := mail.ParseAddressList(l.head.Get(field))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range list {
		all = append(all, a.Address)
	}
	return strings.Join(all, " ")
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// A mail to others, too, tells who they are, and where its answers go; one to the user
// alone tells nothing. MAIL-I3, MAIL-A5, MAIL-V2
func TestConcerns(t *testing.T) {
	t.Parallel()
	s := asleep(t)
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("p%d@x.test", i))
	}
	for name, tt := range map[string]struct {
		lines []string
		want  string
	}{
		"to the user":    {[]string{"To: ann@mail.test", "Cc: Ann.Lee@mail.test"}, ""},
		"to others":      {[]string{"To: ann@mail.test, Carl <Carl@x.test>", "Cc: dora@x.test, Bob@x.test"}, "0 carl@x.test (Carl <Carl@x.test>)|1 dora@x.test"},
		"in both":        {[]string{"To: carl@x.test", "Cc: carl@x.test"}, "0 carl@x.test"},
		"only elsewhere": {[]string{"To: ann@mail.test", "Reply-To: desk@x.test"}, ""},
		"elsewhere":      {[]string{"To: carl@x.test", "Reply-To: desk@x.test"}, "3 desk@x.test|0 carl@x.test"},
		"by a list":      {[]string{"To: crew@lists.test", "List-Id: <crew.lists.test>", "List-Post: <mailto:crew@lists.test>"}, "4 bob@x.test (Bob <bob@x.test>)|0 crew@lists.test"},
		"no contact":     {[]string{`To: " a"@x.test`}, `0  <mailto:%22%20a%22@x.test>`},
		"to many":        {[]string{"To: " + strings.Join(many, ", ")}, "0 " + strings.Join(many[:20], "|0 ")},
	} {
		m := converted(t, s, incoming("1@x.test", append(append([]string{"From: Bob <bob@x.test>"}, tt.lines...), "", "hi")...))
		var got []string
		for _, p := range m.Parties {
			one := fmt.Sprintf("%d %s", p.As, p.Address.Name)
			if p.Name != "" {
				one += " (" + p.Name + ")"
			}
			if p.URI != "" {
				one += " <" + p.URI + ">"
			}
			got = append(got, one)
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
