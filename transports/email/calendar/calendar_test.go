package calendar_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"wherry/transports/email/calendar"
)

// cal returns a calendar of lines.
func cal(lines ...string) string {
	return strings.Join(append(append([]string{"BEGIN:VCALENDAR", "VERSION:2.0"}, lines...), "END:VCALENDAR"), "\r\n")
}

func event(lines ...string) string {
	return cal(append(append([]string{"METHOD:REQUEST", "BEGIN:VEVENT"}, lines...), "END:VEVENT")...)
}

// MAIL-F3
func TestSummary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"all", event("SUMMARY:Tea\\, and cake", "DTSTART;TZID=Europe/Berlin:20260105T150000", "DTEND;TZID=Europe/Berlin:20260105T160000",
			"LOCATION:Room 5", "ORGANIZER;CN=Ann Lee:mailto:ann@example.org"), "Tea, and cake · 2026-01-05 15:00–16:00 (UTC+01) · Room 5 · Ann Lee"},
		{"UTC", event("SUMMARY:Call", "DTSTART:20260105T150000Z", "DURATION:PT1H30M"), "Call · 2026-01-05 15:00–16:30 (UTC)"},
		{"all day", event("SUMMARY:Trip", "DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260108"), "Trip · 2026-01-05–2026-01-07"},
		{"one day", event("SUMMARY:Day", "DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260106"), "Day · 2026-01-05"},
		{"overnight", event("SUMMARY:Night", "DTSTART:20260105T220000Z", "DTEND:20260106T040000Z"), "Night · 2026-01-05 22:00–2026-01-06 04:00 (UTC)"},
		{"Windows zone", event("DTSTART;TZID=India Standard Time:20260105T150000"), "2026-01-05 15:00 (UTC+05:30)"},
		{"long zone", event("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260105T150000"), "2026-01-05 15:00 (UTC+01)"},
		{"unknown zone", event("DTSTART;TZID=My Office:20260105T150000"), "2026-01-05 15:00 (My Office)"},
		{"own zone", cal("BEGIN:VTIMEZONE", "TZID:My Office", "BEGIN:STANDARD", "TZOFFSETTO:-0330", "END:STANDARD", "END:VTIMEZONE",
			"BEGIN:VEVENT", "DTSTART;TZID=My Office:20260105T150000", "END:VEVENT"), "2026-01-05 15:00 (UTC-03:30)"},
		{"floating", event("SUMMARY:Wake", "DTSTART:20260105T070000"), "Wake · 2026-01-05 07:00"},
		{"folded", event("SUMM\r\n ARY:A lo\r\n\tng title"), "A long title"},
		{"quoted", event(`ORGANIZER;CN="Lee: Ann; x";SENT-BY="mailto:b@example.org":MAILTO:ann@example.org`), "Lee: Ann; x"},
		{"address", event("ORGANIZER:mailto:ann@example.org"), "ann@example.org"},
		{"line breaks", event(`SUMMARY:a\nb` + "\u202e"), "a b"},
		{"ends before it starts", event("DTSTART:20260105T150000Z", "DTEND:20260105T140000Z"), "2026-01-05 15:00 (UTC)"},
		{"alarm", event("BEGIN:VALARM", "SUMMARY:no", "END:VALARM", "SUMMARY:yes"), "yes"},
		{"first of two", cal("BEGIN:VEVENT", "SUMMARY:one", "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:two", "END:VEVENT"), "one"},
		{"cut off", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:still", "still"},
		{"task", cal("BEGIN:VTODO", "SUMMARY:Buy bread", "DUE:20260105T150000Z", "END:VTODO"), "Buy bread"},
		{"bare LF, lower case", "begin:vcalendar\nbegin:vevent\nsummary;language=en:low\nend:vevent", "low"},
	} {
		e := calendar.Parse(c.in)
		if e == nil {
			t.Errorf("%s: nothing", c.name)
		} else if got := e.Summary(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		cal("METHOD:CANCEL", "BEGIN:VEVENT", "END:VEVENT"):                      true,
		cal("METHOD:PUBLISH", "BEGIN:VEVENT", "STATUS:CANCELLED", "END:VEVENT"): true,
		event("STATUS:CONFIRMED", "RRULE:FREQ=DAILY"):                           false,
	} {
		if e := calendar.Parse(in); e.Cancelled() != want {
			t.Errorf("%q: %v", in, e.Cancelled())
		}
	}
}

func TestNoEvent(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "hello", cal(), "BEGIN:VEVENT"[:7], cal("BEGIN:VFREEBUSY", "END:VFREEBUSY")} {
		if e := calendar.Parse(in); e != nil {
			t.Errorf("%q: %+v", in, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(event("SUMMARY:Tea", "DTSTART;TZID=Europe/Berlin:20260105T150000", "DURATION:P1DT2H", "ORGANIZER;CN=\"A\":mailto:a@b"))
	f.Add(cal("BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE"))
	f.Fuzz(func(t *testing.T, s string) {
		e := calendar.Parse(s)
		if e == nil {
			return
		}
		if line := e.Summary(); strings.ContainsAny(line, "\r\n\x00") || !utf8.ValidString(line) || len(line) > 4000 {
			t.Errorf("%q is no line", line)
		}
	})
}
