package irc

import (
	"context"
	"strings"
	"time"

	"wherry/transports"
)

// Clock asks somebody's program what time it is there.
func (s *Session) Clock(ctx context.Context, who transports.Address) (time.Time, error) {
	said, err := s.question(ctx, who, "TIME")
	if err != nil {
		return time.Time{}, err
	}
	at, ok := parseClock(said, time.Now())
	if !ok {
		return time.Time{}, &transports.Error{Kind: transports.Unsupported, Text: transports.T("%s says: %s", who.Name, said)}
	}
	return at, nil
}

// How programs say the time, with their zone and without.
var (
	zonedClocks = []string{time.RFC1123Z, "Mon, _2 Jan 2006 15:04:05 -0700", time.RFC3339, "2006-01-02 15:04:05 -0700", time.RubyDate}
	bareClocks  = []string{
		time.ANSIC, time.UnixDate, time.RFC1123, "Mon, _2 Jan 2006 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05", "Mon _2 Jan 2006 15:04:05 MST",
		"2006-01-02 15:04:05", "2006-01-02T15:04:05", "Monday, January 2, 2006 15:04:05",
	}
)

// parseClock reads what a program says of the time, at about now. Where it does
// not say its zone by a number, that is the one in which it is now: zones lie
// quarters of an hour apart.
func parseClock(said string, now time.Time) (time.Time, bool) {
	said = strings.TrimSpace(said)
	for _, layout := range zonedClocks {
		if at, err := time.Parse(layout, said); err == nil {
			return at, true
		}
	}
	for _, layout := range bareClocks {
		at, err := time.Parse(layout, said)
		if err != nil {
			continue
		}
		shown := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
		offset := shown.Sub(now).Round(15 * time.Minute)
		if offset < -14*time.Hour || offset > 14*time.Hour {
			return time.Time{}, false // a clock that is wrong in any zone
		}
		return shown.Add(-offset).In(time.FixedZone("", int(offset/time.Second))), true
	}
	return time.Time{}, false
}
