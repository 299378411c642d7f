package twilio_test

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"wherry/transports/sms/provider"
)

// unsigned makes a call that nobody signed.
func unsigned(t testing.TB, at *stub, c provider.Credentials, f url.Values) ([]provider.Item, int, time.Duration) {
	t.Helper()
	items, reply := with(at.URL).Call(t.Context(), c, ownLines, hook, request(f, "forged"))
	if len(items) == 0 && len(reply.Body) != 0 {
		t.Errorf("reply %+v", reply)
	}
	return items, reply.Status, reply.After
}

// SMS-X1: without a token, a call only says which message to look at.
func TestFetchBack(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := serve(t, says(200, asJSON(t, message(sid, sent, map[string]any{
		"from": peer, "to": line, "direction": "inbound", "status": "received", "body": "what Twilio has", "num_media": "2",
	}))))
	items, status, _ := unsigned(t, at, byKey, texted("Body", "forged", "From", "+15554445555", "ProfileName", "forged",
		"NumMedia", "1", "MediaUrl0", "https://forged.example.org/", "OptOutType", "STOP"))
	want := provider.Item{ID: sid, Line: line, Peer: peer, Inbound: true, Text: "what Twilio has", NumMedia: 2, Time: sent}
	if status != http.StatusOK || len(items) != 1 || !reflect.DeepEqual(items[0], want) {
		t.Errorf("%d: %+v", status, items)
	}
	got := at.all()
	if len(got) != 1 || got[0].Method != http.MethodGet || got[0].User != key || got[0].Password != secret ||
		got[0].Path != "/2010-04-01/Accounts/"+account+"/Messages/"+sid+".json" {
		t.Errorf("asked %+v", got)
	}
}

func TestFetchBackOfStatus(t *testing.T) {
	t.Parallel()
	at := serve(t, says(200, asJSON(t, message(sid, time.Now(), map[string]any{"status": "undelivered", "error_code": 30003}))))
	items, status, _ := unsigned(t, at, byKey, fields("MessageStatus", "delivered", "From", line, "To", peer))
	if status != http.StatusNoContent || len(items) != 1 || items[0].State != provider.Failed || items[0].Err.Code != "30003" || !items[0].Only || items[0].Text != "" {
		t.Errorf("%d: %+v", status, items)
	}
}

// SMS-X1: where the message cannot be looked at, the call is not believed.
func TestFetchBackFailsClosed(t *testing.T) {
	t.Parallel()
	inbound := map[string]any{"from": peer, "to": line, "direction": "inbound", "status": "received"}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		status int
		after  time.Duration
	}{
		"no such":        {says(404, `{"code":20404}`), http.StatusForbidden, 0},
		"refused":        {says(401, `{"code":20003}`), http.StatusServiceUnavailable, 0},
		"fault":          {says(500, ``), http.StatusServiceUnavailable, 0},
		"busy":           {says(429, `{}`, "Retry-After", "9"), http.StatusServiceUnavailable, 9 * time.Second},
		"null":           {says(200, `null`), http.StatusServiceUnavailable, 0},
		"HTML":           {says(200, `<html>`), http.StatusServiceUnavailable, 0},
		"another":        {says(200, asJSON(t, message(sidOf(1), time.Now(), inbound))), http.StatusServiceUnavailable, 0},
		"we sent it":     {says(200, asJSON(t, message(sid, time.Now(), nil))), http.StatusForbidden, 0},
		"another's line": {says(200, asJSON(t, message(sid, time.Now(), map[string]any{"from": peer, "to": "+15557778888", "direction": "inbound"}))), http.StatusNotFound, 0},
	} {
		items, status, after := unsigned(t, serve(t, c.answer), byKey, texted())
		if len(items) != 0 || status != c.status || after != c.after {
			t.Errorf("%s: %d after %v, %+v", name, status, after, items)
		}
	}
	// What cannot be right is not asked for.
	at := serve(t, says(500, ""))
	for _, f := range []url.Values{texted("AccountSid", "x"), texted("To", peer), texted("MessageSid", "../../x")} {
		if items, _, _ := unsigned(t, at, byKey, f); len(items) != 0 {
			t.Errorf("%v: %+v", f, items)
		}
	}
	// With a token, an unsigned call is not looked into.
	both := byKey
	both.Token = token
	if items, status, _ := unsigned(t, at, both, texted()); len(items) != 0 || status != http.StatusForbidden {
		t.Errorf("%d: %+v", status, items)
	}
	if n := len(at.all()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
