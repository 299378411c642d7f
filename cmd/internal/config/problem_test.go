package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"wherry/cmd/internal/config"
)

// with returns the least configuration with a line of its component replaced,
// or added.
func with(line string) string {
	key, _, _ := strings.Cut(line, " ")
	var out []string
	replaced := false
	for _, l := range strings.Split(strings.TrimSpace(least), "\n") {
		if strings.HasPrefix(l, key+" ") {
			l, replaced = line, true
		}
		out = append(out, l)
	}
	if !replaced {
		out = append(out, line)
	}
	return strings.Join(out, "\n") + "\n"
}

// TestProblems holds what is said to each fault. DIR is the file's folder.
func TestProblems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown key", with(`colour = "red"`), `
wherry.toml:6: component.colour: is no key of wherry's configuration
    6 | colour ...
      | ~~~~~~`},
		{"misspelt key", with(`trasport = "irc"`), `
wherry.toml:6: component.trasport: is no key of wherry's configuration; did you mean component.transport?
    6 | trasport ...
      | ~~~~~~~~`},
		{"key in the wrong section", with("tls_ports = [6697]"), `
wherry.toml:6: component.tls_ports: is no key of wherry's configuration; did you mean component.irc.tls_ports?
    6 | tls_ports = [6697]
      | ~~~~~~~~~`},
		{"two unknown keys", with("a = 1\nb.c = 2"), `
wherry.toml:6: component.a: is no key of wherry's configuration
    6 | a ...
      | ~
wherry.toml:7: component.b.c: is no key of wherry's configuration
    7 | b.c ...
      |   ~`},
		{"unknown section", least + "[components]\nx = 1\n", `
wherry.toml:6: components: is no section of wherry's configuration; did you mean component?
    6 | [components]
      |  ~~~~~~~~~~`},
		{"unknown subsection", least + "[component.ircs]\n", `
wherry.toml:6: component.ircs: is no section of wherry's configuration; did you mean component.irc?
    6 | [component.ircs]
      |            ~~~~`},
		{"one component as a section", strings.Replace(least, "[[component]]", "[component]", 1), `
wherry.toml:1: component: head each component by [[component]]
    1 | [component]
      |  ~~~~~~~~~`},
		{"key in capitals", with(`TLS = true`), `
wherry.toml:6: component.TLS: is no key of wherry's configuration; did you mean component.tls?
    6 | TLS ...
      | ~~~`},
		{"no TOML", with("what is this"), `
wherry.toml:6: expected '=' after key
    6 | what ...
      |     ~`},
		{"text for a number", least + "[component.irc]\nthrottle_limit = \"10\"\n", `
wherry.toml:7: component.irc.throttle_limit: must be a whole number, and is a string
    7 | throttle_limit = "10"
      |                  ~~~~`},
		{"text for a boolean", with(`tls = "yes"`), `
wherry.toml:6: component.tls: must be true or false, and is a string
    6 | tls = "yes"
      |       ~~~~~`},
		{"text for a list", with(`allow = "example.org"`), `
wherry.toml:6: component.allow: must be a list in brackets, like [1, 2], and is a string
    6 | allow = "example.org"
      |         ~~~~~~~~~~~~~`},
		{"number for a text", with(`grace = 168`), `
wherry.toml:6: component.grace: must be text in quotes, like "text", and is an integer
    6 | grace = 168
      |         ~~~`},
		{"nothing", "", `
wherry.toml: component: there is none: add a [[component]] section for each XMPP domain that wherry serves`},
		{"empty component", "[[component]]\n", `
wherry.toml:1: component.domain: is missing: write the XMPP domain of this component, like "irc.example.org"
    1 | [[component]]
      |   ~~~~~~~~~
wherry.toml:1: component.secret: is missing: put here the secret that the XMPP server has for this component, or the path of a file with it in secret_file, or set WHERRY_SECRET_
    1 | [[component]]
      |   ~~~~~~~~~
wherry.toml:1: component.server: is missing: write where the XMPP server listens for components, like "127.0.0.1:5347"
    1 | [[component]]
      |   ~~~~~~~~~
wherry.toml:1: component.transport: is missing: write which network this domain is for, "irc"
    1 | [[component]]
      |   ~~~~~~~~~`},
		{"postgres", "[store]\nurl = \"postgres://w:pw@host/db\"\n" + least, `
wherry.toml:2: store.url: PostgreSQL is not in this release yet: use "sqlite:" and the path of a file
    2 | url ...
      | ~~~`},
		{"other store", "[store]\nurl = \"wherry.db\"\n" + least, `
wherry.toml:2: store.url: must be "sqlite:" and the path of the database file, like "sqlite:wherry.db"
    2 | url = "wherry.db"
      | ~~~`},
		{"empty key file", "[store]\nkey_file = \"\"\n" + least, `
wherry.toml:2: store.key_file: must be the path of a file, like "wherry.key"; wherry makes it at its first start
    2 | key_file = ""
      | ~~~~~~~~`},
		{"log level", "[log]\nlevel = \"loud\"\n" + least, `
wherry.toml:2: log.level: must be "info", "debug", "warn" or "error", and is "loud"
    2 | level = "loud"
      | ~~~~~`},
		{"log format", "[log]\nformat = \"xml\"\n" + least, `
wherry.toml:2: log.format: must be "text" or "json", and is "xml"
    2 | format = "xml"
      | ~~~~~~`},
		{"metrics listener", "[http]\nmetrics_listen = \"a b:80\"\n" + least, `
wherry.toml:2: http.metrics_listen: "a b:80" is not a host and a port: write it like "127.0.0.1:8089"
    2 | metrics_listen = "a b:80"
      | ~~~~~~~~~~~~~~`},
		{"metrics port", "[http]\nmetrics_listen = \"localhost:http\"\n" + least, `
wherry.toml:2: http.metrics_listen: port "http" must be a number from 1 to 65535
    2 | metrics_listen = "localhost:http"
      | ~~~~~~~~~~~~~~`},
		{"domain", with(`domain = "a@b.c"`), `
wherry.toml:2: component.domain: "a@b.c" is no domain: write it like "irc.example.org"
    2 | domain = "a@b.c"
      | ~~~~~~`},
		{"domain without a parent", with(`domain = "irc"`), `
wherry.toml:1: component.allow: say who may use irc: JID domains, JIDs, or "*" for everyone
    1 | [[component]]
      |   ~~~~~~~~~`},
		{"same domain twice", least + "\n" + strings.Replace(least, "irc.example", "IRC.Example", 1), `
wherry.toml:8: component.domain: irc.example.org has a section already: one domain is one component
    8 | domain = "IRC.Example.org"
      | ~~~~~~`},
		{"secret and secret_file", with(`secret_file = "x"`), `
wherry.toml:6: component.secret_file: there is a secret too: keep one of the two
    6 | secret_file = "x"
      | ~~~~~~~~~~~`},
		{"empty secret", with(`secret = ""`), `
wherry.toml:3: component.secret: is missing: put here the secret that the XMPP server has for this component, or the path of a file with it in secret_file, or set WHERRY_SECRET_IRC_EXAMPLE_ORG
    3 | secret ...
      | ~~~~~~`},
		{"server without a port", with(`server = "localhost"`), `
wherry.toml:4: component.server: "localhost" is not a host and a port: write it like "127.0.0.1:5347"
    4 | server = "localhost"
      | ~~~~~~`},
		{"port out of range", with(`server = "localhost:70000"`), `
wherry.toml:4: component.server: port "70000" must be a number from 1 to 65535
    4 | server = "localhost:70000"
      | ~~~~~~`},
		{"TLS name without TLS", with(`tls_name = "x"`), `
wherry.toml:6: component.tls_name: means nothing without tls = true
    6 | tls_name = "x"
      | ~~~~~~~~`},
		{"later transport", with(`transport = "sms"`), `
wherry.toml:5: component.transport: "sms" is not in this release yet: it has "irc"
    5 | transport = "sms"
      | ~~~~~~~~~`},
		{"later transport too", with(`transport = "email"`), `
wherry.toml:5: component.transport: "email" is not in this release yet: it has "irc"
    5 | transport = "email"
      | ~~~~~~~~~`},
		{"no transport", with(`transport = "pigeon"`), `
wherry.toml:5: component.transport: must be "irc", and is "pigeon"
    5 | transport = "pigeon"
      | ~~~~~~~~~`},
		{"another transport's section", least + "[component.sms]\nwebhook = \"poll\"\n", `
wherry.toml:6: component.sms: this component's transport is "irc": the section belongs under another [[component]]
    6 | [component.sms]
      |            ~~~`},
		{"allow", with(`allow = ["example.org", "a b"]`), `
wherry.toml:6: component.allow: "a b" is neither a JID without resource nor a JID domain, nor "*" for everyone
    6 | allow = ["example.org", "a b"]
      | ~~~~~`},
		{"nobody allowed", with(`allow = []`), `
wherry.toml:6: component.allow: say who may use irc.example.org: JID domains, JIDs, or "*" for everyone
    6 | allow = []
      | ~~~~~`},
		{"admins", with(`admins = ["example.org", "a@b/c"]`), `
wherry.toml:6: component.admins: "example.org" is no JID without resource, like "admin@example.org"
    6 | admins = ["example.org", "a@b/c"]
      | ~~~~~~
wherry.toml:6: component.admins: "a@b/c" is no JID without resource, like "admin@example.org"
    6 | admins = ["example.org", "a@b/c"]
      | ~~~~~~`},
		{"registration", with(`registration = "never"`), `
wherry.toml:6: component.registration: must be "optional" or "required", and is "never"
    6 | registration = "never"
      | ~~~~~~~~~~~~`},
		{"grace", with(`grace = "7 days"`), `
wherry.toml:6: component.grace: "7 days" is no duration: write it in hours, like "168h"
    6 | grace = "7 days"
      | ~~~~~`},
		{"no grace", with(`grace = "0s"`), `
wherry.toml:6: component.grace: must be longer than nothing, like "168h"
    6 | grace = "0s"
      | ~~~~~`},
		{"upload", with(`upload = "yes"`), `
wherry.toml:6: component.upload: must be "auto", "own" or "off", and is "yes"
    6 | upload = "yes"
      | ~~~~~~`},
		{"limit", least + "[component.limits]\nrooms = 0\n", `
wherry.toml:7: component.limits.rooms: must be at least 1, and is 0; without the key the default holds
    7 | rooms = 0
      | ~~~~~`},
		{"limit in an inline table", with("limits = { rooms = -1 }"), `
wherry.toml:6: component.limits.rooms: must be at least 1, and is -1; without the key the default holds
    6 | limits = { rooms = -1 }
      | ~~~~~`},
		{"IRC ports", least + "[component.irc]\ntls_ports = [0]\nplain_ports = [99999]\n", `
wherry.toml:7: component.irc.tls_ports: port 0 must be a number from 1 to 65535
    7 | tls_ports = [0]
      | ~~~~~~~~~
wherry.toml:8: component.irc.plain_ports: port 99999 must be a number from 1 to 65535
    8 | plain_ports = [99999]
      | ~~~~~~~~~~~`},
		{"no IRC port", least + "[component.irc]\ntls_ports = []\n", `
wherry.toml:7: component.irc.tls_ports: no port is left to connect to: list one here, like [6697], or in plain_ports
    7 | tls_ports = []
      | ~~~~~~~~~`},
		{"IRC hosts", least + "[component.irc]\nnetworks = [\"irc.example.net:6697\"]\nfixed_network = \"-\"\n", `
wherry.toml:7: component.irc.networks: "irc.example.net:6697" is no host: write it like "irc.example.org", without a port
    7 | networks = ["irc.example.net:6697"]
      | ~~~~~~~~
wherry.toml:8: component.irc.fixed_network: "-" is no host: write it like "irc.example.org", without a port
    8 | fixed_network = "-"
      | ~~~~~~~~~~~~~`},
		{"throttle", least + "[component.irc]\nthrottle_limit = 0\n", `
wherry.toml:7: component.irc.throttle_limit: must be the number of lines that may go at once, or -1 for no limit, and is 0
    7 | throttle_limit = 0
      | ~~~~~~~~~~~~~~`},
		{"bind", least + "[component.irc]\noutgoing_bind = \"eth0\"\n", `
wherry.toml:7: component.irc.outgoing_bind: "eth0" is no IP address, like "192.0.2.1"
    7 | outgoing_bind = "eth0"
      | ~~~~~~~~~~~~~`},
		{"authorities missing", least + "[component.irc]\nca_file = \"ca.pem\"\n", `
wherry.toml:7: component.irc.ca_file: cannot be read: open DIR/ca.pem: no such file or directory
    7 | ca_file = "ca.pem"
      | ~~~~~~~`},
		{"no authorities", least + "[component.irc]\nca_file = \"wherry.toml\"\n", `
wherry.toml:7: component.irc.ca_file: DIR/wherry.toml holds no certificate in PEM form
    7 | ca_file = "wherry.toml"
      | ~~~~~~~`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "wherry.toml", test.text)
			_, err := config.Load(path, nil, only)
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.ReplaceAll(err.Error(), path+":", "wherry.toml:")
			got = strings.ReplaceAll(got, filepath.Dir(path), "DIR")
			if want := strings.TrimPrefix(test.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestManyUnknownKeys(t *testing.T) {
	var b strings.Builder
	for i := range 25 {
		fmt.Fprintf(&b, "key%d = 1\n", i)
	}
	_, err := load(t, b.String())
	if err == nil || strings.Count(err.Error(), "is no key") != 20 || !strings.Contains(err.Error(), "has 5 more unknown keys") {
		t.Errorf("%v", err)
	}
}

// TestNoSecretShown breaks a configuration around its secret in many ways. IRC-B49
func TestNoSecretShown(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, line := range []string{
		`secret = "` + secret,
		`secret = ` + secret,
		`secret = "` + secret + `\q"`,
		`secret = "` + secret + `" x`,
		`secret = ["` + secret + `"]`,
		`secret = 'x` + secret + `''`,
		`"secret" = ` + secret,
		`'secret' = "` + secret,
		"secret = \"\"\"\n" + secret + "\\q\"\"\"",
		"secret = [\n\"" + secret + "\"\n]",
		"secret = \"\"\"\n" + secret + "\n\"\"\"\nfoo = 1",
		`secret "` + secret + `"`,
		`secret: ` + secret,
		`seceret = "` + secret + `"`,
		`Secret = "` + secret + `"`,
	} {
		_, err := load(t, with(line))
		if err == nil {
			t.Errorf("%s: no error", line)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the secret is shown:\n%v", err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(least)
	f.Add(config.Example)
	f.Add("component = [{domain = 'a'}]\n[http]\n")
	f.Add("[[component]]\n[component.irc]\ntls_ports=[1,\n2]\nsecret='\n")
	f.Fuzz(func(t *testing.T, text string) {
		conf, err := load(t, text)
		if (conf == nil) == (err == nil) {
			t.Fatalf("configuration %v and error %v", conf, err)
		}
	})
}
