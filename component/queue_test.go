package component

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wherry/component/stanza"
)

// The queue hands out whole stanzas of each user in their order, in turn, and
// loses none.
func TestFairQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := newFairQueue()
		shares := make([]share, 4)
		want := make([]string, len(shares))
		got := make([]strings.Builder, len(shares))
		var buf []byte
		take := func() bool {
			buf = q.take(buf[:0])
			for _, part := range strings.SplitAfter(string(buf), ">") {
				if part != "" {
					got[part[1]-'a'].WriteString(part)
				}
			}
			return len(buf) > 0
		}
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "what") == 0 {
				take()
				continue
			}
			i := rapid.IntRange(0, len(shares)-1).Draw(t, "who")
			st := fmt.Sprintf("<%c%s>", 'a'+i, strings.Repeat(".", rapid.IntRange(0, 20000).Draw(t, "size")))
			ok, err := q.add(&shares[i], func(b []byte) ([]byte, error) { return append(b, st...), nil })
			if !ok || err != nil {
				t.Fatalf("add: %v, %v", ok, err)
			}
			want[i] += st
		}
		for take() {
		}
		for i := range want {
			if got[i].String() != want[i] {
				t.Fatalf("user %d: %d bytes of %d, or in another order", i, got[i].Len(), len(want[i]))
			}
		}
	})
}

// put appends a stanza of n bytes that begins with a letter.
func put(letter byte, n int) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		return append(append(b, letter), strings.Repeat(".", n-1)...), nil
	}
}

// A flood delays another user's stanza by no more than one turn of each, and is
// bounded.
func TestFairQueueFlood(t *testing.T) {
	q := newFairQueue()
	var flood, calm share
	n := 0
	for {
		ok, err := q.add(&flood, put('f', 1000))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		n++
	}
	if n < shareBound/1000 || n > shareBound/1000+1 {
		t.Errorf("%d stanzas of 1000 bytes were taken", n)
	}
	if ok, err := q.add(&calm, put('c', 100)); !ok || err != nil {
		t.Fatalf("the other user: %v, %v", ok, err)
	}
	if first := q.take(nil); strings.IndexByte(string(first), 'c') > turnSize+1000 || strings.IndexByte(string(first), 'c') < 0 {
		t.Errorf("the other user comes after %d bytes", strings.IndexByte(string(first), 'c'))
	}
}

// What is refused, or cannot be written, leaves nothing behind.
func TestFairQueueRefuses(t *testing.T) {
	q := newFairQueue()
	var s share
	if ok, err := q.add(&s, func(b []byte) ([]byte, error) { return b, stanza.ErrTo }); ok || err != stanza.ErrTo {
		t.Errorf("a stanza that cannot be written: %v, %v", ok, err)
	}
	if b := q.take(nil); len(b) != 0 {
		t.Errorf("left %q", b)
	}
	_, _ = q.add(&s, put('a', 10))
	q.end()
	if ok, _ := q.add(&s, put('b', 10)); ok || q.ended() {
		t.Errorf("after the end: taken %v, ended %v", ok, q.ended())
	}
	if b := q.take(nil); string(b) != "a........." || !q.ended() {
		t.Errorf("what waited: %q, ended %v", b, q.ended())
	}
	q = newFairQueue()
	_, _ = q.add(&s, put('a', 10))
	q.close()
	if ok, _ := q.add(&s, put('b', 10)); ok || len(q.take(nil)) != 0 {
		t.Error("a closed queue goes on")
	}
	next := newFairQueue()
	if ok, _ := next.add(&s, put('c', 3)); !ok || string(next.take(nil)) != "c.." {
		t.Error("the next stream gets what was for the last")
	}
}
