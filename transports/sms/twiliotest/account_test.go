package twiliotest_test

import (
	"net/http"
	"strings"
	"testing"

	"wherry/transports/sms/twiliotest"
)

// TestCredentials is for what SMS-R2 relies on: which credentials show what.
func TestCredentials(t *testing.T) {
	w := open(t, twiliotest.Config{})
	sub := w.AddAccount(twiliotest.Account{Owner: w.account.SID})
	suspended := w.AddAccount(twiliotest.Account{Status: "suspended", Type: "Trial"})
	standard := w.AddKey(twiliotest.Key{Account: w.account.SID})
	main := w.AddKey(twiliotest.Key{Account: w.account.SID, Kind: twiliotest.Main})
	narrow := w.AddKey(twiliotest.Key{Account: w.account.SID, Kind: twiliotest.Restricted, Allow: []twiliotest.Op{twiliotest.OpList}})
	const account, numbers, messages = ".json", "/IncomingPhoneNumbers.json", "/Messages.json"
	for _, test := range []struct {
		name, user, password, owner, path string
		status, code                      int
	}{
		{"token", w.account.SID, w.account.Token, w.account.SID, account, 200, 0},
		{"second token", w.account.SID, "second", w.account.SID, messages, 200, 0},
		{"wrong token", w.account.SID, "wrong", w.account.SID, account, 401, 20003},
		{"empty token", w.account.SID, "", w.account.SID, account, 401, 20003},
		{"unknown account", "AC" + strings.Repeat("0", 32), w.account.Token, w.account.SID, account, 401, 20003},
		{"standard key, account", standard.SID, standard.Secret, w.account.SID, account, 401, 20003},
		{"standard key, numbers", standard.SID, standard.Secret, w.account.SID, numbers, 200, 0},
		{"standard key, wrong secret", standard.SID, main.Secret, w.account.SID, numbers, 401, 20003},
		{"main key, account", main.SID, main.Secret, w.account.SID, account, 200, 0},
		{"main key, subaccount", main.SID, main.Secret, sub.SID, messages, 401, 20003},
		{"restricted key, allowed", narrow.SID, narrow.Secret, w.account.SID, messages, 200, 0},
		{"restricted key, other", narrow.SID, narrow.Secret, w.account.SID, numbers, 403, 70051},
		{"parent", w.account.SID, w.account.Token, sub.SID, messages, 200, 0},
		{"child to parent", sub.SID, sub.Token, w.account.SID, messages, 404, 20404},
		{"suspended, account", suspended.SID, suspended.Token, suspended.SID, account, 200, 0},
		{"suspended, messages", suspended.SID, suspended.Token, suspended.SID, messages, 401, 20003},
	} {
		resp, body := w.as(test.user, test.password, http.MethodGet, "/2010-04-01/Accounts/"+test.owner+test.path, nil)
		if resp.StatusCode != test.status || body.code() != test.code {
			t.Errorf("%s: %d %v, want %d and code %d", test.name, resp.StatusCode, body, test.status, test.code)
		}
	}
	_, shown := w.as(suspended.SID, suspended.Token, http.MethodGet, "/2010-04-01/Accounts/"+suspended.SID+".json", nil)
	if shown.text("status") != "suspended" || shown.text("type") != "Trial" || shown.text("auth_token") != suspended.Token {
		t.Errorf("the suspended account shows as %v", shown)
	}
	for _, r := range w.Requests() {
		if r.Authorized == (r.Status == 401 || r.Status == 403 || r.Status == 404) {
			t.Errorf("remembered as %+v", r)
		}
	}
}

func TestPromote(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	w.Receive(phone, line, "one")
	w.settle()
	w.Promote(w.account.SID)
	w.Receive(phone, line, "two")
	w.settle()
	forms, heads := h.came()
	for i, token := range []string{w.account.Token, "second"} {
		if got, want := heads[i].Get("X-Twilio-Signature"), twiliotest.Sign(h.URL, forms[i], token); got != want {
			t.Errorf("call %d is signed %q, want %q", i, got, want)
		}
	}
	if resp, _ := w.do(http.MethodGet, "/Messages.json", nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old token gets %d", resp.StatusCode)
	}
}

func TestUnknownPaths(t *testing.T) {
	w := open(t, twiliotest.Config{Prefix: "/api/laml"})
	if resp, body := w.do(http.MethodGet, "/Messages.json", nil); resp.StatusCode != http.StatusOK || !strings.HasPrefix(body.text("uri"), "/api/laml/2010-04-01/") {
		t.Errorf("with a prefix: %d %v", resp.StatusCode, body)
	}
	for _, path := range []string{"/Messages", "/Calls.json", "/Messages/SM1.json", "/Messages/SM1/Media/ME1/x.json", "/Messages/SM1/Media/ME1", "//.json", "/IncomingPhoneNumbers/PN1.json"} {
		if resp, body := w.do(http.MethodGet, path, nil); resp.StatusCode != http.StatusNotFound || body.code() != 20404 {
			t.Errorf("%s: %d %v", path, resp.StatusCode, body)
		}
	}
}
