package autoconfig

import (
	"slices"
	"strings"

	"wherry/transports/email/hosts"
)

// Provider is somebody whose servers are known.
type Provider struct {
	ID      string // of its own; OAuth providers are configured by it
	Name    string // as people call it
	Domains []string
	MX      []string // domains of those who take mail for customers' domains
	Servers          // none where no program can log in

	Advice Advice // what is to be known of the password
	Link   string // where that is explained or done
}

// ByDomain returns the provider whose addresses end so, or nil.
func ByDomain(domain string) *Provider {
	return find(func(p *Provider) bool { return slices.Contains(p.Domains, domain) })
}

// ByID returns a provider by its ID, or nil.
func ByID(id string) *Provider {
	return find(func(p *Provider) bool { return p.ID == id })
}

// ByHost returns the provider whose server a host is, or nil.
func ByHost(host string) *Provider {
	is := func(s Server) bool { return s.Name == host }
	return find(func(p *Provider) bool { return slices.ContainsFunc(p.IMAP, is) || slices.ContainsFunc(p.SMTP, is) })
}

// byMX returns the provider who takes mail at a host, or nil.
func byMX(host string) *Provider {
	return find(func(p *Provider) bool {
		return slices.ContainsFunc(p.MX, func(domain string) bool { return within(host, domain) })
	})
}

func find(is func(*Provider) bool) *Provider {
	for i := range providers {
		if is(&providers[i]) {
			return &providers[i]
		}
	}
	return nil
}

// OAuth tells that the provider's servers take access tokens.
func (p *Provider) OAuth() bool {
	return slices.ContainsFunc(p.IMAP, func(s Server) bool { return s.OAuth })
}

// served returns servers on the ports for TLS from the first byte.
func served(imap, smtp string) Servers {
	return Servers{IMAP: []Server{at(imap, 993)}, SMTP: []Server{at(smtp, 465), at(smtp, 587)}}
}

// startTLS returns servers of which that for sending has a port for STARTTLS only.
func startTLS(imap, smtp string) Servers {
	return Servers{IMAP: []Server{at(imap, 993)}, SMTP: []Server{at(smtp, 587)}}
}

// at returns a server in the mode of its port.
func at(name string, port int) Server {
	mode := hosts.TLS
	if port == 143 || port == 587 {
		mode = hosts.StartTLS
	}
	return Server{Host: hosts.Host{Name: name, Port: port, TLS: mode}}
}

// tokens returns servers that take access tokens, too.
func tokens(s Servers) Servers {
	for _, list := range [][]Server{s.IMAP, s.SMTP} {
		for i := range list {
			list[i].OAuth = true
		}
	}
	return s
}

// local returns servers that are logged in to by the local part alone.
func local(s Servers) Servers {
	for _, list := range [][]Server{s.IMAP, s.SMTP} {
		for i := range list {
			list[i].Username = "%EMAILLOCALPART%"
		}
	}
	return s
}

func national(name string, endings ...string) []string {
	out := make([]string, len(endings))
	for i, e := range endings {
		out[i] = strings.ToLower(name) + "." + e
	}
	return out
}

// Providers returns all that are known.
func Providers() []Provider { return slices.Clone(providers) }
