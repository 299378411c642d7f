package sms_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/twilio"
	"wherry/transports/sms/twiliotest"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// world is a session at a stand-in for Twilio that calls it back over HTTP. It
// commits nothing but keeps all in order.
type world struct {
	*sms.Session
	t       *testing.T
	twilio  *twiliotest.Server
	tr      *sms.Transport
	account transports.Account

	mu      sync.Mutex
	events  []transports.Event
	saved   transports.Saved
	changed chan struct{} // closed and replaced when something came
	down    bool          // calls are not taken
}

func newWorld(t *testing.T, with ...string) *world {
	return worldOf(t, twiliotest.Config{}, twiliotest.Account{}, with...)
}

// worldOf is newWorld of a certain stand-in, and a certain account there.
func worldOf(t *testing.T, conf twiliotest.Config, account twiliotest.Account, with ...string) *world {
	w := &world{t: t, twilio: twiliotest.New(t, conf), saved: transports.Saved{}, changed: make(chan struct{})}
	account = w.twilio.AddAccount(account)
	for _, n := range []string{home, work} {
		w.twilio.AddNumber(twiliotest.Number{Account: account.SID, Number: n, SMS: true, MMS: true, SMSURL: "https://old.example/" + n[1:]})
	}
	listener := httptest.NewServer(http.HandlerFunc(w.called))
	t.Cleanup(listener.Close)
	w.tr = sms.New(sms.Config{
		Provider:  twilio.New(twilio.Config{URL: w.twilio.URL, AllowPrivate: true, MediaHosts: []string{"127.0.0.1"}}),
		PollEvery: 50 * time.Millisecond, AllowPrivateHosts: true,
	})
	w.account = transports.Account{Key: "alice", Hook: listener.URL + "/hook/s3cret", Settings: transports.Settings{
		"account_sid": account.SID, "auth_token": account.Token, "line": home, "lines": work,
	}}
	for i := 0; i < len(with); i += 2 {
		w.account.Settings[with[i]] = with[i+1]
	}
	w.start()
	return w
}

// called takes a call of Twilio's, as the gateway's listener does.
func (w *world) called(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	path, ours := strings.CutPrefix(r.URL.Path, "/hook/s3cret")
	w.mu.Lock()
	down := w.down
	w.mu.Unlock()
	if err != nil || !ours || down {
		http.Error(rw, "", http.StatusServiceUnavailable)
		return
	}
	b, reply := w.tr.Webhook(r.Context(), w.account, transports.Request{Method: r.Method, Path: path, Query: r.URL.RawQuery, Header: r.Header, Body: body})
	w.keep(b)
	if reply.Type != "" {
		rw.Header().Set("Content-Type", reply.Type)
	}
	rw.WriteHeader(reply.Status)
	_, _ = rw.Write(reply.Body)
}

// start runs the account's session until the test ends, and waits until its
// first look is over.
func (w *world) start() {
	w.t.Helper()
	session, err := w.tr.Open(w.account, w.saved)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Session = session.(*sms.Session)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- session.Run(ctx, func(_ context.Context, b transports.Batch) error {
			w.keep(b)
			return nil
		})
	}()
	w.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run = %v", err)
		}
	})
	w.until(func() bool { return w.twilio.Count(twiliotest.OpList) > 0 && len(w.saved["position."+work]) > 0 })
}

func (w *world) keep(b transports.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, b.Events...)
	for _, s := range b.Saves {
		w.saved[s.Name] = s.Value
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// until waits for what came to be enough. done is asked with mu held.
func (w *world) until(done func() bool) {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		w.mu.Lock()
		ok, changed := done(), w.changed
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			w.t.Fatalf("it did not come; there is %+v", w.events)
		}
	}
}

// message waits for a message of a text.
func (w *world) message(text string) (m transports.Message) {
	w.t.Helper()
	w.until(func() bool {
		for _, e := range w.events {
			if r, ok := e.(transports.Received); ok && r.Message.Text == text {
				m = r.Message
				return true
			}
		}
		return false
	})
	return m
}

// status waits for what becomes of a message of ours.
func (w *world) status(id string, state transports.State) (st transports.Status) {
	w.t.Helper()
	w.until(func() bool {
		for _, e := range w.events {
			if s, ok := e.(transports.Status); ok && s.ID == id && s.State == state {
				st = s
				return true
			}
		}
		return false
	})
	return st
}

func (w *world) settled() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.twilio.Settled(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// Twilio calls us, where it called another before, and what it brings comes
// with its files; every call is signed and answered as Twilio wants it.
func TestTwilioCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if n, _ := w.twilio.Number(home); !strings.HasPrefix(n.SMSURL, w.account.Hook+"#rc=5") {
		t.Fatalf("Twilio calls %s", n.SMSURL)
	}
	w.twilio.Receive(bob, home, "look", twiliotest.Media{Type: "image/png", Data: []byte("picture")})
	m := w.message("look")
	if m.Chat != contact(bob) || len(m.Attachments) != 1 || m.Attachments[0].Type != "image/png" || m.Delayed {
		t.Fatalf("%+v", m)
	}
	content, err := w.Fetch(t.Context(), m.Attachments[0].Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Body.Close()
	if data, err := io.ReadAll(content.Body); err != nil || string(data) != "picture" {
		t.Errorf("fetched %q, %v", data, err)
	}
	// SMS-A3: to another line.
	w.twilio.Receive(bob, work, "other line")
	if m := w.message("other line"); m.Chat != contact(bob+";via="+work) {
		t.Errorf("%+v", m)
	}
	w.settled()
	for _, c := range w.twilio.Calls() {
		if c.Status != 200 || c.Alert != 0 || !c.Exact || len(c.Billed) > 0 {
			t.Errorf("a call: %+v", c)
		}
	}
}

// SMS-D1: what becomes of a message is told by calls, on whatever line it went.
func TestTwilioTellsStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for to, c := range map[string]struct {
		steps []twiliotest.Step
		state transports.State
	}{
		bob:                        {twiliotest.Delivered(twiliotest.Delays{}), transports.Delivered},
		"+15557654322":             {twiliotest.Undelivered(30007), transports.Failed},
		"+15557654323;via=" + work: {twiliotest.Delivered(twiliotest.Delays{}), transports.Delivered},
	} {
		number, _, _ := strings.Cut(to, ";")
		w.twilio.Script(number, 1, c.steps)
		sent, err := w.Send(t.Context(), transports.Message{ID: to, Chat: contact(to), Text: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		st := w.status(sent.IDs[0], c.state)
		if st.Chat != contact(to) || (st.Err != nil) != (c.state == transports.Failed) || st.Err != nil && (st.Err.Kind != transports.Filtered || st.Err.Code != "30007") {
			t.Errorf("%s: %+v", to, st)
		}
	}
}

// SMS-I12: what Twilio could not tell us is found by looking.
func TestTwilioIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "webhook", "poll")
	if n, _ := w.twilio.Number(home); !strings.HasPrefix(n.SMSURL, "https://old.example/") {
		t.Errorf("Twilio calls %s", n.SMSURL)
	}
	w.mu.Lock()
	w.down = true
	w.mu.Unlock()
	w.twilio.Deliver(twiliotest.Inbound{From: bob, To: home, Body: "lost", Lost: true, Media: []twiliotest.Media{{Type: "image/gif", Data: []byte("g")}}})
	if m := w.message("lost"); len(m.Attachments) != 1 || !m.Delayed {
		t.Errorf("%+v", m)
	}
	sent, err := w.Send(t.Context(), out("1", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	w.status(sent.IDs[0], transports.Delivered)
	if i := slices.IndexFunc(w.twilio.Messages(), func(m twiliotest.Message) bool { return m.Callback != "" }); i >= 0 {
		t.Error("a callback was asked for though calls are not wanted")
	}
}

// SMS-S10: a message whose answer was lost is found by what it says, and told
// of as any other; so it is where Twilio shows what it puts before the texts of
// a trial account.
func TestTwilioFinds(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprint(kept), func(t *testing.T) {
			t.Parallel()
			finds(t, worldOf(t, twiliotest.Config{TrialNoteKept: kept}, twiliotest.Account{Type: "Trial", Verified: []string{bob}}))
		})
	}
}

func finds(t *testing.T, w *world) {
	first, err := w.Send(t.Context(), out("0", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	w.twilio.Fail(twiliotest.OpSend, 1, twiliotest.CutAfter())
	before := time.Now()
	if _, err := w.Send(t.Context(), out("1", "hi")); err == nil || !transports.AsError(err).Unsure {
		t.Fatalf("Send = %v", err)
	}
	found, err := w.Find(t.Context(), out("1", "hi"), before, func(id string) bool { return id == first.IDs[0] })
	if err != nil || found == nil || found.IDs[0] == first.IDs[0] {
		t.Fatalf("Find = %+v, %v", found, err)
	}
	w.status(found.IDs[0], transports.Delivered)
	w.settled()
	if n := len(w.twilio.Texted(bob)); n != 2 {
		t.Errorf("the phone got %d texts", n)
	}
}

// SMS-X1: with an API key and no token, a call is believed only by asking.
func TestTwilioWithoutToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.twilio.AddKey(twiliotest.Key{Account: w.account.Settings["account_sid"]})
	w.mu.Lock()
	w.account.Settings = transports.Settings{"account_sid": w.account.Settings["account_sid"], "api_key": key.SID, "api_secret": key.Secret, "line": home}
	w.mu.Unlock()
	w.twilio.Receive(bob, home, "by key")
	w.message("by key")
}
