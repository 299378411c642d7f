package main

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"slices"
	"testing"

	"wherry/cmd/internal/config"
)

// TestFixed holds that each setting that waits for a restart is named, and no
// other.
func TestFixed(t *testing.T) {
	pool := func() *x509.CertPool {
		p, err := x509.SystemCertPool()
		if err != nil {
			return x509.NewCertPool()
		}
		return p
	}
	with := func(change func(*config.Config, *config.Component)) *config.Config {
		conf := &config.Config{
			Store: config.Store{URL: "sqlite:a", KeyFile: "k"},
			Components: []config.Component{{
				Domain: "irc.example.org", Transport: "irc", TLS: &tls.Config{RootCAs: pool()},
				IRC: config.IRC{TLSPorts: []int{6697}, CAs: pool()},
			}},
		}
		change(conf, &conf.Components[0])
		return conf
	}
	old := with(func(*config.Config, *config.Component) {})
	for _, test := range []struct {
		change func(*config.Config, *config.Component)
		want   []string
	}{
		{func(*config.Config, *config.Component) {}, nil},
		{func(c *config.Config, _ *config.Component) { c.Log.Level = slog.LevelDebug }, nil},
		{func(_ *config.Config, c *config.Component) { c.IRC.PersistentByDefault = true }, nil},
		{func(_ *config.Config, c *config.Component) { c.IRC.RecordHistory, c.IRC.HistoryCount = true, 5 }, nil},
		{func(_ *config.Config, c *config.Component) { c.Allow = []string{"*"} }, nil},
		{func(_ *config.Config, c *config.Component) { c.Domain = "other.example.org" }, nil},
		{func(c *config.Config, _ *config.Component) { c.Store.URL = "sqlite:b" }, []string{"store.url"}},
		{func(c *config.Config, _ *config.Component) { c.Store.KeyFile = "l" }, []string{"store.key_file"}},
		{func(c *config.Config, _ *config.Component) { c.Log.JSON = true }, []string{"log.format"}},
		{func(c *config.Config, _ *config.Component) { c.HTTP.MetricsListen = "127.0.0.1:8089" }, []string{"http.metrics_listen"}},
		{func(_ *config.Config, c *config.Component) { c.Transport = "sms" }, []string{"transport of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.TLS.ServerName = "x" }, []string{"tls_name or tls_ca_file of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.TLS.RootCAs = nil }, []string{"tls_name or tls_ca_file of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.IRC.CAs = nil }, []string{"[component.irc] of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.IRC.ThrottleLimit = 1 }, []string{"[component.irc] of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.SMS.Webhook = "poll" }, []string{"[component.sms] of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.Email.CAs = x509.NewCertPool() }, []string{"[component.email] of irc.example.org"}},
		{func(_ *config.Config, c *config.Component) { c.Email.ISPDB = "x" }, []string{"[component.email] of irc.example.org"}},
	} {
		if got := fixed(old, with(test.change)); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
