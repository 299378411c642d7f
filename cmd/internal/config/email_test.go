package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/config"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
)

// loadEmail loads a configuration of one email component with lines in its section.
func loadEmail(t *testing.T, lines string) (*config.Config, error) {
	t.Helper()
	return config.Load(write(t, "wherry.toml", with(`transport = "email"`)+"[component.email]\n"+lines), nil, []string{"email", "irc"})
}

func mailServer(name string, port int, mode hosts.Mode, username string) []autoconfig.Server {
	return []autoconfig.Server{{Host: hosts.Host{Name: name, Port: port, TLS: mode}, Username: username}}
}

func TestEmail(t *testing.T) {
	small := autoconfig.Servers{
		IMAP: mailServer("mail.example.org", 993, hosts.TLS, ""),
		SMTP: mailServer("mail.example.org", 465, hosts.TLS, ""),
	}
	const local = "%EMAILLOCALPART%"
	for lines, want := range map[string]config.Email{
		"": {Providers: map[string]autoconfig.Servers{}},
		`ispdb = "https://autoconfig.thunderbird.net/v1.1/"
allow_private_hosts = true
[[component.email.provider]]
domains = ["Example.org", "bücher.example"]
imap_host = "mail.example.org"
smtp_host = "MAIL.example.org"
[[component.email.provider]]
domains = ["example.net"]
imap_host = "10.0.0.1"
imap_port = 143
smtp_host = "mail.example.net"
smtp_port = 2525
smtp_tls = "starttls"
username = "` + local + `"
[[component.email.provider]]
domains = ["example.com"]
imap_host = "mail.example.org"
smtp_host = "mail.example.org"
`: {
			ISPDB: "https://autoconfig.thunderbird.net/v1.1/", AllowPrivateHosts: true,
			Providers: map[string]autoconfig.Servers{
				"example.org": small, "xn--bcher-kva.example": small, "example.com": small,
				"example.net": {
					IMAP: mailServer("10.0.0.1", 143, hosts.StartTLS, local),
					SMTP: mailServer("mail.example.net", 2525, hosts.StartTLS, local),
				},
			},
		},
	} {
		conf, err := loadEmail(t, lines)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, conf.Components[0].Email); diff != "" {
			t.Errorf("%q (-want +got):\n%s", lines, diff)
		}
	}
}

// What the example shows is taken as it is.
func TestEmailExample(t *testing.T) {
	_, lines, _ := strings.Cut(commentedOut.ReplaceAllString(config.Example, "$1"), "[component.email]\n")
	conf, err := loadEmail(t, lines)
	if err != nil {
		t.Fatal(err)
	}
	got := conf.Components[0].Email
	want := autoconfig.Servers{
		IMAP: mailServer("mail.example.org", 993, hosts.TLS, "%EMAILADDRESS%"),
		SMTP: mailServer("mail.example.org", 465, hosts.TLS, "%EMAILADDRESS%"),
	}
	if len(got.OAuth) != 1 || got.OAuth[0].DeviceURL == "" {
		t.Errorf("%+v", got.OAuth)
	}
	got.OAuth = nil
	if diff := cmp.Diff(config.Email{Providers: map[string]autoconfig.Servers{"example.org": want}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEmailRefused(t *testing.T) {
	const (
		section = "[[component.email.provider]]\n"
		imap    = "imap_host = \"mail.example.org\"\n"
		smtp    = "smtp_host = \"mail.example.org\"\n"
		domains = "domains = [\"example.org\"]\n"
		whole   = section + domains + imap + smtp
	)
	for lines, want := range map[string]string{
		`ispdb = "http://db.example/"`:                 "component.email.ispdb: is no URL of https",
		`ispdb = "https://user:hunter2@db.example/"`:   "component.email.ispdb: is no URL of https",
		`ca_file = "nowhere"`:                          "component.email.ca_file: cannot be read",
		section + imap + smtp:                          "component.email.provider.domains: is missing",
		section + domains + imap:                       `component.email.provider.smtp_host: "" is no host`,
		section + domains + smtp:                       `component.email.provider.imap_host: "" is no host`,
		section + "domains = [\"@x\"]\n" + imap + smtp: `component.email.provider.domains: "@x" is no domain`,
		whole + "imap_port = 25":                       "component.email.provider.imap_port: 25 is no port for mail",
		whole + "smtp_port = -1":                       "component.email.provider.smtp_port: -1 is no port for mail",
		whole + `smtp_tls = "none"`:                    `component.email.provider.smtp_tls: must be "tls" or "starttls", and is "none"`,
		whole + whole:                                  "component.email.provider.domains: example.org is there twice",
		"[[component.email.oauth]]\nprovider = \"x\"":  "component.email.oauth: provider x: the client id is missing",
		"[[component.email.oauth]]\nprovider = \"google\"\nclient_id = \"1\"":                                   "component.email.oauth.device_url: is missing",
		"[[component.email.oauth]]\nprovider = \"microsoft\"\nclient_id = \"1\"\nimap_hosts = [\"a b\"]":        `component.email.oauth.imap_hosts: "a b" is no host`,
		"[[component.email.oauth]]\nprovider = \"microsoft\"\nclient_id = \"1\"\nclient_secret_file = \"none\"": "component.email.oauth.client_secret_file: cannot be read",
		"[[component.email.providers]]": "did you mean component.email.provider?",
	} {
		_, err := loadEmail(t, lines+"\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got: %v\nwant: %s", lines, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

func TestEmailOAuth(t *testing.T) {
	c, err := loadEmail(t, "[[component.email.oauth]]\nprovider = \"microsoft\"\nclient_id = \"1\"\nimap_hosts = [\"Mail.Example.org\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	got := c.Components[0].Email.OAuth
	if len(got) != 1 || got[0].ClientID != "1" || got[0].DeviceURL == "" || len(got[0].Scopes) == 0 || got[0].IMAPHosts[0] != "mail.example.org" {
		t.Errorf("%+v", got)
	}
}
