package autoconfig

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"wherry/transports/email/hosts"
)

func (s *search) resolver() Resolver {
	switch {
	case s.Resolver != nil:
		return s.Resolver
	case s.Dialer.Guard.Resolver != nil:
		return s.Dialer.Guard.Resolver
	}
	return net.DefaultResolver
}

// services are the names of RFC 6186 §3 and RFC 8314 §5.1. What is secure from the
// first byte comes first.
var services = []struct {
	name string
	smtp bool
	mode hosts.Mode
}{
	{"imaps", false, hosts.TLS},
	{"imap", false, hosts.StartTLS},
	{"submissions", true, hosts.TLS},
	{"submission", true, hosts.StartTLS},
}

// srv asks the domain's DNS.
func (s *search) srv(ctx context.Context) Found {
	lists := make([][]Server, len(services))
	var wg sync.WaitGroup
	for i, service := range services {
		wg.Go(func() {
			_, records, _ := s.resolver().LookupSRV(ctx, service.name, "tcp", s.addr.Domain) // what is good comes beside an error
			for _, r := range records[:min(len(records), most)] {
				name := strings.TrimSuffix(r.Target, ".")
				if name == "" { // the service is not there: RFC 6186 §3.4
					continue
				}
				lists[i] = append(lists[i], Server{Host: hosts.Host{Name: name, Port: int(r.Port), TLS: service.mode}})
			}
		})
	}
	wg.Wait()
	var all Servers
	for i, service := range services {
		if service.smtp {
			all.SMTP = append(all.SMTP, lists[i]...)
		} else {
			all.IMAP = append(all.IMAP, lists[i]...)
		}
	}
	return s.take(all, SRV, false)
}

// mx looks whether a provider that is known here takes the domain's mail.
func (s *search) mx(ctx context.Context) Found {
	records, _ := s.resolver().LookupMX(ctx, s.addr.Domain)
	slices.SortStableFunc(records, func(a, b *net.MX) int { return int(a.Pref) - int(b.Pref) })
	for _, r := range records[:min(len(records), most)] {
		if p := byMX(strings.ToLower(strings.TrimSuffix(r.Host, "."))); p != nil {
			found := s.take(p.Servers, MX, false)
			found.Provider = p
			return found
		}
	}
	return Found{}
}

// guesses are the names that servers have, and where they are asked.
var guesses = []struct {
	prefix string
	smtp   bool
	port   int
	mode   hosts.Mode
}{
	{"imap.", false, 993, hosts.TLS},
	{"mail.", false, 993, hosts.TLS},
	{"", false, 993, hosts.TLS},
	{"imap.", false, 143, hosts.StartTLS},
	{"mail.", false, 143, hosts.StartTLS},
	{"smtp.", true, 465, hosts.TLS},
	{"mail.", true, 465, hosts.TLS},
	{"", true, 465, hosts.TLS},
	{"smtp.", true, 587, hosts.StartTLS},
	{"mail.", true, 587, hosts.StartTLS},
}

// guess tries names that many have. They are the domain's own.
func (s *search) guess(ctx context.Context) Found {
	answers := s.Answers
	if answers == nil {
		answers = s.answers
	}
	there := make([]bool, len(guesses))
	var wg sync.WaitGroup
	for i, g := range guesses {
		wg.Go(func() { there[i] = answers(ctx, hosts.Host{Name: g.prefix + s.addr.Domain, Port: g.port, TLS: g.mode}) })
	}
	wg.Wait()
	var all Servers
	for i, g := range guesses {
		server := Server{Host: hosts.Host{Name: g.prefix + s.addr.Domain, Port: g.port, TLS: g.mode}}
		switch {
		case !there[i]:
		case g.smtp:
			all.SMTP = append(all.SMTP, server)
		default:
			all.IMAP = append(all.IMAP, server)
		}
	}
	return s.take(all, Guess, false)
}

// answers tells whether something takes connections there, with a certificate for
// that name where TLS begins at once.
func (s *search) answers(ctx context.Context, h hosts.Host) bool {
	conn, _, err := s.Dialer.Dial(ctx, h, 1<<20)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
