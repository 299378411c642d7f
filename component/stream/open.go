// Package stream implements the stream between an external component and its
// server (XEP-0114): handshake, framing, and errors in plain words.
package stream

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"time"

	"wherry/component/stanza"
)

// Config says how to open a stream.
type Config struct {
	Domain string // the component's own domain
	Secret string // shared with the server
	Server string // host:port of the server's component listener

	TLS *tls.Config // direct TLS; nil is plain TCP

	MaxStanza int           // bytes of an incoming stanza; 0 is 512 KiB
	MaxDepth  int           // nested elements in it; 0 is 64
	Timeout   time.Duration // for the handshake as a whole, and for each write; 0 is 30 s

	// Dial makes the connection; nil is a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Open connects and authenticates. XEP-0114 §3
func Open(ctx context.Context, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	nc, err := cfg.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	c := &Conn{conn: nc, in: newFramer(nc, cfg.MaxStanza), maxDepth: cfg.MaxDepth, timeout: cfg.Timeout}
	if err := c.handshake(cfg); err != nil {
		_ = nc.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("handshake with %s: %w", cfg.Server, err)
	}
	if !stop() {
		return nil, fmt.Errorf("handshake with %s: %w", cfg.Server, ctx.Err())
	}
	return c, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.MaxStanza == 0 {
		cfg.MaxStanza = 512 << 10
	}
	if cfg.MaxDepth == 0 {
		cfg.MaxDepth = 64
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	return cfg
}

func (cfg Config) dial(ctx context.Context) (net.Conn, error) {
	nc, err := cfg.Dial(ctx, "tcp", cfg.Server)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", cfg.Server, err)
	}
	if cfg.TLS == nil {
		return nc, nil
	}
	conf := cfg.TLS.Clone()
	if conf.ServerName == "" {
		conf.ServerName, _, _ = net.SplitHostPort(cfg.Server)
	}
	tc := tls.Client(nc, conf)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("TLS with %s: %w", cfg.Server, err)
	}
	return tc, nil
}

func (c *Conn) handshake(cfg Config) error {
	var open []byte
	open = append(open, "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='"...)
	open = append(open, stanza.EscapeAttr(cfg.Domain)...)
	open = append(open, "'>"...)
	if err := c.Write(open); err != nil {
		return err
	}
	id, err := c.header()
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(id + cfg.Secret))
	if err := c.Write([]byte("<handshake>" + hex.EncodeToString(sum[:]) + "</handshake>")); err != nil {
		return err
	}
	return c.accepted()
}

// header reads the server's stream header and returns the stream's id.
func (c *Conn) header() (id string, err error) {
	if err := c.in.header(); err != nil {
		return "", err
	}
	head, in, err := parseHead(c.in.buf, scope{})
	if err != nil {
		return "", err
	}
	if head.Name != "stream" || head.Space != nsStreams {
		return "", errors.New("no XMPP stream: is this the component port?")
	}
	c.scope = in
	return head.Attr("id"), nil
}

// accepted waits for the empty <handshake/>.
func (c *Conn) accepted() error {
	if err := c.next(); err != nil {
		return err
	}
	e, err := parse(c.in.buf, c.scope, c.maxDepth)
	switch {
	case err != nil:
		return err
	case e.Space == nsStreams && e.Name == "error":
		return parseError(&e)
	case e.Space == "" && e.Name == "handshake":
		return nil
	}
	return fmt.Errorf("<%s/> instead of <handshake/>", e.Name)
}
