package twilio_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
	"wherry/transports/sms/twiliotest"
)

// world is the stand-in for Twilio, and a gateway that it calls.
type world struct {
	*twiliotest.Server
	*twilio.Provider
	t     *testing.T
	gate  *httptest.Server
	creds provider.Credentials

	mu    sync.Mutex
	hook  string
	items []provider.Item
}

func open(t *testing.T, cfg twiliotest.Config) *world {
	t.Helper()
	w := &world{Server: twiliotest.New(t, cfg), t: t}
	w.Provider = with(w.Server.URL, func(c *twilio.Config) { c.MediaHosts = []string{"localhost", "127.0.0.1"} })
	a := w.AddAccount(twiliotest.Account{SID: account, Token: token, Name: "Mine", Second: "second"})
	w.AddNumber(twiliotest.Number{Account: a.SID, Number: line, SMS: true, MMS: true, SMSURL: "https://old.example.org/", SMSMethod: http.MethodGet})
	w.AddKey(twiliotest.Key{SID: key, Secret: secret, Account: a.SID})
	w.creds = byToken
	w.gate = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.gate.Close)
	w.hook = w.gate.URL + "/hook/abc"
	return w
}

// serve is the gateway: what is below the hook goes to the provider.
func (w *world) serve(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	creds, hook := w.creds, w.hook
	w.mu.Unlock()
	path, _ := strings.CutPrefix(r.URL.Path, "/hook/abc")
	items, reply := w.Call(r.Context(), creds, []string{line}, hook,
		transports.Request{Method: r.Method, Path: path, Query: r.URL.RawQuery, Header: r.Header, Body: body})
	w.mu.Lock()
	w.items = append(w.items, items...)
	w.mu.Unlock()
	if reply.Type != "" {
		out.Header().Set("Content-Type", reply.Type)
	}
	out.WriteHeader(reply.Status)
	_, _ = out.Write(reply.Body)
}

// use changes how the gateway is set up.
func (w *world) use(c provider.Credentials, fragment string) {
	w.mu.Lock()
	w.creds, w.hook = c, w.gate.URL+"/hook/abc"+fragment
	w.mu.Unlock()
	if err := w.SetHook(w.t.Context(), c, line, provider.Hook{URL: w.hook}); err != nil {
		w.t.Fatal(err)
	}
}

// came takes what the gateway got, once all is quiet.
func (w *world) came() []provider.Item {
	w.t.Helper()
	if err := w.Settled(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for _, c := range w.Calls() {
		if c.Alert != 0 || len(c.Billed) != 0 {
			w.t.Errorf("a call went wrong: %+v", c)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	items := w.items
	w.items = nil
	return items
}

// A message goes out, and what becomes of it is told; SMS-R2 and SMS-R3 before.
func TestWorldOut(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/api/laml"} {
		w := open(t, twiliotest.Config{Prefix: prefix})
		a, err := w.Verify(t.Context(), byToken)
		if err != nil || a.Name != "Mine" || len(a.Lines) != 1 || a.Lines[0].Number != line || !a.Lines[0].MMS || a.Lines[0].Hook != "https://old.example.org/" {
			t.Fatalf("%+v, %v", a, err)
		}
		w.Script(peer, 1, twiliotest.Undelivered(30003))
		ids, err := w.Send(t.Context(), byKey, provider.Outgoing{Line: line, To: peer, Text: "one\r\n😀", Status: w.gate.URL + "/hook/abc/status"})
		if err != nil || len(ids) != 1 {
			t.Fatal(ids, err)
		}
		var states []provider.State
		for _, i := range w.came() {
			if i.ID != ids[0] || !i.Only || i.Line != line || i.Peer != peer {
				t.Errorf("%+v", i)
			}
			states = append(states, i.State)
			if i.State == provider.Failed && i.Err.Kind != transports.Away {
				t.Errorf("failed by %+v", i.Err)
			}
		}
		if !slices.Equal(states, []provider.State{provider.Sent, provider.Failed}) {
			t.Errorf("states %v", states)
		}
		item, err := w.Get(t.Context(), byToken, ids[0])
		if err != nil || item.Text != "one\r\n😀" || item.State != provider.Failed || item.Err.Code != "30003" {
			t.Errorf("%+v, %v", item, err)
		}
		all, complete, err := w.Sent(t.Context(), byToken, line, peer, time.Now().Add(-time.Minute))
		if err != nil || !complete || len(all) != 1 || all[0].ID != ids[0] {
			t.Errorf("%+v, %v, %v", all, complete, err)
		}
	}
}

// SMS-S10: a message whose answer was lost is found among what was sent; one
// that was never taken is not.
func TestWorldUnsure(t *testing.T) {
	t.Parallel()
	w := open(t, twiliotest.Config{})
	since := time.Now()
	for _, c := range []struct {
		fault twiliotest.Fault
		taken int
		kind  transports.ErrorKind
		sure  bool
	}{
		{twiliotest.CutAfter(), 1, transports.Unreachable, false}, {twiliotest.CutBefore(), 0, transports.Unreachable, false},
		{twiliotest.Null(true), 1, transports.Unreachable, false}, {twiliotest.Broken(502), 0, transports.Unreachable, false},
		{twiliotest.Fault{Work: true, Half: true}, 1, transports.Unreachable, false}, {twiliotest.TooMany("4"), 0, transports.Busy, true},
	} {
		before, _, err := w.Sent(t.Context(), byToken, line, peer, since)
		if err != nil {
			t.Fatal(err)
		}
		w.Fail(twiliotest.OpSend, 1, c.fault)
		_, err = w.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer, Text: "x"})
		wants(t, err, c.kind, !c.sure)
		after, complete, err := w.Sent(t.Context(), byToken, line, peer, since)
		if err != nil || !complete || len(after)-len(before) != c.taken {
			t.Errorf("%+v: %d of %d, %v, %v", c.fault, len(after)-len(before), c.taken, complete, err)
		}
	}
	if n := w.Count(twiliotest.OpSend); n != 6 {
		t.Errorf("%d requests to send", n)
	}
}

// SMS-X1, SMS-R6: calls are believed however Twilio signs, and by fetching back
// where only a key is known.
func TestWorldIn(t *testing.T) {
	t.Parallel()
	rotated := provider.Credentials{Account: account, Token: "second", OldToken: token}
	for name, c := range map[string]struct {
		signing  twiliotest.Signing
		creds    provider.Credentials
		fragment string
	}{
		"plain":    {twiliotest.Signing{}, byToken, ""},
		"override": {twiliotest.Signing{}, byToken, "#rc=5&rp=ct,rt,5xx"},
		"fragment": {twiliotest.Signing{Fragment: true}, byToken, "#rc=5&rp=ct,rt,5xx"},
		"port":     {twiliotest.Signing{Port: true}, byToken, ""},
		"old":      {twiliotest.Signing{}, rotated, ""},
		"key":      {twiliotest.Signing{}, byKey, ""},
	} {
		w := open(t, twiliotest.Config{Signing: c.signing})
		w.use(c.creds, c.fragment)
		id := w.Receive(peer, line, " hello & <so> \u00e4;")
		items := w.came()
		if len(items) != 1 || items[0].ID != id || items[0].Text != " hello & <so> \u00e4;" || items[0].Peer != peer || items[0].Line != line || !items[0].Inbound {
			t.Errorf("%s: %+v", name, items)
		}
		for _, call := range w.Calls() {
			if call.Status != http.StatusOK || !call.Exact {
				t.Errorf("%s: %+v", name, call)
			}
		}
		if h, err := w.Hooked(t.Context(), c.creds, line); err != nil || h.URL != w.gate.URL+"/hook/abc"+c.fragment || h.Method != http.MethodPost {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
		all, missed, err := w.List(t.Context(), c.creds, line, time.Now().Add(-time.Hour), 10)
		if err != nil || missed || len(all) != 1 || all[0].ID != id {
			t.Errorf("%s: %+v, %v, %v", name, all, missed, err)
		}
	}
}

// SMS-I4, SMS-X4: files come with a message, or are asked for, and the host
// that has them gets no credentials.
func TestWorldMedia(t *testing.T) {
	t.Parallel()
	w := open(t, twiliotest.Config{})
	w.use(byToken, "")
	id := w.Receive(peer, line, "", twiliotest.Media{Type: "image/png", Data: []byte("\x89PNG one"), Hops: 1}, twiliotest.Media{Type: "audio/amr", Data: []byte("#!AMR two"), Chunked: true})
	items := w.came()
	if len(items) != 1 || len(items[0].Media) != 2 || items[0].NumMedia != 2 || items[0].Text != "" {
		t.Fatalf("%+v", items)
	}
	listed, err := w.Media(t.Context(), byKey, id)
	if err != nil || !slices.Equal(listed, items[0].Media) {
		t.Errorf("%+v, %v, want %+v", listed, err, items[0].Media)
	}
	for i, want := range []string{"\x89PNG one", "#!AMR two"} {
		content, err := w.Fetch(t.Context(), byKey, listed[i].Ref)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(content.Body)
		if err != nil || string(body) != want || content.Type != listed[i].Type {
			t.Errorf("%q, %+v, %v", body, content, err)
		}
		_ = content.Body.Close()
		if size := int64(len(want)); i == 0 && content.Size != size || i == 1 && content.Size != -1 {
			t.Errorf("size %d", content.Size)
		}
	}
	fetches := w.Fetches()
	if len(fetches) == 0 {
		t.Error("nothing was fetched elsewhere")
	}
	for _, f := range fetches {
		if f.Authorization {
			t.Errorf("credentials leaked: %+v", f)
		}
	}
}

// SMS-R3: what an application stands in the way of is told, and left.
func TestWorldApp(t *testing.T) {
	t.Parallel()
	w := open(t, twiliotest.Config{})
	app := w.AddApp(twiliotest.App{})
	n, _ := w.Number(line)
	n.App = app.SID
	w.AddNumber(n)
	h, err := w.Hooked(t.Context(), byToken, line)
	if err != nil || h.Problem.IsZero() || !strings.Contains(h.Problem.String(), app.SID) || h.URL != "https://old.example.org/" || h.Method != http.MethodGet {
		t.Fatalf("%+v, %v", h, err)
	}
	if err := w.SetHook(t.Context(), byToken, line, provider.Hook{URL: "https://gw.example.org/"}); err != nil {
		t.Fatal(err)
	}
	if now, _ := w.Number(line); now.App != app.SID || now.SMSURL != "https://gw.example.org/" || now.SMSMethod != http.MethodPost {
		t.Errorf("%+v", now)
	}
	if err := w.SetHook(t.Context(), byToken, line, h); err != nil {
		t.Fatal(err)
	}
	if now, _ := w.Number(line); now.SMSURL != n.SMSURL || now.SMSMethod != n.SMSMethod || now.App != n.App || now.FallbackURL != n.FallbackURL {
		t.Errorf("%+v, want %+v", now, n)
	}
}

// SMS-R2, SMS-S10: refusals of the stand-in, as users meet them.
func TestWorldRefuses(t *testing.T) {
	t.Parallel()
	w := open(t, twiliotest.Config{})
	w.SetPhone("+15554440001", twiliotest.Phone{Landline: true})
	w.SetPhone("+15554440002", twiliotest.Phone{Unroutable: true})
	for to, want := range map[string]transports.ErrorKind{
		"+15554440001": transports.NoRoute, "+15554440002": transports.NoRoute, "32665": transports.Impossible, line: transports.Impossible, "": transports.Malformed, "x": transports.Malformed,
	} {
		_, err := w.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: to, Text: "x"})
		wants(t, err, want, false)
	}
	_, err := w.Send(t.Context(), byToken, provider.Outgoing{Line: "+15559998888", To: peer, Text: "x"})
	wants(t, err, transports.Unfit, false)
	_, err = w.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer})
	wants(t, err, transports.Incomplete, false)
	_, err = w.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer, Text: strings.Repeat("a", 1601)})
	wants(t, err, transports.TooLong, false)
	w.use(byToken, "")
	w.Receive(peer, line, "STOP")
	if items := w.came(); len(items) != 1 || items[0].Stop != provider.Stop {
		t.Errorf("%+v", items)
	}
	_, err = w.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer, Text: "x"})
	wants(t, err, transports.NotAllowed, false)
	_, err = w.Verify(t.Context(), provider.Credentials{Account: account, Token: "wrong"})
	wants(t, err, transports.Credentials, false)
	trial := w.AddAccount(twiliotest.Account{Type: "Trial"})
	if a, err := w.Verify(t.Context(), provider.Credentials{Account: trial.SID, Token: trial.Token}); err != nil || !a.Trial || len(a.Lines) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	for _, status := range []string{"suspended", "closed"} {
		ended := w.AddAccount(twiliotest.Account{Status: status})
		if _, err := w.Verify(t.Context(), provider.Credentials{Account: ended.SID, Token: ended.Token}); transports.AsError(err) == nil ||
			!slices.Contains([]transports.ErrorKind{transports.Forbidden, transports.Credentials}, transports.AsError(err).Kind) {
			t.Errorf("%s: %v", status, err)
		}
	}
}

// Many at once are all sent, once each.
func TestWorldManyAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t, twiliotest.Config{})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, err := w.Send(t.Context(), byToken, provider.Outgoing{Line: line, To: peer, Text: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(w.Messages()); n != 100 {
		t.Errorf("%d messages", n)
	}
}
