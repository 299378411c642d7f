package twilio_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

// FuzzCall makes calls that are not signed, and the same ones signed. SMS-X1,
// SMS-X3
func FuzzCall(f *testing.F) {
	for _, v := range []url.Values{
		texted(), texted("NumMedia", "1000000000", "MediaUrl0", "https://x"), texted("Body", "STOP"), texted("Body", "\x00\xff"),
		fields("MessageStatus", "failed", "ErrorCode", "30008", "From", line, "To", peer),
		fields("MessageStatus", "x", "From", line),
	} {
		f.Add(v.Encode(), "", "", hook)
	}
	f.Add("AccountSid="+account+"&MessageSid="+sid+"&To=%2B15550001111&a;b=c;d&&=&x", "/status", "a=b&c", hook+"#rc=5")
	f.Add("a=1&a=2", "", "%", "://")
	f.Add("%zz", "?", "#", "https://[::1]:8443?q#f")
	f.Fuzz(func(t *testing.T, body, path, query, to string) {
		p := unconnected()
		r := request(nil, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		r.Body, r.Path, r.Query = []byte(body), path, query
		if items, reply := p.Call(t.Context(), byToken, ownLines, to, r); len(items) != 0 || reply.Status < 400 {
			t.Fatalf("not signed: %+v, %+v", items, reply)
		}
		fields, err := twilio.ParseForm(body)
		if err != nil {
			return
		}
		bare, _, _ := strings.Cut(to, "#")
		bare, _, _ = strings.Cut(bare, "?")
		signed := bare + path
		if query != "" {
			signed += "?" + query
		}
		r.Header.Set("X-Twilio-Signature", twilio.Signature(token, signed, fields))
		items, reply := p.Call(t.Context(), byToken, ownLines, to, r)
		for _, i := range items {
			if len(i.Media) > 10 || i.NumMedia < len(i.Media) || i.NumMedia > 10 || !utf8.ValidString(i.Text+i.Peer+i.Line+i.Name) || len(i.ID) != 34 && len(i.ID) != 36 {
				t.Fatalf("item %+v", i)
			}
			if (i.Err != nil) != (i.State == provider.Failed) {
				t.Fatalf("item %+v", i)
			}
		}
		if len(items) > 1 || len(items) == 1 && reply.Status/100 != 2 || reply.Status == http.StatusOK && string(reply.Body) != empty {
			t.Fatalf("%+v, %+v", items, reply)
		}
	})
}

// FuzzForm: what is read is what net/url reads, where that reads it.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "a=b&c=d", "a", "=", "a=%41+%2b", "a;b=c", "%zz=1", "a=1&a=2", "a=\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := twilio.ParseForm(body)
		want, wantErr := url.ParseQuery(body)
		if err != nil || wantErr != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for name, v := range got {
			if want.Get(name) != v {
				t.Fatalf("%s is %q, want %q", name, v, want.Get(name))
			}
		}
	})
}

// FuzzAnswer: whatever the API answers, there is an id or an error.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"sid":"` + sid + `"}`, `null`, `{"code":21610,"message":"x"}`, `{"code":"21610"}`, `[1]`, `{"sid":"x","num_media":1,"error_code":"7"}`,
		`{"messages":[{"sid":"x","num_media":3},null,7]}`, strings.Repeat("[", 100), `{"sid":"a","status":"failed","error_code":1e999}`} {
		f.Add(s, 201)
		f.Add(s, 400)
	}
	var body string
	var status int
	at := serve(f, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	p := with(at.URL)
	f.Fuzz(func(t *testing.T, b string, s int) {
		body, status = b, 200+(s%400+400)%400
		ids, err := p.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer, Text: "x"})
		if (len(ids) == 1) == (err != nil) || len(ids) == 1 && ids[0] == "" {
			t.Fatalf("%v, %v", ids, err)
		}
		if e := transports.AsError(err); e != nil && (e.Text.IsZero() || e.Kind == transports.Internal) {
			t.Fatalf("%+v", e)
		}
		if items, _, err := p.Sent(t.Context(), byToken, line, peer, longAgo); err != nil && items != nil {
			t.Fatalf("%v, %v", items, err)
		}
	})
}
