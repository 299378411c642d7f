package twiliotest_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wherry/transports/sms/twiliotest"
)

// dead is a URL that nothing listens at.
func dead(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String() + "/in"
}

// cut is a webhook that breaks the connection.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// TestRetries is Twilio's rule: once, and only where nothing could be reached,
// unless the URL's fragment asks for more.
func TestRetries(t *testing.T) {
	for name, test := range map[string]struct {
		fragment string
		answer   func(http.ResponseWriter, *http.Request)
		calls    int
		status   int
		alert    int
	}{
		"fine":                {"", nil, 1, 200, 0},
		"5xx":                 {"", reply(503, "text/xml", ""), 1, 503, 11200},
		"4xx":                 {"", reply(403, "text/plain", "no"), 1, 403, 11200},
		"cut":                 {"", cut, 1, 0, 11200},
		"5xx, asked for":      {"#rc=5&rp=ct,rt,5xx", reply(503, "text/xml", ""), 6, 503, 11200},
		"4xx, not asked for":  {"#rc=5&rp=ct,rt,5xx", reply(403, "text/xml", ""), 1, 403, 11200},
		"4xx, all asked for":  {"#rc=2&rp=all", reply(403, "text/xml", ""), 3, 403, 11200},
		"more than there are": {"#rc=99&rp=5xx", reply(500, "text/xml", ""), 6, 500, 11200},
		"none":                {"#rc=0&rp=all", reply(500, "text/xml", ""), 1, 500, 11200},
	} {
		w := open(t, twiliotest.Config{})
		h := newHook(t, test.answer)
		w.hooked(twiliotest.Number{SMSURL: h.URL + "/in" + test.fragment})
		w.Receive(phone, line, "hi")
		w.settle()
		calls := w.Calls()
		if len(calls) != test.calls {
			t.Errorf("%s: %d calls, want %d", name, len(calls), test.calls)
			continue
		}
		for i, c := range calls {
			if c.Attempt != i || c.Status != test.status || c.Alert != test.alert || c.Token != calls[0].Token || c.Token == "" {
				t.Errorf("%s: call %d is %+v", name, i, c)
			}
		}
		_, heads := h.came()
		for _, head := range heads {
			if head.Get("I-Twilio-Idempotency-Token") != calls[0].Token {
				t.Errorf("%s: token %q", name, head.Get("I-Twilio-Idempotency-Token"))
			}
		}
	}
}

func TestRetryOfConnection(t *testing.T) {
	w := open(t, twiliotest.Config{})
	backup := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: dead(t), FallbackURL: backup.URL})
	sid := w.Receive(phone, line, "hi")
	w.settle()
	calls := w.Calls()
	if len(calls) != 3 || calls[0].Alert != 11205 || calls[1].Attempt != 1 || calls[2].Kind != twiliotest.CallFallback || calls[2].Status != 200 {
		t.Fatalf("calls: %+v", calls)
	}
	if forms, _ := backup.came(); forms[0].Get("MessageSid") != sid || forms[0].Get("ErrorCode") != "11205" || forms[0].Get("ErrorUrl") == "" {
		t.Errorf("the fallback got %v", forms)
	}
}

// TestUntrusted: a certificate that Twilio does not trust is a failure to
// connect.
func TestUntrusted(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := httptest.NewUnstartedServer(http.NotFoundHandler())
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.StartTLS()
	t.Cleanup(h.Close)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	w.Receive(phone, line, "hi")
	w.settle()
	if calls := w.Calls(); len(calls) != 2 || calls[1].Alert != 11205 || calls[1].Err == nil {
		t.Errorf("calls: %+v", calls)
	}
}

// TestSlow: an answer that takes too long is given up, and repeated where asked.
func TestSlow(t *testing.T) {
	w := open(t, twiliotest.Config{})
	gate := make(chan struct{})
	h := newHook(t, func(_ http.ResponseWriter, r *http.Request) { <-gate })
	w.hooked(twiliotest.Number{SMSURL: h.URL + "/#rt=100&rc=1&rp=rt"})
	w.Receive(phone, line, "hi")
	w.settle()
	close(gate)
	if calls := w.Calls(); len(calls) != 2 || calls[1].Status != 0 || calls[1].Alert != 11200 {
		t.Errorf("calls: %+v", calls)
	}
}

// TestReplies is for SMS-I1: what Twilio makes of the answer to a webhook.
func TestReplies(t *testing.T) {
	const declared = `<?xml version="1.0" encoding="UTF-8"?>`
	for name, test := range map[string]struct {
		kind, body string
		alert      int
		exact      bool
		billed     []string
	}{
		"empty response": {"text/xml", declared + "<Response></Response>", 0, true, nil},
		"application":    {"application/xml; charset=utf-8", "<Response></Response>", 0, true, nil},
		"self-closing":   {"text/xml", declared + "<Response/>", 0, false, nil},
		"plain text":     {"text/plain", "OK", 0, false, []string{"OK"}},
		"plain nothing":  {"text/plain", "", 0, false, nil},
		"html":           {"text/html", "<html></html>", 12300, false, nil},
		"json":           {"application/json", "{}", 12300, false, nil},
		"no document":    {"text/xml", "", 12100, false, nil},
		"half":           {"text/xml", "<Response>", 12100, false, nil},
		"other root":     {"text/xml", "<Answer></Answer>", 12200, false, nil},
		"unknown verb":   {"text/xml", "<Response><Dance/></Response>", 12200, false, nil},
		"messages":       {"text/xml", "<Response><Message>a</Message><Message><Body>b</Body></Message></Response>", 0, false, []string{"a", "b"}},
	} {
		w := open(t, twiliotest.Config{})
		h := newHook(t, reply(http.StatusOK, test.kind, test.body))
		w.hooked(twiliotest.Number{SMSURL: h.URL})
		w.Receive(phone, line, "hi")
		w.settle()
		calls := w.Calls()
		if len(calls) != 1 || calls[0].Alert != test.alert || calls[0].Exact != test.exact || !slices.Equal(calls[0].Billed, test.billed) {
			t.Errorf("%s: %+v", name, calls)
		}
		var texts []string
		for _, text := range w.Texted(phone) {
			if !text.Billed || text.From != line {
				t.Errorf("%s: a text %+v", name, text)
			}
			texts = append(texts, text.Body)
		}
		if !slices.Equal(texts, test.billed) {
			t.Errorf("%s: the phone got %q, want %q", name, texts, test.billed)
		}
	}
}

func TestRoutes(t *testing.T) {
	number, service, app := newHook(t, nil), newHook(t, nil), newHook(t, nil)
	w := open(t, twiliotest.Config{})
	v := twiliotest.Service{SID: twiliotest.NewSID("MG"), Account: w.account.SID, Numbers: []string{line}}
	a := w.AddApp(twiliotest.App{SMSURL: app.URL})
	for name, test := range map[string]struct {
		number  twiliotest.Number
		service *twiliotest.Service
		calls   [3]int // of number, service, app
		logged  bool
	}{
		"number":                  {twiliotest.Number{SMSURL: number.URL}, nil, [3]int{1, 0, 0}, true},
		"nothing":                 {twiliotest.Number{}, nil, [3]int{}, true},
		"app":                     {twiliotest.Number{SMSURL: number.URL, App: a.SID}, nil, [3]int{0, 0, 1}, true},
		"unknown app":             {twiliotest.Number{SMSURL: number.URL, App: "AP0"}, nil, [3]int{}, true},
		"service":                 {twiliotest.Number{SMSURL: number.URL, App: a.SID}, &twiliotest.Service{InboundURL: service.URL}, [3]int{0, 1, 0}, true},
		"service that drops":      {twiliotest.Number{SMSURL: number.URL}, &twiliotest.Service{}, [3]int{}, false},
		"service that stands off": {twiliotest.Number{SMSURL: number.URL}, &twiliotest.Service{InboundURL: service.URL, UseNumber: true}, [3]int{1, 0, 0}, true},
	} {
		w.hooked(test.number)
		if v.Numbers = nil; test.service != nil {
			v.Numbers, v.InboundURL, v.UseNumber = []string{line}, test.service.InboundURL, test.service.UseNumber
		}
		w.AddService(v)
		had := [3]int{len(number.each("")), len(service.each("")), len(app.each(""))}
		sid := w.Receive(phone, line, name)
		w.settle()
		got := [3]int{len(number.each("")) - had[0], len(service.each("")) - had[1], len(app.each("")) - had[2]}
		if _, logged := w.Message(sid); got != test.calls || logged != test.logged {
			t.Errorf("%s: calls %v, logged %v; want %v, %v", name, got, logged, test.calls, test.logged)
		}
	}
	if sid := w.Receive(phone, "+15550777777", "hi"); sid != "" {
		t.Errorf("a number that nobody has takes messages: %s", sid)
	}
}

// TestSigning is for SMS-X3: what the documentation leaves open about the URL.
func TestSigning(t *testing.T) {
	const to, fragment = "http://gw.example.org/in?x=1", "#rc=2"
	for name, test := range map[string]struct {
		how    twiliotest.Signing
		method string
		signed string
	}{
		"as configured": {twiliotest.Signing{}, "POST", to},
		"with fragment": {twiliotest.Signing{Fragment: true}, "POST", to + fragment},
		"with port":     {twiliotest.Signing{Port: true}, "POST", "http://gw.example.org:80/in?x=1"},
		"get":           {twiliotest.Signing{}, "GET", ""},
	} {
		h := newHook(t, nil)
		host, _ := url.Parse(h.URL)
		w := open(t, twiliotest.Config{Signing: test.how, Transport: &http.Transport{
			DisableKeepAlives: true, Proxy: http.ProxyURL(host),
		}})
		w.hooked(twiliotest.Number{SMSURL: to + fragment, SMSMethod: test.method})
		w.Receive(phone, line, "hi")
		w.settle()
		forms, heads := h.came()
		if len(forms) != 1 {
			t.Errorf("%s: %d calls", name, len(forms))
			continue
		}
		form := forms[0]
		form.Del("x")
		signed := test.signed
		if test.method == "GET" {
			signed, form = to+"&"+form.Encode(), nil
		}
		if want := twiliotest.Sign(signed, form, w.account.Token); heads[0].Get("X-Twilio-Signature") != want {
			t.Errorf("%s: signed otherwise", name)
		}
	}
}

func TestRedirectsAndCookies(t *testing.T) {
	w := open(t, twiliotest.Config{})
	cookies := make(chan string, 4)
	mux := http.NewServeMux()
	mux.HandleFunc("/old", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/new", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/new", func(rw http.ResponseWriter, r *http.Request) {
		cookies <- r.Header.Get("Cookie") + " " + r.PostFormValue("Body")
		http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1"})
		reply(http.StatusOK, "text/xml", empty)(rw, r)
	})
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	w.hooked(twiliotest.Number{SMSURL: h.URL + "/old"})
	w.Receive(phone, line, "one")
	w.Receive(phone, line, "two")
	w.Receive(other, line, "three")
	w.settle()
	close(cookies)
	var got []string
	for c := range cookies {
		got = append(got, c)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{" one", " three", "seen=1 two"}) {
		t.Errorf("came: %q", got)
	}
}

// TestOddForms is for SMS-I3 and SMS-X2: tests can have fields as they like.
func TestOddForms(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	w.Deliver(twiliotest.Inbound{From: phone, To: line, Fields: url.Values{"NumMedia": {"1000000000"}, "SmsSid": nil, "New": {"a", "b"}}})
	w.settle()
	forms, heads := h.came()
	if len(forms) != 1 || forms[0].Get("NumMedia") != "1000000000" || forms[0].Has("SmsSid") || len(forms[0]["New"]) != 2 || !forms[0].Has("Body") {
		t.Errorf("came: %v", forms)
	}
	if heads[0].Get("X-Twilio-Signature") != twiliotest.Sign(h.URL, forms[0], w.account.Token) {
		t.Error("odd fields are not signed")
	}
}

// TestReplay is for SMS-I2: the very same call again.
func TestReplay(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	w.Receive(phone, line, "hi")
	w.settle()
	status, err := w.Replay(t.Context(), w.Calls()[0])
	forms, heads := h.came()
	if err != nil || status != 200 || len(forms) != 2 || forms[0].Encode() != forms[1].Encode() ||
		heads[0].Get("X-Twilio-Signature") != heads[1].Get("X-Twilio-Signature") || len(w.Calls()) != 1 {
		t.Errorf("replayed: %d, %v, %v", status, err, forms)
	}
}

// TestInOrder is for SMS-I11: one phone's texts are told one after the other,
// unless the server is told not to.
func TestInOrder(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		w := open(t, twiliotest.Config{Unordered: unordered})
		began, gate := make(chan struct{}), make(chan struct{})
		h := newHook(t, func(rw http.ResponseWriter, r *http.Request) {
			switch {
			case r.PostFormValue("Body") == "one":
				close(began)
				<-gate
			case unordered:
				close(gate) // one is answered after two came
			}
			reply(http.StatusOK, "text/xml", empty)(rw, r)
		})
		w.hooked(twiliotest.Number{SMSURL: h.URL})
		w.Receive(phone, line, "one")
		<-began
		w.Receive(phone, line, "two")
		if !unordered {
			close(gate)
		}
		w.settle()
		got := strings.Join(h.each("Body"), " ")
		if calls := w.Calls(); got != "one two" || len(calls) != 2 || !unordered && calls[0].Form.Get("Body") != "one" {
			t.Errorf("unordered %v: told %q, %+v", unordered, got, calls)
		}
	}
}
