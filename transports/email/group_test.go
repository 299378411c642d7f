package email_test

import (
	"slices"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/email"
)

// Several addresses are a group, in one order, and a mail to it goes to all. MAIL-P2
func TestGroup(t *testing.T) {
	t.Parallel()
	tr := email.New(email.Config{})
	for text, want := range map[string]string{
		"Bob@x.test, ann@y.test":                        "ann@y.test,bob@x.test",
		"bob@x.test,ann@y.test,bob@x.test":              "ann@y.test,bob@x.test",
		"a,b@x.test":                                    "",
		`"a,b"@x.test`:                                  "a,b@x.test",
		`"a@y.test,b"@x.test`:                           "",
		"ann@y.test,dev.x.test":                         "",
		"ann@y.test,":                                   "",
		strings.Repeat("ann@y.test,", 3) + "ann@y.test": "ann@y.test",
	} {
		a, err := tr.Address(text, transports.Account{})
		if want == "" && err == nil && strings.Contains(a.Name, ",") && a.Name != "a,b@x.test" || want != "" && (err != nil || a.Name != want) {
			t.Errorf("%q is %v, %v", text, a, err)
		}
		if again, failed := tr.Address(a.String(), transports.Account{}); err == nil && (failed != nil || again != a) {
			t.Errorf("%v again is %v, %v", a, again, failed)
		}
	}
	contact := func(name string) transports.Address { return transports.Address{Kind: transports.Contact, Name: name} }
	got, err := tr.Group([]transports.Address{contact("c@x.test"), contact("ann@y.test,bob@x.test")})
	if err != nil || got.Name != "ann@y.test,bob@x.test,c@x.test" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := tr.Group([]transports.Address{contact("c@x.test"), contact("dev.x.test")}); transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("with a list: %v", err)
	}
	var many []transports.Address
	for i := range 30 {
		many = append(many, contact(strings.Repeat("x", i+1)+"@x.test"))
	}
	if _, err := tr.Group(many); transports.AsError(err).Kind != transports.TooLong {
		t.Errorf("of many: %v", err)
	}
}

func TestSendToGroup(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	w.run(s)
	w.send(s, post("m1", "carl@example.org,"+bob, "hello both"))
	l := w.last()
	var got []string
	for _, r := range l.To {
		got = append(got, r.Address)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{bob, "carl@example.org"}) || !strings.Contains(l.head.Get("To"), bob) || !strings.Contains(l.head.Get("To"), "carl@example.org") {
		t.Errorf("to %q: %q", got, l.head.Get("To"))
	}
}
