package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// HTTP says where wherry listens for HTTP.
type HTTP struct {
	Listen    string // host:port for networks' calls and for media; empty: nowhere
	PublicURL string // under which the world reaches it, without a slash at its end; not empty where Listen is not
	TLSCert   string // absolute path of the certificate; empty: plain HTTP
	TLSKey    string // and of its key
	MediaDir  string // absolute path of the folder of media; not empty where Listen is not

	MetricsListen string // host:port for metrics and health; empty: nowhere
}

func (r *resolver) http(t httpTable, s Store) HTTP {
	h := HTTP{MetricsListen: r.metricsListen("http.metrics_listen", t.MetricsListen)}
	if t.Listen == "" {
		r.unheard(t)
		return h
	}
	h.Listen = r.publicListen("http.listen", t)
	h.PublicURL = r.publicURL("http.public_url", t.PublicURL)
	h.MediaDir = filepath.Join(filepath.Dir(s.Path()), "media")
	if r.set("http.media_dir") {
		if t.MediaDir == "" {
			r.refuse("http.media_dir", `must be the path of a folder, like "media"; wherry makes it at its first start`)
		}
		h.MediaDir = r.path(t.MediaDir)
	}
	switch {
	case t.TLSCert != "" && t.TLSKey == "":
		r.refuse("http.tls_cert", "there is no tls_key: write the file of the certificate's key too")
	case t.TLSCert == "" && t.TLSKey != "":
		r.refuse("http.tls_key", "there is no tls_cert: write the file of the certificate too")
	}
	h.TLSCert, h.TLSKey = r.path(t.TLSCert), r.path(t.TLSKey)
	return h
}

// unheard refuses what means nothing without a listener. Empty values, as the
// example shows them, do no harm.
func (r *resolver) unheard(t httpTable) {
	for _, given := range []struct{ key, value string }{
		{"http.public_url", t.PublicURL}, {"http.tls_cert", t.TLSCert}, {"http.tls_key", t.TLSKey}, {"http.media_dir", t.MediaDir},
	} {
		if given.value != "" {
			r.refuse(given.key, `means nothing without listen, which says where wherry listens, like "127.0.0.1:8088"`)
		}
	}
}

// publicListen checks host and port, of which the host may be left out.
func (r *resolver) publicListen(key string, t httpTable) string {
	host, ok := r.hostPort(key, t.Listen, "127.0.0.1:8088")
	switch {
	case !ok:
		return ""
	case t.Listen == t.MetricsListen:
		r.refuse(key, "metrics_listen is the same: give each its own port")
	case t.TLSCert == "" && !loopback(host):
		r.warn(key, "whoever is on the way to %s reads along: set tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy with TLS", t.Listen)
	}
	return t.Listen
}

// publicURL checks a URL that others are given, and that has a path added.
func (r *resolver) publicURL(key, value string) string {
	if value == "" {
		r.refuse(key, `is missing: write the URL under which the world reaches wherry, like "https://gw.example.org"`)
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Opaque != "" {
		r.refuse(key, `%q is no URL: write it like "https://gw.example.org"`, value)
		return ""
	}
	host := u.Hostname()
	_, notIP := netip.ParseAddr(host)
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		r.refuse(key, `must begin with "https://", and is %q`, value)
	case u.User != nil:
		r.refuse(key, "has a user in it: no network calls such a URL")
	case strings.ContainsAny(value, "?#"):
		r.refuse(key, `ends in a "?" or "#": write only the beginning that all of wherry's URLs have, like "https://gw.example.org"`)
	case strings.HasSuffix(value, "/"):
		r.refuse(key, "ends in a slash: leave it out")
	case u.EscapedPath() != u.Path, strings.Contains(u.Path, "//"), strings.Contains(u.Path+"/", "/./"), strings.Contains(u.Path+"/", "/../"):
		r.refuse(key, "has a path that proxies and networks may change: use letters and digits between its slashes")
	case strings.Contains(host, "_"):
		r.refuse(key, `the host %q has an underscore: Twilio and others refuse such a name, use a hyphen`, host)
	case notIP != nil && (!hostname(host) || !ascii(host)):
		r.refuse(key, `%q is no name of a host: write it like "gw.example.org", and one of another script in its xn-- form`, host)
	case u.Port() != "" && !portNumber(u.Port()):
		r.refuse(key, "port %q must be a number from 1 to 65535", u.Port())
	case u.Scheme == "http" && !private(host):
		r.refuse(key, `must begin with "https://": over http everybody on the way reads along, and networks refuse it`)
	default:
		return value
	}
	return ""
}

// metricsListen checks host and port, of which the host may be left out.
func (r *resolver) metricsListen(key, value string) string {
	if value == "" {
		return ""
	}
	host, ok := r.hostPort(key, value, "127.0.0.1:8089")
	if !ok {
		return ""
	}
	if !loopback(host) {
		r.warn(key, "whoever can reach %s can read the metrics: 127.0.0.1 is for this machine only", value)
	}
	return value
}

// hostPort checks host and port, of which the host may be left out.
func (r *resolver) hostPort(key, value, like string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(value)
	_, notIP := netip.ParseAddr(host)
	switch {
	case err != nil, host != "" && notIP != nil && !hostname(host):
		r.refuse(key, `%q is not a host and a port: write it like %q`, value, like)
		return "", false
	case !portNumber(port):
		r.refuse(key, "port %q must be a number from 1 to 65535", port)
		return "", false
	}
	return host, true
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// private tells whether a host is this machine, or an address that the world
// does not reach.
func private(host string) bool {
	addr, err := netip.ParseAddr(host)
	return loopback(host) || err == nil && (addr.IsPrivate() || addr.IsLinkLocalUnicast())
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
