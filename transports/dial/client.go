package dial

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Bounds on one request of a client.
const (
	headWithin   = 30 * time.Second // from the request to the head of the answer
	secureWithin = 10 * time.Second // for TLS
	idleWithin   = 90 * time.Second // a connection is kept for the next request
	pingAfter    = 30 * time.Second
	pingWithin   = 15 * time.Second
	idleMost     = 32       // connections kept, in all
	idleHostMost = 4        // and to one host
	headMost     = 64 << 10 // bytes of the head of an answer
	redirectMost = 3
)

// ClientOptions are what a client of NewClient may have besides the defaults.
type ClientOptions struct {
	Roots      *x509.CertPool        // who may sign certificates; nil is the system's
	HeadWithin time.Duration         // from the request to the head of the answer; 0 is 30 s
	Timeout    time.Duration         // of a request with its redirects and the whole body; 0 is none
	HostConns  int                   // connections to one host at once; 0 is any number
	Permit     func(u *url.URL) bool // which URLs are asked, those of redirects too; nil is all
}

// Errors of a client's requests, in the chain of what it returns.
var (
	ErrScheme    = errors.New("the URL is not https")
	ErrPermit    = errors.New("the URL leads to a host that is not to be asked")
	ErrRedirects = errors.New("too many redirects")
)

// NewClient returns a client for URLs that users and networks name. Each
// connection, a redirect's too, goes through g, and to no proxy. It asks by
// https, or where g allows private addresses also by http; it does not unpack
// what the other side packed, and keeps no cookies. A GET or HEAD follows three
// redirects, and takes no credentials to another host: no other request follows any.
func NewClient(g *Guard, o ClientOptions) *http.Client {
	if o.HeadWithin == 0 {
		o.HeadWithin = headWithin
	}
	return &http.Client{
		Timeout: o.Timeout,
		Transport: &guarded{
			plain:  g.AllowPrivate,
			permit: o.Permit,
			Transport: &http.Transport{
				DialContext:            g.DialContext,
				TLSClientConfig:        TLSConfig("", o.Roots),
				TLSHandshakeTimeout:    secureWithin,
				ResponseHeaderTimeout:  o.HeadWithin,
				IdleConnTimeout:        idleWithin,
				MaxIdleConns:           idleMost,
				MaxIdleConnsPerHost:    idleHostMost,
				MaxConnsPerHost:        o.HostConns,
				MaxResponseHeaderBytes: headMost,
				DisableCompression:     true,
				ForceAttemptHTTP2:      true,
				// A connection that died unseen is found out.
				HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingWithin},
			},
		},
		CheckRedirect: redirect,
	}
}

// guarded is a http.Transport that asks only what is allowed.
type guarded struct {
	*http.Transport
	plain  bool // http is allowed too
	permit func(*url.URL) bool
}

// RoundTrip is called for each hop of a request.
func (t *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	var err error
	switch u := r.URL; {
	case u.Scheme != "https" && (u.Scheme != "http" || !t.plain), u.Hostname() == "":
		err = ErrScheme
	case t.permit != nil && !t.permit(u):
		err = ErrPermit
	}
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	answer, err := t.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if _, err := url.Parse(answer.Header.Get("Location")); err != nil {
		answer.Header.Del("Location") // the client's error would show it, and what it holds
	}
	return answer, nil
}

// credentials are the headers that are for the first host only.
var credentials = []string{"Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "Www-Authenticate"}

// redirect is called before each hop but the first. What was once left is not
// trusted again: there and back is a way to learn of credentials too.
func redirect(r *http.Request, before []*http.Request) error {
	first := before[0]
	if first.Method != http.MethodGet && first.Method != http.MethodHead {
		return http.ErrUseLastResponse
	}
	if len(before) > redirectMost {
		return fmt.Errorf("%w: %d", ErrRedirects, len(before))
	}
	r.Header.Del("Referer") // its path may be a secret
	r.URL.User = nil
	for _, hop := range append(before[1:len(before):len(before)], r) {
		if hop.URL.Scheme == first.URL.Scheme && hop.URL.Host == first.URL.Host {
			continue
		}
		for _, name := range credentials {
			r.Header.Del(name)
		}
	}
	return nil
}
