package calendar

import "strings"

// Summary returns the event in one line: title, time, place and organiser, with
// what is not known left out. The time is that of the calendar, with its offset
// from UTC.
func (e *Event) Summary() string {
	var parts []string
	for _, p := range []string{e.Title, e.when(), e.Place, e.Organizer} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

// when returns the time of the event.
func (e *Event) when() string {
	if e.Start.IsZero() {
		return ""
	}
	const day, clock = "2006-01-02", "15:04"
	if e.AllDay {
		end := e.End.AddDate(0, 0, -1)
		if e.End.IsZero() || !end.After(e.Start) {
			return e.Start.Format(day)
		}
		return e.Start.Format(day) + "–" + end.Format(day)
	}
	s := e.Start.Format(day + " " + clock)
	switch end := e.End.In(e.Start.Location()); {
	case e.End.IsZero() || e.End.Equal(e.Start):
	case end.Format(day) == e.Start.Format(day):
		s += "–" + end.Format(clock)
	default:
		s += "–" + end.Format(day+" "+clock)
	}
	switch {
	case e.Zone != "":
		return s + " (" + e.Zone + ")"
	case e.Floating:
		return s
	}
	return s + " (UTC" + strings.TrimSuffix(strings.TrimPrefix(e.Start.Format("-07:00"), "+00:00"), ":00") + ")"
}
