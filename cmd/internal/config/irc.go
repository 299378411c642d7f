package config

import (
	"crypto/x509"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

func (r *resolver) irc(prefix string, t ircTable) IRC {
	c := IRC{
		TLSPorts:            r.ports(prefix+"tls_ports", t.TLSPorts),
		PlainPorts:          r.ports(prefix+"plain_ports", t.PlainPorts),
		Networks:            r.hosts(prefix+"networks", t.Networks),
		PersistentByDefault: t.PersistentByDefault,
		ThrottleLimit:       10,
		CAs:                 r.authorities(prefix+"ca_file", t.CAFile),
		AllowPrivateHosts:   t.AllowPrivateHosts,
		IdentdListen:        r.identdListen(prefix+"identd_listen", t.IdentdListen),
		OutgoingBind:        r.addresses(prefix+"outgoing_bind", t.OutgoingBind),
		WebIRC:              r.webIRC(prefix+"webirc", t.WebIRC),
		RecordHistory:       t.RecordHistory == nil || *t.RecordHistory,
		HistoryAge:          r.age(prefix+"history_age", t.HistoryAge),
		HistoryCount:        100_000,
		SharedHistory:       t.SharedHistory,
	}
	c.OutgoingProxy = r.proxy(prefix+"outgoing_proxy", t)
	if t.TLSPorts == nil {
		c.TLSPorts = []int{6697}
	}
	if t.TLSPorts != nil && len(t.TLSPorts)+len(t.PlainPorts) == 0 {
		r.refuse(prefix+"tls_ports", "no port is left to connect to: list one here, like [6697], or in plain_ports")
	}
	if t.FixedNetwork != "" {
		c.FixedNetwork = strings.Join(r.hosts(prefix+"fixed_network", []string{t.FixedNetwork}), "")
	}
	if t.ThrottleLimit != nil {
		c.ThrottleLimit = *t.ThrottleLimit
		if c.ThrottleLimit < 1 && c.ThrottleLimit != -1 {
			r.refuse(prefix+"throttle_limit", "must be the number of lines that may go at once, or -1 for no limit, and is %d", c.ThrottleLimit)
		}
	}
	if t.HistoryCount != nil {
		c.HistoryCount = *t.HistoryCount
		if c.HistoryCount < 0 {
			r.refuse(prefix+"history_count", "must be the number of lines that are kept of a channel, or 0 for all, and is %d", c.HistoryCount)
		}
	}
	return c
}

// age reads how long channels' lines are kept.
func (r *resolver) age(key, value string) time.Duration {
	if value == "" && !r.set(key) {
		return 365 * 24 * time.Hour
	}
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		r.refuse(key, `%q is no duration: write it in hours, like "8760h"`, value)
	case d < 0:
		r.refuse(key, `must be a duration, like "8760h", or "0s" for ever`)
	}
	return d
}

func (r *resolver) ports(key string, list []int) []int {
	for _, port := range list {
		if port < 1 || port > 65535 {
			r.refuse(key, "port %d must be a number from 1 to 65535", port)
		}
	}
	return list
}

func (r *resolver) hosts(key string, list []string) []string {
	out := make([]string, 0, len(list))
	for _, host := range list {
		if _, err := netip.ParseAddr(host); err != nil && !hostname(host) {
			r.refuse(key, `%q is no host: write it like "irc.example.org", without a port`, host)
		}
		out = append(out, strings.ToLower(host))
	}
	return out
}

// authorities returns those of a file of certificates besides the system's, or
// nil, which is the system's.
func (r *resolver) authorities(key, name string) *x509.CertPool {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(r.path(name))
	if err != nil {
		r.refuse(key, "cannot be read: %v", err)
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		r.refuse(key, "%s holds no certificate in PEM form", r.path(name))
	}
	return pool
}

func portNumber(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 1 && n <= 65535
}

// hostname tells whether s reads like the name of a host: labels between dots,
// of letters, digits and hyphens, in any script.
func hostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.IndexFunc(label, foreign) >= 0 {
			return false
		}
	}
	return true
}

// foreign tells whether no host's name has r.
func foreign(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		return false
	}
	return r < 0x80 || r == '\uFFFD'
}
