package sms_test

import (
	"testing"

	"wherry/transports"
	"wherry/transports/sms"
)

// SMS-A4: what is typed without a country is of the region of the form, else
// of the default line.
func TestAddressRegion(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newCarrier()})
	for _, c := range []struct {
		settings transports.Settings
		typed    string
		want     string
	}{
		{settings(), "(415) 555-2671", "+14155552671"},
		{settings("region", "DE"), "030 901820", "+4930901820"},
		{settings("region", "DE", "line", home), "0049 30 901820", "+4930901820"},
		{settings("line", "+4930901820"), "030 901821", "+4930901821"},
		{nil, "+14155552671", "+14155552671"},
	} {
		for _, in := range []transports.Account{{Settings: c.settings}, {Default: c.settings}} {
			if got, err := tr.Address(c.typed, in); err != nil || got != contact(c.want) {
				t.Errorf("Address(%q) = %v, %v, want %s", c.typed, got, err, c.want)
			}
		}
	}
}

// SMS-A5: what is not the canonical spelling comes back as that: the core
// compares, and names the right one. SMS-A3: the default line goes without
// saying, another's stays, a stranger's is refused; where the lines are not
// known, any stays.
func TestAddressLine(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newCarrier()})
	account := transports.Account{Settings: settings("lines", work)}
	for typed, want := range map[string]string{
		"5557654321": bob, bob + ";via=" + home: bob, bob + ";via=" + work: bob + ";via=" + work, bob + ";via=+15550009999": "",
	} {
		if got, err := tr.Address(typed, account); (err == nil) != (want != "") || got.Name != want {
			t.Errorf("Address(%q) = %v, %v, want %q", typed, got, err, want)
		}
	}
	if got, err := tr.Address(bob+";via="+work, transports.Account{}); err != nil || got != contact(bob+";via="+work) {
		t.Errorf("of no account: %v, %v", got, err)
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"", bob, "(555) 765-4321", "32665", "mybank;phone-context=alphanumeric", "whatsapp:" + bob, bob + ";via=" + work, "tel:+1-555", "+1,+2", "\x00"} {
		f.Add(s)
	}
	f.Add(us + "," + home)
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	account := transports.Account{Settings: settings("lines", work)}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := tr.Address(s, account)
		if err != nil {
			if e := transports.AsError(err); e.Kind != transports.Malformed && e.Kind != transports.NotAllowed || e.Text.IsZero() {
				t.Fatalf("Address(%q): %v", s, err)
			}
			return
		}
		if again, err := tr.Address(a.String(), account); err != nil || again != a || a.Kind != transports.Contact || a.Scope != "" {
			t.Fatalf("Address(%q) = %v, and then %v, %v", s, a, again, err)
		}
	})
}
