package component

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The wait before a try grows up to a bound, and never to nothing.
func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1000).Draw(t, "n")
		first := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "first"))
		most := first * time.Duration(rapid.Int64Range(1, 1000).Draw(t, "times"))
		bound := most
		if n < 10 {
			bound = min(first<<n, most)
		}
		if got := backoff(n, first, most); got < first/2 || got >= first/2+bound {
			t.Errorf("backoff(%d, %v, %v) = %v", n, first, most, got)
		}
	})
	long := 0
	for range 100 {
		if backoff(20, time.Second, time.Minute) > 2*time.Second {
			long++
		}
	}
	if long < 50 {
		t.Errorf("after many tries only %d of 100 waits are long", long)
	}
}
