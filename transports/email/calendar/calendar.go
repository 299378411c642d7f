package calendar

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Bounds of what is read.
const (
	maxSize  = 256 << 10
	maxText  = 200 // characters of a title or a place
	maxLines = 5000
)

// Event is the first event, or task, of a calendar.
type Event struct {
	Method    string // RFC 5546: "REQUEST", "CANCEL", "REPLY"; empty where it is not said
	Status    string // "CONFIRMED", "CANCELLED" and so on
	Title     string
	Place     string
	Organizer string // their name, else their address
	Start     time.Time
	End       time.Time // zero where unknown; exclusive where AllDay
	AllDay    bool      // only the dates of Start and End count
	Floating  bool      // the times are of no known zone: as they stand
	Zone      string    // as the calendar names it, where that is not known here
	Repeats   bool
}

// Cancelled tells that the event will not be.
func (e *Event) Cancelled() bool { return e.Method == "CANCEL" || e.Status == "CANCELLED" }

// Parse reads a calendar as well as it can be read; nil where no event is in it.
func Parse(text string) *Event {
	text = text[:min(len(text), maxSize)]
	e := &Event{}
	var open []string
	zones := map[string]*time.Location{}
	var zone zoneReader
	found := false
	duration := time.Duration(0)
	for _, l := range unfold(text) {
		name, params, value := cutLine(l)
		switch {
		case name == "BEGIN" && len(open) < 20:
			open = append(open, strings.ToUpper(strings.TrimSpace(value)))
			zone.begin(open)
			found = found || isEvent(last(open))
			continue
		case name == "END":
			if inside(open, "VTIMEZONE") == len(open)-1 && len(open) > 0 {
				zone.end(zones)
			}
			if n := len(open); n > 0 {
				if found && isEvent(open[n-1]) {
					e.close(duration)
					return e
				}
				open = open[:n-1]
			}
			continue
		}
		switch component := last(open); {
		case name == "METHOD" && len(open) <= 1:
			e.Method = strings.ToUpper(unescape(value))
		case inside(open, "VTIMEZONE") >= 0:
			zone.line(component, name, value)
		case isEvent(component):
			e.line(name, params, value, zones, &duration)
		}
	}
	if !found {
		return nil
	}
	e.close(duration)
	return e
}

func isEvent(component string) bool { return component == "VEVENT" || component == "VTODO" }

func last(open []string) string {
	if len(open) == 0 {
		return ""
	}
	return open[len(open)-1]
}

func inside(open []string, component string) int {
	for i, c := range open {
		if c == component {
			return i
		}
	}
	return -1
}

// line reads a property of the event.
func (e *Event) line(name string, params map[string]string, value string, zones map[string]*time.Location, duration *time.Duration) {
	switch name {
	case "SUMMARY":
		e.Title = text(value)
	case "LOCATION":
		e.Place = text(value)
	case "STATUS":
		e.Status = strings.ToUpper(unescape(value))
	case "ORGANIZER":
		if e.Organizer = text(params["CN"]); e.Organizer == "" {
			if i := strings.IndexByte(value, ':'); i >= 0 && strings.EqualFold(value[:i], "mailto") {
				value = value[i+1:]
			}
			e.Organizer = text(value)
		}
	case "DTSTART":
		e.Start, e.AllDay, e.Floating, e.Zone = moment(params, value, zones)
	case "DTEND", "DUE":
		e.End, _, _, _ = moment(params, value, zones)
	case "DURATION":
		*duration = length(value)
	case "RRULE", "RDATE":
		e.Repeats = true
	}
}

// close reckons what the event leaves to be reckoned.
func (e *Event) close(duration time.Duration) {
	if e.End.IsZero() && duration > 0 && !e.Start.IsZero() {
		e.End = e.Start.Add(duration)
	}
	if e.End.Before(e.Start) {
		e.End = time.Time{}
	}
}

// unfold returns the lines of a calendar, RFC 5545 §3.1.
func unfold(s string) (lines []string) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			lines = append(lines, b.String())
			b.Reset()
		}
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for l := range strings.Lines(s) {
		l = strings.TrimSuffix(l, "\n")
		if len(lines) >= maxLines {
			break
		}
		if strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t") {
			b.WriteString(l[1:])
			continue
		}
		flush()
		b.WriteString(l)
	}
	flush()
	return lines
}

// cutLine splits a line into its name, parameters and value. Names are in upper
// case.
func cutLine(l string) (name string, params map[string]string, value string) {
	quoted, colon := false, -1
	for i := range len(l) {
		if l[i] == '"' {
			quoted = !quoted
		}
		if l[i] == ':' && !quoted {
			colon = i
			break
		}
	}
	if colon < 0 {
		if colon = strings.IndexByte(l, ':'); colon < 0 {
			return "", nil, ""
		}
	}
	head, value := l[:colon], l[colon+1:]
	name, rest, _ := strings.Cut(head, ";")
	if i := strings.LastIndexByte(name, '.'); i >= 0 { // a group, of older programs
		name = name[i+1:]
	}
	params = map[string]string{}
	for rest != "" && len(params) < 50 {
		var key, text string
		key, rest, _ = strings.Cut(rest, "=")
		if strings.HasPrefix(rest, `"`) {
			text, rest, _ = strings.Cut(rest[1:], `"`)
			_, rest, _ = strings.Cut(rest, ";")
		} else {
			text, rest, _ = strings.Cut(rest, ";")
		}
		params[strings.ToUpper(strings.TrimSpace(key))] = text
	}
	return strings.ToUpper(strings.TrimSpace(name)), params, value
}

// unescape undoes RFC 5545 §3.3.11.
func unescape(s string) string {
	return strings.TrimSpace(strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";").Replace(s))
}

// text returns a value in one line.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(unescape(s), ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText-1]) + "…"
	}
	return s
}

// length reads a duration, RFC 5545 §3.3.6; 0 is none.
func length(s string) (d time.Duration) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if strings.HasPrefix(s, "-") {
		return 0
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+"), "P")
	n := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9' && n < 100000:
			n = n*10 + int(c-'0')
			continue
		case c == 'W':
			d += time.Duration(n) * 7 * 24 * time.Hour
		case c == 'D':
			d += time.Duration(n) * 24 * time.Hour
		case c == 'H':
			d += time.Duration(n) * time.Hour
		case c == 'M':
			d += time.Duration(n) * time.Minute
		case c == 'S':
			d += time.Duration(n) * time.Second
		}
		n = 0
	}
	if d < 0 || d > 10*365*24*time.Hour {
		return 0
	}
	return d
}

// offset reads "+0100", RFC 5545 §3.3.14.
func offset(s string) (seconds int, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, err1 := strconv.Atoi(s[1:3])
	m, err2 := strconv.Atoi(s[3:5])
	if err1 != nil || err2 != nil || h > 15 || m > 59 || h < 0 || m < 0 {
		return 0, false
	}
	if seconds = h*3600 + m*60; s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
