package twilio_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

// Trap 1: whatever the answer, its connection is given back and nothing stays
// behind. The library by itself keeps one of each for every failure.
func TestNoLeaks(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"429":         says(429, `{"code":20429,"message":"Too Many Requests"}`),
		"200 KB HTML": says(502, strings.Repeat("<p>Bad gateway</p>\n", 200<<10/19)),
		"no JSON":     says(201, "no"),
		"null":        says(201, "null"),
	} {
		at := serve(t, answer)
		p := with(at.URL)
		before := runtime.NumGoroutine()
		for range 200 {
			if _, err := send(t, p); err == nil {
				t.Fatal("nothing failed")
			}
		}
		if n := at.connections(); n > 5 { // one may not be back yet when the next is wanted
			t.Errorf("%s: %d connections", name, n)
		}
		if n := runtime.NumGoroutine() - before; n > 20 {
			t.Errorf("%s: %d goroutines more", name, n)
		}
	}
}

// An answer is read up to a bound, and closed behind it.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		w.WriteHeader(http.StatusCreated)
		piece := []byte(strings.Repeat(" ", 64<<10))
		for r.Context().Err() == nil {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	_, err := send(t, with(at.URL))
	if wants(t, err, transports.Unreachable, true); errors.Is(err, context.DeadlineExceeded) {
		t.Error("only the time ended it")
	}
	<-gone
}

// Trap 3: a success that names no message leaves the outcome open.
func TestNoSID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`null`, `{}`, `{"sid":null}`, `{"sid":""}`, `[]`, `"x"`, ``, `{"sid":"SM0`, `<html>`, `{"sid":7}`, `{"messages":[1,null]}`} {
		at := serve(t, says(201, body))
		p := with(at.URL)
		ids, err := send(t, p)
		if wants(t, err, transports.Unreachable, true); ids != nil {
			t.Errorf("%s: %v", body, ids)
		}
		// A list that is none does not say that there is nothing.
		_, complete, err := p.Sent(t.Context(), byToken, line, peer, time.Time{})
		if wants(t, err, transports.Unreachable, false); complete {
			t.Errorf("%s: the list is complete", body)
		}
		_, err = p.Get(t.Context(), byToken, sid)
		wants(t, err, transports.Unreachable, false)
		_, err = p.Media(t.Context(), byToken, sid)
		wants(t, err, transports.Unreachable, false)
		_, err = p.Verify(t.Context(), byToken)
		wants(t, err, transports.Unreachable, false)
		_, err = p.Verify(t.Context(), byKey)
		wants(t, err, transports.Unreachable, false)
	}
}

// deaf dials no name, since it asks no name server.
func deaf() *dial.Guard {
	return &dial.Guard{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}}
}

// quietTLS is a server whose authority nobody knows.
func quietTLS(t *testing.T) *httptest.Server {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// SMS-S10: what was never written was never sent.
func TestCertainlyNotSent(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secured := quietTLS(t)
	for name, p := range map[string]*twilio.Provider{
		"refused": with(closed.URL),
		"no name": with("https://api.example.org", func(c *twilio.Config) { c.Guard = deaf() }),
		"no TLS":  with(secured.URL), // its authority is unknown
		"private": with(secured.URL, func(c *twilio.Config) { c.AllowPrivate = false }),
	} {
		_, err := send(t, p)
		if e := wants(t, err, transports.Unreachable, false); strings.Contains(err.Error(), "2010-04-01") {
			t.Errorf("%s: the error has the URL: %v", name, e)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	at := serve(t, says(201, `{"sid":"`+sid+`"}`))
	_, err := with(at.URL).Send(ctx, byToken, provider.Outgoing{Line: line, To: peer, Text: "hello"})
	if wants(t, err, transports.Unreachable, false); len(at.all()) != 0 {
		t.Error("something was sent")
	}
}

// SMS-S10: what was written, and not answered, may have been sent.
func TestMayHaveBeenSent(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	defer close(never)
	cut := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, b, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = b.WriteString(text)
			_ = b.Flush()
			_ = conn.Close()
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"silence":   func(http.ResponseWriter, *http.Request) { <-never },
		"reset":     cut(""),
		"cut head":  cut("HTTP/1.1 201 Cre"),
		"cut body":  cut("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"sid\":\"" + sid + "\""),
		"no HTTP":   cut("hello\r\n\r\n"),
		"cut fault": cut("HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{"),
	} {
		at := serve(t, answer)
		p := with(at.URL, func(c *twilio.Config) { c.Timeout = 500 * time.Millisecond })
		_, err := send(t, p)
		wants(t, err, transports.Unreachable, true)
		if n := len(at.all()); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
		_, err = p.Get(t.Context(), byToken, sid)
		wants(t, err, transports.Unreachable, false)
	}
	// A refusal is one, whole or not.
	at := serve(t, cut("HTTP/1.1 429 Busy\r\nRetry-After: 3\r\nContent-Length: 100\r\n\r\n{"))
	_, err := send(t, with(at.URL))
	if e := wants(t, err, transports.Busy, false); e.After != 3*time.Second {
		t.Errorf("after %v", e.After)
	}
}

// Trap 4: a call ends with its context.
func TestEndsWithContext(t *testing.T) {
	t.Parallel()
	begun, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	at := serve(t, func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-never
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := with(at.URL).Send(ctx, byToken, provider.Outgoing{Line: line, To: peer, Text: "hello"})
	if wants(t, err, transports.Unreachable, true); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// Trap 4, SMS-X4: no redirect is followed, with credentials or without.
func TestNoRedirects(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		at := serve(t, says(status, "", "Location", other.URL+"/x"))
		p := with(at.URL)
		_, err := send(t, p)
		wants(t, err, transports.Unreachable, true)
		_, err = p.Get(t.Context(), byToken, sid)
		wants(t, err, transports.Unreachable, false)
		_, err = p.Verify(t.Context(), byToken)
		wants(t, err, transports.Unreachable, false)
		if n := len(at.all()); n != 3 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// Trap 5: dots and digits of a filter arrive.
func TestFiltersArrive(t *testing.T) {
	t.Parallel()
	at := serve(t, says(200, `{"messages":[]}`))
	if _, _, err := with(at.URL).Sent(t.Context(), byToken, line, "v1.25x.7 &=+", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if q := at.all()[0].Query; q.Get("To") != "v1.25x.7 &=+" || q.Get("From") != line || q.Has("DateSent") || q.Has("DateSent>") {
		t.Errorf("asked for %v", q)
	}
}

// Trap 6: nothing of the environment matters.
func TestEnvironment(t *testing.T) {
	for name, v := range map[string]string{
		"TWILIO_ACCOUNT_SID": "ACenvironment", "TWILIO_AUTH_TOKEN": "environment", "TWILIO_API_KEY": "SKenvironment",
		"TWILIO_API_SECRET": "environment", "TWILIO_REGION": "au1", "TWILIO_EDGE": "sydney", "HTTP_PROXY": "http://127.0.0.1:1",
	} {
		t.Setenv(name, v)
	}
	at := serve(t, says(201, `{"sid":"`+sid+`"}`))
	p := with(at.URL)
	if _, err := send(t, p); err != nil {
		t.Fatal(err)
	}
	if got := at.all()[0]; got.User != account || got.Password != token || got.Path != "/2010-04-01/Accounts/"+account+"/Messages.json" {
		t.Errorf("asked %+v", got)
	}
	for _, c := range []provider.Credentials{{}, {Account: account}, {Account: account, Key: key}, {Token: token}} {
		_, err := p.Send(t.Context(), c, provider.Outgoing{Line: line, To: peer, Text: "hello"})
		wants(t, err, transports.Credentials, false)
		_, err = p.Verify(t.Context(), c)
		wants(t, err, transports.Credentials, false)
	}
	if n := len(at.all()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// Trap 6: credentials that cannot be right go nowhere. Only Twilio's are known
// to have letters and digits only.
func TestOddCredentials(t *testing.T) {
	t.Parallel()
	at := serve(t, says(201, `{"sid":"`+sid+`"}`))
	own, other := with("https://api.twilio.com", func(c *twilio.Config) {
		c.Guard = deaf()
	}), with(at.URL+"/api/laml/")
	for name, c := range map[string]struct {
		creds        provider.Credentials
		fineForOther bool
	}{
		"dashes":   {provider.Credentials{Account: "0c5a-b", Token: "PT-1._~"}, true},
		"key":      {provider.Credentials{Account: account, Key: "a-b", Secret: "c/d+e="}, true},
		"path":     {provider.Credentials{Account: "../x", Token: token}, false},
		"query":    {provider.Credentials{Account: "a?b", Token: token}, false},
		"dot":      {provider.Credentials{Account: "..", Token: token}, false},
		"brace":    {provider.Credentials{Account: "{Sid}", Token: token}, false},
		"colon":    {provider.Credentials{Account: account, Key: "a:b", Secret: secret}, false},
		"newline":  {provider.Credentials{Account: account, Token: "a\nb"}, false},
		"space":    {provider.Credentials{Account: account, Token: "a b"}, false},
		"not text": {provider.Credentials{Account: account, Token: "\xff"}, false},
		"empty":    {provider.Credentials{Account: account}, false},
	} {
		_, err := own.Send(t.Context(), c.creds, provider.Outgoing{Line: line, To: peer, Text: "x"})
		wants(t, err, transports.Credentials, false)
		_, err = other.Send(t.Context(), c.creds, provider.Outgoing{Line: line, To: peer, Text: "x"})
		if c.fineForOther {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got := at.all()
			if last := got[len(got)-1]; last.Path != "/api/laml/2010-04-01/Accounts/"+c.creds.Account+"/Messages.json" ||
				last.Password != c.creds.Token+c.creds.Secret {
				t.Errorf("%s: asked %+v", name, last)
			}
			continue
		}
		wants(t, err, transports.Credentials, false)
	}
	if n := len(at.all()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// Trap 7: a request is made once, also where the refusal cannot be read.
func TestOnce(t *testing.T) {
	t.Parallel()
	at := serve(t, says(500, "<html>"))
	p := with(at.URL)
	_, err := send(t, p)
	wants(t, err, transports.Unreachable, true)
	got := at.all()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", "I-Twilio-Idempotency-Token", "X-Twilio-Apiversion", "Accept-Encoding", "Cookie"} {
		if v := got[0].Header.Get(name); v != "" {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// A connection that was used before, and breaks under the next message, does
// not make net/http send that again.
func TestNotSentAgainOnKeptConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var conns, posts atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer func() { _ = conn.Close() }()
				b := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(b)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if posts.Add(1)%2 == 0 {
						return // read, and no answer
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 44\r\n\r\n"+`{"sid":"`+sid+`"}`)
				}
			}()
		}
	}()
	p := with("http://" + l.Addr().String())
	if _, err := send(t, p); err != nil {
		t.Fatal(err)
	}
	_, err = send(t, p)
	wants(t, err, transports.Unreachable, true)
	if posts.Load() != 2 || conns.Load() != 1 {
		t.Errorf("%d messages on %d connections", posts.Load(), conns.Load())
	}
}

// TLS is spoken where the authority is known.
func TestTLS(t *testing.T) {
	t.Parallel()
	at := httptest.NewTLSServer(says(201, `{"sid":"`+sid+`"}`))
	t.Cleanup(at.Close)
	roots := x509.NewCertPool()
	roots.AddCert(at.Certificate())
	if _, err := send(t, with(at.URL, func(c *twilio.Config) { c.Roots = roots })); err != nil {
		t.Error(err)
	}
}

func TestOddBase(t *testing.T) {
	t.Parallel()
	plain := with("http://api.twilio.com", func(c *twilio.Config) { c.AllowPrivate = false })
	_, err := send(t, plain)
	wants(t, err, transports.Internal, false)
	for _, base := range []string{"::", "ftp://host", "api.twilio.com", "https://", "https://u:p@host", "https://host/?x", "https://host/#x"} {
		_, err := send(t, with(base))
		wants(t, err, transports.Internal, false)
		_, err = with(base).Fetch(t.Context(), byToken, "https://api.twilio.com/x")
		wants(t, err, transports.Internal, false)
	}
}

// SMS-I12: what time it is at Twilio is what its answers say, but not who
// refuses; without one it is our time.
func TestNow(t *testing.T) {
	t.Parallel()
	date, status := "", 200
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		if date != "" {
			w.Header().Set("Date", date)
		}
		says(status, asJSON(t, map[string]any{"messages": []any{}}))(w, r)
	})
	p := with(at.URL, func(c *twilio.Config) { c.Now = func() time.Time { return noon } })
	for _, c := range []struct {
		date   string
		status int
		want   time.Duration
	}{
		{"", 200, 0}, {noon.Add(-2 * time.Hour).Format(http.TimeFormat), 200, -2 * time.Hour}, {"", 200, -2 * time.Hour}, {"now", 200, -2 * time.Hour},
		{noon.Add(time.Hour).Format(http.TimeFormat), 500, -2 * time.Hour}, {noon.Add(time.Minute).Format(http.TimeFormat), 200, time.Minute},
	} {
		date, status = c.date, c.status
		_, _, _ = p.List(t.Context(), byToken, line, longAgo, 1)
		if got := p.Now().Sub(noon); got != c.want {
			t.Errorf("%q by %d: %v ahead, want %v", c.date, c.status, got, c.want)
		}
	}
}
