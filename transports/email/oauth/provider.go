package oauth

import (
	"fmt"
	"net/url"
	"strings"
)

// Provider is where tokens come from, as a configuration names it. The ID is that
// of package autoconfig.
type Provider struct {
	ID           string
	Name         string // as people call it
	ClientID     string // how the provider knows this gateway
	ClientSecret Secret // or empty, for a client that has none
	DeviceURL    string // where a log-in begins; empty: there is no such log-in
	TokenURL     string
	Scopes       []string
}

// known has what a configuration need not say. Google gives out tokens for mail,
// but not to those who logged in by a code: it has no DeviceURL.
var known = map[string]Provider{
	"google": {
		Name: "Google", TokenURL: "https://oauth2.googleapis.com/token", Scopes: []string{"https://mail.google.com/"},
	},
	"microsoft":    microsoft,
	"microsoft365": microsoft,
}

var microsoft = Provider{
	Name:      "Microsoft",
	DeviceURL: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
	TokenURL:  "https://login.microsoftonline.com/common/oauth2/v2.0/token",
	Scopes:    []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"},
}

// Complete returns a provider with what is known of it where it says nothing, or
// what is wrong with it.
func (p Provider) Complete() (Provider, error) {
	k := known[p.ID]
	p.Name = first(p.Name, k.Name, p.ID)
	p.DeviceURL, p.TokenURL = first(p.DeviceURL, k.DeviceURL), first(p.TokenURL, k.TokenURL)
	if len(p.Scopes) == 0 {
		p.Scopes = k.Scopes
	}
	switch {
	case p.ID == "":
		return p, fmt.Errorf("a provider without an id")
	case p.ClientID == "":
		return p, fmt.Errorf("provider %s: the client id is missing", p.ID)
	case p.DeviceURL != "" && !secure(p.DeviceURL):
		return p, fmt.Errorf("provider %s: the device URL is not one of https", p.ID)
	case !secure(p.TokenURL):
		return p, fmt.Errorf("provider %s: the token URL is not one of https", p.ID)
	}
	for _, s := range p.Scopes {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return p, fmt.Errorf("provider %s: scope %q", p.ID, s)
		}
	}
	return p, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// secure tells whether a link leads to a host by https, and holds no credentials.
func secure(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}
