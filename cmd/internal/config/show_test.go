package config_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/config"
)

func TestWebIRC(t *testing.T) {
	path := write(t, "wherry.toml", least+`
[[component.irc.webirc]]
host = "IRC.Example.net"
password = "hunter2"
[[component.irc.webirc]]
host = "irc.example.com"
password_file = "pw"
gateway = "cgi"
prefix = "2001:db8:1::5/48"
`)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "pw"), []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := config.Load(path, nil, only)
	if err != nil {
		t.Fatal(err)
	}
	want := []config.WebIRC{
		{Host: "irc.example.net", Password: "hunter2", Gateway: "wherry"},
		{Host: "irc.example.com", Password: "sesame", Gateway: "cgi", Prefix: netip.MustParsePrefix("2001:db8:1::/48")},
	}
	if got := conf.Components[0].IRC.WebIRC; !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := mustLoad(t, least+"[component.irc]\nwebirc = [{ host = \"a.example\", password = \"b\" }]\n").Components[0].IRC.WebIRC; len(got) != 1 || got[0].Host != "a.example" {
		t.Errorf("inline: %+v", got)
	}
}

func TestShowRefused(t *testing.T) {
	const table = "[[component.irc.webirc]]\nhost = \"irc.example.net\"\n"
	for _, tt := range []struct{ text, want string }{
		{table, "component.irc.webirc.password: is missing"},
		{table + "password = \"hunter2 is\"\n", "webirc.password: cannot be sent"},
		{table + "password = \":x\"\n", "webirc.password: cannot be sent"},
		{table + "password = \"x\"\npassword_file = \"y\"\n", "webirc.password_file: there is a password too"},
		{table + "password_file = \"nowhere\"\n", "webirc.password_file: cannot be read"},
		{table + "password = \"x\"\ngateway = \"a b\"\n", `webirc.gateway: "a b" is not one word`},
		{table + "password = \"x\"\n" + table + "password = \"x\"\n", "irc.example.net is there twice"},
		{table + "password = \"x\"\nprefix = \"192.0.2.0/24\"\n", "is no range of IPv6 addresses"},
		{table + "password = \"x\"\nprefix = \"2001:db8::/97\"\n", "too small to tell users apart"},
		{"[[component.irc.webirc]]\npassword = \"x\"\n", `"" is no host`},
		{"[component.irc]\nwebirc = [\"x\"]\n", "webirc"},
		{"[component.irc]\nwebirc = [{ host = \"a b\", password = \"hunter2\" }]\n", "is no host"},
		{"[component.irc]\nidentd_listen = \"113\"\n", `identd_listen: "113" is not a host and a port: write it like ":113"`},
		{"[component.irc]\noutgoing_bind = \"192.0.2.1 192.0.2.2\"\n", "outgoing_bind: has two addresses of a family"},
		{"[component.irc]\noutgoing_bind = \"fe80::1%eth0\"\n", "is no IP address"},
		{"[component.irc]\noutgoing_proxy = \"127.0.0.1:9050\"\n", "outgoing_proxy: must be a proxy"},
		{"[component.irc]\noutgoing_proxy = \"http://127.0.0.1:9050\"\n", "outgoing_proxy: must be a proxy"},
		{"[component.irc]\noutgoing_proxy = \"socks5://127.0.0.1\"\n", "outgoing_proxy: must be a proxy"},
		{"[component.irc]\noutgoing_proxy = \"socks5://me:hunter2@127.0.0.1:9050\"\n", "that asks for no password"},
		{"[component.irc]\noutgoing_proxy = \"socks5://[::1]:9050\"\noutgoing_bind = \"::1\"\n", "does not go with outgoing_bind"},
		{"[component.irc]\noutgoing_proxy = \"socks5://tor:9050\"\nidentd_listen = \":113\"\n", "does not go with identd_listen"},
	} {
		_, err := load(t, least+tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n got: %v\nwant: %s", tt.text, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

// A proxy is a host and a port. IRC-B55
func TestOutgoingProxy(t *testing.T) {
	for text, want := range map[string]string{"": "", "socks5://127.0.0.1:9050": "127.0.0.1:9050", "socks5://[::1]:1": "[::1]:1", "socks5://tor.lan:9050": "tor.lan:9050"} {
		got := mustLoad(t, least+"[component.irc]\noutgoing_proxy = \""+text+"\"\n")
		if proxy := got.Components[0].IRC.OutgoingProxy; proxy != want {
			t.Errorf("%q is read as %q", text, proxy)
		}
	}
}
