package autoconfig

import (
	"context"
	"io"
	"net/http"
	"net/url"
)

// fileMost bounds a configuration file, in bytes.
const fileMost = 64 << 10

// autoconfig asks the host that a domain has for it. The address is not told.
func (s *search) autoconfig(ctx context.Context) Found {
	return s.fetch(ctx, "https://autoconfig."+s.addr.Domain+"/mail/config-v1.1.xml", Autoconfig)
}

// wellKnown asks the web site of the domain.
func (s *search) wellKnown(ctx context.Context) Found {
	return s.fetch(ctx, "https://"+s.addr.Domain+"/.well-known/autoconfig/mail/config-v1.1.xml", WellKnown)
}

// ispdb asks the collection of configurations, where that is wished: whoever runs
// it learns of the domain.
func (s *search) ispdb(ctx context.Context) Found {
	base, err := url.Parse(s.ISPDB)
	if err != nil || s.ISPDB == "" {
		return Found{}
	}
	return s.fetch(ctx, base.JoinPath(s.addr.Domain).String(), ISPDB)
}

// fetch reads one file. The certificate of who gives it out was verified, so that
// it may name any host.
func (s *search) fetch(ctx context.Context, address string, source Source) Found {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Found{}
	}
	r.Header.Set("User-Agent", "Wherry")
	r.Header.Set("Accept", "text/xml, application/xml")
	answer, err := s.client.Do(r)
	if err != nil {
		return Found{}
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Scheme != "https" {
		return Found{}
	}
	return s.take(parse(io.LimitReader(answer.Body, fileMost)), source, true)
}
