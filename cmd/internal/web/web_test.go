package web_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/cmd/internal/web"
	"wherry/component"
	"wherry/transports"
)

var _ web.Hooks = (*component.Component)(nil)

// hooks takes calls, and answers them as told.
type hooks func(ctx context.Context, domain, key string, r transports.Request) transports.Reply

func (h hooks) Hook(ctx context.Context, domain, key string, r transports.Request) transports.Reply {
	return h(ctx, domain, key, r)
}

// noHook knows no account.
func noHook(context.Context, string, string, transports.Request) transports.Reply {
	return transports.Reply{Status: http.StatusNotFound}
}

// logged is a log that can be read while it is written.
type logged struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func listen(t *testing.T, c web.Config) (*web.Listener, *logged) {
	t.Helper()
	log := new(logged)
	c.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	l, err := web.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, log
}

// raw sends a request as it is written, and returns status, headers and body.
func raw(t *testing.T, l *web.Listener, request string) (int, http.Header, string) {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header, string(body)
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: gw.example.org\r\n\r\n" }

func post(path, body string, header ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: evil.example\r\nContent-Length: %d\r\n%s\r\n%s", path, len(body), strings.Join(append(header, ""), "\r\n"), body)
}

// SMS-X3: a call comes through as it was sent, but for what tells of forwarding.
func TestHook(t *testing.T) {
	type call struct{ domain, key, method, path, query, body string }
	var got call
	var header http.Header
	for _, prefix := range []string{"", "/wherry"} {
		l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org" + prefix, Hooks: hooks(func(_ context.Context, domain, key string, r transports.Request) transports.Reply {
			got, header = call{domain, key, r.Method, r.Path, r.Query, string(r.Body)}, r.Header
			return transports.Reply{Status: 201, Type: "text/xml", Body: []byte("<Response/>"), After: 1500 * time.Millisecond}
		})})
		for _, test := range []struct {
			request string
			want    call
		}{
			{post(prefix+"/hooks/sms.example.org/1-abc", "Body=+x+&a=%ff", "X-Twilio-Signature: s="),
				call{"sms.example.org", "1-abc", "POST", "", "", "Body=+x+&a=%ff"}},
			{post(prefix+"/hooks/sms.example.org/1-abc/status?a=b&a=%zz", "\x00\xff"),
				call{"sms.example.org", "1-abc", "POST", "/status", "a=b&a=%zz", "\x00\xff"}},
			{get(prefix + "/hooks/sms.example.org/1-abc/"), call{"sms.example.org", "1-abc", "GET", "/", "", ""}},
			{get(prefix + "/hooks/sms.example.org/1-abc/a//b/../%2f"), call{"sms.example.org", "1-abc", "GET", "/a//b/../%2f", "", ""}},
			{post(prefix+"/hooks/sms.example.org/k", strings.Repeat("x", 64<<10)),
				call{"sms.example.org", "k", "POST", "", "", strings.Repeat("x", 64<<10)}},
		} {
			status, h, body := raw(t, l, test.request)
			if got != test.want {
				t.Errorf("%.60q: got %.200v", test.request, got)
			}
			if status != 201 || body != "<Response/>" || h.Get("Content-Type") != "text/xml" || h.Get("Retry-After") != "2" || h.Get(web.InstanceHeader) != l.Instance() {
				t.Errorf("%.60q: %d %v %s", test.request, status, h, body)
			}
		}
		raw(t, l, post(prefix+"/hooks/d/k", "", "X-Forwarded-Proto: http", "x-forwarded-for: 1.2.3.4", "X-Forwarded-Host: x", "Forwarded: for=x", "X-Real-IP: x", "Via: x",
			"X-Twilio-Signature: abc", "I-Twilio-Idempotency-Token: t"))
		if len(header["X-Twilio-Signature"]) != 1 || len(header["I-Twilio-Idempotency-Token"]) != 1 || len(header) != 3 { // and Content-Length
			t.Errorf("headers %v", header)
		}
	}
}

// SMS-X1: whatever is not there is not there in the same way.
func TestNotFound(t *testing.T) {
	media := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	l, log := listen(t, web.Config{PublicURL: "https://gw.example.org/w", Hooks: hooks(noHook), Media: media})
	_, header, body := raw(t, l, get("/"))
	header.Del("Date")
	for _, request := range []string{
		get("/w"), get("/w/"), get("/w/hooks"), get("/w/hooks/"), get("/w/hooks/d"), get("/w/hooks/d/"), get("/w/hooks//k"),
		get("/w/hooks/d/hunter2"), post("/w/hooks/d/hunter2", "x"), get("/hooks/d/hunter2"), get("/wx/hooks/d/k"), get("//w/hooks/d/k"), get("/w//hooks/d/k"),
		get("/W/hooks/d/k"), get("/w/hooks/%64/k"), get("/w/hooks/d/hunter2%2f"), get("/%77/hooks/d/k"), get("/w/../w/hooks/d/k"),
		get("/media/hunter2"), get("/w/media"), get("/metrics"), get("/healthz"), get("/favicon.ico"), get("/w/%6dedia/x"),
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", get("http://other.example/hunter2"),
		"PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		status, h, b := raw(t, l, request)
		h.Del("Date")
		h.Del("Connection")
		if status != http.StatusNotFound || b != body || fmt.Sprint(h) != fmt.Sprint(header) {
			t.Errorf("%q: %d %v %q", request, status, h, b)
		}
	}
	if status, _, _ := raw(t, l, get("/w/media/hunter2")); status != http.StatusTeapot {
		t.Errorf("media: %d", status)
	}
	_ = l.Close()
	if text := log.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "path=/w/hooks/…") || !strings.Contains(text, "path=/w/media/…") {
		t.Errorf("log:\n%s", text)
	}
}

// SMS-X1: without hooks and media there is nothing.
func TestNothing(t *testing.T) {
	l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org"})
	for _, path := range []string{"/hooks/d/k", "/media/x/y"} {
		if status, _, _ := raw(t, l, get(path)); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// SMS-I1: a body is read to 64 KB and no further.
func TestHookBody(t *testing.T) {
	l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org", Hooks: hooks(func(context.Context, string, string, transports.Request) transports.Reply {
		t.Error("called")
		return transports.Reply{Status: 200}
	})})
	chunk := strings.Repeat("x", 0x8000)
	for _, request := range []string{
		post("/hooks/d/k", strings.Repeat("x", 64<<10+1)),
		"POST /hooks/d/k HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" + strings.Repeat("x", 64<<10+1),
		"POST /hooks/d/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("8000\r\n"+chunk+"\r\n", 3),
	} {
		if status, _, _ := raw(t, l, request); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%.60q: %d", request, status)
		}
	}
	if status, _, _ := raw(t, l, "POST /hooks/d/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"); status != http.StatusBadRequest {
		t.Errorf("broken chunks: %d", status)
	}
	if status, _, _ := raw(t, l, "GET / HTTP/1.1\r\nHost: x\r\nA: "+strings.Repeat("x", 64<<10)+"\r\n\r\n"); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("long header: %d", status)
	}
}

func TestReplies(t *testing.T) {
	var reply transports.Reply
	l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org", Hooks: hooks(func(context.Context, string, string, transports.Request) transports.Reply { return reply })})
	for _, test := range []struct {
		reply transports.Reply
		want  int
		typ   string
	}{
		{transports.Reply{Status: 200}, 200, ""},
		{transports.Reply{Status: 204, Type: "text/xml", Body: []byte("x")}, 204, "text/xml"},
		{transports.Reply{Status: 503, After: time.Minute}, 503, ""},
		{transports.Reply{}, 500, ""},
		{transports.Reply{Status: 100}, 500, ""},
		{transports.Reply{Status: 1000}, 500, ""},
	} {
		reply = test.reply
		status, h, _ := raw(t, l, get("/hooks/d/k"))
		if status != test.want || h.Get("Content-Type") != test.typ || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%+v: %d %v", test.reply, status, h)
		}
	}
}

func TestPanic(t *testing.T) {
	l, log := listen(t, web.Config{PublicURL: "https://gw.example.org", Hooks: hooks(func(context.Context, string, string, transports.Request) transports.Reply { panic("boom") })})
	for range 2 {
		if status, _, _ := raw(t, l, get("/hooks/d/hunter2")); status != http.StatusInternalServerError {
			t.Errorf("status %d", status)
		}
	}
	_ = l.Close()
	if text := log.String(); !strings.Contains(text, "boom") || strings.Contains(text, "hunter2") {
		t.Errorf("log:\n%s", text)
	}
}

// SMS-X7: too many calls at once are sent away, and media does not count.
func TestCrowd(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	l, _ := listen(t, web.Config{
		PublicURL: "https://gw.example.org",
		Hooks: hooks(func(context.Context, string, string, transports.Request) transports.Reply {
			inside <- struct{}{}
			<-release
			return transports.Reply{Status: 200}
		}),
		Media: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
	})
	var all sync.WaitGroup
	for range web.HooksAtOnce {
		all.Go(func() {
			r, err := http.Get("http://" + l.Addr() + "/hooks/d/k")
			if err != nil {
				t.Error(err)
				return
			}
			r.Body.Close()
			if r.StatusCode != http.StatusOK {
				t.Errorf("status %d", r.StatusCode)
			}
		})
	}
	for range web.HooksAtOnce {
		<-inside
	}
	if status, h, _ := raw(t, l, get("/hooks/d/k")); status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" {
		t.Errorf("one too many: %d %v", status, h)
	}
	if status, _, _ := raw(t, l, get("/media/x")); status != http.StatusOK {
		t.Errorf("media: %d", status)
	}
	close(release)
	all.Wait()
	go func() { <-inside }()
	if status, _, _ := raw(t, l, get("/hooks/d/k")); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// SMS-X7: who sends a call slowly, or not to its end, takes no place of others.
func TestSlowBodies(t *testing.T) {
	l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org", Hooks: hooks(func(context.Context, string, string, transports.Request) transports.Reply {
		return transports.Reply{Status: 200}
	})})
	for range web.HooksAtOnce {
		conn, err := net.Dial("tcp", l.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		request := "POST /hooks/d/k HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || r.StatusCode != http.StatusContinue {
			t.Fatalf("%+v, %v", r, err) // its body is waited for now
		}
	}
	if status, _, _ := raw(t, l, post("/hooks/d/k", "a=b")); status != http.StatusOK {
		t.Errorf("beside slow ones: %d", status)
	}
}

// A stop finishes the requests under way, and takes no others.
func TestClose(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org", Hooks: hooks(func(context.Context, string, string, transports.Request) transports.Reply {
		close(inside)
		<-release
		return transports.Reply{Status: 200, Body: []byte("done")}
	})})
	answer := make(chan string, 1)
	go func() {
		_, _, body := raw(t, l, get("/hooks/d/k"))
		answer <- body
	}()
	<-inside
	closed := make(chan error, 1)
	go func() { closed <- l.Close() }()
	for { // until it does not listen any more
		conn, err := net.Dial("tcp", l.Addr())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("answer %q", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestListenFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	cert, key := certify(t, dir, 1)
	if err := os.WriteFile(filepath.Join(dir, "bad"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []web.Config{
		{Listen: taken.Addr().String()},
		{Listen: "127.0.0.1:0", Cert: cert, Key: cert},
		{Listen: "127.0.0.1:0", Cert: filepath.Join(dir, "bad"), Key: key},
		{Listen: "127.0.0.1:0", Cert: cert, Key: filepath.Join(dir, "missing")},
	} {
		c.Log = slog.New(slog.DiscardHandler)
		if l, err := web.Listen(c); err == nil {
			_ = l.Close()
			t.Errorf("%+v listens", c)
		}
	}
}

// certify writes a certificate of a serial number into dir.
func certify(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"gw.example.org"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		// Whatever the clock of the disk: each has a time of its own.
		at := time.Unix(1e9+serial, 0)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// serial returns that of the certificate that l shows.
func serial(t *testing.T, l *web.Listener) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", l.Addr(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if p := conn.ConnectionState().NegotiatedProtocol; p != "h2" {
		t.Errorf("protocol %q", p)
	}
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// A certificate that was renewed is shown, by itself in a while and at once
// where it is asked for. A bad one is not.
func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	cert, key := certify(t, dir, 1)
	l, log := listen(t, web.Config{PublicURL: "https://gw.example.org", Cert: cert, Key: key, Hooks: hooks(noHook)})
	now := time.Now()
	var mu sync.Mutex
	l.SetNow(func() time.Time { mu.Lock(); defer mu.Unlock(); return now })
	later := func() { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Minute) }
	want := func(n int64) {
		t.Helper()
		if got := serial(t, l); got != n {
			t.Errorf("certificate %d, want %d", got, n)
		}
	}
	want(1)
	later()
	want(1)
	certify(t, dir, 2)
	want(1)
	later()
	want(2)
	certify(t, dir, 3)
	if err := l.Reload(); err != nil {
		t.Error(err)
	}
	want(3)
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	later()
	want(3)
	if err := l.Reload(); err == nil {
		t.Error("half a certificate was taken")
	}
	want(3)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	later()
	want(3)
	certify(t, dir, 4)
	later()
	want(4)
	if text := log.String(); !strings.Contains(text, "the certificate stays as it was") || !strings.Contains(text, "read the certificate again") {
		t.Errorf("log:\n%s", text)
	}
}

// A request over TLS and HTTP/2 is answered as any other.
func TestTLS(t *testing.T) {
	cert, key := certify(t, t.TempDir(), 1)
	l, _ := listen(t, web.Config{PublicURL: "https://gw.example.org", Cert: cert, Key: key, Hooks: hooks(noHook)})
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	r, err := client.Get("https://" + l.Addr() + "/hooks/d/k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusNotFound || r.ProtoMajor != 2 || r.Header.Get(web.InstanceHeader) != l.Instance() {
		t.Errorf("%d %s %v", r.StatusCode, r.Proto, r.Header)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}}}
	if r, err := old.Get("https://" + l.Addr() + "/"); err == nil {
		r.Body.Close()
		t.Error("TLS 1.1 is spoken")
	} else if errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
