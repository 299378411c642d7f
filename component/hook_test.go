package component_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const hooks = "https://gw.example.org/hooks"

func hooked(w *world) { w.extra.HookURL = hooks }

// key returns the key in the hook of a user's account.
func (w *world) key(user string) string {
	w.Helper()
	url := w.session(user).Account.Hook
	key, ok := strings.CutPrefix(url, hooks+"/"+domain+"/")
	if !ok || len(key) < 32 {
		w.Fatalf("the hook is %q", url)
	}
	return key
}

// call makes the network call a key.
func (w *world) call(key, text string) transports.Reply {
	return w.gate.Hook(context.Background(), domain, key, transports.Request{Method: "POST", Path: "/x", Body: []byte(text)})
}

// says makes each call be a message of the nurse's.
func says(w *world) {
	w.net.SetCaller(func(_ transports.Account, r transports.Request) (transports.Batch, transports.Reply) {
		m := transports.Message{ID: string(r.Body), Chat: person("nurse"), Nick: "nurse", Text: string(r.Body)}
		return transports.Batch{Events: []transports.Event{transports.Received{Message: m}}}, transports.Reply{Status: http.StatusNoContent}
	})
}

// SMS-I1, SMS-I2: what a call brings is in the inbox before the call is
// answered, and the same call again brings nothing.
func TestHook(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked, says)
	w.AnswerResources(nil)
	key := w.key("juliet")
	if r := w.call(key, "hello"); r.Status != http.StatusNoContent {
		t.Errorf("answered %d", r.Status)
	}
	if n := w.waiting(); n != 1 {
		t.Errorf("%d rows in the inbox", n)
	}
	if m := w.heard("nurse"); body(m) != "hello" {
		t.Errorf("heard %s", dump(m))
	}
	if r := w.call(key, "hello"); r.Status != http.StatusNoContent {
		t.Errorf("answered %d", r.Status)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// SMS-X1: who does not know an account's key learns nothing, whatever they try.
func TestHookKeys(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked, says)
	key := w.key("juliet")
	number, secret, _ := strings.Cut(key, "-")
	for _, wrong := range []string{
		"", "-", number, number + "-", "-" + secret, key + "x", key[:len(key)-1], strings.ToUpper(key), "+" + key,
		"0" + key, number + "--" + secret, "zzzzzzzzzzzzz-" + secret, "-1-" + secret, strings.Repeat("a", 1<<16),
	} {
		if r := w.call(wrong, "forged"); r.Status != http.StatusNotFound || len(r.Body) != 0 {
			t.Errorf("%.40q: answered %d", wrong, r.Status)
		}
	}
	if r := w.gate.Hook(context.Background(), "other.example.org", key, transports.Request{}); r.Status != http.StatusNotFound {
		t.Errorf("on another domain: answered %d", r.Status)
	}
	w.settled(phone, "juliet")
	w.nothing()
}

// A call that brings nothing is answered as the transport says, and a suspended
// or removed account takes none.
func TestHookOfNobody(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked)
	w.net.SetCaller(func(transports.Account, transports.Request) (transports.Batch, transports.Reply) {
		return transports.Batch{}, transports.Reply{Status: http.StatusForbidden}
	})
	key := w.key("juliet")
	if r := w.call(key, "forged"); r.Status != http.StatusForbidden {
		t.Errorf("answered %d", r.Status)
	}
	if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), network); err != nil {
		t.Fatal(err)
	}
	if r := w.call(key, "hello"); r.Status != http.StatusNotFound {
		t.Errorf("after the removal: answered %d", r.Status)
	}
}

// A transport that panics takes nobody else along.
func TestHookPanics(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked)
	w.net.SetCaller(func(transports.Account, transports.Request) (transports.Batch, transports.Reply) { panic("odd call") })
	if r := w.call(w.key("juliet"), "odd"); r.Status != http.StatusInternalServerError {
		t.Errorf("answered %d", r.Status)
	}
	w.settled(phone, "juliet")
}

// A gateway that nobody can call tells no transport of a hook.
func TestNoHook(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	if url := w.session("juliet").Account.Hook; url != "" {
		t.Errorf("the hook is %q", url)
	}
}

// SMS-R3: a removal has the transport put back what it changed, by what it
// saved.
func TestForget(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked)
	s := w.session("juliet")
	err := s.EmitBatch(transports.Batch{Saves: []transports.Save{{Name: "before", Value: []byte("https://old.example/")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), network); err != nil {
		t.Fatal(err)
	}
	c := w.net.AwaitCall(t, transporttest.OpForget, 0)
	if c.Text != "https://old.example/" || c.Account != s.Account.Key {
		t.Errorf("forgot %+v", c)
	}
}

// SMS-R3: a session begins when what the one before it had changed is put back.
func TestForgetThenRegister(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked)
	release := w.net.Stall(transporttest.OpForget)
	if _, err := w.domain().Unregister(context.Background(), jid.MustParse(juliet), network); err != nil {
		t.Fatal(err)
	}
	w.net.AwaitCall(t, transporttest.OpForget, 0)
	runs := w.net.Count(transporttest.OpRun)
	w.register(network, "pw")
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpRun); n != runs {
		t.Error("the next session did not wait")
	}
	release()
	w.net.AwaitCall(t, transporttest.OpRun, runs)
}

// SMS-I1: what could not be committed is not acknowledged: the network is told
// to call again.
func TestHookUncommitted(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t, hooked)
	key := w.key("juliet")
	ctx, cancel := context.WithCancel(context.Background())
	w.net.SetCaller(func(transports.Account, transports.Request) (transports.Batch, transports.Reply) {
		cancel() // the caller is gone, and with it the time to commit
		m := transports.Message{ID: "1", Chat: person("nurse"), Text: "hello"}
		return transports.Batch{Events: []transports.Event{transports.Received{Message: m}}}, transports.Reply{Status: http.StatusNoContent}
	})
	r := w.gate.Hook(ctx, domain, key, transports.Request{})
	if r.Status != http.StatusServiceUnavailable || r.After == 0 {
		t.Errorf("answered %d", r.Status)
	}
	if n := w.waiting(); n != 0 {
		t.Errorf("%d rows in the inbox", n)
	}
}

// The number of the network's own goes with an error, for programs.
func TestErrorCode(t *testing.T) {
	t.Parallel()
	w := newMailWorld(t)
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.NotAllowed, Text: transports.T("They opted out."), Code: "21610"})
	w.post("nurse", "m1", "hello")
	m := w.message(nurseNick, phone, "error")
	e := m.Child("", "error")
	if code := e.Child("urn:wherry:error:0", "code"); code == nil || code.Text != "21610" || stanza.ParseError(e).Condition != stanza.NotAllowed {
		t.Errorf("failed with %s", dump(m))
	}
}
