package config

import (
	"crypto/x509"
	"net/url"

	"wherry/transports/email/addrspec"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
	"wherry/transports/email/oauth"
)

// Email is what [component.email] says.
type Email struct {
	CAs               *x509.CertPool
	AllowPrivateHosts bool
	ISPDB             string                        // base URL; empty: it is not asked
	Providers         map[string]autoconfig.Servers // by the domain of addresses
	OAuth             []OAuth
}

// OAuth is what [[component.email.oauth]] says.
type OAuth struct {
	oauth.Provider
	IMAPHosts []string // besides those that are known
}

func (r *resolver) email(prefix string, t emailTable) Email {
	return Email{
		CAs:               r.authorities(prefix+"ca_file", t.CAFile),
		AllowPrivateHosts: t.AllowPrivateHosts,
		ISPDB:             r.ispdb(prefix+"ispdb", t.ISPDB),
		Providers:         r.providers(prefix+"provider", t.Providers, t.AllowPrivateHosts),
		OAuth:             r.oauth(prefix+"oauth", t.OAuth),
	}
}

// ispdb checks the base of a collection of configurations, which tells where
// passwords go: it is https.
func (r *resolver) ispdb(key, value string) string {
	u, err := url.Parse(value)
	switch {
	case value == "":
		return ""
	case err != nil, u.Scheme != "https", u.Hostname() == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		r.refuse(key, `is no URL of https: write it like "https://autoconfig.thunderbird.net/v1.1/"`)
	}
	return value
}

// oauth reads the providers at which users log in by their browser.
func (r *resolver) oauth(key string, tables []oauthTable) (all []OAuth) {
	for _, t := range tables {
		p := oauth.Provider{ID: t.Provider, Name: t.Name, ClientID: t.ClientID, DeviceURL: t.DeviceURL, TokenURL: t.TokenURL, Scopes: t.Scopes}
		if t.ClientSecretFile != "" {
			p.ClientSecret = oauth.Secret(r.secretFile(key+".client_secret_file", r.path(t.ClientSecretFile)))
		}
		p, err := p.Complete()
		switch {
		case err != nil:
			r.refuse(key, "%v", err)
		case p.DeviceURL == "":
			r.refuse(key+".device_url", "is missing: there is no log-in by a code at %s that this gateway knows", p.Name)
		}
		o := OAuth{Provider: p}
		for _, text := range t.IMAPHosts {
			host, ok := addrspec.Domain(text)
			if !ok {
				r.refuse(key+".imap_hosts", `%q is no host: write it like "mail.example.org", without a port`, text)
			}
			o.IMAPHosts = append(o.IMAPHosts, host)
		}
		all = append(all, o)
	}
	return all
}

// providers reads whose servers need no search.
func (r *resolver) providers(key string, tables []providerTable, private bool) map[string]autoconfig.Servers {
	all := make(map[string]autoconfig.Servers)
	for _, t := range tables {
		servers := autoconfig.Servers{
			IMAP: []autoconfig.Server{r.mailServer(key+".imap", t.IMAPHost, t.IMAPPort, t.IMAPTLS, t.Username, 993, private)},
			SMTP: []autoconfig.Server{r.mailServer(key+".smtp", t.SMTPHost, t.SMTPPort, t.SMTPTLS, t.Username, 465, private)},
		}
		if len(t.Domains) == 0 {
			r.refuse(key+".domains", `is missing: list what the addresses end in, like ["example.org"]`)
		}
		for _, text := range t.Domains {
			domain, ok := addrspec.Domain(text)
			if _, twice := all[domain]; twice {
				r.refuse(key+".domains", "%s is there twice", text)
			}
			if !ok {
				r.refuse(key+".domains", `%q is no domain of mail addresses: write it like "example.org"`, text)
			}
			all[domain] = servers
		}
	}
	return all
}

// mailServer reads one server of a provider. What is left out follows from the
// rest; usual is the port.
func (r *resolver) mailServer(key, host string, port int, mode, username string, usual int, private bool) autoconfig.Server {
	name, ok := addrspec.Domain(host)
	if !ok {
		r.refuse(key+"_host", `%q is no host: write it like "mail.example.org", without a port`, host)
	}
	if port == 0 {
		port = usual
	}
	if !hosts.Ports[port] && !private || port < 1 || port > 65535 {
		r.refuse(key+"_port", "%d is no port for mail: 993 and 143 are for IMAP, 465 and 587 for SMTP; others need allow_private_hosts = true", port)
	}
	options := []string{string(hosts.TLS), string(hosts.StartTLS)}
	if port == 143 || port == 587 {
		options = []string{string(hosts.StartTLS), string(hosts.TLS)}
	}
	if mode == "" {
		mode = options[0]
	}
	mode = r.choice(key+"_tls", mode, options...)
	return autoconfig.Server{Host: hosts.Host{Name: name, Port: port, TLS: hosts.Mode(mode)}, Username: username}
}
