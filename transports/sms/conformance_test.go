package sms_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/twilio"
	"wherry/transports/sms/twiliotest"
	"wherry/transports/transporttest"
)

var (
	_ transports.Transport = (*sms.Transport)(nil)
	_ transports.Webhook   = (*sms.Transport)(nil)
	_ transports.Forgetter = (*sms.Transport)(nil)
	_ transports.Claimer   = (*sms.Transport)(nil)
	_ transports.Session   = (*sms.Session)(nil)
	_ transports.Splitter  = (*sms.Session)(nil)
	_ transports.Finder    = (*sms.Session)(nil)
	_ transports.Fetcher   = (*sms.Session)(nil)
)

// log is a log that a test may read.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func logger(l *log) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestConformance(t *testing.T) {
	transporttest.Conformance(t, func(t *testing.T) transporttest.Harness {
		network := twiliotest.New(t, twiliotest.Config{})
		account := network.AddAccount(twiliotest.Account{})
		key := network.AddKey(twiliotest.Key{Account: account.SID})
		network.AddNumber(twiliotest.Number{Account: account.SID, Number: home, SMS: true, MMS: true})
		var logged log
		tr := sms.New(sms.Config{
			Provider:  twilio.New(twilio.Config{URL: network.URL, AllowPrivate: true, Log: logger(&logged)}),
			PollEvery: 20 * time.Millisecond, Repeats: 100, AllowPrivateHosts: true, Log: logger(&logged),
		})
		settings := func(with ...string) transports.Settings {
			s := transports.Settings{
				"account_sid": account.SID, "auth_token": account.Token, "api_key": key.SID, "api_secret": key.Secret, "line": home,
			}
			for i := 0; i < len(with); i += 2 {
				s[with[i]] = with[i+1]
			}
			return s
		}
		wrong := strings.Repeat("0", 32)
		return transporttest.Harness{
			Transport: tr,
			Account:   transports.Account{Key: "alice", Owner: "alice", Settings: settings()},
			// SMS-A1, SMS-A2, SMS-A3, SMS-A4
			Addresses: map[string]transports.Address{
				bob:                                 contact(bob),
				"(555) 765-4321":                    contact(bob),
				"tel:+1-555-765-4321":               contact(bob),
				"32665":                             contact("32665;phone-context=+1"),
				"mybank;phone-context=alphanumeric": contact("mybank;phone-context=alphanumeric"),
				"whatsapp:" + bob:                   contact("whatsapp:" + bob),
				bob + ";via=" + home:                contact(bob), // the default line goes without saying
				// SMS-G1
				"(555) 765-4321, +15551234567": contact("+15551234567," + bob),
				home + "," + bob:               contact(bob),
			},
			Garbage: []string{
				"911", "+999123456", "+1 415 555 26711", "a b", "bob@host", "+14155552671;ext=12",
				bob + ";via=+15550009999", "+15551234567,+4930901820", ";via=", "+", "whatsapp:x",
			},
			Refusals: []transporttest.Refusal{
				{Name: "token", Settings: settings("auth_token", wrong), Field: "auth_token", Kind: transports.Credentials},
				{Name: "key", Settings: settings("api_secret", wrong), Field: "api_secret", Kind: transports.Credentials},
				{Name: "key alone", Settings: settings("auth_token", "", "api_secret", wrong), Field: "api_secret", Kind: transports.Credentials},
				{Name: "account", Settings: settings("account_sid", ""), Field: "account_sid", Kind: transports.Malformed},
				{Name: "line", Settings: settings("line", "+15550009999"), Field: "line", Kind: transports.NotFound},
			},
			Contact: contact(bob),
			Break: func() {
				network.Fail(twiliotest.OpList, 1, twiliotest.Broken(503))
			},
			Dials: func() int { return network.Count(twiliotest.OpAny) },
			Logs:  logged.String,
		}
	})
}
