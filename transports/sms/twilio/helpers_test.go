package twilio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

var _ provider.Provider = (*twilio.Provider)(nil)

const (
	account = "AC00000000000000000000000000000001"
	token   = "0123456789abcdef0123456789token0"
	key     = "SK00000000000000000000000000000002"
	secret  = "fedcba9876543210fedcba98secret00"
	sid     = "SM0123456789abcdef0123456789abcdef"
	line    = "+15550001111"
	peer    = "+15552223333"
)

var (
	byToken = provider.Credentials{Account: account, Token: token}
	byKey   = provider.Credentials{Account: account, Key: key, Secret: secret}
)

// asked is a request that came to a stub.
type asked struct {
	Method, Path, User, Password string
	Query, Form                  url.Values
	Header                       http.Header
}

// stub is a server that answers as a test wants it, and keeps what was asked.
type stub struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
	conns int
}

func (s *stub) all() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *stub) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

func serve(t testing.TB, answer http.HandlerFunc) *stub {
	t.Helper()
	s := new(stub)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Errorf("read a form: %v", err)
		}
		user, password, _ := r.BasicAuth()
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.Method, r.URL.Path, user, password, r.URL.Query(), form, r.Header.Clone()})
		s.mu.Unlock()
		answer(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// with returns the provider at a base URL.
func with(base string, change ...func(*twilio.Config)) *twilio.Provider {
	cfg := twilio.Config{URL: base, AllowPrivate: true, Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	return twilio.New(cfg)
}

// says answers all requests alike.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func send(t testing.TB, p *twilio.Provider) ([]string, error) {
	t.Helper()
	return p.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer, Text: "hello"})
}

// wants checks an error.
func wants(t testing.TB, err error, kind transports.ErrorKind, unsure bool) *transports.Error {
	t.Helper()
	var e *transports.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an *Error", err)
	}
	if e.Kind != kind || e.Unsure != unsure {
		t.Errorf("error %+v (%v), want %v, unsure %v", e, err, kind, unsure)
	}
	if e.Kind != transports.Internal && e.Text.IsZero() {
		t.Errorf("nothing to say to the user: %+v", e)
	}
	return e
}

// logged is a log that a test may read.
type logged struct {
	mu sync.Mutex
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

// message is a message as the API shows it, newest dates first.
func message(id string, made time.Time, more map[string]any) map[string]any {
	m := map[string]any{
		"sid": id, "account_sid": account, "from": line, "to": peer, "body": "hello", "direction": "outbound-api",
		"status": "sent", "num_media": "0", "num_segments": "1", "error_code": nil, "date_sent": nil,
		"date_created": made.UTC().Format(time.RFC1123Z),
	}
	for name, v := range more {
		m[name] = v
	}
	return m
}

func sidOf(n int) string {
	return "SM" + strings.Repeat("0", 29) + string([]byte{byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}
