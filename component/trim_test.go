package component

import (
	"testing"
	"time"

	"wherry/store"
)

func TestTooMany(t *testing.T) {
	now := time.Now()
	rows := make([]store.Incoming, 50)
	for i := range rows {
		rows[i] = store.Incoming{Created: now.Add(time.Duration(i-100) * time.Hour), Content: make([]byte, 1<<20)}
	}
	for _, tt := range []struct {
		name        string
		total, most int
		size        int64
		before      time.Time
		want        int
	}{
		{"nothing is too much", 50, 100, 50 << 20, now.Add(-200 * time.Hour), 0},
		{"as many as may be", 100, 100, 50 << 20, now.Add(-200 * time.Hour), 0},
		{"one row too many", 101, 100, 50 << 20, now.Add(-200 * time.Hour), 11},
		{"too many bytes", 60, 100, 65 << 20, now.Add(-200 * time.Hour), 8},
		{"too old", 50, 100, 50 << 20, now.Add(-97 * time.Hour), 3},
		{"all too old", 50, 100, 50 << 20, now, 50},
		{"more than are at hand", 1000, 100, 50 << 20, now.Add(-200 * time.Hour), 50},
	} {
		if got := tooMany(rows, tt.total, tt.size, tt.most, tt.before); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
