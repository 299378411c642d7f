package twilio

import (
	"crypto/x509"
	"net/http"
	"time"

	"wherry/transports/dial"
)

// Bounds of the connections to the API.
const (
	secureWithin = 10 * time.Second // for TLS
	idleWithin   = 30 * time.Second // a connection is kept for the next request
	idleMost     = 32
	headMost     = 64 << 10 // bytes of the head of an answer
)

// newHTTP returns the client for the API. It dials by g and asks no proxy,
// follows no redirect, keeps no cookies and unpacks nothing. It speaks HTTP/1.1
// only: a connection that died unseen takes one request with it, where by
// HTTP/2 all that follow would share it, and be messages of unknown outcome.
func newHTTP(g *dial.Guard, roots *x509.CertPool) *http.Client {
	one := new(http.Protocols)
	one.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            g.DialContext,
			TLSClientConfig:        dial.TLSConfig("", roots),
			TLSHandshakeTimeout:    secureWithin,
			IdleConnTimeout:        idleWithin,
			MaxIdleConns:           idleMost,
			MaxIdleConnsPerHost:    idleMost,
			MaxResponseHeaderBytes: headMost,
			DisableCompression:     true,
			Protocols:              one,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
