package irc

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// IRC-B22
func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(3)
		start := time.Now()
		for i, want := range []time.Duration{0, 0, 0, 1, 2, 3} {
			if err := p.wait(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != want*time.Second {
				t.Errorf("line %d went after %v, want %v s", i, took, int(want))
			}
		}
		time.Sleep(time.Minute) // the bucket fills, and no more
		start = time.Now()
		for range 4 {
			_ = p.wait(t.Context(), false)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("after a pause four lines took %v", took)
		}
	})
}

func TestPacerUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(1)
		_ = p.wait(t.Context(), false)
		order := make(chan string, 5)
		say := func(name string, urgent bool) {
			go func() {
				if p.wait(t.Context(), urgent) == nil {
					order <- name
				}
			}()
			synctest.Wait()
		}
		say("one", false)
		say("two", false)
		time.Sleep(pacing / 2)
		say("join", true)
		for _, want := range []string{"join", "one", "two"} {
			if got := <-order; got != want {
				t.Errorf("%s went, want %s", got, want)
			}
		}
	})
}

func TestPacerBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(1)
		_ = p.wait(t.Context(), false)
		ctx, cancel := context.WithCancel(t.Context())
		answers := make(chan error, maxQueue)
		for range maxQueue {
			go func() { answers <- p.wait(ctx, false) }()
		}
		synctest.Wait()
		if err := p.wait(t.Context(), false); !errors.Is(err, errPace) {
			t.Errorf("one too many waits: %v", err)
		}
		cancel()
		for range maxQueue {
			if err := <-answers; !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled wait: %v", err)
			}
		}
		if p.head() != nil {
			t.Error("turns are left behind")
		}
	})
}

// IRC-B22
func TestPacerOff(t *testing.T) {
	p := newPacer(-1)
	for range 1000 {
		if err := p.wait(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
}

// What need not be said is said only while there is plenty of room, and takes a
// place like any line.
func TestPacerSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(6)
		spared := 0
		for range 20 {
			if p.spare() {
				spared++
			}
		}
		if spared != 4 {
			t.Errorf("%d lines went, want 4 of a burst of 6", spared)
		}
		start := time.Now()
		for range 2 {
			_ = p.wait(t.Context(), false)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("messages waited %v for what need not be said", took)
		}
		_ = p.wait(t.Context(), false)
		if took := time.Since(start); took != time.Second {
			t.Errorf("the seventh line went after %v", took)
		}
		time.Sleep(time.Minute)
		if !p.spare() {
			t.Error("after a pause nothing is spared")
		}
		if !newPacer(-1).spare() {
			t.Error("without a limit nothing is spared")
		}
	})
}
