package irc

import (
	"testing"
	"time"
)

// What programs say of the time is read with its zone, which is the one it is in
// now where they do not say. XEP-0202, IRC-B25
func TestParseClock(t *testing.T) {
	now := time.Date(2026, 11, 28, 9, 1, 35, 0, time.UTC)
	for said, want := range map[string]string{
		"Sat, 28 Nov 2026 10:01:35 +0100":     "2026-11-28T10:01:35+01:00",
		"Sat, 28 Nov 2026 09:01:35 UTC":       "2026-11-28T09:01:35Z",
		"Sat, 28 Nov 2026 09:01:35 GMT":       "2026-11-28T09:01:35Z",
		"Sat Nov 28 10:01:34 2026":            "2026-11-28T10:01:34+01:00",
		"Sat Nov 28 14:31:40 2026":            "2026-11-28T14:31:40+05:30",
		"Sat Nov 28 04:01:35 EST 2026":        "2026-11-28T04:01:35-05:00",
		"Sat Nov 28 22:46:35 NZDT 2026":       "2026-11-28T22:46:35+13:45",
		"2026-11-28T10:01:35+01:00":           "2026-11-28T10:01:35+01:00",
		" 2026-11-28 03:01:35 ":               "2026-11-28T03:01:35-06:00",
		"Saturday, November 28, 2026 9:01:35": "2026-11-28T09:01:35Z",
		"Sat Nov 28 10:01:35 2020":            "",
		"beer o'clock":                        "",
		"":                                    "",
	} {
		at, ok := parseClock(said, now)
		if got := at.Format(time.RFC3339); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %s, %v, want %s", said, got, ok, want)
		}
	}
}
