package config_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wherry/cmd/internal/config"
	"wherry/component"
	"wherry/component/jid"
	"wherry/component/upload"
)

var only = []string{"irc"}

// write puts text into a new file of mode 0600.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, text string, environ ...string) (*config.Config, error) {
	t.Helper()
	return config.Load(write(t, "wherry.toml", text), environ, only)
}

func mustLoad(t *testing.T, text string, environ ...string) *config.Config {
	t.Helper()
	conf, err := load(t, text, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

const least = `[[component]]
domain = "irc.example.org"
secret = "s3cret"
server = "127.0.0.1:5347"
transport = "irc"
`

var ignoreTLS = cmpopts.IgnoreFields(config.Component{}, "TLS")

var comparable = cmp.Options{ignoreTLS, cmpopts.IgnoreFields(config.IRC{}, "CAs", "OutgoingBind", "WebIRC")}

func TestDefaults(t *testing.T) {
	path := write(t, "wherry.toml", least)
	got, err := config.Load(path, nil, only)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	want := &config.Config{
		File:  path,
		Store: config.Store{URL: "sqlite:" + dir + "/wherry.db", KeyFile: dir + "/wherry.key"},
		Log:   config.Log{Level: slog.LevelInfo},
		Components: []config.Component{{
			Domain: "irc.example.org", Secret: "s3cret", Server: "127.0.0.1:5347", Transport: "irc",
			Allow: []string{"example.org"}, Grace: 168 * time.Hour, Upload: upload.Auto,
			IRC: config.IRC{
				TLSPorts: []int{6697}, Networks: []string{}, ThrottleLimit: 10,
				RecordHistory: true, HistoryAge: 8760 * time.Hour, HistoryCount: 100000,
			},
		}},
	}
	if diff := cmp.Diff(want, got, comparable); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Store.Path() != dir+"/wherry.db" {
		t.Errorf("path of the store: %s", got.Store.Path())
	}
	if got.Components[0].TLS != nil || got.Components[0].IRC.OutgoingBind != nil {
		t.Error("TLS or a local address without having been asked for")
	}
}

// IRC-B44, IRC-B57
func TestEverything(t *testing.T) {
	got := mustLoad(t, `
[store]
url = "sqlite:/var/lib/wherry/w.db"
key_file = "/etc/wherry/key"
[log]
level = "debug"
format = "json"
[http]
metrics_listen = "[::1]:8089"
[[component]]
domain = "IRC.Example.org"
secret = "s3cret"
server = "xmpp.example.org:5348"
tls = true
tls_name = "example.org"
transport = "irc"
allow = ["example.org", "Bob@example.net", "*"]
admins = ["Admin@example.org"]
registration = "required"
grace = "24h"
upload = "own"
[component.limits]
accounts = 1
networks = 2
rooms = 3
joins = 4
messages = 5
queue = 6
[component.irc]
tls_ports = [6697, 9999]
plain_ports = [6667]
networks = ["irc.Libera.chat"]
fixed_network = "irc.oftc.net"
persistent_by_default = true
throttle_limit = -1
identd_listen = ":113"
outgoing_bind = "192.0.2.1, 2001:db8::1"
record_history = false
history_age = "48h"
history_count = 7
shared_history = true
allow_private_hosts = true
[[component]]
domain = "irc2.example.org"
secret = "other"
server = "127.0.0.1:5347"
transport = "irc"
`)
	want := []config.Component{{
		Domain: "irc.example.org", Secret: "s3cret", Server: "xmpp.example.org:5348", Transport: "irc",
		Allow: []string{"example.org", "bob@example.net", "*"}, Admins: []jid.JID{jid.MustParse("admin@example.org")},
		Required: true, Grace: 24 * time.Hour,
		Limits: component.Limits{Accounts: 1, Networks: 2, Rooms: 3, Joins: 4, Messages: 5, Queue: 6}, Upload: upload.Own,
		IRC: config.IRC{
			TLSPorts: []int{6697, 9999}, PlainPorts: []int{6667}, Networks: []string{"irc.libera.chat"},
			FixedNetwork: "irc.oftc.net", PersistentByDefault: true, ThrottleLimit: -1, AllowPrivateHosts: true,
			IdentdListen: ":113", HistoryAge: 48 * time.Hour, HistoryCount: 7, SharedHistory: true,
		},
	}, {
		Domain: "irc2.example.org", Secret: "other", Server: "127.0.0.1:5347", Transport: "irc",
		Allow: []string{"example.org"}, Grace: 168 * time.Hour, Upload: upload.Auto,
		IRC: config.IRC{
			TLSPorts: []int{6697}, Networks: []string{}, ThrottleLimit: 10,
			RecordHistory: true, HistoryAge: 8760 * time.Hour, HistoryCount: 100000,
		},
	}}
	if diff := cmp.Diff(want, got.Components, comparable); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(config.Store{URL: "sqlite:/var/lib/wherry/w.db", KeyFile: "/etc/wherry/key"}, got.Store); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Log != (config.Log{Level: slog.LevelDebug, JSON: true}) {
		t.Errorf("log: %+v", got.Log)
	}
	if got.HTTP != (config.HTTP{MetricsListen: "[::1]:8089"}) || len(got.Warnings) != 0 {
		t.Errorf("HTTP: %+v, warnings %q", got.HTTP, got.Warnings)
	}
	first := got.Components[0]
	if first.TLS == nil || first.TLS.ServerName != "example.org" || fmt.Sprint(first.IRC.OutgoingBind) != "[192.0.2.1 2001:db8::1]" {
		t.Errorf("TLS %+v, bind %v", first.TLS, first.IRC.OutgoingBind)
	}
}

// IRC-B43
func TestEnvironment(t *testing.T) {
	got := mustLoad(t, "[store]\nurl = \"sqlite:here.db\"\n"+least,
		"PATH=/bin", "WHERRY_STORE_URL=sqlite:/over/there.db", "WHERRY_STORE_KEY_FILE=/over/key",
		"WHERRY_LOG_LEVEL=error", "WHERRY_LOG_FORMAT=json", "WHERRY_HTTP_METRICS_LISTEN=10.0.0.1:80", "WHERRY_SECRET_IRC_EXAMPLE_ORG=from above", "WHERRY_STORE_ULR=x")
	if got.Store != (config.Store{URL: "sqlite:/over/there.db", KeyFile: "/over/key"}) {
		t.Errorf("store: %+v", got.Store)
	}
	if got.Log != (config.Log{Level: slog.LevelError, JSON: true}) {
		t.Errorf("log: %+v", got.Log)
	}
	if got.Components[0].Secret.Reveal() != "from above" {
		t.Error("the secret is not the environment's")
	}
	if got.HTTP.MetricsListen != "10.0.0.1:80" {
		t.Errorf("HTTP: %+v", got.HTTP)
	}
	want := []string{
		"WHERRY_HTTP_METRICS_LISTEN: http.metrics_listen: whoever can reach 10.0.0.1:80 can read the metrics: 127.0.0.1 is for this machine only",
		"the environment's WHERRY_STORE_ULR is none of wherry's variables, and has no effect",
	}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEnvironmentRefused(t *testing.T) {
	for _, test := range []struct{ variable, want string }{
		{"WHERRY_LOG_LEVEL=loud", `WHERRY_LOG_LEVEL: log.level: must be "info", "debug", "warn" or "error", and is "loud"`},
		{"WHERRY_STORE_URL=mysql:x", `WHERRY_STORE_URL: store.url: must be "sqlite:" and the path of the database file, like "sqlite:wherry.db"`},
		{"WHERRY_HTTP_METRICS_LISTEN=8089", `WHERRY_HTTP_METRICS_LISTEN: http.metrics_listen: "8089" is not a host and a port: write it like "127.0.0.1:8089"`},
		{"WHERRY_SECRET_IRC_EXAMPLE_ORG=", `WHERRY_SECRET_IRC_EXAMPLE_ORG: component.secret: is empty`},
	} {
		if _, err := load(t, least, test.variable); err == nil || err.Error() != test.want {
			t.Errorf("%s\n got: %v\nwant: %s", test.variable, err, test.want)
		}
	}
}

func TestSecretVariable(t *testing.T) {
	for domain, want := range map[string]string{
		"irc.example.org":     "WHERRY_SECRET_IRC_EXAMPLE_ORG",
		"my-irc2.example.org": "WHERRY_SECRET_MY_IRC2_EXAMPLE_ORG",
		"münchen.example":     "WHERRY_SECRET_M_NCHEN_EXAMPLE",
	} {
		if got := config.SecretVariable(domain); got != want {
			t.Errorf("%s: %s, want %s", domain, got, want)
		}
	}
}

func TestSecretFile(t *testing.T) {
	text := strings.Replace(least, `secret = "s3cret"`, `secret_file = "sec"`, 1)
	path := write(t, "wherry.toml", text)
	secret := filepath.Join(filepath.Dir(path), "sec")
	for _, test := range []struct {
		content, want string
		mode          os.FileMode
	}{
		{"s3cret\n", "", 0o600},
		{"s3cret", "", 0o600},
		{"\n", "component.secret_file: " + secret + " is empty: put the secret into it", 0o600},
		{"one\ntwo\n", "component.secret_file: " + secret + " has several lines: put the secret alone into it", 0o600},
	} {
		if err := os.WriteFile(secret, []byte(test.content), test.mode); err != nil {
			t.Fatal(err)
		}
		conf, err := config.Load(path, nil, only)
		switch {
		case test.want != "":
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q\n got: %v\nwant: %s", test.content, err, test.want)
			}
		case err != nil:
			t.Errorf("%q: %v", test.content, err)
		case conf.Components[0].Secret.Reveal() != "s3cret":
			t.Errorf("%q: the secret is another", test.content)
		}
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path, nil, only); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("no file: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	path := write(t, "wherry.toml", least+`
[[component.irc.webirc]]
host = "irc.example.net"
password = "hunter2"
[http]
listen = ":80"
public_url = "https://gw.example.org"
metrics_listen = ":8089"
`)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	conf, err := config.Load(path, nil, only)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		path + ":13: http.metrics_listen: whoever can reach :8089 can read the metrics: 127.0.0.1 is for this machine only",
		path + ":11: http.listen: whoever is on the way to :80 reads along: set tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy with TLS",
		path + ":3: component.secret: every user of this machine can read it: run chmod 600 " + path + ", or use secret_file",
		path + ":9: component.irc.webirc.password: every user of this machine can read it: run chmod 600 " + path + ", or use password_file",
	}
	if diff := cmp.Diff(want, conf.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	if path, err := config.Find("given"); err != nil || path != "given" {
		t.Errorf("given: %s, %v", path, err)
	}
	if err := os.WriteFile("wherry.toml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := config.Find(""); err != nil || path != "wherry.toml" {
		t.Errorf("default: %s, %v", path, err)
	}
}
