package stream_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wherry/component/componenttest"
	"wherry/component/stream"
)

const (
	domain = "irc.example.org"
	secret = "s3cr3t"
)

// listen runs serve for each connection to the address it returns.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = nc.Close() })
			go serve(nc)
		}
	}()
	return ln.Addr().String()
}

// answer reads something, then writes s and hangs up.
func answer(s string) func(net.Conn) {
	return func(nc net.Conn) {
		_, _ = nc.Read(make([]byte, 4096))
		_, _ = io.WriteString(nc, s)
		_ = nc.Close()
	}
}

const header = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='irc.example.org' id='1'>"

func config(addr string) stream.Config {
	return stream.Config{Domain: domain, Secret: secret, Server: addr}
}

func TestOpen(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c, err := stream.Open(context.Background(), config(s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	s.Connected(domain, 1)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	s.Disconnected(domain)
}

func TestOpenIsRefused(t *testing.T) {
	for condition, fault := range map[string]bool{
		"not-authorized":    true,
		"host-unknown":      true,
		"conflict":          true,
		"invalid-namespace": true,
		"system-shutdown":   false,
		"policy-violation":  false,
		"x-unheard-of":      false,
	} {
		s := componenttest.NewServer(t, secret, domain)
		s.Refuse(condition)
		_, err := stream.Open(context.Background(), config(s.Addr()))
		refused, ok := errors.AsType[*stream.StreamError](err)
		if !ok || refused.Condition != condition || refused.ConfigFault() != fault {
			t.Errorf("%s: %v", condition, err)
		}
		if !strings.Contains(err.Error(), condition) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: says %q", condition, err)
		}
	}
}

func TestStreamErrorInPlainWords(t *testing.T) {
	err := &stream.StreamError{Condition: "not-authorized", Text: "go away"}
	for _, want := range []string{"not-authorized", "go away", "secret", "domain"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestOpenExplainsItself(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	trusting := &tls.Config{InsecureSkipVerify: true}
	for name, tt := range map[string]struct {
		addr string
		tls  *tls.Config
		says string
	}{
		"nothing listens":     {addr: closed.Addr().String(), says: "not running"},
		"no port":             {addr: "127.0.0.1", says: "host:port"},
		"no such name":        {addr: "nothing.invalid:5347", says: "cannot be resolved"},
		"hangs up":            {addr: listen(t, func(nc net.Conn) { _ = nc.Close() }), says: "hung up"},
		"hangs up after id":   {addr: listen(t, answer(header)), says: "hung up"},
		"speaks HTTP":         {addr: listen(t, answer("HTTP/1.1 400 Bad Request\r\n\r\n")), says: "something else"},
		"speaks TLS":          {addr: web.Listener.Addr().String(), says: "want TLS"},
		"does not speak TLS":  {addr: listen(t, answer(header)), tls: trusting, says: "does not speak TLS"},
		"certificate":         {addr: web.Listener.Addr().String(), tls: &tls.Config{}, says: "certificate"},
		"other XML":           {addr: listen(t, answer("<html><body/></html>")), says: "something else"},
		"broken XML":          {addr: listen(t, answer("<stream:stream a>")), says: "something else"},
		"wrong answer":        {addr: listen(t, answer(header+"<success/>")), says: "instead of <handshake/>"},
		"end instead":         {addr: listen(t, answer(header+"</stream:stream>")), says: "hung up"},
		"refused in a header": {addr: listen(t, answer(header+"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")), says: "knows no component"},
	} {
		cfg := config(tt.addr)
		cfg.TLS = tt.tls
		_, err := stream.Open(context.Background(), cfg)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v does not say %q", name, err, tt.says)
		}
	}
}

func TestOpenOverTLS(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	addr := listen(t, func(nc net.Conn) {
		secured := tls.Server(nc, web.TLS)
		plain, err := net.Dial("tcp", s.Addr())
		if err != nil {
			_ = nc.Close()
			return
		}
		go func() { _, _ = io.Copy(plain, secured) }()
		_, _ = io.Copy(secured, plain)
		_ = secured.Close()
	})
	cfg := config(addr)
	cfg.TLS = web.Client().Transport.(*http.Transport).TLSClientConfig
	c, err := stream.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	s.SendStanza(domain, message("one"))
	if st, err := c.Read(); err != nil || st.Head().ID != "one" {
		t.Errorf("%v, %v", st, err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(); err != io.EOF {
		t.Errorf("end: %v", err)
	}
}

func TestOpenIsBounded(t *testing.T) {
	silent := listen(t, func(net.Conn) {})
	cfg := config(silent)
	cfg.Timeout = 20 * time.Millisecond
	if _, err := stream.Open(context.Background(), cfg); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("silent server: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cfg = config(listen(t, func(net.Conn) { cancel() }))
	if _, err := stream.Open(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	cfg.Timeout = 20 * time.Millisecond
	cfg.TLS = &tls.Config{InsecureSkipVerify: true}
	cfg.Server = silent
	if _, err := stream.Open(context.Background(), cfg); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent TLS: %v", err)
	}
}

func TestOpenByOwnDialer(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	cfg := config("xmpp.internal:5347")
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != cfg.Server {
			t.Errorf("dials %s", addr)
		}
		return new(net.Dialer).DialContext(ctx, network, s.Addr())
	}
	c, err := stream.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}
