package sms_test

import (
	"testing"
	"testing/synctest"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// SMS-I11: after a start, what the provider tells waits for what it told before
// in vain, but not for long; news of ours does not.
func TestInOrder(t *testing.T) {
	text := provider.Item{ID: "B", Line: home, Peer: bob, Inbound: true, Text: "second"}
	state := provider.Item{ID: "O", Line: home, Peer: bob, State: provider.Delivered, Only: true}
	took := func(l *life, item provider.Item) time.Duration {
		begin := time.Now()
		l.calledBy(transports.Request{}, item)
		return time.Since(begin)
	}
	bubble(t, func(t *testing.T, l *life) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.calledBy(transports.Request{}, text)
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Error("the call was taken before what it follows was looked for")
		default:
		}
		l.start()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("the call still waits")
		}
		if d := took(l, text); d != 0 {
			t.Errorf("the next waited %v", d)
		}
	})
	bubble(t, func(t *testing.T, l *life) {
		if d := took(l, state); d != 0 {
			t.Errorf("a state waited %v", d)
		}
		if d := took(l, text); d != 5*time.Second {
			t.Errorf("without a session the call waited %v", d)
		}
		time.Sleep(30 * time.Second) // the bubble's time
		if d := took(l, text); d != 0 {
			t.Errorf("long after the start the call waited %v", d)
		}
	})
}
