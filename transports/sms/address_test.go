package sms_test

import (
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
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

// SMS-A2: where the gateway spells as Soprani.ca's do, these are the addresses
// that what comes is from, and the only ones that are written to.
func TestSopraniAddresses(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		const (
			short = "32665;phone-context=ca-us.phone-context.soprani.ca"
			bank  = "479136678077;phone-context=alphanumeric.phone-context.soprani.ca"
		)
		l.c.about.ShortCodes = true
		l.tr = sms.New(sms.Config{Provider: l.c, Soprani: true})
		for typed, want := range map[string]string{
			"32665": short, "32665;phone-context=+1": short, short: short, bank: bank, bob: bob,
			"mybank;phone-context=alphanumeric": "799168678077;phone-context=alphanumeric.phone-context.soprani.ca",
		} {
			if got, err := l.tr.Address(typed, l.account); err != nil || got != contact(want) {
				t.Errorf("Address(%q) = %v, %v, want %q", typed, got, err, want)
			}
		}
		for sender, want := range map[string]string{"32665": short, "MyBank": bank, bob: bob} {
			b, _ := l.calledBy(transports.Request{}, provider.Item{ID: sender, Line: home, Peer: sender, Inbound: true, Text: "hi", Time: time.Now()})
			if m := b.Events[0].(transports.Received).Message; m.Chat != contact(want) {
				t.Errorf("%q is from %v, want %q", sender, m.Chat, want)
			}
		}
		l.start()
		m := out("1", "hi")
		m.Chat = contact(short)
		if _, err := l.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if sent := l.c.sent(); len(sent) != 1 || sent[0].To != "32665" {
			t.Errorf("sent %+v", sent)
		}
	})
}
