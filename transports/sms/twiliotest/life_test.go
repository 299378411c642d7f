package twiliotest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"wherry/transports/sms/twiliotest"
)

// TestLives is for SMS-D3: callbacks of every fate, and in any order.
func TestLives(t *testing.T) {
	step := func(status string) twiliotest.Step { return twiliotest.Step{Status: status} }
	stale := func(status string) twiliotest.Step { return twiliotest.Step{Status: status, Stale: true} }
	for name, test := range map[string]struct {
		steps   []twiliotest.Step
		told    string
		status  string
		code    any
		reached int
	}{
		"stays at sent": {twiliotest.StaysSent(), "sent", "sent", nil, 1},
		"read":          {twiliotest.Read(), "sent delivered read", "read", nil, 1},
		"undelivered":   {twiliotest.Undelivered(30003), "sent undelivered", "undelivered", 30003.0, 0},
		"failed":        {twiliotest.Failed(30034), "failed", "failed", 30034.0, 0},
		"pending":       {twiliotest.Pending(), "", "queued", nil, 0},
		"out of order":  {[]twiliotest.Step{step("delivered"), stale("sent"), stale("delivered")}, "delivered sent delivered", "delivered", nil, 1},
		"contradiction": {[]twiliotest.Step{step("undelivered"), step("delivered")}, "undelivered delivered", "delivered", nil, 1},
	} {
		w := open(t, twiliotest.Config{})
		h := newHook(t, nil)
		w.Script(phone, 1, test.steps)
		sid := w.send("StatusCallback", h.URL).text("sid")
		w.settle()
		if got := strings.Join(h.each("MessageStatus"), " "); got != test.told {
			t.Errorf("%s: told %q, want %q", name, got, test.told)
		}
		if _, now := w.do(http.MethodGet, "/Messages/"+sid+".json", nil); now.text("status") != test.status || now["error_code"] != test.code {
			t.Errorf("%s: it is %v", name, now)
		}
		if got := len(w.Texted(phone)); got != test.reached {
			t.Errorf("%s: %d texts reached the phone, want %d", name, got, test.reached)
		}
		for _, form := range must(h.came()) {
			if failed := form.Has("ErrorCode"); failed != (form.Get("MessageStatus") == "undelivered" && test.code != nil || form.Get("MessageStatus") == "failed") {
				t.Errorf("%s: the callback is %v", name, form)
			}
		}
	}
}

func must[A, B any](a A, _ B) A { return a }

// TestEarlyCallback is for SMS-D3: the callback comes, and is answered, while
// the request that made the message still waits.
func TestEarlyCallback(t *testing.T) {
	w := open(t, twiliotest.Config{})
	before := make(chan int, 1)
	h := newHook(t, func(rw http.ResponseWriter, _ *http.Request) {
		before <- len(w.Requests())
		rw.WriteHeader(http.StatusNoContent)
	})
	w.Script("", 1, []twiliotest.Step{{Status: "delivered", Early: true}})
	sent := w.send("StatusCallback", h.URL)
	if got := <-before; got != 0 {
		t.Errorf("%d requests had been answered", got)
	}
	if forms, _ := h.came(); forms[0].Get("MessageSid") != sent.text("sid") {
		t.Errorf("the callback is for %v", forms)
	}
	w.settle()
	if got := w.Texted(phone); len(got) != 1 {
		t.Errorf("the phone got %v", got)
	}
}

// TestNotBeforeAnswer: no callback comes before the answer unless a script says
// so.
func TestNotBeforeAnswer(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	gate := make(chan struct{})
	w.Fail(twiliotest.OpSend, 1, twiliotest.Held(gate))
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.send("StatusCallback", h.URL)
	}()
	if err := w.Wait(limited(t), func() bool { return len(w.Messages()) == 1 }); err != nil {
		t.Fatal(err)
	}
	if forms, _ := h.came(); len(forms) != 0 || w.Texted(phone) != nil {
		t.Errorf("before the answer: %v %v", forms, w.Texted(phone))
	}
	close(gate)
	<-done
	w.settle()
	if got := h.each("MessageStatus"); !slices.Equal(got, []string{"sent", "delivered"}) {
		t.Errorf("after the answer: %v", got)
	}
}

func TestOrderOnPhone(t *testing.T) {
	w := open(t, twiliotest.Config{})
	gate := make(chan struct{})
	w.Script("", 1, []twiliotest.Step{{Status: "delivered", Until: gate}})
	w.send("Body", "one")
	w.send("Body", "two")
	if got, err := w.WaitTexted(limited(t), phone, 1); err != nil || got[0].Body != "two" {
		t.Errorf("first on the phone: %v, %v", got, err)
	}
	close(gate)
	w.settle()
	if got := w.Texted(phone); len(got) != 2 || got[0].Body != "one" || got[1].Body != "two" {
		t.Errorf("on the phone: %v", got)
	}
}

// TestTellSending has "sending" called back too, as documentation leaves open.
func TestTellSending(t *testing.T) {
	w := open(t, twiliotest.Config{TellSending: true})
	h := newHook(t, nil)
	w.send("StatusCallback", h.URL)
	w.settle()
	if got := h.each("SmsStatus"); !slices.Equal(got, []string{"sending", "sent", "delivered"}) {
		t.Errorf("told %v", got)
	}
}

func TestWhatsApp(t *testing.T) {
	const ours, theirs = "whatsapp:" + line, "whatsapp:" + phone
	w := open(t, twiliotest.Config{})
	w.AddNumber(twiliotest.Number{Account: w.account.SID, Number: ours, SMS: true})
	h := newHook(t, nil)
	w.send("From", ours, "To", theirs, "StatusCallback", h.URL)
	w.settle()
	if forms, _ := h.came(); len(forms) != 1 || forms[0].Get("ErrorCode") != "63016" || forms[0].Get("ChannelPrefix") != "whatsapp" {
		t.Errorf("out of the window: %v", forms)
	}
	w.Receive(theirs, ours, "hi")
	w.send("From", ours, "To", theirs)
	w.settle()
	if got := w.Texted(theirs); len(got) != 1 {
		t.Errorf("within the window: %v", got)
	}
}
