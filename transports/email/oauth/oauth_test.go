package oauth_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/oauth"
)

// step is one request that the server waits for, and its answer.
type step struct {
	path   string
	form   map[string]string // what is in the request
	status int               // 0: 200
	body   string
	header map[string]string
}

// serve is an authorization server that plays a script. Requests beyond it, or
// others, are errors; so is what it does not play.
func serve(t *testing.T, steps ...step) (oauth.Provider, *oauth.Client) {
	t.Helper()
	next := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next == len(steps) {
			t.Errorf("asked for %s beyond the script", r.URL)
			return
		}
		st := steps[next]
		next++
		if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.URL.Path != st.path || r.URL.RawQuery != "" || r.PostForm.Get("client_id") != "wherry" {
			t.Errorf("%s %s: %v, %v", r.Method, r.URL, r.PostForm, err)
		}
		for k, v := range st.form {
			if r.PostForm.Get(k) != v {
				t.Errorf("%s: %s is %q", r.URL, k, r.PostForm.Get(k))
			}
		}
		for k, v := range st.header {
			w.Header().Set(k, v)
		}
		if st.status != 0 {
			w.WriteHeader(st.status)
		}
		_, _ = io.WriteString(w, st.body)
	}))
	t.Cleanup(func() {
		s.Close()
		if next != len(steps) {
			t.Errorf("%d of %d steps were asked for", next, len(steps))
		}
	})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	p := oauth.Provider{ID: "test", Name: "Test", ClientID: "wherry", ClientSecret: "hunter2", DeviceURL: s.URL + "/device", TokenURL: s.URL + "/token", Scopes: []string{"mail", "offline"}}
	client := dial.NewClient(&dial.Guard{AllowPrivate: true}, dial.ClientOptions{Roots: roots})
	t.Cleanup(client.CloseIdleConnections)
	return p, &oauth.Client{HTTP: client}
}

const (
	begun   = `{"device_code":"hunter2-dev","user_code":"ABCD-EFGH","verification_uri":"https://example.org/device","verification_uri_complete":"https://example.org/device?c=ABCD","expires_in":900,"interval":5}`
	given   = `{"access_token":"hunter2-acc","refresh_token":"hunter2-ref","token_type":"Bearer","expires_in":3600}`
	pending = `{"error":"authorization_pending","error_description":"hunter2"}`
)

func device() oauth.Device {
	return oauth.Device{Code: "hunter2-dev", Interval: 5 * time.Second, Expires: time.Now().Add(time.Hour)}
}

// quiet fails where an error tells a secret.
func quiet(t *testing.T, err error) {
	t.Helper()
	e := transports.AsError(err)
	if s := fmt.Sprintf("%v %+v %#v %s", err, err, e, e.Text); strings.Contains(s, "hunter2") {
		t.Errorf("the error tells: %s", s)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	p, c := serve(t, step{path: "/device", form: map[string]string{"scope": "mail offline", "client_secret": "hunter2"}, body: begun},
		step{path: "/device", body: `{"device_code":"x","user_code":"y","verification_url":"https://example.org/d","verification_uri_complete":"javascript:x"}`})
	d, err := c.Start(t.Context(), p)
	if left := time.Until(d.Expires); err != nil || d.UserCode != "ABCD-EFGH" || d.URL != "https://example.org/device" || d.Link != "https://example.org/device?c=ABCD" || d.Interval != 5*time.Second ||
		string(d.Code) != "hunter2-dev" || left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = c.Start(t.Context(), p)
	if err != nil || d.URL != "https://example.org/d" || d.Link != "" || d.Interval != 5*time.Second {
		t.Errorf("%+v, %v", d, err)
	}
	p.DeviceURL = ""
	if _, err := c.Start(t.Context(), p); transports.AsError(err).Kind != transports.Unsupported {
		t.Errorf("%v", err)
	}
}

func TestStartRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		step step
		kind transports.ErrorKind
		is   error
	}{
		{"no code", step{body: `{"user_code":"x","verification_uri":"https://example.org/"}`}, transports.Unreachable, oauth.ErrOther},
		{"http", step{body: strings.Replace(begun, "https://example.org/device\"", "http://example.org/device\"", 1)}, transports.Unreachable, oauth.ErrOther},
		{"line", step{body: strings.Replace(begun, "ABCD-EFGH", "AB\\nhunter2", 1)}, transports.Unreachable, oauth.ErrOther},
		{"client", step{status: 401, body: `{"error":"invalid_client","error_description":"hunter2"}`}, transports.Forbidden, oauth.ErrClient},
		{"html", step{body: "<html>hunter2"}, transports.Unreachable, oauth.ErrOther},
		{"down", step{status: 502, body: `{"error":"invalid_grant"}`}, transports.Unreachable, oauth.ErrOther},
		{"busy", step{status: 429, header: map[string]string{"Retry-After": "7"}}, transports.Busy, oauth.ErrOther},
		{"redirect", step{status: 307, header: map[string]string{"Location": "https://evil.example/hunter2"}}, transports.Unreachable, oauth.ErrOther},
		{"odd error", step{status: 400, body: `{"error":"hunter2"}`}, transports.Unreachable, oauth.ErrOther},
		{"endless", step{body: `{"device_code":"` + strings.Repeat("x", 1<<20)}, transports.Unreachable, oauth.ErrOther},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.step.path = "/device"
			p, c := serve(t, tt.step)
			_, err := c.Start(t.Context(), p)
			e := transports.AsError(err)
			if e == nil || e.Kind != tt.kind || !errors.Is(err, tt.is) || e.Text.IsZero() || (e.After == 7*time.Second) != (tt.name == "busy") {
				t.Fatalf("%v", err)
			}
			quiet(t, err)
		})
	}
}

// MAIL-R8
func TestPoll(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		kind transports.ErrorKind
		is   error
	}{
		{pending, transports.Busy, oauth.ErrPending},
		{`{"error":"slow_down"}`, transports.Busy, oauth.ErrSlowDown},
		{`{"error":"expired_token"}`, transports.Credentials, oauth.ErrExpired},
		{`{"error":"access_denied"}`, transports.Credentials, oauth.ErrDenied},
		{`{"error":"authorization_declined"}`, transports.Credentials, oauth.ErrDenied},
		{`{"error":"invalid_grant"}`, transports.Credentials, oauth.ErrInvalidGrant},
		{`{"error":"unauthorized_client"}`, transports.Forbidden, oauth.ErrClient},
		{`{}`, transports.Unreachable, oauth.ErrOther},
	} {
		p, c := serve(t, step{path: "/token", status: 400, body: tt.body, form: map[string]string{"device_code": "hunter2-dev", "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}})
		_, err := c.Poll(t.Context(), p, device())
		if e := transports.AsError(err); e == nil || e.Kind != tt.kind || !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", tt.body, err)
		}
		quiet(t, err)
	}
	for _, body := range []string{`{"access_token":"a\nb"}`, `{"access_token":""}`, `{"access_token":"x","token_type":"mac"}`, `{"access_token":"x","refresh_token":"\u0000"}`, `{"access_token":7}`, `[]`} {
		p, c := serve(t, step{path: "/token", body: body})
		if tok, err := c.Poll(t.Context(), p, device()); err == nil {
			t.Errorf("%s: %q", body, string(tok.Access))
		}
	}
	p, c := serve(t)
	old := device()
	old.Expires = time.Now().Add(-time.Second)
	if _, err := c.Poll(t.Context(), p, old); !errors.Is(err, oauth.ErrExpired) {
		t.Errorf("%v", err)
	}
}

// The server is asked as often as it wishes, and less often when in trouble.
func TestWait(t *testing.T) {
	t.Parallel()
	p, c := serve(t, step{path: "/token", status: 400, body: pending}, step{path: "/token", status: 400, body: `{"error":"slow_down"}`},
		step{path: "/token", status: 500}, step{path: "/token", status: 400, body: pending}, step{path: "/token", body: given})
	var pauses []time.Duration
	c.SetWait(func(ctx context.Context, d time.Duration) error {
		pauses = append(pauses, d/time.Second)
		return ctx.Err()
	})
	tok, err := c.Wait(t.Context(), p, device())
	if err != nil || string(tok.Access) != "hunter2-acc" || string(tok.Refresh) != "hunter2-ref" {
		t.Errorf("%v", err)
	}
	if want := []time.Duration{5, 5, 10, 20, 20}; !slices.Equal(pauses, want) {
		t.Errorf("pauses %d", pauses)
	}
	p, c = serve(t, step{path: "/token", status: 400, body: `{"error":"access_denied"}`})
	c.SetWait(func(context.Context, time.Duration) error { return nil })
	if _, err := c.Wait(t.Context(), p, device()); !errors.Is(err, oauth.ErrDenied) {
		t.Errorf("%v", err)
	}
}

// Waiting ends with the code, and with the context.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	p, c := serve(t)
	d := device()
	d.Expires = time.Now().Add(20 * time.Millisecond)
	if _, err := c.Wait(t.Context(), p, d); !errors.Is(err, oauth.ErrExpired) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Wait(ctx, p, device()); !errors.Is(err, context.Canceled) || transports.AsError(err).Kind != transports.Unreachable {
		t.Errorf("%v", err)
	}
}

// MAIL-R8
func TestRefresh(t *testing.T) {
	t.Parallel()
	asked := map[string]string{"grant_type": "refresh_token", "refresh_token": "hunter2-old", "scope": "mail offline"}
	p, c := serve(t, step{path: "/token", form: asked, body: given}, step{path: "/token", body: `{"access_token":"n","expires_in":"60"}`},
		step{path: "/token", status: 400, body: `{"error":"invalid_grant","error_description":"AADSTS70000 hunter2"}`}, step{path: "/token", status: 503})
	old := oauth.Token{Access: "a", Refresh: "hunter2-old"}
	tok, err := c.Refresh(t.Context(), p, old)
	if err != nil || string(tok.Refresh) != "hunter2-ref" || time.Until(tok.Expires) > time.Hour || time.Until(tok.Expires) < 59*time.Minute || tok.Due(time.Now()) {
		t.Errorf("%v, %v", tok, err)
	}
	tok, err = c.Refresh(t.Context(), p, old)
	if err != nil || string(tok.Access) != "n" || string(tok.Refresh) != "hunter2-old" || !tok.Due(time.Now()) {
		t.Errorf("%v, %v", tok, err)
	}
	_, err = c.Refresh(t.Context(), p, old)
	if !errors.Is(err, oauth.ErrInvalidGrant) || transports.AsError(err).Kind != transports.Credentials {
		t.Errorf("%v", err)
	}
	quiet(t, err)
	if _, err = c.Refresh(t.Context(), p, old); transports.AsError(err).Kind != transports.Busy {
		t.Errorf("%v", err)
	}
	if _, err = c.Refresh(t.Context(), p, oauth.Token{}); !errors.Is(err, oauth.ErrInvalidGrant) {
		t.Errorf("%v", err)
	}
}

// Nothing inside is asked, nobody without a certificate, and nothing in the clear.
// MAIL-R5
func TestGuarded(t *testing.T) {
	t.Parallel()
	p, _ := serve(t)
	strict := &oauth.Client{HTTP: dial.NewClient(new(dial.Guard), dial.ClientOptions{})}
	if _, err := strict.Start(t.Context(), p); transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("%v", err)
	}
	foreign := &oauth.Client{HTTP: dial.NewClient(&dial.Guard{AllowPrivate: true}, dial.ClientOptions{})}
	_, err := foreign.Start(t.Context(), p)
	if transports.AsError(err).Kind != transports.Unfit {
		t.Errorf("%v", err)
	}
	quiet(t, err)
	p.DeviceURL = strings.Replace(p.DeviceURL, "https:", "http:", 1)
	if _, err := foreign.Start(t.Context(), p); transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("%v", err)
	}
}

// No way of printing shows a secret. MAIL-T7
func TestSecret(t *testing.T) {
	t.Parallel()
	tok := oauth.Token{Access: "hunter2", Refresh: "hunter2", Expires: time.Now()}
	d := oauth.Device{Code: "hunter2"}
	p := oauth.Provider{ClientSecret: "hunter2"}
	var b bytes.Buffer
	for _, v := range []any{tok, &tok, d, &d, p, tok.Access} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			_, _ = fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		_ = json.NewEncoder(&b).Encode(v)
	}
	if s := b.String(); strings.Contains(s, "hunter2") || strings.Contains(s, "68756e74657232") {
		t.Error(s)
	}
	again, err := oauth.Decode(tok.Encode())
	if err != nil || again.Access != tok.Access || again.Refresh != tok.Refresh || !again.Expires.Equal(tok.Expires) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "{}", `{"access":hunter2}`, `{"access":1}`} {
		if _, err := oauth.Decode([]byte(bad)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// MAIL-R8
func TestComplete(t *testing.T) {
	t.Parallel()
	p, err := oauth.Provider{ID: "microsoft", ClientID: "x"}.Complete()
	if err != nil || p.Name != "Microsoft" || p.DeviceURL == "" || len(p.Scopes) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = (oauth.Provider{ID: "google", ClientID: "x"}).Complete(); err != nil || p.DeviceURL != "" || p.TokenURL == "" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, bad := range []oauth.Provider{
		{}, {ID: "microsoft"}, {ID: "other", ClientID: "x"}, {ID: "other", ClientID: "x", TokenURL: "http://example.org/"}, {ID: "other", ClientID: "x", TokenURL: "https://u:p@example.org/"},
		{ID: "microsoft", ClientID: "x", DeviceURL: "ftp://x"}, {ID: "microsoft", ClientID: "x", Scopes: []string{"a b"}},
	} {
		if _, err := bad.Complete(); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(given)
	f.Add(begun)
	f.Add(pending)
	f.Fuzz(func(t *testing.T, body string) {
		c := &oauth.Client{HTTP: &http.Client{Transport: canned(body)}}
		p := oauth.Provider{Name: "Test", ClientID: "x", DeviceURL: "https://example.org/d", TokenURL: "https://example.org/t"}
		if d, err := c.Start(t.Context(), p); err == nil && (strings.ContainsAny(d.UserCode+d.URL+d.Link, "\r\n\x00") || !strings.HasPrefix(strings.ToLower(d.URL), "https://") || d.Interval < time.Second || d.Interval > time.Minute) {
			t.Errorf("%+v", d)
		}
		if tok, err := c.Poll(t.Context(), p, device()); err == nil && (tok.Access == "" || strings.ContainsAny(string(tok.Access+tok.Refresh), "\r\n\x00\x01")) {
			t.Errorf("%q", string(tok.Access))
		}
	})
}

type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}
