package config

import (
	"net/url"
	"strings"
	"time"
)

// SMS is what [component.sms] says.
type SMS struct {
	TwilioURL         string // base URL of the API
	Webhook           string // for accounts that say nothing else: "auto", "manual" or "poll"
	PollEvery         time.Duration
	ReconcileEvery    time.Duration // the same where messages are told by calls
	MediaHosts        []string      // hosts, or "*.domain" for all below; none: Twilio's
	RefusePrefixes    []string      // of numbers that nobody may text
	SopraniAddresses  bool          // the spelling of short codes and names
	AllowPrivateHosts bool
}

func (r *resolver) sms(prefix string, t smsTable) SMS {
	return SMS{
		TwilioURL:         r.twilioURL(prefix+"twilio_url", t),
		Webhook:           r.choice(prefix+"webhook", t.Webhook, "auto", "manual", "poll"),
		PollEvery:         r.pace(prefix+"poll_every", t.PollEvery, "60s"),
		ReconcileEvery:    r.pace(prefix+"reconcile_every", t.ReconcileEvery, "10m"),
		MediaHosts:        r.mediaHosts(prefix+"media_hosts", t.MediaHosts),
		RefusePrefixes:    r.prefixes(prefix+"refuse_prefixes", t.RefusePrefixes),
		SopraniAddresses:  t.SopraniAddresses,
		AllowPrivateHosts: t.AllowPrivateHosts,
	}
}

// twilioURL checks the base of an API. It is https: credentials go there.
func (r *resolver) twilioURL(key string, t smsTable) string {
	if t.TwilioURL == "" && !r.set(key) {
		return "https://api.twilio.com"
	}
	u, err := url.Parse(t.TwilioURL)
	switch {
	case strings.Contains(t.TwilioURL, "@"):
		r.refuse(key, "must not hold credentials: each user registers with their own")
	case err != nil, u.Hostname() == "", u.RawQuery != "", u.Fragment != "", u.Scheme != "https" && u.Scheme != "http":
		r.refuse(key, `%q is not the URL of an API: write it like "https://api.twilio.com"`, t.TwilioURL)
	case u.Scheme == "http" && !t.AllowPrivateHosts:
		r.refuse(key, "must begin with https:// because users' credentials go there; http:// is for tests, with allow_private_hosts = true")
	}
	return strings.TrimRight(t.TwilioURL, "/")
}

// pace reads how often something is done: no more than once a second.
func (r *resolver) pace(key, value, usual string) time.Duration {
	if value == "" && !r.set(key) {
		value = usual
	}
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		r.refuse(key, `%q is no duration: write it like %q`, value, usual)
	case d < time.Second:
		r.refuse(key, `must be a second or longer, like %q`, usual)
	}
	return d
}

// prefixes reads what numbers begin with: "+" and digits.
func (r *resolver) prefixes(key string, list []string) []string {
	for _, p := range list {
		if len(p) < 2 || p[0] != '+' || strings.Trim(p[1:], "0123456789") != "" {
			r.refuse(key, `%q is nothing that numbers begin with: write it like "+882", or "+1900"`, p)
		}
	}
	return list
}

func (r *resolver) mediaHosts(key string, list []string) []string {
	var out []string
	for _, host := range list {
		if !hostname(strings.TrimPrefix(host, "*.")) {
			r.refuse(key, `%q is no host: write it like "media.example.org", or "*.example.org" for all hosts below`, host)
		}
		out = append(out, strings.ToLower(host))
	}
	return out
}
