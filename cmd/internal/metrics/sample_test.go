package metrics

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// However many ask, it is read once in a while, and its error stays as long.
func TestSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads, fault := 0, error(nil)
		s := newSample(time.Minute, func(context.Context) (int, error) {
			time.Sleep(time.Second)
			reads++
			return reads, fault
		})
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if n, err := s.get(t.Context()); n != 1 || err != nil {
					t.Errorf("%d, %v", n, err)
				}
			})
		}
		all.Wait()
		time.Sleep(time.Minute)
		fault = errors.New("no")
		for range 2 {
			if _, err := s.get(t.Context()); err != fault || reads != 2 {
				t.Errorf("%v after %d reads", err, reads)
			}
		}
	})
}

// Who waits for another's reading waits no longer than they want.
func TestSampleInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSample(time.Minute, func(context.Context) (int, error) {
			time.Sleep(time.Hour)
			return 1, nil
		})
		go s.get(t.Context())
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.get(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Hour)
		if n, err := s.get(t.Context()); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}
