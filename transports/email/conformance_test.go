package email_test

import (
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/transporttest"
)

var (
	_ transports.Transport     = (*email.Transport)(nil)
	_ transports.Trier         = (*email.Transport)(nil)
	_ transports.Grouper       = (*email.Transport)(nil)
	_ transports.Distinguisher = (*email.Transport)(nil)
	_ transports.AccountNamer  = (*email.Transport)(nil)
	_ transports.Session       = (*email.Session)(nil)
	_ transports.Finder        = (*email.Session)(nil)
	_ transports.Fetcher       = (*email.Session)(nil)
	_ transports.Reader        = (*email.Session)(nil)
	_ transports.Gatherer      = (*email.Session)(nil)
)

func TestConformance(t *testing.T) {
	transporttest.Conformance(t, func(t *testing.T) transporttest.Harness {
		w := start(t)
		tr := w.transport(t, email.Config{})
		tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 10*time.Second)
		settings := func(with ...string) transports.Settings {
			s := transports.Settings{}
			for k, v := range w.settings {
				s[k] = v
			}
			s["address"] = user
			for i := 0; i < len(with); i += 2 {
				s[with[i]] = with[i+1]
			}
			return s
		}
		contact := func(name string) transports.Address {
			return transports.Address{Kind: transports.Contact, Name: name}
		}
		return transporttest.Harness{
			Transport: tr,
			Account:   transports.Account{Key: "ann", Owner: "ann", Settings: settings()},
			Addresses: map[string]transports.Address{
				"Bob@Other.test":           contact("bob@other.test"),
				"bob%other.test":           contact("bob@other.test"),
				`"a b"@other.test`:         contact("a b@other.test"),
				"dev.lists.other.test":     contact("dev.lists.other.test"),
				"c@x.test, Ann@other.test": contact("ann@other.test,c@x.test"),
				"Work":                     {Kind: transports.Network, Scope: "work"},
				"Bob%Other.test%Work":      {Kind: transports.Contact, Scope: "work", Name: "bob@other.test"},
			},
			Garbage: []string{"", "bob_", "twenty-one-characters", "work%", "@other.test", "bob@", "a b", "bob@other test", "bob@x.test,dev.x.test"},
			Refusals: []transporttest.Refusal{
				{Name: "password", Settings: settings("password", "wrong"), Field: "password", Kind: transports.Credentials},
				{Name: "no password", Settings: settings("password", ""), Field: "password", Kind: transports.Malformed},
				{Name: "address", Settings: settings("address", "ann"), Field: "address", Kind: transports.Malformed},
				{Name: "choice", Settings: settings("answers", "none"), Field: "answers", Kind: transports.Malformed},
				{Name: "number", Settings: settings("quiet", "61"), Field: "quiet", Kind: transports.Malformed},
				{Name: "switch", Settings: settings("elsewhere", "maybe"), Field: "elsewhere", Kind: transports.Malformed},
			},
			Contact: contact("bob@other.test"),
			Label:   "work",
			Alone:   true,
			Break:   func() { w.imap.Drop(user) },
			Dials:   func() int { return w.imap.Stats().Logins + w.smtp.Stats().Logins },
			Logs:    func() string { return "" },
		}
	})
}
