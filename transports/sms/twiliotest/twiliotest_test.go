package twiliotest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports/sms/twiliotest"
)

var _ twiliotest.TB = (*testing.T)(nil)

const (
	line  = "+15550100001"
	phone = "+15550200002"
	other = "+15550200003"
	empty = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`
)

// world is a stand-in with one account and one number, and what uses it.
type world struct {
	*twiliotest.Server
	t       *testing.T
	account twiliotest.Account
	number  twiliotest.Number
}

func open(t *testing.T, cfg twiliotest.Config) *world {
	t.Helper()
	w := &world{Server: twiliotest.New(t, cfg), t: t}
	w.account = w.AddAccount(twiliotest.Account{Second: "second"})
	w.number = w.AddNumber(twiliotest.Number{Account: w.account.SID, Number: line, SMS: true, MMS: true})
	return w
}

// object is JSON as it came.
type object map[string]any

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

// code is the number of an error, 0 of none.
func (o object) code() int {
	n, _ := o["code"].(float64)
	return int(n)
}

func (o object) list(name string) []object {
	var all []object
	items, _ := o[name].([]any)
	for _, item := range items {
		all = append(all, object(item.(map[string]any)))
	}
	return all
}

// as makes a request with credentials of one's own.
func (w *world) as(user, password, method, path string, form url.Values) (*http.Response, object) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth(user, password)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var o object
	if len(body) > 0 && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &o); err != nil {
			w.t.Fatalf("%s %s answered %q: %v", method, path, body, err)
		}
	}
	return resp, o
}

// do makes a request below the account's path.
func (w *world) do(method, path string, form url.Values) (*http.Response, object) {
	w.t.Helper()
	return w.as(w.account.SID, w.account.Token, method, "/2010-04-01/Accounts/"+w.account.SID+path, form)
}

// fields makes a form of names and values.
func fields(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// send makes a message that has to be taken.
func (w *world) send(pairs ...string) object {
	w.t.Helper()
	form := fields("From", line, "To", phone, "Body", "hello")
	for name, values := range fields(pairs...) {
		form[name] = values
	}
	resp, o := w.do(http.MethodPost, "/Messages.json", form)
	if resp.StatusCode != http.StatusCreated {
		w.t.Fatalf("send answered %d: %v", resp.StatusCode, o)
	}
	return o
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settled(limited(w.t)); err != nil {
		w.t.Fatal(err)
	}
}

// hook is a webhook that answers as it is told and keeps what came.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	forms  []url.Values
	heads  []http.Header
	answer func(w http.ResponseWriter, r *http.Request)
}

func newHook(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *hook {
	t.Helper()
	h := &hook{answer: answer}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		h.mu.Lock()
		h.forms = append(h.forms, r.Form)
		h.heads = append(h.heads, r.Header)
		answer := h.answer
		h.mu.Unlock()
		if answer == nil {
			answer = reply(http.StatusOK, "text/xml", empty)
		}
		answer(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func reply(status int, kind, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (h *hook) came() ([]url.Values, []http.Header) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]url.Values(nil), h.forms...), append([]http.Header(nil), h.heads...)
}

// statuses lists a field of all that came.
func (h *hook) each(name string) []string {
	var all []string
	forms, _ := h.came()
	for _, f := range forms {
		all = append(all, f.Get(name))
	}
	return all
}

// hooked makes the number call a webhook.
func (w *world) hooked(n twiliotest.Number) {
	n.SID, n.Account, n.Number, n.SMS, n.MMS = w.number.SID, w.account.SID, line, true, true
	w.number = w.AddNumber(n)
}

func TestMessageArrives(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, reply(http.StatusNoContent, "", ""))
	sent := w.send("StatusCallback", h.URL+"/status?x=1")
	w.settle()
	got := w.Texted(phone)
	if len(got) != 1 || got[0].Body != "hello" || got[0].SID != sent.text("sid") || got[0].From != line {
		t.Errorf("the phone got %+v", got)
	}
	if got := strings.Join(h.each("MessageStatus"), " "); got != "sent delivered" {
		t.Errorf("callbacks told %q", got)
	}
	forms, heads := h.came()
	for i, form := range forms {
		posted := url.Values{}
		for name, values := range form {
			if name != "x" {
				posted[name] = values
			}
		}
		if want := twiliotest.Sign(h.URL+"/status?x=1", posted, w.account.Token); heads[i].Get("X-Twilio-Signature") != want {
			t.Errorf("callback %d is signed %q, want %q", i, heads[i].Get("X-Twilio-Signature"), want)
		}
	}
	_, now := w.do(http.MethodGet, "/Messages/"+sent.text("sid")+".json", nil)
	if now.text("status") != "delivered" || now["date_sent"] == nil {
		t.Errorf("the message is %v", now)
	}
}

func TestMessageComesIn(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL + "/in"})
	sid := w.Receive(phone, line, "hi\nthere")
	w.settle()
	forms, _ := h.came()
	if len(forms) != 1 || forms[0].Get("MessageSid") != sid || forms[0].Get("Body") != "hi\nthere" || forms[0].Get("NumMedia") != "0" {
		t.Errorf("the webhook got %v", forms)
	}
	calls := w.Calls()
	if len(calls) != 1 || !calls[0].Exact || calls[0].Alert != 0 || calls[0].Billed != nil {
		t.Errorf("the call was %+v", calls)
	}
}
