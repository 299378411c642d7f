package autoconfig_test

import (
	"os"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
)

// The table is well made: names are names, ports are those of their mode, and each
// domain is one provider's. MAIL-R7
func TestProviders(t *testing.T) {
	t.Parallel()
	ids, domains := map[string]bool{}, map[string]string{}
	for _, p := range autoconfig.Providers() {
		if p.ID == "" || p.Name == "" || ids[p.ID] || len(p.Domains)+len(p.MX) == 0 {
			t.Errorf("%q %q", p.ID, p.Name)
		}
		ids[p.ID] = true
		for _, d := range append(p.Domains, p.MX...) {
			if name, ok := addrspec.Domain(d); !ok || name != d || !strings.Contains(d, ".") {
				t.Errorf("%s: domain %q", p.ID, d)
			}
		}
		for _, d := range p.Domains {
			if domains[d] != "" {
				t.Errorf("%s is of %s and %s", d, p.ID, domains[d])
			}
			domains[d] = p.ID
			if got := autoconfig.ByDomain(d); got == nil || got.ID != p.ID {
				t.Errorf("%s leads to %v", d, got)
			}
		}
		if len(p.IMAP) == 0 != (len(p.SMTP) == 0) || len(p.IMAP) == 0 && p.Hint().IsZero() || p.Refused().IsZero() != p.Hint().IsZero() {
			t.Errorf("%s has half of all", p.ID)
		}
		for i, s := range append(p.IMAP, p.SMTP...) {
			mode := map[int]hosts.Mode{993: hosts.TLS, 143: hosts.StartTLS, 465: hosts.TLS, 587: hosts.StartTLS}[s.Port]
			imap := s.Port == 993 || s.Port == 143
			if name, ok := addrspec.Domain(s.Name); !ok || name != s.Name || s.TLS != mode || imap != (i < len(p.IMAP)) {
				t.Errorf("%s: %+v", p.ID, s)
			}
		}
		for _, text := range []transports.Text{p.Hint(), p.Refused()} {
			h := text.String()
			if strings.Contains(h, "http://") || strings.Contains(h, "%s") || strings.Contains(h, "https://") && strings.HasSuffix(h, ".") {
				t.Errorf("%s: %s", p.ID, h)
			}
		}
	}
	if autoconfig.ByDomain("example.org") != nil || autoconfig.ByID("nobody") != nil || autoconfig.ByID("google") == nil || autoconfig.ByHost("imap.gmail.com") == nil {
		t.Error("who is who")
	}
	if autoconfig.ByID("google").NoPassword() || !autoconfig.ByID("microsoft").NoPassword() || !autoconfig.ByID("tuta").NoPassword() {
		t.Error("who takes passwords")
	}
	if got, want := autoconfig.ByID("google").Refused().String(), "Gmail refused the log-in. It wants an app password, not the password of your account. Make one at https://myaccount.google.com/apppasswords"; got != want {
		t.Error(got)
	}
	if !autoconfig.ByID("microsoft").OAuth() || autoconfig.ByID("posteo").OAuth() {
		t.Error("who takes tokens")
	}
}

// TestDocs: the page for users says of each provider what it wants as a password.
func TestDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/email.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Providers\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, p := range autoconfig.Providers() {
		if !strings.Contains(table, p.Name) {
			t.Errorf("docs/email.md does not name %s", p.Name)
		}
		if p.Link != "" && p.Advice != autoconfig.SecondFactor && !strings.Contains(table, p.Link) {
			t.Errorf("docs/email.md does not say where %s tells it: %s", p.Name, p.Link)
		}
	}
}
