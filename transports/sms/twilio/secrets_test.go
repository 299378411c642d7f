package twilio_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

// SMS-R4: no secret is in an error, in a text, in the log at its most talkative,
// or in what is printed of a value; nor is what people write in the log.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const old, text = "oldtoken0123456789", "a private sentence"
	both := provider.Credentials{Account: account, Token: token, Key: key, Secret: secret, OldToken: old}
	var log logged
	var shown strings.Builder
	show := func(values ...any) {
		for _, v := range values {
			_, _ = fmt.Fprintf(&shown, "%v %+v %#v %s\n", v, v, v, v)
			if err, ok := v.(error); ok {
				_, _ = fmt.Fprintln(&shown, err.Error(), transports.AsError(err).Text, transports.AsError(err).Code)
			}
		}
	}
	echo := func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		says(403, asJSON(t, map[string]any{"code": 99999, "message": "you are " + user + " and " + password + " " + r.Header.Get("Authorization")}))(w, r)
	}
	lost := serve(t, says(200, ""))
	lost.Close()
	at := []string{
		serve(t, echo).URL, serve(t, says(500, "<html>")).URL, serve(t, says(200, "null")).URL, lost.URL,
		serve(t, says(200, `{"sid":"`+sid+`","auth_token":"`+token+`","status":"suspended","messages":[],"incoming_phone_numbers":[],"media_list":[]}`)).URL,
		serve(t, says(302, "", "Location", "https://elsewhere.example.org/"+token)).URL, "https://u:" + token + "@host", "::" + token,
	}
	handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
	for _, base := range at {
		p := with(base, func(c *twilio.Config) { c.Log = slog.New(handler) })
		show(p.About())
		for _, c := range []provider.Credentials{both, byToken, byKey} {
			a, err := p.Verify(t.Context(), c)
			show(a, err)
			ids, err := p.Send(t.Context(), c, provider.Outgoing{Line: line, To: peer, Text: text})
			show(ids, err)
			items, _, err := p.Sent(t.Context(), c, line, peer, longAgo)
			show(items, err)
			items, _, err = p.List(t.Context(), c, line, longAgo, 10)
			show(items, err)
			item, err := p.Get(t.Context(), c, sid)
			show(item, err)
			media, err := p.Media(t.Context(), c, sid)
			show(media, err)
			_, err = p.Fetch(t.Context(), c, base+mediaPath)
			show(err)
			h, err := p.Hooked(t.Context(), c, line)
			show(h, err, p.SetHook(t.Context(), c, line, h))
			f := texted("Body", text)
			for _, signature := range []string{"forged", sign(token, hook, f)} {
				_, reply := p.Call(t.Context(), c, ownLines, hook, request(f, signature))
				show(reply)
			}
			bad := c
			bad.Token, bad.Secret = c.Token+"é\n", c.Secret+"é\n"
			_, err = p.Verify(t.Context(), bad)
			show(err)
			_, _ = fmt.Fprintf(&shown, "%v %+v %#v %s\n", c, c, c, twilio.Printed(c))
			slog.New(handler).Info("credentials", "c", c)
		}
	}
	if !strings.Contains(log.String(), "status=500") {
		t.Error("nothing was logged")
	}
	for name, out := range map[string]string{"log": log.String(), "shown": shown.String()} {
		for _, s := range []string{token, secret, old, base64.StdEncoding.EncodeToString([]byte(account + ":" + token)), base64.StdEncoding.EncodeToString([]byte(key + ":" + secret))} {
			if i := strings.Index(out, s); i >= 0 {
				t.Errorf("%s has a secret: …%s…", name, out[max(0, i-150):i])
			}
		}
	}
	for _, s := range []string{text, peer, line} {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log has %q", s)
		}
	}
}
