package autoconfig

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"wherry/transports/dial"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/hosts"
)

// Within is how long a search takes at most.
const Within = 8 * time.Second

// most bounds what is found, for each of IMAP and SMTP.
const most = 10

// Resolver looks up names; a *net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// Finder finds servers. The zero Finder is ready for use, in the public internet.
type Finder struct {
	Dialer   hosts.Dialer                           // for guesses, and the guard of what is fetched
	Client   *http.Client                           // of dial.NewClient; nil makes one with Dialer's Guard
	Resolver Resolver                               // nil is Dialer's, else the system's
	Table    map[string]Servers                     // by domain, what whoever runs the gateway knows
	ISPDB    string                                 // "https://autoconfig.thunderbird.net/v1.1/"; empty: it is not told of domains
	Within   time.Duration                          // 0 is Within
	Answers  func(context.Context, hosts.Host) bool // whether a guessed server is one; nil dials it
}

// Source is where something was found, in the order of preference.
type Source uint8

// The sources.
const (
	Operator   Source = iota // Finder.Table
	Known                    // the providers of this package, by domain
	SRV                      // RFC 6186
	Autoconfig               // autoconfig.DOMAIN
	WellKnown                // DOMAIN/.well-known
	ISPDB                    // Finder.ISPDB
	MX                       // the providers of this package, by mail exchanger
	Guess                    // names that many have
)

// Candidate is a server that may be the one.
type Candidate struct {
	hosts.Host
	Username string // to log in by
	Source   Source
	Secure   bool // nobody on the way can have changed it
	Confirm  bool // it is to be shown to a person before a password goes there
	OAuth    bool // it takes access tokens
}

// Found is what was found, the best first.
type Found struct {
	IMAP, SMTP []Candidate
	Provider   *Provider // whose servers those are, where it is known
}

// Servers are those of one provider.
type Servers struct {
	IMAP, SMTP []Server
}

// Server is one of them.
type Server struct {
	hosts.Host
	Username string // with the placeholders of usernames; empty: the address
	OAuth    bool
}

// search is one search on its way.
type search struct {
	*Finder
	addr   addrspec.Spec
	client *http.Client
}

// Find looks for the servers of an address, everywhere at once. Finding nothing is
// no error: an address that is none is, of kind Malformed.
func (f *Finder) Find(ctx context.Context, address string) (Found, error) {
	addr, err := addrspec.Parse(address)
	if err != nil {
		return Found{}, err
	}
	within := f.Within
	if within == 0 {
		within = Within
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s := &search{Finder: f, addr: addr, client: f.Client}
	if s.client == nil {
		guard := f.Dialer.Guard
		s.client = dial.NewClient(&guard, dial.ClientOptions{Timeout: within, Permit: func(u *url.URL) bool { return u.Scheme == "https" }})
		defer s.client.CloseIdleConnections()
	}
	if found, ok := s.known(); ok {
		return found, nil
	}
	return s.everywhere(ctx), nil
}

// known returns what needs no search.
func (s *search) known() (Found, bool) {
	p := ByDomain(s.addr.Domain)
	if servers, ok := s.Table[s.addr.Domain]; ok {
		found := s.take(servers, Operator, true)
		found.Provider = p
		return found, true
	}
	if p == nil {
		return Found{}, false
	}
	found := s.take(p.Servers, Known, true)
	found.Provider = p
	return found, true
}

// everywhere asks all sources at once, and stops where those that are preferred
// found all there is to find.
func (s *search) everywhere(ctx context.Context) Found {
	ctx, cancel := context.WithCancel(ctx)
	sources := []func(context.Context) Found{s.srv, s.autoconfig, s.wellKnown, s.ispdb, s.mx, s.guess}
	slots := make([]chan Found, len(sources))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for i, source := range sources {
		slots[i] = make(chan Found, 1)
		wg.Go(func() { slots[i] <- source(ctx) })
	}
	var all Found
	for _, slot := range slots {
		all.add(<-slot)
		if settled(all.IMAP) && settled(all.SMTP) {
			break
		}
	}
	all.order()
	return all
}

// settled tells whether there is a server that nobody must look at first.
func settled(list []Candidate) bool {
	return slices.ContainsFunc(list, func(c Candidate) bool { return !c.Confirm })
}

func (f *Found) add(more Found) {
	f.IMAP = append(f.IMAP, more.IMAP...)
	f.SMTP = append(f.SMTP, more.SMTP...)
	if f.Provider == nil {
		f.Provider = more.Provider
	}
}

// order puts what is to be tried first first, once each: what needs no look of a
// person, then by source, then as the source has it.
func (f *Found) order() {
	for _, list := range []*[]Candidate{&f.IMAP, &f.SMTP} {
		slices.SortStableFunc(*list, func(a, b Candidate) int {
			switch {
			case a.Confirm != b.Confirm && b.Confirm:
				return -1
			case a.Confirm != b.Confirm:
				return 1
			}
			return int(a.Source) - int(b.Source)
		})
		seen := map[hosts.Host]bool{}
		*list = slices.DeleteFunc(*list, func(c Candidate) bool {
			again := seen[c.Host]
			seen[c.Host] = true
			return again
		})
		*list = (*list)[:min(len(*list), most)]
	}
	for _, c := range append(slices.Clone(f.IMAP), f.SMTP...) {
		if f.Provider == nil && !c.Confirm {
			f.Provider = ByHost(c.Name)
		}
	}
}

// take returns the servers of a source that can be used. secure tells that nobody
// on the way can have changed them.
func (s *search) take(servers Servers, source Source, secure bool) Found {
	return Found{IMAP: s.candidates(servers.IMAP, source, secure), SMTP: s.candidates(servers.SMTP, source, secure)}
}

func (s *search) candidates(servers []Server, source Source, secure bool) []Candidate {
	var out []Candidate
	for _, server := range servers {
		name, ok := addrspec.Domain(s.fill(server.Name))
		if !ok || net.ParseIP(name) != nil && !s.Dialer.Guard.AllowPrivate || !hosts.Ports[server.Port] && !s.Dialer.AnyPort ||
			server.TLS != hosts.TLS && server.TLS != hosts.StartTLS || len(out) == most {
			continue
		}
		server.Name = name
		out = append(out, Candidate{
			Host: server.Host, Username: s.username(server.Username), Source: source, Secure: secure, OAuth: server.OAuth,
			Confirm: !secure && !within(name, s.addr.Domain) && ByHost(name) == nil,
		})
	}
	return out
}

// within tells whether a host belongs to a domain.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// username returns by what to log in.
func (s *search) username(form string) string {
	filled := s.fill(form)
	if filled == "" || strings.Contains(filled, "%EMAIL") || len(filled) > 512 || strings.ContainsFunc(filled, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s.addr.String()
	}
	return filled
}

// fill puts the address in the place of placeholders.
func (s *search) fill(form string) string {
	return strings.NewReplacer("%EMAILADDRESS%", s.addr.String(), "%EMAILLOCALPART%", s.addr.Local, "%EMAILDOMAIN%", s.addr.Domain).Replace(strings.TrimSpace(form))
}
