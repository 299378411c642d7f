package muc

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The last lines are found by each of their names, and no more of them are kept
// than there may be.
func TestRefs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rs refs
		var all []ref
		for i := range rapid.IntRange(0, 3*maxRefs).Draw(t, "lines") {
			r := ref{id: fmt.Sprint("s", i/rapid.IntRange(1, 2).Draw(t, "parts")), own: fmt.Sprint("o", i), net: fmt.Sprint("n", rapid.IntRange(0, i).Draw(t, "net"))}
			rs.add(r)
			all = append(all, r)
			if rs.byNet(r.net) == nil {
				t.Fatalf("%+v is not found at once", r)
			}
		}
		if len(rs.ring) > maxRefs {
			t.Fatalf("%d are kept", len(rs.ring))
		}
		for _, r := range all {
			if got := rs.byNet(r.net); got != nil && rs.byID(got.id) != got {
				t.Fatalf("by the network's id it is %+v, by the stanza's %+v", got, rs.byID(got.id))
			}
		}
		if rs.byNet("") != nil || rs.byID("") != nil {
			t.Fatal("nothing has a name")
		}
	})
}

// Somebody's signs are a set, however they come; it is bounded.
func TestSigns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ref
		want := map[string][]string{}
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			nick, sign := fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "nick")), fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "sign"))
			removed := rapid.Bool().Draw(t, "removed")
			has := slices.Contains(want[nick], sign)
			may := removed && has || !removed && !has && len(want[nick]) < maxSigns
			switch {
			case may && removed:
				want[nick] = slices.DeleteFunc(want[nick], func(s string) bool { return s == sign })
			case may:
				want[nick] = append(want[nick], sign)
			}
			all, changed := r.sign(nick, sign, removed)
			if changed != may || changed && !slices.Equal(all, want[nick]) {
				t.Fatalf("sign(%s, %s, %v) = %v, %v; want %v, %v", nick, sign, removed, all, changed, want[nick], may)
			}
			if !slices.Equal(r.signsOf(nick), want[nick]) {
				t.Fatalf("%s has %v, want %v", nick, r.signsOf(nick), want[nick])
			}
		}
	})
}
