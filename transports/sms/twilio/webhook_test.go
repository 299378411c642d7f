package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/twilio/twilio-go/client"
	"pgregory.net/rapid"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

const (
	hook  = "https://gw.example.org/hook/abc"
	empty = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`
)

var ownLines = []string{line, "+15550009999"}

// sign is Twilio's signature as its documentation tells it.
func sign(token, target string, f url.Values) string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = mac.Write([]byte(target))
	for _, name := range names {
		_, _ = mac.Write([]byte(name + f.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// fields are those of a call, on the account and with a SID unless told.
func fields(pairs ...string) url.Values {
	f := url.Values{"AccountSid": {account}, "MessageSid": {sid}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// texted are the fields of a message that came in.
func texted(pairs ...string) url.Values {
	return fields(append([]string{"From", peer, "To", line, "Body", "hello", "NumMedia", "0", "SmsStatus", "received", "SmsSid", sid, "SmsMessageSid", sid}, pairs...)...)
}

func request(f url.Values, signature string) transports.Request {
	return transports.Request{
		Method: http.MethodPost,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}, "X-Twilio-Signature": {signature}},
		Body:   []byte(f.Encode()),
	}
}

// call makes a call that is signed well.
func call(t testing.TB, p *twilio.Provider, c provider.Credentials, f url.Values) ([]provider.Item, transports.Reply) {
	t.Helper()
	return p.Call(t.Context(), c, ownLines, hook, request(f, sign(c.Token, hook, f)))
}

// unconnected is a provider that no test expects to ask anything.
func unconnected() *twilio.Provider { return with("http://127.0.0.1:1") }

// refused checks that a call makes nothing, and shows nothing.
func refused(t testing.TB, what string, items []provider.Item, reply transports.Reply, status int) {
	t.Helper()
	if len(items) != 0 || reply.Status != status || len(reply.Body) != 0 || reply.Type != "" {
		t.Errorf("%s: %+v, %+v, want %d", what, items, reply, status)
	}
}

func TestInbound(t *testing.T) {
	t.Parallel()
	f := texted("Body", "  hello\r\n wörld \u202e ", "ProfileName", "Ann", "NumMedia", "2", "MediaUrl0", "https://api.twilio.com/a",
		"MediaContentType0", "image/png", "MediaUrl1", "https://api.twilio.com/b", "FromCity", "", "Anything", "new")
	items, reply := call(t, unconnected(), byToken, f)
	want := provider.Item{
		ID: sid, Line: line, Peer: peer, Inbound: true, Text: "  hello\r\n wörld \u202e ", Name: "Ann", NumMedia: 2,
		Media: []provider.Medium{{Ref: "https://api.twilio.com/a", Type: "image/png"}, {Ref: "https://api.twilio.com/b"}},
	}
	if len(items) != 1 || !reflect.DeepEqual(items[0], want) {
		t.Errorf("items %+v", items)
	}
	if reply.Status != http.StatusOK || reply.Type != "text/xml" || string(reply.Body) != empty {
		t.Errorf("reply %+v", reply)
	}
}

// SMS-I1: only a POST of a form of bounded size is read, and the query never.
func TestCallForm(t *testing.T) {
	t.Parallel()
	p, f := unconnected(), texted()
	for name, c := range map[string]struct {
		change func(*transports.Request)
		status int
	}{
		"GET":       {func(r *transports.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"HEAD":      {func(r *transports.Request) { r.Method = http.MethodHead }, http.StatusMethodNotAllowed},
		"PUT":       {func(r *transports.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed},
		"long":      {func(r *transports.Request) { r.Body = append(r.Body, make([]byte, 64<<10)...) }, http.StatusRequestEntityTooLarge},
		"JSON":      {func(r *transports.Request) { r.Header.Set("Content-Type", "application/json") }, http.StatusUnsupportedMediaType},
		"no type":   {func(r *transports.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType},
		"multipart": {func(r *transports.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, http.StatusUnsupportedMediaType},
		"escape":    {func(r *transports.Request) { r.Body = append(r.Body, "&x=%zz"...) }, http.StatusBadRequest},
		"escape 2":  {func(r *transports.Request) { r.Body = append(r.Body, "&%=1"...) }, http.StatusBadRequest},
		"twice":     {func(r *transports.Request) { r.Body = append(r.Body, "&Body=hello"...) }, http.StatusBadRequest},
		"twice 2":   {func(r *transports.Request) { r.Body = append(r.Body, "&%42ody="...) }, http.StatusBadRequest},
		"query":     {func(r *transports.Request) { r.Query, r.Body = f.Encode(), nil }, http.StatusForbidden},
		"no body":   {func(r *transports.Request) { r.Body = nil }, http.StatusForbidden},
	} {
		r := request(f, sign(token, hook, f))
		c.change(&r)
		items, reply := p.Call(t.Context(), byToken, ownLines, hook, r)
		refused(t, name, items, reply, c.status)
	}
	for _, kind := range []string{"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded;charset=iso-8859-1", "application/x-www-form-urlencoded; charset"} {
		r := request(f, sign(token, hook, f))
		r.Header.Set("Content-Type", kind)
		if items, reply := p.Call(t.Context(), byToken, ownLines, hook, r); len(items) != 1 || reply.Status != http.StatusOK {
			t.Errorf("%s: %+v", kind, reply)
		}
	}
	// The query is signed, but says nothing.
	r := request(f, sign(token, hook+"?Body=other&From=x", f))
	r.Query = "Body=other&From=x"
	if items, _ := p.Call(t.Context(), byToken, ownLines, hook, r); len(items) != 1 || items[0].Text != "hello" || items[0].Peer != peer {
		t.Errorf("with a query: %+v", items)
	}
}

// SMS-I2: the same SID makes the same item, however it is spelled and in
// whatever order the fields come; it is the first of the three that counts.
func TestSameSID(t *testing.T) {
	t.Parallel()
	p := unconnected()
	for _, f := range []url.Values{
		texted(),
		texted("MessageSid", strings.ToUpper(sid)),
		texted("MessageSid", "", "SmsSid", sid),
		texted("MessageSid", "", "SmsSid", "", "SmsMessageSid", sid),
		texted("SmsSid", "SM00000000000000000000000000000000"),
	} {
		if items, _ := call(t, p, byToken, f); len(items) != 1 || items[0].ID != sid {
			t.Errorf("%v: %+v", f, items)
		}
	}
	f := texted()
	r := request(f, sign(token, hook, f))
	parts := strings.Split(string(r.Body), "&")
	slices.Reverse(parts)
	r.Body = []byte(strings.Join(parts, "&"))
	if items, _ := p.Call(t.Context(), byToken, ownLines, hook, r); len(items) != 1 || items[0].ID != sid {
		t.Errorf("in another order: %+v", items)
	}
}

// SMS-I3: what files are there counts, at most ten, not how many are announced.
func TestNumMedia(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		told        string
		there, want int // want is NumMedia
	}{
		{"0", 0, 0}, {"1", 1, 1}, {"3", 3, 3}, {"3", 1, 3}, {"10", 10, 10}, {"", 2, 2}, {"x", 2, 2}, {"-1", 1, 1},
		{"-9999999999999999999", 0, 0}, {"1000000000", 1, 1}, {"99999999999999999999", 2, 2}, {"0", 2, 2}, {"1.5", 1, 1}, {"11", 12, 10}, {" 2", 2, 2},
	} {
		f := texted("NumMedia", c.told, "MediaUrl", "https://x/", "MediaUrl-1", "https://x/", "MediaUrl00", "https://x/")
		for i := range c.there {
			f.Set("MediaUrl"+strconv.Itoa(i), "https://api.twilio.com/"+strconv.Itoa(i))
		}
		items, _ := call(t, unconnected(), byToken, f)
		if len(items) != 1 || len(items[0].Media) != min(c.there, 10) || items[0].NumMedia != c.want {
			t.Errorf("%q with %d: %+v", c.told, c.there, items)
		}
	}
	// One is missing in between.
	items, _ := call(t, unconnected(), byToken, texted("NumMedia", "3", "MediaUrl0", "https://x/0", "MediaUrl2", "https://x/2", "MediaContentType2", "a/b"))
	if len(items) != 1 || len(items[0].Media) != 2 || items[0].Media[1] != (provider.Medium{Ref: "https://x/2", Type: "a/b"}) || items[0].NumMedia != 3 {
		t.Errorf("with a gap: %+v", items)
	}
}

// SMS-I7: STOP and its like are told by OptOutType, else by the word itself.
func TestOptOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		told, from, body string
		want             provider.OptOut
	}{
		{"", peer, "STOP", provider.Stop}, {"", peer, " stop\n", provider.Stop}, {"", peer, "Unsubscribe", provider.Stop},
		{"", peer, "STOPALL", provider.Stop}, {"", peer, "cancel", provider.Stop}, {"", peer, "END", provider.Stop},
		{"", peer, "quit", provider.Stop}, {"", peer, "REVOKE", provider.Stop}, {"", peer, "OptOut", provider.Stop},
		{"", peer, "START", provider.Start}, {"", peer, "yes", provider.Start}, {"", peer, "UNSTOP", provider.Start},
		{"", peer, "help", provider.Help}, {"", peer, "INFO", provider.Help},
		{"", peer, "please stop", provider.NoOptOut}, {"", peer, "", provider.NoOptOut}, {"", peer, "stop it", provider.NoOptOut},
		{"", "whatsapp:" + peer, "STOP", provider.NoOptOut},
		{"STOP", peer, "ARRET", provider.Stop}, {"start", peer, "OUI", provider.Start}, {"HELP", peer, "AIDE", provider.Help},
		{"START", peer, "STOP", provider.Start}, {"odd", peer, "STOP", provider.Stop},
	} {
		items, _ := call(t, unconnected(), byToken, texted("From", c.from, "Body", c.body, "OptOutType", c.told))
		if len(items) != 1 || items[0].Stop != c.want || items[0].Text != c.body {
			t.Errorf("%+v: %+v", c, items)
		}
	}
}

// SMS-I8, SMS-X2: an unknown line, another account, what is no SID.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	p := unconnected()
	for name, c := range map[string]struct {
		f      url.Values
		status int
	}{
		"unknown line":     {texted("To", "+15550002222"), http.StatusNotFound},
		"no line":          {texted("To", ""), http.StatusNotFound},
		"line as sender":   {texted("From", line, "To", peer), http.StatusNotFound},
		"status, no line":  {fields("MessageStatus", "sent", "From", peer, "To", line), http.StatusNotFound},
		"account":          {texted("AccountSid", "AC00000000000000000000000000000009"), http.StatusForbidden},
		"no account":       {texted("AccountSid", ""), http.StatusForbidden},
		"call":             {texted("MessageSid", "CA0123456789abcdef0123456789abcdef"), http.StatusBadRequest},
		"short":            {texted("MessageSid", sid[:33]), http.StatusBadRequest},
		"long":             {texted("MessageSid", sid+"0"), http.StatusBadRequest},
		"path":             {texted("MessageSid", "SM/../../x"), http.StatusBadRequest},
		"line break":       {texted("MessageSid", sid+"\n"), http.StatusBadRequest},
		"none":             {texted("MessageSid", "", "SmsSid", "", "SmsMessageSid", ""), http.StatusBadRequest},
		"other's SID form": {texted("MessageSid", "0C5A1B2C-0000-4000-8000-0123456789AB"), http.StatusBadRequest},
	} {
		items, reply := call(t, with(""), byToken, c.f)
		refused(t, name, items, reply, c.status)
	}
	// Companies other than Twilio name messages otherwise.
	if items, _ := call(t, p, byToken, texted("MessageSid", "0C5A1B2C-0000-4000-8000-0123456789AB")); len(items) != 1 || items[0].ID != "0c5a1b2c-0000-4000-8000-0123456789ab" {
		t.Errorf("at another company: %+v", items)
	}
	// SMS-X2: A's own token is good for nothing on B's path.
	f := texted("AccountSid", "AC00000000000000000000000000000009")
	items, reply := p.Call(t.Context(), byToken, ownLines, hook, request(f, sign("tokenofA", hook, f)))
	refused(t, "another's token", items, reply, http.StatusForbidden)
	// Other channels of a line are the line's.
	if items, _ := call(t, p, byToken, texted("To", "whatsapp:"+line, "From", "whatsapp:"+peer)); len(items) != 1 || items[0].Line != "whatsapp:"+line || items[0].Peer != "whatsapp:"+peer {
		t.Errorf("WhatsApp: %+v", items)
	}
	for _, from := range []string{"", "anonymous", "MYBANK", "32665", "\x00\xff"} {
		if items, _ := call(t, p, byToken, texted("From", from)); len(items) != 1 || items[0].Peer != strings.ToValidUTF8(from, "\uFFFD") {
			t.Errorf("from %q: %+v", from, items)
		}
	}
}

func TestStatusCall(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]provider.State{
		"accepted": provider.Accepted, "scheduled": provider.Accepted, "queued": provider.Accepted, "sending": provider.Accepted,
		"sent": provider.Sent, "partially_delivered": provider.Sent, "delivered": provider.Delivered, "read": provider.Read,
		"Delivered": provider.Delivered, "undelivered": provider.Failed, "failed": provider.Failed, "canceled": provider.Failed,
	} {
		f := fields("MessageStatus", status, "SmsStatus", status, "From", line, "To", peer, "Body", "never", "RawDlrDoneDate", "2603011200")
		items, reply := call(t, unconnected(), byToken, f)
		if len(items) != 1 || reply.Status != http.StatusNoContent || len(reply.Body) != 0 || reply.Type != "" {
			t.Fatalf("%s: %+v, %+v", status, items, reply)
		}
		i := items[0]
		if (i.Err != nil) != (want == provider.Failed) || i.State != want {
			t.Errorf("%s: %+v", status, i)
		}
		i.Err = nil
		if !reflect.DeepEqual(i, provider.Item{ID: sid, Line: line, Peer: peer, State: want, Only: true}) {
			t.Errorf("%s: %+v", status, i)
		}
	}
	items, reply := call(t, unconnected(), byToken, fields("MessageStatus", "new-one", "From", line, "To", peer))
	refused(t, "an unknown status", items, reply, http.StatusNoContent)
	if items, _ := call(t, unconnected(), byToken, fields("SmsStatus", "delivered", "From", line, "To", peer)); len(items) != 1 || !items[0].Only {
		t.Errorf("by its old name only: %+v", items)
	}
	if items, _ := call(t, unconnected(), byToken, texted("MessageStatus", "received")); len(items) != 1 || items[0].Only {
		t.Errorf("a message with a status: %+v", items)
	}
}

// The vector of Twilio's documentation.
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	got := twilio.Signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", map[string]string{
		"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212",
	})
	if got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
		t.Error(got)
	}
}

// What is signed validates by Twilio's own code.
func TestSignatureIsTwilios(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "fields")
		key := rapid.StringMatching(`[a-z0-9]{1,40}`).Draw(t, "token")
		validator := client.NewRequestValidator(key)
		if !validator.Validate(hook, fields, twilio.Signature(key, hook, fields)) {
			t.Fatal("it does not validate")
		}
	})
}

// SMS-X1, SMS-X3: the signature is over the configured URL, by whatever port,
// and over all that came; nothing that the call says of its host changes it.
func TestSignature(t *testing.T) {
	t.Parallel()
	p, f := unconnected(), texted("Body", "  blanks  ", "Empty", "", "Semi", "a;b&c=d")
	for name, c := range map[string]struct {
		hook, path, query string
		signed            string
		good              bool
	}{
		"plain":              {hook, "", "", hook, true},
		"path":               {hook, "/status", "", hook + "/status", true},
		"query":              {hook, "/s", "b=1&a=%41", hook + "/s?b=1&a=%41", true},
		"query of the hook":  {hook + "?x=1", "", "x=1", hook + "?x=1", true},
		"port":               {hook, "", "", "https://gw.example.org:443/hook/abc", true},
		"port kept":          {"https://gw.example.org:8443/h", "", "", "https://gw.example.org:8443/h", true},
		"port taken off":     {"https://gw.example.org:8443/h", "", "", "https://gw.example.org/h", true},
		"port of http":       {"http://gw.example.org/h", "", "", "http://gw.example.org:80/h", true},
		"IPv6":               {"https://[2001:db8::1]/h", "", "", "https://[2001:db8::1]:443/h", true},
		"IPv6 with port":     {"https://[2001:db8::1]:444/h", "", "", "https://[2001:db8::1]/h", true},
		"user":               {"https://u:p@gw.example.org/h", "", "", "https://u:p@gw.example.org:443/h", true},
		"fragment":           {hook + "#rc=5&rp=ct,rt,5xx", "", "", hook + "#rc=5&rp=ct,rt,5xx", true},
		"without fragment":   {hook + "#rc=5&rp=ct,rt,5xx", "/s", "q", hook + "/s?q", true},
		"fragment at end":    {hook + "#rc=5", "/s", "q", hook + "/s?q#rc=5", true},
		"port and fragment":  {hook + "#rc=5", "", "", "https://gw.example.org:443/hook/abc#rc=5", true},
		"another fragment":   {hook + "#rc=5", "", "", hook + "#rc=6", false},
		"another port":       {hook, "", "", "https://gw.example.org:444/hook/abc", false},
		"another scheme":     {hook, "", "", "http://gw.example.org/hook/abc", false},
		"another host":       {hook, "", "", "https://other.example.org/hook/abc", false},
		"another path":       {hook, "/status", "", hook, false},
		"another query":      {hook, "", "a=1", hook, false},
		"slash":              {hook, "", "", hook + "/", false},
		"nothing":            {hook, "", "", "", false},
		"forwarded elsewise": {hook, "", "", "https://forged.example.org/hook/abc", false},
	} {
		r := request(f, sign(token, c.signed, f))
		r.Path, r.Query = c.path, c.query
		r.Header.Set("Host", "forged.example.org")
		r.Header.Set("X-Forwarded-Host", "forged.example.org")
		r.Header.Set("X-Forwarded-Proto", "http")
		r.Header.Set("X-Forwarded-Port", "444")
		items, reply := p.Call(t.Context(), byToken, ownLines, c.hook, r)
		if !c.good {
			refused(t, name, items, reply, http.StatusForbidden)
		} else if len(items) != 1 || items[0].Text != "  blanks  " {
			t.Errorf("%s: %+v, %+v", name, items, reply)
		}
	}
}

// SMS-X1, SMS-X3: every field counts.
func TestSignatureCoversAll(t *testing.T) {
	t.Parallel()
	p, f := unconnected(), texted("Empty", "")
	good := sign(token, hook, f)
	for name, change := range map[string]func(url.Values){
		"body":      func(f url.Values) { f.Set("Body", "hello ") },
		"added":     func(f url.Values) { f.Set("Added", "x") },
		"no empty":  func(f url.Values) { f.Del("Empty"); f.Set("Other", "") },
		"removed":   func(f url.Values) { f.Del("SmsStatus") },
		"swapped":   func(f url.Values) { f.Set("From", line); f.Set("To", peer) },
		"other SID": func(f url.Values) { f.Set("MessageSid", "SM"+strings.Repeat("0", 32)) },
	} {
		g := texted("Empty", "")
		change(g)
		items, reply := p.Call(t.Context(), byToken, ownLines, hook, request(g, good))
		refused(t, name, items, reply, http.StatusForbidden)
	}
	for name, header := range map[string][]string{"none": nil, "empty": {""}, "two": {good, good}, "half": {good[:10]}, "lower": {strings.ToLower(good)}} {
		r := request(f, "")
		r.Header["X-Twilio-Signature"] = header
		items, reply := p.Call(t.Context(), byToken, ownLines, hook, r)
		refused(t, name, items, reply, http.StatusForbidden)
	}
	// Bytes that are no UTF-8 are signed as they are, and shown as a mark.
	g := texted("Body", "a\xffb")
	if items, _ := call(t, p, byToken, g); len(items) != 1 || items[0].Text != "a\uFFFDb" {
		t.Errorf("odd bytes: %+v", items)
	}
	// A bare semicolon is a character.
	h := texted("Body", "a;b")
	r := request(h, sign(token, hook, h))
	r.Body = []byte(strings.ReplaceAll(string(r.Body), "%3B", ";"))
	if items, _ := p.Call(t.Context(), byToken, ownLines, hook, r); len(items) != 1 || items[0].Text != "a;b" {
		t.Errorf("semicolon: %+v", items)
	}
}

// Trap 8, SMS-X1: what was signed by nothing is not signed. Where there is no
// way to check a call, it is refused.
func TestEmptyTokenSignsNothing(t *testing.T) {
	t.Parallel()
	f := texted()
	for name, c := range map[string]provider.Credentials{
		"nothing": {}, "no token": {Account: account}, "key without secret": {Account: account, Key: key},
		"old only": {Account: account, OldToken: "old"}, "other": {Account: account, Token: "other"},
		"other and key": {Account: account, Token: "other", Key: key, Secret: secret},
	} {
		items, reply := unconnected().Call(t.Context(), c, ownLines, hook, request(f, sign("", hook, f)))
		refused(t, name, items, reply, http.StatusForbidden)
	}
}

// SMS-R6: while a token is changed, the old one signs too.
func TestOldToken(t *testing.T) {
	t.Parallel()
	f := texted()
	c := provider.Credentials{Account: account, Token: token, OldToken: "oldtoken"}
	for by, good := range map[string]bool{token: true, "oldtoken": true, "older": false, "": false} {
		items, reply := unconnected().Call(t.Context(), c, ownLines, hook, request(f, sign(by, hook, f)))
		if !good {
			refused(t, by, items, reply, http.StatusForbidden)
		} else if len(items) != 1 {
			t.Errorf("by %q: %+v", by, reply)
		}
	}
}
