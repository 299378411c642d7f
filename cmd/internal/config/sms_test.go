package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/config"
)

// loadSMS loads a configuration of one SMS component with lines in its section.
func loadSMS(t *testing.T, lines string) (*config.Config, error) {
	t.Helper()
	return config.Load(write(t, "wherry.toml", with(`transport = "sms"`)+"[component.sms]\n"+lines), nil, []string{"irc", "sms"})
}

func TestSMS(t *testing.T) {
	for lines, want := range map[string]config.SMS{
		"": {TwilioURL: "https://api.twilio.com", Webhook: "auto", PollEvery: time.Minute, ReconcileEvery: 10 * time.Minute},
		`twilio_url = "http://127.0.0.1:8080/api/laml/"
webhook = "poll"
poll_every = "5s"
reconcile_every = "1h"
media_hosts = ["Media.example.org", "*.example.net"]
refuse_prefixes = ["+882", "+1900"]
soprani_addresses = true
allow_private_hosts = true
`: {
			TwilioURL: "http://127.0.0.1:8080/api/laml", Webhook: "poll", PollEvery: 5 * time.Second, ReconcileEvery: time.Hour,
			MediaHosts: []string{"media.example.org", "*.example.net"}, RefusePrefixes: []string{"+882", "+1900"}, SopraniAddresses: true, AllowPrivateHosts: true,
		},
	} {
		conf, err := loadSMS(t, lines)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, conf.Components[0].SMS); diff != "" {
			t.Errorf("%q (-want +got):\n%s", lines, diff)
		}
	}
}

func TestSMSRefused(t *testing.T) {
	for line, want := range map[string]string{
		`twilio_url = "api.twilio.com"`:             `component.sms.twilio_url: "api.twilio.com" is not the URL of an API`,
		`twilio_url = "https://u:p@x.example"`:      "component.sms.twilio_url: ",
		`twilio_url = "http://x.example"`:           "component.sms.twilio_url: must begin with https://",
		`webhook = "never"`:                         `component.sms.webhook: must be "auto", "manual" or "poll", and is "never"`,
		`poll_every = "often"`:                      `component.sms.poll_every: "often" is no duration: write it like "60s"`,
		`poll_every = "10ms"`:                       "component.sms.poll_every: must be a second or longer",
		`reconcile_every = "-1m"`:                   "component.sms.reconcile_every: must be a second or longer",
		`media_hosts = ["https://media.example/x"]`: `component.sms.media_hosts: "https://media.example/x" is no host`,
		`refuse_prefixes = ["1900"]`:                `component.sms.refuse_prefixes: "1900" is nothing that numbers begin with`,
		`refuse_prefixes = ["+"]`:                   "component.sms.refuse_prefixes: ",
		`refuse_prefixes = ["+1-900"]`:              "component.sms.refuse_prefixes: ",
		`pol_every = "60s"`:                         "did you mean component.sms.poll_every?",
	} {
		if _, err := loadSMS(t, line+"\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got: %v\nwant: %s", line, err, want)
		}
	}
}

// The credentials that an address may hold are not shown.
func TestSMSRefusedWithoutSecret(t *testing.T) {
	if _, err := loadSMS(t, `twilio_url = "https://user:hunter2@x.example"`+"\n"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
