package twiliotest_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports/sms/twiliotest"
)

// TestCloseLeavesNothing: lives, webhooks and requests under way end with the
// server.
func TestCloseLeavesNothing(t *testing.T) {
	gate := make(chan struct{})
	h := newHook(t, func(http.ResponseWriter, *http.Request) { <-gate })
	defer close(gate)
	s, err := twiliotest.Start(twiliotest.Config{Delays: twiliotest.Delays{Sent: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := &world{Server: s, t: t, account: s.AddAccount(twiliotest.Account{})}
	w.number = s.AddNumber(twiliotest.Number{Account: w.account.SID, Number: line, SMS: true, SMSURL: h.URL})
	w.send()
	w.Receive(phone, line, "hi")
	w.Fail(twiliotest.OpSend, 1, twiliotest.Hang(false))
	done := make(chan error, 1)
	go func() {
		_, _, _, err := w.try(limited(t), "")
		done <- err
	}()
	if err := w.Wait(limited(t), func() bool { return w.Count(twiliotest.OpSend) == 2 }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := <-done; err == nil {
		t.Error("a request outlived the server")
	}
	if err := s.Settled(limited(t)); err != nil {
		t.Errorf("closed, but busy: %v", err)
	}
	ctx := limited(t)
	for {
		all := make([]byte, 1<<20)
		stacks := string(all[:runtime.Stack(all, true)])
		if !strings.Contains(stacks, "twiliotest.(*Server)") {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("left running:\n%s", stacks)
		}
		runtime.Gosched()
	}
	w.Receive(phone, line, "late")
	s.Close()
}

func TestListenFails(t *testing.T) {
	w := open(t, twiliotest.Config{})
	taken := strings.TrimPrefix(w.URL, "http://")
	for _, cfg := range []twiliotest.Config{{Listen: taken}, {ListenCDN: taken}, {Listen: "nowhere"}} {
		if s, err := twiliotest.Start(cfg); err == nil {
			s.Close()
			t.Errorf("%+v: started", cfg)
		}
	}
}

// TestCrowd: many users at once, each with texts in both directions, all of
// which arrive.
func TestCrowd(t *testing.T) {
	const users, each = 40, 5
	w := open(t, twiliotest.Config{Concurrency: 1000, Keep: 50})
	h := newHook(t, nil)
	var wg sync.WaitGroup
	for i := range users {
		account := w.AddAccount(twiliotest.Account{})
		n := w.AddNumber(twiliotest.Number{Account: account.SID, Number: fmt.Sprintf("+1555030%04d", i), SMS: true, SMSURL: h.URL})
		wg.Go(func() {
			for k := range each {
				form := fields("From", n.Number, "To", phone, "Body", fmt.Sprint(k), "StatusCallback", h.URL)
				if resp, body := w.as(account.SID, account.Token, http.MethodPost, "/2010-04-01/Accounts/"+account.SID+"/Messages.json", form); resp.StatusCode != 201 {
					t.Errorf("user %d: %v", i, body)
				}
				w.Receive(phone, n.Number, fmt.Sprint(k))
				w.Texted(phone)
				w.Requests()
			}
		})
	}
	wg.Wait()
	if err := w.Settled(context.WithoutCancel(limited(t))); err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for _, text := range w.Texted(phone) {
		if text.Body != fmt.Sprint(next[text.From]) {
			t.Errorf("%s: %q is out of order", text.From, text.Body)
		}
		next[text.From]++
	}
	if len(next) != users || len(w.Texted(phone)) != users*each {
		t.Errorf("%d texts of %d users arrived", len(w.Texted(phone)), len(next))
	}
	if got := len(h.each("")); got != 3*users*each {
		t.Errorf("%d calls came, want %d", got, 3*users*each)
	}
	if len(w.Requests()) != 50 || len(w.Calls()) != 50 || w.Count(twiliotest.OpSend) != users*each {
		t.Errorf("%d requests and %d calls are kept", len(w.Requests()), len(w.Calls()))
	}
}

func TestPace(t *testing.T) {
	const pace = 20 * time.Millisecond
	w := open(t, twiliotest.Config{Pace: pace})
	for range 3 {
		w.send()
	}
	w.settle()
	texts := w.Texted(phone)
	if len(texts) != 3 || texts[2].At.Sub(texts[0].At) < pace {
		t.Errorf("on the phone: %v", texts)
	}
}
