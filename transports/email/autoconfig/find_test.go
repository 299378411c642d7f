package autoconfig_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
)

// names is a DNS: "imaps example.org" → "host:port …", "mx example.org" → hosts.
type names map[string][]string

var errNothing = errors.New("no such name")

func (n names) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	var out []*net.SRV
	for _, r := range n[service+" "+name] {
		host, port, _ := strings.Cut(r, ":")
		s := &net.SRV{Target: host}
		_, _ = fmt.Sscan(port, &s.Port)
		out = append(out, s)
	}
	if out == nil || proto != "tcp" {
		return "", nil, errNothing
	}
	return name, out, nil
}

func (n names) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	var out []*net.MX
	for i, host := range n["mx "+name] {
		out = append(out, &net.MX{Host: host, Pref: uint16(9 - i)})
	}
	return out, nil
}

// web is a web: URLs and what they lead to.
type web struct {
	pages map[string]string
	mu    sync.Mutex
	asked []string
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, r.URL.String())
	page, ok := w.pages[r.URL.String()]
	answer := &http.Response{StatusCode: http.StatusNotFound, Body: io.NopCloser(strings.NewReader(page)), Request: r}
	if ok {
		answer.StatusCode = http.StatusOK
	}
	return answer, nil
}

// finder finds nothing but what the maps have. Guessed hosts answer where they
// are named.
func finder(dns names, pages map[string]string, there ...string) (*autoconfig.Finder, *web) {
	w := &web{pages: pages}
	return &autoconfig.Finder{
		Client: &http.Client{Transport: w}, Resolver: dns,
		Answers: func(_ context.Context, h hosts.Host) bool { return slices.Contains(there, h.Address()) },
	}, w
}

// shown returns candidates as short lines.
func shown(list []autoconfig.Candidate) []string {
	var out []string
	for _, c := range list {
		line := fmt.Sprintf("%s %s %s %d", c.Address(), c.TLS, c.Username, c.Source)
		for word, is := range map[string]bool{" secure": c.Secure, " oauth": c.OAuth} {
			if is {
				line += word
			}
		}
		if c.Confirm {
			line += " confirm"
		}
		out = append(out, line)
	}
	return out
}

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// MAIL-R2, MAIL-R3
func TestFind(t *testing.T) {
	t.Parallel()
	const (
		auto  = "https://autoconfig.example.org/mail/config-v1.1.xml"
		known = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
		me    = "Ann.Lee@Example.ORG"
	)
	config := page(t, "config.xml")
	fromConfig := func(source autoconfig.Source) (imap, smtp []string) {
		return []string{fmt.Sprintf("imap.elsewhere.net:993 tls Ann.Lee@example.org %d secure", source), fmt.Sprintf("imap.example.org:143 starttls Ann.Lee %d secure", source)},
			[]string{fmt.Sprintf("smtp.elsewhere.net:465 tls Ann.Lee@example.org %d secure", source)}
	}
	autoIMAP, autoSMTP := fromConfig(autoconfig.Autoconfig)
	knownIMAP, knownSMTP := fromConfig(autoconfig.WellKnown)
	ispIMAP, ispSMTP := fromConfig(autoconfig.ISPDB)
	for _, tt := range []struct {
		name       string
		dns        names
		pages      map[string]string
		there      []string
		ispdb      string
		imap, smtp []string
		provider   string
	}{
		{name: "nothing"},
		{name: "srv", dns: names{"imap example.org": {"mail.example.org.:143"}, "imaps example.org": {"mail.example.org.:993", "b.example.org.:993"}, "submission example.org": {"mail.example.org.:587"}, "submissions example.org": {".:0"}},
			imap: []string{"mail.example.org:993 tls Ann.Lee@example.org 2", "b.example.org:993 tls Ann.Lee@example.org 2", "mail.example.org:143 starttls Ann.Lee@example.org 2"}, smtp: []string{"mail.example.org:587 starttls Ann.Lee@example.org 2"}},
		{name: "srv elsewhere", dns: names{"imaps example.org": {"mail.evil.example.:993"}, "submissions example.org": {"mail.evil.example.:465"}},
			imap: []string{"mail.evil.example:993 tls Ann.Lee@example.org 2 confirm"}, smtp: []string{"mail.evil.example:465 tls Ann.Lee@example.org 2 confirm"}},
		{name: "srv that looks like within", dns: names{"imaps example.org": {"evilexample.org.:993"}}, imap: []string{"evilexample.org:993 tls Ann.Lee@example.org 2 confirm"}},
		{name: "srv of a provider", dns: names{"imaps example.org": {"imap.fastmail.com.:993"}, "submissions example.org": {"smtp.fastmail.com.:465"}}, provider: "fastmail",
			imap: []string{"imap.fastmail.com:993 tls Ann.Lee@example.org 2"}, smtp: []string{"smtp.fastmail.com:465 tls Ann.Lee@example.org 2"}},
		{name: "odd srv", dns: names{"imaps example.org": {"mail.example.org.:22", "192.0.2.1.:993", "a b.:993", "mail.example.org.:993"}}, imap: []string{"mail.example.org:993 tls Ann.Lee@example.org 2"}},
		{name: "srv elsewhere, file", dns: names{"imaps example.org": {"imap.elsewhere.net.:993"}, "submissions example.org": {"mail.evil.example.:465"}}, pages: map[string]string{auto: config},
			imap: autoIMAP, smtp: append(slices.Clone(autoSMTP), "mail.evil.example:465 tls Ann.Lee@example.org 2 confirm")},
		{name: "autoconfig", pages: map[string]string{auto: config, known: "x"}, imap: autoIMAP, smtp: autoSMTP},
		{name: "well-known", pages: map[string]string{auto: "<html><body>Not here<br></body>", known: config}, imap: knownIMAP, smtp: knownSMTP},
		{name: "ispdb", ispdb: "https://db.example/v1.1/", pages: map[string]string{"https://db.example/v1.1/example.org": config}, imap: ispIMAP, smtp: ispSMTP},
		{name: "mx", dns: names{"mx example.org": {"backup.example.org.", "ASPMX.l.google.com."}}, provider: "google",
			imap: []string{"imap.gmail.com:993 tls Ann.Lee@example.org 6 oauth"}, smtp: []string{"smtp.gmail.com:465 tls Ann.Lee@example.org 6 oauth", "smtp.gmail.com:587 starttls Ann.Lee@example.org 6 oauth"}},
		{name: "mx of proton", dns: names{"mx example.org": {"mail.protonmail.ch."}}, provider: "proton"},
		{name: "mx that looks like one", dns: names{"mx example.org": {"notgoogle.com.", "google.com.evil.example."}}},
		{name: "guess", there: []string{"mail.example.org:993", "imap.example.org:143", "smtp.example.org:587", "mail.example.org:465"},
			imap: []string{"mail.example.org:993 tls Ann.Lee@example.org 7", "imap.example.org:143 starttls Ann.Lee@example.org 7"}, smtp: []string{"mail.example.org:465 tls Ann.Lee@example.org 7", "smtp.example.org:587 starttls Ann.Lee@example.org 7"}},
		{name: "half a srv", dns: names{"imaps example.org": {"imap.example.org.:993"}}, there: []string{"imap.example.org:993", "smtp.example.org:465"},
			imap: []string{"imap.example.org:993 tls Ann.Lee@example.org 2"}, smtp: []string{"smtp.example.org:465 tls Ann.Lee@example.org 7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, w := finder(tt.dns, tt.pages, tt.there...)
			f.ISPDB = tt.ispdb
			found, err := f.Find(t.Context(), me)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(found.IMAP); !slices.Equal(got, tt.imap) {
				t.Errorf("imap\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.imap, "\n"))
			}
			if got := shown(found.SMTP); !slices.Equal(got, tt.smtp) {
				t.Errorf("smtp\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.smtp, "\n"))
			}
			if p := found.Provider; (p == nil) != (tt.provider == "") || p != nil && p.ID != tt.provider {
				t.Errorf("provider %+v", p)
			}
			for _, u := range w.asked {
				if strings.Contains(strings.ToLower(u), "lee") || strings.Contains(u, "?") || !strings.HasPrefix(u, "https://") || tt.ispdb == "" && !strings.Contains(u, "example.org/") {
					t.Errorf("asked %s", u)
				}
			}
		})
	}
}

// Of whom is known nobody is asked. MAIL-R2
func TestKnown(t *testing.T) {
	t.Parallel()
	f := &autoconfig.Finder{Client: &http.Client{Transport: noWeb{t}}, Resolver: noNames{t}, Table: map[string]autoconfig.Servers{
		"example.org": {IMAP: []autoconfig.Server{{Host: hosts.Host{Name: "mail.%EMAILDOMAIN%", Port: 993, TLS: hosts.TLS}, Username: "%EMAILLOCALPART%"}}},
	}}
	for _, tt := range []struct{ addr, provider, imap, smtp string }{
		{"Ann@GMail.com", "google", "imap.gmail.com:993 tls Ann@gmail.com 1 secure oauth", "smtp.gmail.com:465 tls Ann@gmail.com 1 secure oauth"},
		{"ann@hotmail.co.uk", "microsoft", "outlook.office365.com:993 tls ann@hotmail.co.uk 1 secure oauth", "smtp-mail.outlook.com:587 starttls ann@hotmail.co.uk 1 secure oauth"},
		{"ann@riseup.net", "riseup", "mail.riseup.net:993 tls ann 1 secure", "mail.riseup.net:465 tls ann 1 secure"},
		{"ann@proton.me", "proton", "", ""},
		{"ann@example.org", "", "mail.example.org:993 tls ann 0 secure", ""},
	} {
		found, err := f.Find(t.Context(), tt.addr)
		if err != nil {
			t.Fatal(err)
		}
		first := func(list []autoconfig.Candidate) string {
			if len(list) == 0 {
				return ""
			}
			words := strings.Fields(shown(list[:1])[0])
			slices.Sort(words[4:])
			slices.Reverse(words[4:])
			return strings.Join(words, " ")
		}
		if got := first(found.IMAP); got != tt.imap {
			t.Errorf("%s: %s", tt.addr, got)
		}
		if got := first(found.SMTP); got != tt.smtp {
			t.Errorf("%s: %s", tt.addr, got)
		}
		if p := found.Provider; (p == nil) != (tt.provider == "") || p != nil && p.ID != tt.provider {
			t.Errorf("%s: %+v", tt.addr, p)
		}
	}
	for _, addr := range []string{"", "ann", "ann@", "ann@a b"} {
		if _, err := f.Find(t.Context(), addr); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.Malformed {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

type noWeb struct{ t *testing.T }

func (w noWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	w.t.Errorf("asked %s", r.URL)
	return nil, errNothing
}

type noNames struct{ t *testing.T }

func (n noNames) LookupSRV(_ context.Context, service, _, name string) (string, []*net.SRV, error) {
	n.t.Errorf("asked for %s of %s", service, name)
	return "", nil, errNothing
}

func (n noNames) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	n.t.Errorf("asked for the MX of %s", name)
	return nil, errNothing
}

// stuck answers nothing until it is given up.
type stuck struct{ names }

func (s stuck) LookupMX(ctx context.Context, _ string) ([]*net.MX, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (s stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// What hangs keeps nobody waiting: not where better is found, and not for long. MAIL-R2
func TestTime(t *testing.T) {
	t.Parallel()
	s := stuck{names{"imaps example.org": {"imap.example.org.:993"}, "submissions example.org": {"smtp.example.org.:465"}, "imaps slow.example": {"imap.slow.example.:993"}}}
	f := &autoconfig.Finder{Client: &http.Client{Transport: s}, Resolver: s, Within: time.Hour, Answers: func(ctx context.Context, _ hosts.Host) bool { <-ctx.Done(); return false }}
	found, err := f.Find(t.Context(), "ann@example.org")
	if err != nil || len(found.IMAP) != 1 || len(found.SMTP) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	f.Within = 20 * time.Millisecond
	found, err = f.Find(t.Context(), "ann@slow.example")
	if err != nil || len(found.IMAP) != 1 || len(found.SMTP) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.Within = 0
	if found, err = f.Find(ctx, "ann@slow.example"); err != nil || len(found.SMTP) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// Nothing inside is reached on anybody's behalf. MAIL-R5
func TestGuarded(t *testing.T) {
	t.Parallel()
	f := &autoconfig.Finder{Resolver: names{"mx localhost": {"localhost."}}, Within: time.Second}
	f.Dialer.Guard = dial.Guard{Watch: func(a netip.AddrPort) {
		if !dial.Public(a.Addr()) {
			t.Errorf("reached for %s", a)
		}
	}}
	if found, err := f.Find(t.Context(), "ann@localhost"); err != nil || len(found.IMAP)+len(found.SMTP) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
