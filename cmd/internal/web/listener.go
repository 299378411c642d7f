package web

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"wherry/transports"
)

// Hooks takes the calls of networks.
type Hooks interface {
	// Hook takes a call to the URL of one account, which key names.
	Hook(ctx context.Context, domain, key string, r transports.Request) transports.Reply
}

// Config is what a Listener needs.
type Config struct {
	Listen    string // host:port
	PublicURL string // under which the world reaches it; its path stands before those of the listener
	Cert, Key string // files of the certificate; empty: plain HTTP
	Hooks     Hooks  // nil: all is not found
	Media     http.Handler
	Log       *slog.Logger
}

// Bounds on one request, and on all.
const (
	headerWithin = 5 * time.Second
	readWithin   = 10 * time.Second
	answerWithin = 30 * time.Second // a handler may allow itself more
	idleWithin   = 2 * time.Minute
	headerMost   = 16 << 10
	bodyMost     = 64 << 10 // SMS-I1
	hooksAtOnce  = 512
	mediaAtOnce  = 256
	connsMost    = 2048
	streamsMost  = 16              // of one connection, in HTTP/2
	endWithin    = 3 * time.Second // for requests under way, when it is closed
)

// Listener answers networks and clients. Close it to stop.
type Listener struct {
	listener net.Listener
	server   *http.Server
	log      *slog.Logger
	instance string
	cert     *certificate // nil: plain HTTP
	conns    atomic.Int64
	work     sync.WaitGroup
}

// Listen answers at host and port.
func Listen(c Config) (*Listener, error) {
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, errors.New("listen for HTTP: the public URL is none")
	}
	l := &Listener{log: c.Log.With("listener", "http"), instance: rand.Text()}
	var conf *tls.Config
	if c.Cert != "" {
		if l.cert, err = loadCertificate(c.Cert, c.Key, l.log); err != nil {
			return nil, fmt.Errorf("listen for HTTP: %w", err)
		}
		conf = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: l.cert.get, NextProtos: []string{"h2", "http/1.1"}}
	}
	if l.listener, err = net.Listen("tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("listen for HTTP: %w", err)
	}
	h := &handler{
		prefix: public.Path, instance: l.instance, hooks: c.Hooks, media: c.Media, log: l.log,
		hookSlots: make(chan struct{}, hooksAtOnce), mediaSlots: make(chan struct{}, mediaAtOnce),
	}
	l.server = &http.Server{
		Handler:           h,
		TLSConfig:         conf,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       readWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    headerMost,
		ConnState:         l.count,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamsMost},
		// Otherwise the server itself answers an OPTIONS of "*".
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}
	l.work.Go(l.serve)
	return l, nil
}

// Addr returns host and port.
func (l *Listener) Addr() string { return l.listener.Addr().String() }

// Instance returns what the header InstanceHeader of every answer says.
func (l *Listener) Instance() string { return l.instance }

func (l *Listener) serve() {
	serve := l.server.Serve
	if l.cert != nil {
		serve = func(in net.Listener) error { return l.server.ServeTLS(in, "", "") }
	}
	if err := serve(l.listener); !errors.Is(err, http.ErrServerClosed) {
		l.log.Error("nothing listens for HTTP any more", "err", err)
	}
}

// count closes connections over the bound: they are descriptors that others
// need.
func (l *Listener) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if l.conns.Add(1) > connsMost {
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		l.conns.Add(-1)
	}
}

// Reload reads the certificate again. Where that fails the old one stays.
func (l *Listener) Reload() error {
	if l.cert == nil {
		return nil
	}
	return l.cert.load()
}

// Close stops listening, and waits a moment for requests under way.
func (l *Listener) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	err := l.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.server.Close()
	}
	l.work.Wait()
	if err != nil {
		return fmt.Errorf("close the HTTP listener: %w", err)
	}
	return nil
}
