package component

import (
	"fmt"
	"testing"
	"time"

	"wherry/component/muc"
)

// Of many reactions the newest of each person to each line hold, and no more than
// may be; what was taken back draws none. XEP-0444 §4
func TestWithReactions(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	id := func(n int) string { return stanzaID(firstPlace + int64(n)) }
	line := func(n int) muc.Past { return muc.Past{ID: id(n), Nick: "n", Text: fmt.Sprint(n), Time: at(n)} }
	gone := line(3)
	gone.Gone = &muc.Gone{}
	lines := []muc.Past{line(1), line(2), gone}
	react := func(n, to int, nick, key string, signs ...string) muc.Past {
		return muc.Past{ID: id(n), Nick: nick, Key: key, Time: at(n), Reacts: true, ReplyTo: id(to), Signs: signs}
	}
	reactions := []muc.Past{
		react(4, 1, "a", "", "x"), react(5, 1, "a", "", "x", "y"), react(6, 2, "a", "", "x"), react(7, 2, "a", ""),
		react(8, 1, "b", "account", "x"), react(9, 1, "c", "account", "z"), react(10, 3, "a", "", "x"), react(11, 0, "a", "", "x"),
	}
	for _, tt := range []struct {
		most    int
		earlier bool
		want    string
	}{
		{100, false, "1 2 3 a[x y] c[z]"},
		{1, false, "1 2 3 c[z]"},
		{100, true, "1 2 3 a[x y] a[] c[z] a[x]"},
		{2, true, "1 2 3 c[z] a[x]"},
	} {
		got := ""
		for _, p := range withReactions(append([]muc.Past(nil), lines...), reactions, tt.most, tt.earlier) {
			if p.Reacts {
				got += fmt.Sprint(" ", p.Nick, p.Signs)
			} else {
				got += " " + p.Text
			}
		}
		if got != " "+tt.want {
			t.Errorf("%+v: got%s", tt, got)
		}
	}
}
