package email_test

import (
	"slices"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
)

// A label is a mailbox of the user's; at the end of an address it is the mailbox from
// which that is written to. MAIL-A8
func TestLabels(t *testing.T) {
	t.Parallel()
	tr := email.New(email.Config{})
	contact := func(scope transports.Scope, name string) transports.Address {
		return transports.Address{Kind: transports.Contact, Scope: scope, Name: name}
	}
	for _, tt := range []struct {
		text string
		at   transports.Scope
		want transports.Address
	}{
		{"work", "", transports.Address{Kind: transports.Network, Scope: "work"}},
		{"W2-x", "home", transports.Address{Kind: transports.Network, Scope: "w2-x"}},
		{"ann@example.org%work", "", contact("work", "ann@example.org")},
		{"Ann@Example.org%Work", "home", contact("work", "ann@example.org")},
		{"ann%example.org%work", "", contact("work", "ann@example.org")},
		{"ann%example.org", "", contact("", "ann@example.org")},
		{"ann%example.org", "work", contact("work", "ann@example.org")},
		{"ann%localhost", "", contact("", "ann@localhost")},
		{"ann@localhost%work", "", contact("work", "ann@localhost")},
		{"a%b@example.org", "", contact("", "a%b@example.org")},
		{"a%work@example.org%work", "", contact("work", "a%work@example.org")},
		{"crew.lists.example.org%work", "", contact("work", "crew.lists.example.org")},
		{"crew.lists.example.org", "work", contact("work", "crew.lists.example.org")},
		{"c@x.test,ann@y.test%work", "", contact("work", "ann@y.test,c@x.test")},
	} {
		in := transports.Account{Scope: tt.at}
		if a, err := tr.Address(tt.text, in); err != nil || a != tt.want {
			t.Errorf("%q is %+v, %v", tt.text, a, err)
		}
	}
	for _, text := range []string{"1st", "-a", "a_b", "ann@example.org%", "ann@example.org%1", "ann@example.org%work%home", "work%work", "@example.org%work", "%work", "twenty-one-characters", "bücher"} {
		if a, err := tr.Address(text, transports.Account{}); err == nil && (a.Scope != "" || a.Kind != transports.Contact) {
			t.Errorf("%q is %+v", text, a)
		}
	}
}

// A group is written to from one mailbox. MAIL-A8
func TestGroupOfLabels(t *testing.T) {
	t.Parallel()
	tr := email.New(email.Config{})
	at := func(text string) transports.Address {
		a, err := tr.Address(text, transports.Account{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	g, err := tr.Group([]transports.Address{at("c@x.test%work"), at("ann@y.test%work")})
	if err != nil || g != at("ann@y.test,c@x.test%work") {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := tr.Group([]transports.Address{at("c@x.test%work"), at("ann@y.test")}); transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("of two mailboxes: %v", err)
	}
}

// What stands in a mail names nobody's mailbox: its contacts are those of the one that
// it came to. MAIL-A8
func TestMailOfALabel(t *testing.T) {
	t.Parallel()
	tr := email.New(email.Config{})
	for _, scope := range []transports.Scope{"", "work"} {
		s, err := tr.Open(transports.Account{Key: "account", Scope: scope, Settings: transports.Settings{"address": user, "password": secret}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range []string{"ann@x.test", "ann@x.test%home", "home", "ann%x.test%home", "dev.x.test%home", "", "a@x.test,b@x.test%home"} {
			a := email.PersonOf(s, spec)
			again, err := tr.Address(a.String(), transports.Account{})
			if a.Scope != scope || a.Kind != transports.Contact || err != nil || again != a {
				t.Errorf("%q at %q is %+v, again %+v, %v", spec, scope, a, again, err)
			}
		}
		for _, head := range []string{"From: <ann@x.test%home>", "List-Id: <home>", "List-Id: <dev.x.test%home>", "From: home"} {
			if m := converted(t, s, incoming("1@x.test", head, "", "hi")); m.Chat.Scope != scope || m.Chat.Kind != transports.Contact || strings.HasSuffix(m.Chat.Name, "home") {
				t.Errorf("%s at %q is of %+v", head, scope, m.Chat)
			}
		}
	}
}

// What becomes of the mail of a mailbox is told of its contacts, too. MAIL-A8
func TestReportsOfALabel(t *testing.T) {
	t.Parallel()
	s, err := email.New(email.Config{}).Open(transports.Account{Key: "account", Scope: "work", Settings: transports.Settings{"address": user, "password": secret}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours := compose.StableID("account", "1", user)
	events := email.Convert(s, incoming("1@x.test", "Content-Type: multipart/report; boundary=b", "", "--b", "", "sorry", "--b", "Content-Type: message/delivery-status", "",
		"Original-Envelope-Id: "+ours, "", "Final-Recipient: rfc822; bob@x.test", "Action: failed", "Status: 5.1.1", "",
		"Final-Recipient: rfc822; carl@x.test", "Action: delayed", "", "Final-Recipient: rfc822; d@x.test", "Action: relayed", "--b--"), noon)
	events = append(events, email.Convert(s, incoming("2@x.test", "Content-Type: multipart/report; boundary=b", "", "--b", "", "seen", "--b", "Content-Type: message/disposition-notification", "",
		"Final-Recipient: rfc822; bob@x.test", "Original-Message-ID: <"+ours+">", "Disposition: manual-action/MDN-sent-manually; displayed", "--b--"), noon)...)
	var of []transports.Address
	for _, ev := range events {
		switch ev := ev.(type) {
		case transports.Status:
			of = append(of, ev.Chat)
		case transports.Told:
			of = append(of, ev.Chat)
		}
	}
	if len(of) != 4 || slices.ContainsFunc(of, func(a transports.Address) bool { return a.Scope != "work" }) {
		t.Errorf("%+v", events)
	}
}

// A mail from a mailbox goes to whom it is for, and not to an address with a label. MAIL-A8
func TestSendFromALabel(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	opened, err := w.tr.Open(transports.Account{Key: accountKey, Scope: "work", Settings: w.settings}, w.state())
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*email.Session)
	w.run(s)
	for _, to := range []string{bob, "carl@example.org," + bob} {
		m := post("to "+to, to, "hello")
		m.Chat.Scope = "work"
		w.send(s, m)
		l := w.last()
		if n := len(l.To); n != strings.Count(to, ",")+1 || l.head.Get("From") == "" || strings.Contains(l.head.Get("To"), "%") {
			t.Errorf("went to %v: %q", l.To, l.head.Get("To"))
		}
	}
}

// The same mailbox is known by its address, and by who logs in where. MAIL-A8
func TestDistinct(t *testing.T) {
	t.Parallel()
	tr := email.New(email.Config{})
	one := transports.Settings{"address": "ann@x.test", "imap_host": "imap.x.test"}
	for name, tt := range map[string]struct {
		other transports.Settings
		same  bool
	}{
		"itself":        {one, true},
		"address":       {transports.Settings{"address": "Ann@x.test", "imap_host": "mail.x.test", "username": "x"}, true},
		"login":         {transports.Settings{"address": "sales@x.test", "imap_host": "IMAP.x.test", "username": "ann@x.test"}, true},
		"another":       {transports.Settings{"address": "bob@x.test", "imap_host": "imap.x.test"}, false},
		"another place": {transports.Settings{"address": "ann@y.test", "imap_host": "imap.y.test", "username": "ann@x.test"}, false},
	} {
		had := tr.Distinct(one)
		if got := slices.ContainsFunc(tr.Distinct(tt.other), func(s string) bool { return slices.Contains(had, s) }); got != tt.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// FuzzAddress: what an address is called is its own name, and nobody else's.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"work", "ann@example.org%work", "ann%example.org%work", "crew.lists.test%work", "a%b@c.test", "a@b,c@d%work", "ann%localhost", `"a b"@c.test%x`, "a.b%c", "%", "x%y%z"} {
		f.Add(s)
	}
	tr := email.New(email.Config{})
	f.Fuzz(func(t *testing.T, text string) {
		for _, at := range []transports.Scope{"", "home"} {
			a, err := tr.Address(text, transports.Account{Scope: at})
			if err != nil {
				continue
			}
			if again, err := tr.Address(a.String(), transports.Account{}); err != nil || again != a {
				t.Errorf("%q at %q is %+v, and again %+v, %v", text, at, a, again, err)
			}
			if name, label, ok := strings.Cut(a.String(), "%"); a.Scope == "" && ok && !strings.Contains(label, "@") {
				t.Errorf("%q is %+v, which ends in the label of %q", text, a, name)
			}
			if (a.Kind == transports.Network) != (a.Name == "") || a.Kind == transports.Gateway || a.Kind == transports.Room {
				t.Errorf("%q is %+v", text, a)
			}
		}
	})
}
