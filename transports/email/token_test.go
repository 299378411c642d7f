package email_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/oauth"
	"wherry/transports/email/smtptest"
)

// authority is a provider's server that gives out tokens.
type authority struct {
	*httptest.Server
	w world

	mu      sync.Mutex
	done    bool   // the user has entered the code
	refused string // code of the error of the next requests
	given   int
	refresh string // the refresh token that counts
	life    time.Duration
	asked   []string
}

func newAuthority(t *testing.T, w world) *authority {
	t.Helper()
	a := &authority{w: w, life: time.Hour}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) serve(rw http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	say := func(status int, what map[string]any) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_ = json.NewEncoder(rw).Encode(what)
	}
	what := r.PostFormValue("grant_type")
	if a.asked = append(a.asked, r.URL.Path+" "+what); a.refused != "" {
		say(http.StatusBadRequest, map[string]any{"error": a.refused})
		return
	}
	if r.URL.Path == "/device" {
		say(http.StatusOK, map[string]any{"device_code": "device", "user_code": "WXYZ", "verification_uri": "https://login.test/device", "expires_in": 900, "interval": 5})
		return
	}
	if what == "refresh_token" && r.PostFormValue("refresh_token") != a.refresh {
		say(http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	if what != "refresh_token" && !a.done {
		say(http.StatusBadRequest, map[string]any{"error": "authorization_pending"})
		return
	}
	a.given++
	access := fmt.Sprintf("access%d", a.given)
	a.refresh = fmt.Sprintf("refresh%d", a.given)
	a.w.imap.AddUser(user, imaptest.Account{Password: "no password is good", Token: access})
	a.w.smtp.AddUser(user, smtptest.Account{Password: "no password is good", Token: access})
	say(http.StatusOK, map[string]any{"access_token": access, "refresh_token": a.refresh, "token_type": "Bearer", "expires_in": int(a.life / time.Second)})
}

func (a *authority) set(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

// authorized is a world whose provider takes tokens only, and its transport.
func authorized(t *testing.T) (world, *authority, *email.Transport) {
	t.Helper()
	w := start(t)
	a := newAuthority(t, w)
	roots := w.imap.Roots().Clone()
	roots.AddCert(a.Certificate())
	tr := w.transport(t, email.Config{Roots: roots, OAuth: []email.OAuth{{
		Provider: oauth.Provider{ID: "test", Name: "Test", ClientID: "gateway", DeviceURL: a.URL + "/device", TokenURL: a.URL + "/token"},
		Hosts:    []string{mailtest.Host},
	}}})
	tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 2*time.Second)
	delete(w.settings, "password")
	return w, a, tr
}

// signedIn is what an account's settings are after its user logged in.
func signedIn(t *testing.T, w world, a *authority, tr *email.Transport) transports.Settings {
	t.Helper()
	got, err := tr.Try(t.Context(), transports.Account{Owner: "ann", Settings: w.settings})
	if err != nil || got.Link == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	a.set(func() { a.done = true })
	got, err = tr.Try(t.Context(), transports.Account{Owner: "ann", Settings: w.settings})
	if err != nil || got.Settings == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	return got.Settings
}

// A user without a password gets a link, and an account when they followed it.
// Nobody else can end what they began. MAIL-R8
func TestSignIn(t *testing.T) {
	t.Parallel()
	w, a, tr := authorized(t)
	try := func(owner string) transports.Answer {
		t.Helper()
		got, err := tr.Try(t.Context(), transports.Account{Owner: owner, Settings: w.settings})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := try("ann")
	if first.Link == nil || first.Link.URL != "https://login.test/device" || first.Link.Code != "WXYZ" || first.Link.Text.IsZero() {
		t.Fatalf("%+v", first)
	}
	if again := try("ann"); again.Link == nil {
		t.Errorf("before the code was entered: %+v", again)
	}
	a.set(func() { a.done = true })
	if other := try("eve"); other.Link == nil || other.Settings != nil {
		t.Errorf("another user is given the account: %+v", other)
	}
	got := try("ann").Settings
	if got == nil || got["address"] != user || w.imap.Stats().Refused != 0 {
		t.Fatalf("%+v", got)
	}
	for _, f := range tr.Form("", got).Fields {
		if strings.Contains(f.Value, "access") || strings.Contains(f.Value, "refresh") {
			t.Errorf("%s shows %q", f.Name, f.Value)
		}
	}
	w.settings = got // who registers again keeps the token
	if kept := try("ann"); kept.Settings["password"] != got["password"] {
		t.Errorf("%+v", kept)
	}
	a.set(func() { a.done, a.refresh = false, "revoked" })
	w.imap.AddUser(user, imaptest.Account{Token: "another"})
	if again := try("ann"); again.Link == nil {
		t.Errorf("a token that is good no longer: %+v", again)
	}
}

// MAIL-R8
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]transports.ErrorKind{
		"access_denied": transports.Credentials, "expired_token": transports.Credentials, "invalid_client": transports.Forbidden, "server_error": transports.Unreachable,
	} {
		w, a, tr := authorized(t)
		if _, err := tr.Try(t.Context(), transports.Account{Owner: "ann", Settings: w.settings}); err != nil {
			t.Fatal(err)
		}
		a.set(func() { a.refused = code })
		_, err := tr.Try(t.Context(), transports.Account{Owner: "ann", Settings: w.settings})
		if e := transports.AsError(err); e == nil || e.Kind != kind {
			t.Errorf("%s: %v", code, err)
		}
	}
	w := start(t)
	delete(w.settings, "password")
	if _, err := w.transport(t, email.Config{}).Verify(t.Context(), "", w.settings); transports.AsError(err).Kind != transports.Malformed {
		t.Errorf("without such a provider: %v", err)
	}
	w.settings["password"] = "\x00oauth\x00{}"
	if _, err := w.transport(t, email.Config{}).Verify(t.Context(), "", w.settings); err == nil {
		t.Error("a mark is taken for a password")
	}
}

// A token is renewed before its time is over, saved before it is used, and used by
// whoever logs in. MAIL-R8
func TestTokenRenewed(t *testing.T) {
	t.Parallel()
	w, a, tr := authorized(t)
	a.set(func() { a.life = time.Minute }) // it is due from the beginning
	settings := signedIn(t, w, a, tr)
	l := live(t, tr, settings, nil)
	l.online(1)
	if got := string(l.saved["oauth"]); !strings.Contains(got, "refresh2") {
		t.Errorf("saved %q", got)
	}
	sent, err := l.session.Send(t.Context(), transports.Message{ID: "1", Chat: transports.Address{Kind: transports.Contact, Name: "bob@other.test"}, Text: "hi", Time: time.Now()})
	if err != nil || len(sent.IDs) != 1 {
		t.Fatalf("%+v, %v", sent, err)
	}
	a.set(func() {
		if a.given < 3 {
			t.Errorf("%d tokens were given out: %v", a.given, a.asked)
		}
	})
	again := live(t, tr, settings, l) // the settings have a token that counts no more
	again.online(1)
	if w.imap.Stats().Refused != 0 {
		t.Errorf("%d log-ins were refused", w.imap.Stats().Refused)
	}
	w.imap.AddUser(user, imaptest.Account{Token: "none"}) // as if it was withdrawn
	w.imap.Drop(user)
	again.online(2)
}

// Who withdrew what they allowed is asked to log in again. MAIL-T3, MAIL-R8
func TestTokenWithdrawn(t *testing.T) {
	t.Parallel()
	w, a, tr := authorized(t)
	a.set(func() { a.life = time.Minute })
	l := live(t, tr, signedIn(t, w, a, tr), nil)
	l.online(1)
	a.set(func() { a.refresh = "withdrawn" })
	w.imap.Drop(user)
	l.await("the end", func() bool {
		n := len(l.fails)
		return n > 0 && transports.AsError(l.fails[n-1]).Kind == transports.Credentials
	})
	for _, err := range l.fails {
		if strings.Contains(err.Error(), "access") || strings.Contains(err.Error(), "refresh2") {
			t.Errorf("an error shows a token: %v", err)
		}
	}
}
