package component

import (
	"testing"
	"time"

	"wherry/store"
)

// Messages wait for others until nothing happens for the time, but no longer than
// that in all; what was tried already, or stands fast, waits for none. MAIL-H6
func TestDue(t *testing.T) {
	start := time.Now()
	at := func(d time.Duration) time.Time { return start.Add(d) }
	row := func(created, changed time.Duration) *outgoing {
		return &outgoing{Outgoing: store.Outgoing{Parts: 1, Sender: "juliet@example.org/phone", Created: at(created), Changed: at(changed)}}
	}
	sending, fast, part := row(0, 0), row(0, 0), row(0, 0)
	sending.State, fast.With, part.Parts = store.Sending, []int64{2}, 2
	const quiet = time.Minute
	for name, tt := range map[string]struct {
		rows  []*outgoing
		until time.Duration
		want  time.Duration
	}{
		"one":             {[]*outgoing{row(0, 0)}, 0, quiet},
		"two":             {[]*outgoing{row(0, 0), row(30*time.Second, 30*time.Second)}, 0, 90 * time.Second},
		"corrected":       {[]*outgoing{row(0, 40*time.Second), row(30*time.Second, 30*time.Second)}, 0, 100 * time.Second},
		"on and on":       {[]*outgoing{row(0, 0), row(295*time.Second, 295*time.Second)}, 0, quietMost},
		"the last's turn": {[]*outgoing{row(0, 0)}, 10 * time.Minute, 10 * time.Minute},
		"on its way":      {[]*outgoing{sending, row(30*time.Second, 30*time.Second)}, 0, 0},
		"stands fast":     {[]*outgoing{fast}, 0, 0},
		"a part":          {[]*outgoing{part}, 0, 0},
	} {
		l := &lane{rows: tt.rows, until: at(tt.until)}
		if got := l.due(quiet); !got.Equal(at(tt.want)) {
			t.Errorf("%s: due after %s, want %s", name, got.Sub(start), tt.want)
		}
		if got := l.due(0); !got.Equal(l.until) {
			t.Errorf("%s: without a quiet time due after %s", name, got.Sub(start))
		}
	}
}
