package dial_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
)

// open is a client that may reach the servers of tests.
func open() *http.Client {
	return dial.NewClient(&dial.Guard{AllowPrivate: true}, dial.ClientOptions{})
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func kind(err error) transports.ErrorKind { return transports.AsError(err).Kind }

// SMS-X4: the address that is dialled is checked, a redirect's too, and only
// https is asked.
func TestClientRefuses(t *testing.T) {
	secured := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer secured.Close()
	strict := dial.NewClient(new(dial.Guard), dial.ClientOptions{})
	for _, test := range []struct {
		client *http.Client
		url    string
		want   transports.ErrorKind
	}{
		{strict, secured.URL + "/?token=hunter2", transports.NotAllowed},
		{strict, strings.Replace(secured.URL, "127.0.0.1", "localhost", 1) + "/?token=hunter2", transports.NotAllowed},
		{strict, "http://example.org/?token=hunter2", transports.Malformed},
		{strict, "ftp://example.org/hunter2", transports.Malformed},
		{strict, "https:///hunter2", transports.Malformed},
		{strict, "https://a b/hunter2", transports.Malformed},
		{strict, "hunter2", transports.Malformed},
		{strict, "", transports.Malformed},
		{open(), "file:///etc/hunter2", transports.Malformed},
		{open(), secured.URL + "/hunter2", transports.NotAllowed}, // its certificate is nobody's
	} {
		_, err := dial.Probe(t.Context(), test.client, test.url)
		if kind(err) != test.want || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("probe %s: %v", test.url, err)
		}
		if _, err = dial.Open(t.Context(), test.client, test.url, 10); kind(err) != test.want || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("open %s: %v", test.url, err)
		}
	}
}

// SMS-X4: a name that leads inside is refused when it is dialled, whatever it
// led to before.
func TestClientRedirectInside(t *testing.T) {
	inside := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	guard := &dial.Guard{AllowPrivate: true}
	outside := serve(t, func(w http.ResponseWriter, r *http.Request) {
		guard.AllowPrivate = false // from now on as in earnest
		http.Redirect(w, r, inside.URL, http.StatusFound)
	})
	client := dial.NewClient(guard, dial.ClientOptions{})
	r, err := client.Get(outside.URL)
	if r != nil {
		r.Body.Close()
	}
	var private *dial.PrivateAddressError
	if !errors.As(err, &private) {
		t.Errorf("error %v", err)
	}
}

// SMS-X4: credentials go to the first host only, also behind a subdomain and on
// the way back.
func TestClientCredentials(t *testing.T) {
	type seen struct{ path, authorization, referer, cookie string }
	var got []seen
	var first, second *httptest.Server
	note := func(r *http.Request) {
		got = append(got, seen{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Referer"), r.Header.Get("Cookie")})
	}
	first = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/b":
			http.Redirect(w, r, "http://user:pw@sub.localhost:"+port(second)+"/c", http.StatusTemporaryRedirect)
		}
	})
	second = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
		http.Redirect(w, r, "http://localhost:"+port(first)+"/d", http.StatusFound)
	})
	client := dial.NewClient(&dial.Guard{AllowPrivate: true, Resolver: loopbackResolver(t)}, dial.ClientOptions{})
	r, err := http.NewRequest(http.MethodGet, "http://localhost:"+port(first)+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Basic x")
	r.Header.Set("Cookie", "c=d")
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	want := []seen{{"/a", "Basic x", "", "c=d"}, {"/b", "Basic x", "", "c=d"}, {"/c", "", "", ""}, {"/d", "", "", ""}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func port(s *httptest.Server) string {
	u, _ := url.Parse(s.URL)
	return u.Port()
}

// loopbackResolver resolves every name to 127.0.0.1.
func loopbackResolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(loopbackAnswer(buf[:n]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// loopbackAnswer answers a query of one question (RFC 1035 §4.1): 127.0.0.1 for
// an A, and nothing for all else.
func loopbackAnswer(q []byte) []byte {
	end := 12 + bytes.IndexByte(q[12:], 0) + 5
	out := append([]byte{}, q[:end]...)
	out[2], out[3] = 0x81, 0x80
	copy(out[6:12], []byte{0, 0, 0, 0, 0, 0})
	if q[end-3] == 1 {
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return out
}

// SMS-X4: three redirects, and none for what carries a body.
func TestClientRedirects(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.URL.Path); n > 1 {
			http.Redirect(w, r, r.URL.Path[:n-1], http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write([]byte("x"))
	})
	info, err := dial.Probe(t.Context(), open(), s.URL+"/123")
	if want := (dial.Info{Type: "image/png", Size: 1, URL: s.URL + "/"}); err != nil || info != want {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err := dial.Probe(t.Context(), open(), s.URL+"/1234"); kind(err) != transports.NotFound || !errors.Is(err, dial.ErrRedirects) {
		t.Errorf("four: %v", err)
	}
	r, err := open().Post(s.URL+"/1", "text/plain", strings.NewReader("secret"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("a POST was redirected: %d", r.StatusCode)
	}
}

func TestClientPermit(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	client := dial.NewClient(&dial.Guard{AllowPrivate: true}, dial.ClientOptions{
		Permit: func(u *url.URL) bool { return "http://"+u.Host == s.URL },
	})
	if _, err := dial.Open(t.Context(), client, s.URL, 10); kind(err) != transports.NotAllowed || !errors.Is(err, dial.ErrPermit) {
		t.Errorf("%v", err)
	}
}

// A Location that is none is not told: it may hold a secret.
func TestClientBadLocation(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://[hunter2")
		w.WriteHeader(http.StatusFound)
	})
	if _, err := dial.Open(t.Context(), open(), s.URL, 10); kind(err) != transports.NotFound || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// The certificate is verified, by other authorities where some are named.
func TestClientRoots(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "\x89PNG\x0d\x0a\x1a\x0a") }))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	client := dial.NewClient(&dial.Guard{AllowPrivate: true}, dial.ClientOptions{Roots: roots})
	if info, err := dial.Probe(t.Context(), client, s.URL); err != nil || info.Type != "image/png" || info.Size != 8 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestProbe(t *testing.T) {
	png := "\x89PNG\x0d\x0a\x1a\x0a" + strings.Repeat("x", 5000)
	for name, test := range map[string]struct {
		h    http.HandlerFunc
		want dial.Info
		kind transports.ErrorKind
	}{
		"head": {
			h: func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodHead {
					t.Error("more than a HEAD")
				}
				w.Header().Set("Content-Type", "image/jpeg; x=y")
				w.Header().Set("Content-Length", "77")
			},
			want: dial.Info{Type: "image/jpeg", Size: 77},
		},
		"no head": {
			h: func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					w.WriteHeader(http.StatusMethodNotAllowed)
					return
				}
				w.Header().Set("Content-Type", "video/mp4")
				w.Header().Set("Content-Length", "3")
				_, _ = io.WriteString(w, "abc")
			},
			want: dial.Info{Type: "video/mp4", Size: 3},
		},
		"head cut off": {
			h: func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					panic(http.ErrAbortHandler)
				}
				w.Header()["Content-Type"] = nil
				w.Header().Set("Content-Length", "5008")
				_, _ = io.WriteString(w, png)
			},
			want: dial.Info{Type: "image/png", Size: 5008},
		},
		"head without size": {
			h: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "image/png")
				if r.Method != http.MethodHead {
					w.Header().Set("Content-Length", "3")
					_, _ = io.WriteString(w, "abc")
				}
			},
			want: dial.Info{Type: "image/png", Size: 3},
		},
		"only head": {
			h: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "image/png")
				if r.Method != http.MethodHead {
					w.WriteHeader(http.StatusForbidden)
				}
			},
			want: dial.Info{Type: "image/png", Size: -1},
		},
		"no size": {
			h: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "image/png")
				_, _ = io.WriteString(w, "a")
				w.(http.Flusher).Flush()
			},
			want: dial.Info{Type: "image/png", Size: -1},
		},
		"packed": {
			h: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("asks for %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Type", "text/plain")
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("Content-Length", "7")
			},
			want: dial.Info{Type: "text/plain", Size: -1},
		},
		"nonsense type": {
			h: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "/;;;=")
				w.Header().Set("Content-Length", "5")
				_, _ = io.WriteString(w, "hello")
			},
			want: dial.Info{Type: "text/plain", Size: 5},
		},
		"gone":    {h: status(http.StatusGone), kind: transports.NotFound},
		"missing": {h: status(http.StatusNotFound), kind: transports.NotFound},
		"refused": {h: status(http.StatusForbidden), kind: transports.Forbidden},
		"busy":    {h: status(http.StatusTooManyRequests), kind: transports.Busy},
		"down":    {h: status(http.StatusBadGateway), kind: transports.Unreachable},
		"teapot":  {h: status(http.StatusTeapot), kind: transports.Forbidden},
		"nothing": {h: status(http.StatusNoContent), kind: transports.NotFound},
	} {
		s := serve(t, test.h)
		info, err := dial.Probe(t.Context(), open(), s.URL+"/x")
		if test.want.Type != "" {
			test.want.URL = s.URL + "/x"
		}
		if info != test.want || (err != nil) != (test.want.Type == "") || err != nil && kind(err) != test.kind {
			t.Errorf("%s: %+v, %v; want %+v, %v", name, info, err, test.want, test.kind)
		}
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// SMS-X4: the cap counts what is read, not what was announced.
func TestOpenCap(t *testing.T) {
	for name, test := range map[string]struct {
		size      int
		announced bool
		opens     bool
		whole     bool
	}{
		"fits":              {10, true, true, true},
		"too large, told":   {11, true, false, false},
		"fits, untold":      {10, false, true, true},
		"too large, untold": {11, false, true, false},
		"far too large":     {1 << 20, false, true, false},
		"nothing, not told": {0, false, true, true},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if !test.announced {
				w.(http.Flusher).Flush()
			}
			_, _ = w.Write(bytes.Repeat([]byte("x"), test.size))
		})
		c, err := dial.Open(t.Context(), open(), s.URL, 10)
		if (err == nil) != test.opens {
			t.Errorf("%s: open: %v", name, err)
		}
		if err != nil {
			if kind(err) != transports.TooLong {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		got, err := io.ReadAll(c.Body)
		if len(got) > 10 || (err == nil) != test.whole || err != nil && kind(err) != transports.TooLong {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if err := c.Body.Close(); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
	}
}

func TestOpen(t *testing.T) {
	for _, test := range []struct{ path, disposition, want string }{
		{"/a/cat.jpg", "", "cat.jpg"},
		{"/a/cat%20and%2Fdog.jpg", "", "dog.jpg"},
		{"/", "", ""},
		{"/" + strings.Repeat("n", 300), "", ""},
		{"/x", `attachment; filename="dog.png"`, "dog.png"},
		{"/x", `attachment; filename="../../dog.png"`, "dog.png"},
		{"/x", `attachment; filename="C:\\dir\\dog.png"`, "dog.png"},
		{"/x", `attachment; filename*=UTF-8''na%C3%AFve.png`, "naïve.png"},
		{"/x", `attachment; filename*=UTF-8''%ff%fe.png`, ".png"},
		{"/x.gif", `;;;`, "x.gif"},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Disposition", test.disposition)
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, "abc")
		})
		c, err := dial.Open(t.Context(), open(), s.URL+test.path, 10)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != test.want || c.Type != "image/png" || c.Size != 3 {
			t.Errorf("%s %s: %q %q %d", test.path, test.disposition, c.Name, c.Type, c.Size)
		}
		_ = c.Body.Close()
	}
}

// A packed file is not taken for what it holds.
func TestOpenPacked(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "gzip") })
	if _, err := dial.Open(t.Context(), open(), s.URL, 10); kind(err) != transports.Unsupported {
		t.Errorf("%v", err)
	}
}

func TestOpenEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	c, err := dial.Open(ctx, open(), s.URL, 10)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(c.Body); kind(err) != transports.Unreachable {
		t.Errorf("%v", err)
	}
	_ = c.Body.Close()
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0": 0, "-1": 0, "x": 0, "1e9": 0, "99999999": time.Hour, "99999999999999999999": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2026 03:03:05 GMT": 0, "Sat, 02 Jan 2027 03:03:05 GMT": time.Hour,
	} {
		if got := dial.RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 999: "999 bytes", 1000: "1 kB", 1500: "1.5 kB", 999_949: "999.9 kB", 999_950: "1 MB", 5_000_000: "5 MB",
		40 << 20: "41.9 MB", 1<<63 - 1: "9.2 EB",
	} {
		if got := dial.Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestFailureNil(t *testing.T) {
	if e := dial.Failure(nil); e != nil {
		t.Errorf("%v", e)
	}
}
