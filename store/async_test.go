package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"wherry/store"
)

func nothing(*store.Tx) error { return nil }

func TestUpdateAsyncOrder(t *testing.T) {
	s := open(t, config(t))
	account := addAccount(t, s, "romeo@example.org")
	const many = 700 // more than a group
	var told []int
	var numbers [many]int64
	var all sync.WaitGroup
	for i := range many {
		all.Add(1)
		s.UpdateAsync(func(tx *store.Tx) (err error) {
			numbers[i], _, err = tx.AddOutgoing(message(account, fmt.Sprint(i), 1))
			if i%100 == 50 {
				return errOwn
			}
			return err
		}, func(err error) {
			defer all.Done()
			told = append(told, i)
			if errors.Is(err, errOwn) != (i%100 == 50) || !errors.Is(err, errOwn) && err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for i, n := range told {
		if n != i {
			t.Fatalf("outcome %d is of write %d", i, n)
		}
	}
	out, err := s.QueuedOutgoing(context.Background(), account, 0, many)
	check(t, err)
	if len(out) != many-many/100 {
		t.Errorf("%d rows", len(out))
	}
	for i := 1; i < len(out); i++ {
		var before, now int
		fmt.Sscan(out[i-1].Stanza, &before)
		fmt.Sscan(out[i].Stanza, &now)
		if now <= before || out[i].Message != numbers[now] {
			t.Fatalf("message %d of write %d follows write %d", out[i].Message, now, before)
		}
	}
}

// TestUpdateAsyncTellsElsewhere holds a lock while it writes that the outcome
// needs, too: for writes that are made, and for those that are not.
func TestUpdateAsyncTellsElsewhere(t *testing.T) {
	cfg := config(t)
	s := open(t, cfg)
	look, err := store.OpenReadOnly(context.Background(), cfg)
	check(t, err)
	defer look.Close()
	var mu sync.Mutex
	write := func(s *store.Store, want error) {
		t.Helper()
		told := make(chan error, 2)
		mu.Lock()
		s.UpdateAsync(nothing, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told <- err
		})
		mu.Unlock()
		if err := <-told; !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	write(s, nil)
	write(look, store.ErrReadOnly)
	check(t, s.Close())
	write(s, store.ErrClosed)
}

// TestUpdateAsyncMayWrite: an outcome may lead to the next write, and to one
// that is waited for.
func TestUpdateAsyncMayWrite(t *testing.T) {
	s := open(t, config(t))
	told := make(chan error)
	s.UpdateAsync(nothing, func(err error) {
		if err == nil {
			err = s.Update(context.Background(), nothing)
		}
		s.UpdateAsync(nothing, func(later error) { told <- errors.Join(err, later) })
	})
	check(t, <-told)
}

func TestCloseWaitsForOutcomes(t *testing.T) {
	s := open(t, config(t))
	release := hold(t, s)
	told := 0
	for range 300 {
		s.UpdateAsync(nothing, func(err error) {
			if err != nil {
				t.Error(err)
			}
			told++
		})
	}
	release()
	check(t, s.Close())
	if told != 300 {
		t.Errorf("%d outcomes", told)
	}
}

// TestPanicIsItsOwn: what one caller's function does wrong must not end the
// others' store.
func TestPanicIsItsOwn(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	release := hold(t, s)
	results := queue(s, 3, func(i int) error {
		return s.Update(ctx, func(tx *store.Tx) error {
			if err := tx.PutSaves(99, nil); err != nil || i != 1 {
				return err
			}
			panic("of one")
		})
	})
	release()
	for i, err := range results() {
		if (i == 1) != (err != nil) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	check(t, s.Update(ctx, nothing))
}
