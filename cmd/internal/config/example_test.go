package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/config"
)

var (
	commentedOut = regexp.MustCompile(`(?m)^#(\[|\w+ *= )`)
	setting      = regexp.MustCompile(`^(\w+) *= .*`)
	header       = regexp.MustCompile(`^\[+([\w.]+)\]+`)
)

// TestExampleKeys keeps the example and the keys in step: each has all of the
// other, commented. IRC-B44
func TestExampleKeys(t *testing.T) {
	var got []string
	section := ""
	for _, line := range strings.Split(commentedOut.ReplaceAllString(config.Example, "$1"), "\n") {
		if m := header.FindStringSubmatch(line); m != nil {
			section = m[1] + "."
		}
		if m := setting.FindStringSubmatch(line); m != nil {
			got = append(got, section+m[1])
		}
	}
	if want := config.Keys(); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("the example has\n%s\nthe configuration\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestExampleLoads(t *testing.T) {
	conf := mustLoad(t, config.Example)
	if len(conf.Warnings) > 0 {
		t.Errorf("warnings: %q", conf.Warnings)
	}
}

// TestExampleDefaults uncomments what is commented out: the strict decoder
// must take every line of it, and no value may be refused but where a later
// transport, or a second way to say the same, is shown.
func TestExampleDefaults(t *testing.T) {
	_, err := load(t, commentedOut.ReplaceAllString(config.Example, "$1"))
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range problems {
		keys = append(keys, p.Key)
	}
	want := []string{"component.secret_file", "component.tls_name", "component.tls_ca_file", "component.sms", "component.email"}
	if !slices.Equal(keys, want) {
		t.Errorf("refused: %q, want %q\n%v", keys, want, err)
	}
}

func TestDraft(t *testing.T) {
	secret := config.NewSecret()
	text, err := config.Draft{Domain: "chat.example.net", Server: "xmpp.example.net:5348", Secret: secret}.Text()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wherry.toml")
	if err := config.Create(path, text); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	conf, err := config.Load(path, nil, only)
	if err != nil {
		t.Fatal(err)
	}
	c := conf.Components[0]
	if c.Domain != "chat.example.net" || c.Server != "xmpp.example.net:5348" || c.Secret != secret || !slices.Equal(c.Allow, []string{"example.net"}) {
		t.Errorf("%+v", c)
	}
	if strings.Contains(text, "example.org\"") && strings.Contains(text, `domain    = "irc.example.org"`) {
		t.Error("the example's own domain is left")
	}
	if err := config.Create(path, text); err == nil || !strings.Contains(err.Error(), "stays as it is") {
		t.Errorf("a second time: %v", err)
	}
	if config.NewSecret() == secret {
		t.Error("the same secret twice")
	}
}

// Each network's draft loads as it is, without a word of warning.
func TestDraftOfNetworks(t *testing.T) {
	for _, row := range []struct{ domain, transport, want string }{
		{"irc.example.net", "", "irc"}, {"sms.example.net", "", "sms"}, {"chat.example.net", "", "irc"},
		{"chat.example.net", "sms", "sms"}, {"sms.example.net", "irc", "irc"},
		{"email.example.net", "", "email"}, {"mail.example.net", "", "email"}, {"mail.example.net", "irc", "irc"},
	} {
		text, err := config.Draft{Domain: row.domain, Server: "127.0.0.1:5347", Secret: config.NewSecret(), Transport: row.transport}.Text()
		if err != nil {
			t.Fatal(err)
		}
		conf, err := config.Load(write(t, "wherry.toml", text), nil, []string{"irc", "sms", "email"})
		if err != nil {
			t.Fatal(err)
		}
		if c := conf.Components[0]; c.Transport != row.want || len(conf.Warnings) > 0 {
			t.Errorf("%s with %q: %s, and %q", row.domain, row.transport, c.Transport, conf.Warnings)
		}
		for _, section := range []string{"irc", "sms", "email"} {
			if got := strings.Contains(text, "\n[component."+section+"]"); got != (section == row.want) {
				t.Errorf("%s with %q: the section of %s is in force: %v", row.domain, row.transport, section, got)
			}
		}
		if len(strings.Split(text, "\n")) != len(strings.Split(config.Example, "\n")) {
			t.Errorf("%s with %q: lines are gone", row.domain, row.transport)
		}
	}
	if _, err := (config.Draft{Domain: "x.example.net", Server: "127.0.0.1:5347", Transport: "pigeon"}).Text(); err == nil {
		t.Error("a network that is none passes")
	}
}

func TestDraftRefused(t *testing.T) {
	for _, d := range []config.Draft{
		{Domain: "", Server: "a:1"}, {Domain: `a"b.c`, Server: "a:1"}, {Domain: "irc", Server: "a:1"}, {Domain: "a.b", Server: "a"},
	} {
		if text, err := d.Text(); err == nil {
			t.Errorf("%+v gives\n%s", d, text)
		}
	}
}

func TestNoConfiguration(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "wherry.toml"), nil, only)
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "wherry init") {
		t.Errorf("%v", err)
	}
}

func TestSecretStaysHidden(t *testing.T) {
	const secret = config.Secret("hunter2")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "component", config.Component{Secret: secret})
	text, err := secret.MarshalText()
	shown := fmt.Sprintf("%v %s %q %#v %+v %s %v", secret, secret, secret, secret, config.Component{Secret: secret}, text, err) + log.String()
	if strings.Contains(shown, "hunter2") || strings.Count(shown, "[secret]") < 7 {
		t.Errorf("shown: %s", shown)
	}
}
