package irc

import (
	"testing"

	"wherry/transports"
)

// FuzzAddress says that an address means itself, wherever it is typed.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"#c%irc.example", "nick%LOCALHOST", "irc.example", "#a%b%1.2.3.4", "nick", "[::1]", "#ÄÖ%münchen.example", "%", "localhost%localhost"} {
		f.Add(s)
	}
	open := New(Config{})
	fixed := New(Config{FixedNetwork: "irc.example"})
	listed := New(Config{Networks: []string{"irc.example", "intern"}})
	account := transports.Account{Default: transports.Settings{fieldNetwork: "irc.example"}}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tr := range []*Transport{open, fixed, listed} {
			a, err := tr.Address(text, account)
			if err != nil {
				continue
			}
			if a.Kind == transports.Network && a.Scope == "" {
				continue // the fixed network is the gateway itself
			}
			for _, in := range []transports.Account{account, {}, {Scope: "other.example"}} {
				if again, err := tr.Address(a.String(), in); err != nil || again != a {
					t.Fatalf("%q is %+v, then %+v, %v", text, a, again, err)
				}
			}
		}
	})
}

// IRC-B1
func TestAddressErrors(t *testing.T) {
	listed := New(Config{Networks: []string{"IRC.example."}})
	if _, err := listed.Address("#c%irc.example", transports.Account{}); err != nil {
		t.Errorf("a network of the list: %v", err)
	}
	_, err := listed.Address("#c%irc.other", transports.Account{})
	if e := transports.AsError(err); e == nil || e.Kind != transports.NotAllowed {
		t.Errorf("a network not of the list: %v", err)
	}
	_, err = New(Config{}).Address("#c", transports.Account{})
	if e := transports.AsError(err); e == nil || e.Text.String() != "On which network? Add it after a percent sign: #c%irc.example.org." {
		t.Errorf("a channel on no network: %v", err)
	}
	_, err = New(Config{FixedNetwork: "irc.example"}).Address("#c%irc.other", transports.Account{})
	if e := transports.AsError(err); e == nil || e.Kind != transports.NotAllowed {
		t.Errorf("another network than the one: %v", err)
	}
	if _, err := New(Config{FixedNetwork: "irc.example"}).Address("#100%", transports.Account{}); err != nil {
		t.Errorf("a percent sign in a channel of the one network: %v", err)
	}
}
