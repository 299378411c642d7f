package twiliotest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports/sms/twiliotest"
)

// try makes a request that may fail, and returns what came.
func (w *world) try(ctx context.Context, form string) (status int, body string, after string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+w.base()+"/Messages.json", strings.NewReader(form))
	if err != nil {
		return 0, "", "", err
	}
	r.SetBasicAuth(w.account.SID, w.account.Token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), resp.Header.Get("Retry-After"), err
}

// TestFaults is for SMS-S10: each kind of trouble, and whether the text was sent
// in spite of it.
func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault  twiliotest.Fault
		status int // 0: no answer
		body   string
		after  string
		sent   bool
	}{
		"too many":            {twiliotest.TooMany("7"), 429, `"code":20429`, "7", false},
		"too many, no header": {twiliotest.TooMany(""), 429, `"status":429`, "", false},
		"odd header":          {twiliotest.TooMany("Wed, 21 Oct 2015 07:28:00 GMT"), 429, "20429", "Wed, 21 Oct 2015 07:28:00 GMT", false},
		"broken":              {twiliotest.Broken(502), 502, "<html>", "", false},
		"null":                {twiliotest.Null(false), 200, "null", "", false},
		"null, sent":          {twiliotest.Null(true), 200, "null", "", true},
		"cut before":          {twiliotest.CutBefore(), 0, "", "", false},
		"cut after":           {twiliotest.CutAfter(), 0, "", "", true},
		"half an answer":      {twiliotest.Fault{Work: true, Half: true}, 0, "", "", true},
		"late":                {twiliotest.Late(time.Millisecond), 201, `"sid":"SM`, "", true},
		"sent, but 500":       {twiliotest.Fault{Work: true, Status: 500, Type: "text/html", Body: "<html>"}, 500, "<html>", "", true},
	} {
		w := open(t, twiliotest.Config{})
		w.Fail(twiliotest.OpSend, 1, test.fault)
		form := fields("From", line, "To", phone, "Body", "hello").Encode()
		status, body, after, err := w.try(limited(t), form)
		if test.status == 0 && err == nil || test.status != 0 && (err != nil || status != test.status || !strings.Contains(body, test.body) || after != test.after) {
			t.Errorf("%s: %d %q %q %v", name, status, body, after, err)
		}
		w.settle()
		if got := len(w.Texted(phone)) == 1; got != test.sent {
			t.Errorf("%s: sent %v, want %v", name, got, test.sent)
		}
		if status, _, _, err := w.try(limited(t), form); err != nil || status != 201 {
			t.Errorf("%s: the next request: %d %v", name, status, err)
		}
	}
}

func TestHang(t *testing.T) {
	w := open(t, twiliotest.Config{})
	w.Fail(twiliotest.OpSend, 1, twiliotest.Hang(true))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, _, err := w.try(ctx, fields("From", line, "To", phone, "Body", "hello").Encode())
		done <- err
	}()
	if _, err := w.WaitTexted(limited(t), phone, 1); err != nil {
		t.Errorf("what hangs was not sent: %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestFaultsInTurn(t *testing.T) {
	w := open(t, twiliotest.Config{})
	w.FailAfter(twiliotest.OpList, 1, 2, twiliotest.Broken(500))
	w.Fail(twiliotest.OpList, -1, twiliotest.TooMany(""))
	w.Fail(twiliotest.OpAny, 1, twiliotest.Broken(503))
	var got []int
	for range 5 {
		resp, _ := w.do(http.MethodGet, "/Messages.json", nil)
		got = append(got, resp.StatusCode)
	}
	resp, _ := w.do(http.MethodGet, ".json", nil)
	got = append(got, resp.StatusCode)
	w.Heal()
	resp, _ = w.do(http.MethodGet, "/Messages.json", nil)
	got = append(got, resp.StatusCode)
	want := []int{200, 500, 500, 429, 429, 503, 200}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("answers were %v, want %v", got, want)
		}
	}
	if w.Count(twiliotest.OpList) != 6 || w.Count(twiliotest.OpAny) != 7 || len(w.Requests()) != 7 {
		t.Errorf("counted %d lists of %d", w.Count(twiliotest.OpList), w.Count(twiliotest.OpAny))
	}
}

// TestConcurrency: more requests at once than allowed get 429, unprocessed.
func TestConcurrency(t *testing.T) {
	w := open(t, twiliotest.Config{Concurrency: 2})
	gate := make(chan struct{})
	w.Fail(twiliotest.OpSend, 2, twiliotest.Held(gate))
	form := fields("From", line, "To", phone, "Body", "hello").Encode()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if status, _, _, err := w.try(limited(t), form); status != 201 {
				t.Errorf("a request within the limit: %d %v", status, err)
			}
		})
	}
	if err := w.Wait(limited(t), func() bool { return w.Count(twiliotest.OpSend) == 2 }); err != nil {
		t.Fatal(err)
	}
	if status, body, _, err := w.try(limited(t), form); status != 429 || !strings.Contains(body, "20429") {
		t.Errorf("a request too many: %d %q %v", status, body, err)
	}
	close(gate)
	wg.Wait()
	w.settle()
	if w.Peak() != 3 || len(w.Texted(phone)) != 2 {
		t.Errorf("at most %d at once, %d sent", w.Peak(), len(w.Texted(phone)))
	}
}
