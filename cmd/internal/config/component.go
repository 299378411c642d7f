package config

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/upload"
)

// known are the transports of this and of later releases.
var known = []string{"irc", "sms", "email"}

func (r *resolver) component(key string, t *componentTable) Component {
	c := Component{
		Domain:    r.domain(key+".domain", t.Domain),
		Secret:    r.secret(key, t),
		Server:    r.server(key+".server", t.Server),
		TLS:       r.tls(key, t),
		Transport: r.transport(key, t.Transport),
		Admins:    r.admins(key+".admins", t.Admins),
		Required:  r.choice(key+".registration", t.Registration, "optional", "required") == "required",
		Grace:     r.grace(key+".grace", t.Grace),
		Limits:    r.limits(key+".limits.", t.Limits),
		Upload:    upload.Policy(r.choice(key+".upload", t.Upload, string(upload.Auto), string(upload.Own), string(upload.Off))),
	}
	c.Allow = r.allow(key+".allow", t.Allow, c.Domain)
	if c.Transport == "irc" {
		c.IRC = r.irc(key+".irc.", t.IRC)
	}
	if c.Transport == "sms" {
		c.SMS = r.sms(key+".sms.", t.SMS)
	}
	if c.Transport == "email" {
		c.Email = r.email(key+".email.", t.Email)
	}
	r.harness(key, t.harnessTables, &c)
	return c
}

// transport checks the name, and that no other transport's section is there.
func (r *resolver) transport(key, name string) string {
	switch {
	case name == "":
		r.refuse(key+".transport", "is missing: write which network this domain is for, %s", enumerate(quoteAll(r.transports)))
		return ""
	case slices.Contains(known, name) && !slices.Contains(r.transports, name):
		r.refuse(key+".transport", "%q is not in this release yet: it has %s", name, enumerate(quoteAll(r.transports)))
		return ""
	case !slices.Contains(r.transports, name):
		r.refuse(key+".transport", "must be %s, and is %q", enumerate(quoteAll(r.transports)), name)
		return ""
	}
	for _, other := range known {
		if section := key + "." + other; other != name && r.set(section) {
			r.refuse(section, "this component's transport is %q: the section belongs under another [[component]]", name)
		}
	}
	return name
}

func quoteAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = `"` + w + `"`
	}
	return out
}

func (r *resolver) domain(key, name string) string {
	switch j, err := jid.Parse(name); {
	case name == "":
		r.refuse(key, `is missing: write the XMPP domain of this component, like "irc.example.org"`)
	case err != nil, j.Domain != name, !hostname(name):
		r.refuse(key, `%q is no domain: write it like "irc.example.org"`, name)
	default:
		return strings.ToLower(name)
	}
	return ""
}

// server checks host and port of the component listener.
func (r *resolver) server(key, value string) string {
	host, port, err := net.SplitHostPort(value)
	switch {
	case value == "":
		r.refuse(key, `is missing: write where the XMPP server listens for components, like "127.0.0.1:5347"`)
	case err != nil || host == "":
		r.refuse(key, `%q is not a host and a port: write it like "127.0.0.1:5347"`, value)
	case !portNumber(port):
		r.refuse(key, "port %q must be a number from 1 to 65535", port)
	default:
		return value
	}
	return ""
}

func (r *resolver) tls(key string, t *componentTable) *tls.Config {
	if !t.TLS {
		for _, k := range []string{".tls_name", ".tls_ca_file"} {
			if r.set(key + k) {
				r.refuse(key+k, "means nothing without tls = true")
			}
		}
		return nil
	}
	return &tls.Config{
		ServerName: t.TLSName,
		RootCAs:    r.authorities(key+".tls_ca_file", t.TLSCAFile),
		MinVersion: tls.VersionTLS12,
	}
}

func (r *resolver) allow(key string, list []string, domain string) []string {
	if len(list) == 0 {
		_, parent, ok := strings.Cut(domain, ".")
		if domain != "" && (!ok || r.set(key)) {
			r.refuse(key, `say who may use %s: JID domains, JIDs, or "*" for everyone`, domain)
		}
		return []string{parent}
	}
	var out []string
	for _, entry := range list {
		j, err := jid.Parse(strings.ToLower(entry))
		switch {
		case entry == "*":
			out = append(out, entry)
		case err != nil || !j.IsBare() || !hostname(j.Domain):
			r.refuse(key, `%q is neither a JID without resource nor a JID domain, nor "*" for everyone`, entry)
		default:
			out = append(out, j.String())
		}
	}
	return out
}

func (r *resolver) admins(key string, list []string) []jid.JID {
	var out []jid.JID
	for _, entry := range list {
		j, err := jid.Parse(strings.ToLower(entry))
		if err != nil || !j.IsBare() || j.Local == "" {
			r.refuse(key, `%q is no JID without resource, like "admin@example.org"`, entry)
			continue
		}
		out = append(out, j)
	}
	return out
}

func (r *resolver) grace(key, value string) time.Duration {
	if value == "" && !r.set(key) {
		return 7 * 24 * time.Hour
	}
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		r.refuse(key, `%q is no duration: write it in hours, like "168h"`, value)
	case d <= 0:
		r.refuse(key, `must be longer than nothing, like "168h"`)
	}
	return d
}

func (r *resolver) limits(prefix string, t limitsTable) component.Limits {
	var l component.Limits
	for _, limit := range []struct {
		name  string
		value *int
		into  *int
	}{
		{"accounts", t.Accounts, &l.Accounts},
		{"networks", t.Networks, &l.Networks},
		{"rooms", t.Rooms, &l.Rooms},
		{"joins", t.Joins, &l.Joins},
		{"messages", t.Messages, &l.Messages},
		{"queue", t.Queue, &l.Queue},
	} {
		if limit.value == nil {
			continue
		}
		if *limit.value < 1 {
			r.refuse(prefix+limit.name, "must be at least 1, and is %d; without the key the default holds", *limit.value)
		}
		*limit.into = *limit.value
	}
	return l
}
