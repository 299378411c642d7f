package stream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// dial connects to the server, and explains where that does not work.
func (cfg Config) dial(ctx context.Context) (net.Conn, error) {
	nc, err := cfg.Dial(ctx, "tcp", cfg.Server)
	if err != nil {
		return nil, explained("connect to "+cfg.Server, err)
	}
	if cfg.TLS == nil {
		return nc, nil
	}
	conf := cfg.TLS.Clone()
	if conf.ServerName == "" {
		conf.ServerName, _, _ = net.SplitHostPort(cfg.Server)
	}
	secured := tls.Client(nc, conf)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, explained("TLS with "+cfg.Server, err)
	}
	return secured, nil
}

// explained wraps err with what was done and what it may come from.
func explained(doing string, err error) error {
	if why := explain(err); why != "" {
		return fmt.Errorf("%s: %w (%s)", doing, err, why)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// explain says what an error of the network means to who set this up.
func explain(err error) string {
	var (
		dns      *net.DNSError
		addr     *net.AddrError
		record   tls.RecordHeaderError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the server is not running, or its component listener is on another port"
	case errors.As(err, &dns):
		return "the server's name cannot be resolved"
	case errors.As(err, &addr):
		return "the server is given as host:port"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to the server"
	case errors.As(err, &record):
		return "the port does not speak TLS; switch TLS off here, or on there"
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return "the server's certificate is not one for this address that is trusted here"
	case errors.Is(err, errText), errors.Is(err, ErrSyntax), errors.Is(err, errNoStream):
		return "the port speaks something else than XMPP, or wants TLS; give the port of the component listener"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the server hung up: this may not be its component listener, it may want TLS, or not allow this address"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "no answer: a firewall, another port, or a server that waits for TLS"
	}
	return ""
}
