package config

import (
	"net"
	"net/netip"
)

// HTTP says where wherry listens for HTTP.
type HTTP struct {
	MetricsListen string // host:port for metrics and health; empty: nowhere
}

func (r *resolver) http(t httpTable) HTTP {
	return HTTP{MetricsListen: r.metricsListen("http.metrics_listen", t.MetricsListen)}
}

// metricsListen checks host and port, of which the host may be left out.
func (r *resolver) metricsListen(key, value string) string {
	if value == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(value)
	addr, notIP := netip.ParseAddr(host)
	switch {
	case err != nil, host != "" && notIP != nil && !hostname(host):
		r.refuse(key, `%q is not a host and a port: write it like "127.0.0.1:8089"`, value)
		return ""
	case !portNumber(port):
		r.refuse(key, "port %q must be a number from 1 to 65535", port)
		return ""
	case host != "localhost" && !addr.IsLoopback():
		r.warn(key, "whoever can reach %s can read the metrics: 127.0.0.1 is for this machine only", value)
	}
	return value
}
