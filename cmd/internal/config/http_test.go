package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"wherry/cmd/internal/config"
)

func TestHTTP(t *testing.T) {
	path := write(t, "wherry.toml", `[http]
listen = "127.0.0.1:8088"
public_url = "https://gw.example.org:8443/wherry"
tls_cert = "tls/cert.pem"
tls_key = "/etc/key.pem"
`+least)
	dir := filepath.Dir(path)
	for _, test := range []struct{ environ, media string }{
		{"A=b", filepath.Join(dir, "media")},
		{"WHERRY_STORE_URL=sqlite:/var/lib/wherry/w.db", "/var/lib/wherry/media"},
		{"WHERRY_HTTP_MEDIA_DIR=pictures", filepath.Join(dir, "pictures")},
		{"WHERRY_HTTP_MEDIA_DIR=/srv/media", "/srv/media"},
	} {
		conf, err := config.Load(path, []string{test.environ}, only)
		if err != nil {
			t.Fatal(err)
		}
		want := config.HTTP{
			Listen: "127.0.0.1:8088", PublicURL: "https://gw.example.org:8443/wherry",
			TLSCert: filepath.Join(dir, "tls/cert.pem"), TLSKey: "/etc/key.pem", MediaDir: test.media,
		}
		if conf.HTTP != want || len(conf.Warnings) > 0 {
			t.Errorf("%s: %+v, want %+v; %q", test.environ, conf.HTTP, want, conf.Warnings)
		}
	}
}

// TestPublicURL holds which URLs may be given to networks: Twilio refuses
// underscores in hosts, and what a proxy changes breaks its signature (SMS-X3).
func TestPublicURL(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"https://gw.example.org", ""},
		{"https://gw.example.org:8443", ""},
		{"https://example.org/wherry", ""},
		{"https://xn--mnchen-3ya.example", ""},
		{"https://[2606:4700::1]", ""},
		{"http://127.0.0.1:8088", ""},
		{"http://[::1]:8088", ""},
		{"http://localhost:8088", ""},
		{"http://192.168.1.2", ""},

		{"", "is missing: write the URL"},
		{"gw.example.org", "is no URL"},
		{"https://", "is no URL"},
		{"https:gw", "is no URL"},
		{"https://a b", "is no URL"},
		{"ftp://gw.example.org", `must begin with "https://"`},
		{"http://gw.example.org", `must begin with "https://": over http`},
		{"http://8.8.8.8", `must begin with "https://": over http`},
		{"https://user:pw@gw.example.org", "has a user in it"},
		{"https://gw.example.org/", "ends in a slash"},
		{"https://gw.example.org/wherry/", "ends in a slash"},
		{"https://gw.example.org?", `ends in a "?" or "#"`},
		{"https://gw.example.org?a=b", `ends in a "?" or "#"`},
		{"https://gw.example.org#rc=5", `ends in a "?" or "#"`},
		{"https://gw_1.example.org", "has an underscore"},
		{"https://münchen.example", "is no name of a host"},
		{"https://gw..example", "is no name of a host"},
		{"https://gw.example.org:0", "must be a number from 1"},
		{"https://gw.example.org/a//b", "has a path that proxies"},
		{"https://gw.example.org/a/../b", "has a path that proxies"},
		{"https://gw.example.org/a/..", "has a path that proxies"},
		{"https://gw.example.org/a%20b", "has a path that proxies"},
	} {
		text := fmt.Sprintf("[http]\nlisten = \"127.0.0.1:8088\"\npublic_url = %q\n", test.value) + least
		conf, err := load(t, text)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.value, err)
		case test.want == "" && conf.HTTP.PublicURL != test.value:
			t.Errorf("%s became %s", test.value, conf.HTTP.PublicURL)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), "http.public_url: ") || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s\n got: %v\nwant: %s", test.value, err, test.want)
		}
		if err != nil && strings.Contains(test.value, "pw") && strings.Count(err.Error(), "pw") > 1 {
			t.Errorf("the password is told: %v", err) // once it stands in the line that is shown
		}
	}
}

func TestHTTPRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`listen = "8088"`, `http.listen: "8088" is not a host and a port: write it like "127.0.0.1:8088"`},
		{`listen = "127.0.0.1:0"`, `http.listen: port "0" must be a number from 1 to 65535`},
		{`public_url = "https://gw.example.org"`, "http.public_url: means nothing without listen"},
		{`media_dir = "x"`, "http.media_dir: means nothing without listen"},
		{`tls_key = "x"`, "http.tls_key: means nothing without listen"},
		{`listen = "127.0.0.1:80"`, "http.public_url: is missing"},
		{"listen = \":80\"\npublic_url = \"https://a.example\"\ntls_cert = \"c\"", "http.tls_cert: there is no tls_key"},
		{"listen = \":80\"\npublic_url = \"https://a.example\"\ntls_key = \"c\"", "http.tls_key: there is no tls_cert"},
		{"listen = \":80\"\npublic_url = \"https://a.example\"\nmedia_dir = \"\"", "http.media_dir: must be the path of a folder"},
		{"listen = \":80\"\npublic_url = \"https://a.example\"\nmetrics_listen = \":80\"", "http.listen: metrics_listen is the same"},
	} {
		if _, err := load(t, "[http]\n"+test.text+"\n"+least); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\n got: %v\nwant: %s", test.text, err, test.want)
		}
	}
	if conf, err := load(t, "[http]\nlisten = \"\"\npublic_url = \"\"\ntls_cert = \"\"\ntls_key = \"\"\n"+least); err != nil || conf.HTTP != (config.HTTP{}) {
		t.Errorf("empty keys: %+v, %v", conf, err)
	}
}
