package component

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A ring has what a slice would have that is appended to and cut in front.
func TestRing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var r ring[int]
		var want []int
		for i, push := range rapid.SliceOf(rapid.IntRange(0, 2)).Draw(rt, "steps") {
			switch {
			case push > 0:
				r.push(i)
				want = append(want, i)
			case len(want) > 0:
				r.pop()
				want = want[1:]
			}
			var got []int
			for n := r.first; n < r.end; n++ {
				got = append(got, *r.at(n))
			}
			if !slices.Equal(got, want) || r.len() != len(want) {
				rt.Fatalf("it has %v, want %v", got, want)
			}
			if r.len() == 0 && r.items != nil {
				rt.Fatal("it keeps memory for nothing")
			}
		}
	})
}
