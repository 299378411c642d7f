package check

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"wherry/cmd/internal/config"
	"wherry/component/stream"
)

// checkServers tries each server, and on it each domain.
func checkServers(ctx context.Context, conf *config.Config, r *Report) {
	var order []string
	byServer := map[string][]config.Component{}
	for _, c := range conf.Components {
		if byServer[c.Server] == nil {
			order = append(order, c.Server)
		}
		byServer[c.Server] = append(byServer[c.Server], c)
	}
	for _, server := range order {
		if checkServer(ctx, server, r) {
			checkDomains(ctx, byServer[server], r)
		}
	}
}

// checkServer tells whether anybody listens there.
func checkServer(ctx context.Context, server string, r *Report) bool {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	about := "server " + server
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		r.Fail(about, "%v", err)
		return false
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		r.Fail(about, "%v: correct the name in server, or give it to the DNS", err)
		return false
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", server)
	if err != nil {
		r.Fail(about, "%v: nothing answers there; start the XMPP server, or correct the port: "+
			"it is component_ports in Prosody's, and the port of the ejabberd_service in ejabberd's configuration", err)
		return false
	}
	if err := conn.Close(); err != nil {
		r.Fail(about, "%v", err)
		return false
	}
	name := ""
	if net.ParseIP(host) == nil {
		name = " (" + strings.Join(addresses, ", ") + ")"
	}
	r.OK(about, "takes connections%s", name)
	return true
}

// checkDomains opens the streams of all domains on one server, looks at what
// comes over which, and closes them.
func checkDomains(ctx context.Context, components []config.Component, r *Report) {
	var open []*visit
	arrivals := make(chan arrival, len(components)*probesEach)
	for _, c := range components {
		v, err := enter(ctx, c, components, arrivals)
		if err != nil {
			r.Fail(c.Domain, "%v%s", err, cure(ctx, c, err))
			continue
		}
		r.OK(c.Domain, "the server accepts domain and secret")
		open = append(open, v)
	}
	if len(open) > 1 {
		checkRoutes(ctx, open, arrivals, r)
	}
	for _, v := range open {
		v.leave(ctx, r)
	}
}

// cure adds what can be found out beyond the error.
func cure(ctx context.Context, c config.Component, err error) string {
	var refused *stream.StreamError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	switch {
	case errors.As(err, &refused) && refused.Condition == "host-unknown":
		// Prosody's port for clients says no more than that, either.
		if whom := listensTo(ctx, c); whom != "" {
			return "; but this port is for " + whom + ": give the port of the component listener"
		}
	case errors.As(err, &refused):
	case errors.As(err, &unknown):
		return "; name who signs it in tls_ca_file"
	case errors.As(err, &hostname):
		return "; name whom it is for in tls_name"
	case c.TLS == nil && speaksTLS(ctx, c.Server):
		return "; the port speaks TLS: set tls = true, or switch it off there"
	}
	return ""
}
