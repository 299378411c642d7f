package component

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// A mailbox handles each item once, in the order of posting, one at a time,
// whoever posts.
func TestMailbox(t *testing.T) {
	const posters, each = 8, 500
	var got []int
	busy := make(chan struct{}, 1)
	m := mailbox[int]{handle: func(i int) {
		select {
		case busy <- struct{}{}:
		default:
			t.Error("two at a time")
		}
		got = append(got, i)
		<-busy
	}}
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				m.post(p*each + i)
			}
		})
	}
	wg.Wait()
	if err := m.rest(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := map[int]int{}
	for _, i := range got {
		if p := i / each; last[p] > i {
			t.Fatalf("%d came after %d", i, last[p])
		}
		last[i/each] = i
	}
	if len(got) != posters*each {
		t.Errorf("%d of %d handled", len(got), posters*each)
	}
}

// Posting from a handler does not run it inside itself, a panic loses one item
// only, and idle is told whenever nothing is left.
func TestMailboxCorners(t *testing.T) {
	var got []string
	idle, broke := 0, 0
	var m mailbox[string]
	m.handle = func(s string) {
		switch s {
		case "more":
			m.post("last")
		case "panic":
			panic("boom")
		}
		got = append(got, s)
	}
	m.idle = func() { idle++ }
	m.broken = func(any) { broke++ }
	for _, s := range []string{"one", "panic", "more"} {
		m.post(s)
	}
	ctx := context.Background()
	if err := m.rest(ctx); err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(got, " "); s != "one more last" || broke != 1 || idle == 0 {
		t.Errorf("handled %s, %d panics, %d times idle", s, broke, idle)
	}
}

// What is added waits until somebody posts or starts; what waits is handled
// together, in order, and then after is called.
func TestMailboxTogether(t *testing.T) {
	var got [][]int
	var after int
	m := mailbox[int]{together: func(all []int) { got = append(got, slices.Clone(all)) }}
	m.after = func() { after++ }
	rest := func(want ...[]int) {
		t.Helper()
		if err := m.rest(context.Background()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || after != len(want) {
			t.Fatalf("after %d: %s", after, diff)
		}
	}
	m.start()
	m.add(1)
	m.add(2)
	rest()
	m.start()
	rest([]int{1, 2})
	m.start()
	m.add(3)
	m.post(4)
	rest([]int{1, 2}, []int{3, 4})
}

// Who may not run ahead waits until the queue was taken.
func TestMailboxWait(t *testing.T) {
	gate, entered := make(chan struct{}), make(chan struct{}, 10)
	m := mailbox[int]{handle: func(int) { entered <- struct{}{}; <-gate }}
	ctx, cancel := context.WithCancel(context.Background())
	m.post(0)
	<-entered
	for range 3 {
		m.post(1)
	}
	if err := m.wait(ctx, 3); err != nil {
		t.Errorf("within the bound: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- m.wait(ctx, 2) }()
	select {
	case err := <-done:
		t.Fatalf("over the bound: %v", err)
	default:
	}
	gate <- struct{}{}
	if err := <-done; err != nil {
		t.Errorf("after the queue was taken: %v", err)
	}
	for range 3 {
		m.post(2)
	}
	go func() { done <- m.wait(ctx, 2) }()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("after its time: %v", err)
	}
	if n := m.len(); n != 3 {
		t.Errorf("%d are waiting, want 3", n)
	}
	close(gate)
	if err := m.rest(context.Background()); err != nil {
		t.Error(err)
	}
}

// What a mailbox wants done next is done once its queue is empty, or beside it: all
// of it, in order, and each item once.
func TestMailboxThen(t *testing.T) {
	const posters, each = 4, 2000
	c := newCrew()
	defer c.dismiss()
	var first, second mailbox[int]
	var got []int
	first.crew, second.crew = c, c
	first.handle = second.add
	first.after = func() {
		if second.begin() {
			first.then(&second)
		}
	}
	second.handle = func(i int) { got = append(got, i) }
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				first.post(p*each + i)
			}
		})
	}
	wg.Wait()
	for _, m := range []*mailbox[int]{&first, &second} {
		if err := m.rest(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	next := [posters]int{}
	for _, i := range got {
		if p := i / each; i%each != next[p] {
			t.Fatalf("%d came as number %d of its poster", i, next[p])
		}
		next[i/each]++
	}
	if len(got) != posters*each {
		t.Errorf("%d of %d handled", len(got), posters*each)
	}
}

// A mailbox takes no more than its bound.
func TestMailboxOffer(t *testing.T) {
	gate, entered := make(chan struct{}), make(chan struct{})
	m := mailbox[int]{handle: func(i int) {
		if i == 0 {
			close(entered)
			<-gate
		}
	}}
	m.post(0)
	<-entered
	if !m.offer(1, 2) || !m.offer(2, 2) || m.offer(3, 2) {
		t.Error("another bound than 2")
	}
	close(gate)
	if err := m.rest(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !m.offer(4, 1) {
		t.Error("refused while empty")
	}
	if err := m.rest(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// The goroutines of a crew are used again, and end when it is dismissed; work is
// done all the same after that.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it fails where a goroutine is left
		c := newCrew()
		m := mailbox[chan struct{}]{crew: c, handle: func(done chan struct{}) { close(done) }}
		work := func() {
			done := make(chan struct{})
			m.post(done)
			<-done
			synctest.Wait()
		}
		for range 1000 {
			work()
		}
		if n := len(c.idle); n != 1 {
			t.Errorf("%d goroutines for 1000 works, one at a time", n)
		}
		c.dismiss()
		work()
	})
}
