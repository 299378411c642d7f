package stream

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"wherry/component/stanza"
)

// The defaults of Config.
const (
	DefaultMaxStanza = 512 << 10
	DefaultMaxDepth  = 64
	DefaultTimeout   = 30 * time.Second
)

// Config says how to open a stream.
type Config struct {
	Domain string // the component's own domain
	Secret string // shared with the server
	Server string // host:port of the server's component listener

	TLS *tls.Config // direct TLS; nil is plain TCP

	MaxStanza int           // the longest stanza taken, in bytes; 0 is DefaultMaxStanza
	MaxDepth  int           // how deep its elements may be nested; 0 is DefaultMaxDepth
	Timeout   time.Duration // of the handshake as a whole, and of each write; 0 is DefaultTimeout

	// Dial makes the connection; nil is that of a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (cfg Config) withDefaults() Config {
	if cfg.MaxStanza == 0 {
		cfg.MaxStanza = DefaultMaxStanza
	}
	if cfg.MaxDepth == 0 {
		cfg.MaxDepth = DefaultMaxDepth
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	return cfg
}

var errNoStream = errors.New("no XMPP stream")

// Open connects to the server and proves the secret; the stream is then ready
// for stanzas. XEP-0114 §3
//
// Where the server refuses, the error is a *StreamError; ctx and Timeout bound
// all of it, and Conn does not keep ctx. No error holds the secret.
func Open(ctx context.Context, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	nc, err := cfg.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
	c := &Conn{
		conn:    nc,
		in:      newFramer(nc, cfg.MaxStanza),
		parser:  parser{maxDepth: cfg.MaxDepth},
		timeout: cfg.Timeout,
	}
	err = c.handshake(cfg)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		_ = nc.Close()
		return nil, explained("stream to "+cfg.Server, err)
	}
	return c, nil
}

func (c *Conn) handshake(cfg Config) error {
	// The stream is to the component's name, not the server's. XEP-0114 §3
	if err := c.Write([]byte("<?xml version='1.0'?><stream:stream xmlns='" + stanza.NSAccept +
		"' xmlns:stream='" + nsStreams + "' to='" + stanza.EscapeAttr(cfg.Domain) + "'>")); err != nil {
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

// header reads the server's stream header and returns the id of the stream.
func (c *Conn) header() (id string, err error) {
	if err := c.in.header(); err != nil {
		return "", early(err)
	}
	head, err := c.parser.header(c.in.buf)
	if err != nil {
		return "", err
	}
	if head.Space != nsStreams || head.Name != "stream" {
		return "", errNoStream
	}
	return head.Attr("id"), nil
}

// accepted waits for the empty <handshake/>.
func (c *Conn) accepted() error {
	if err := c.in.next(); err != nil {
		return early(err)
	}
	e, err := c.parser.parse(c.in.buf)
	switch {
	case err != nil:
		return err
	case e.Space == nsStreams && e.Name == "error":
		return parseError(&e)
	case e.Space == "" && e.Name == "handshake":
		return nil
	}
	return fmt.Errorf("<%.50s/> instead of <handshake/>", e.Name)
}

// early makes an end before the stream is open an unexpected one.
func early(err error) error {
	if err == io.EOF || errors.Is(err, errClosed) {
		return io.ErrUnexpectedEOF
	}
	return err
}
