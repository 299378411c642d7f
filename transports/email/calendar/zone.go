package calendar

import (
	"strings"
	"time"
)

// zoneReader reads a VTIMEZONE. Of one that is not known by its name, only a zone
// without summer time can be told for sure.
type zoneReader struct {
	id      string
	offsets map[int]bool
}

func (z *zoneReader) begin(open []string) {
	if last(open) == "VTIMEZONE" {
		*z = zoneReader{offsets: map[int]bool{}}
	}
}

func (z *zoneReader) line(component, name, value string) {
	switch {
	case component == "VTIMEZONE" && name == "TZID":
		z.id = strings.TrimSpace(value)
	case name == "TZOFFSETTO":
		if s, ok := offset(value); ok && z.offsets != nil {
			z.offsets[s] = true
		}
	}
}

func (z *zoneReader) end(zones map[string]*time.Location) {
	if z.id == "" || len(z.offsets) != 1 || len(zones) > 50 {
		return
	}
	for s := range z.offsets {
		zones[z.id] = time.FixedZone("", s)
	}
}

// windowsZones are the names that Microsoft's programs use for the commonest
// zones.
var windowsZones = map[string]string{
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris",
	"Central European Standard Time": "Europe/Warsaw", "GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik",
	"E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev", "GTB Standard Time": "Europe/Bucharest",
	"Turkey Standard Time": "Europe/Istanbul", "Russian Standard Time": "Europe/Moscow", "Israel Standard Time": "Asia/Jerusalem",
	"Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver",
	"US Mountain Standard Time": "America/Phoenix", "Pacific Standard Time": "America/Los_Angeles", "Atlantic Standard Time": "America/Halifax",
	"E. South America Standard Time": "America/Sao_Paulo", "Argentina Standard Time": "America/Buenos_Aires", "India Standard Time": "Asia/Kolkata",
	"China Standard Time": "Asia/Shanghai", "Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul", "Singapore Standard Time": "Asia/Singapore",
	"AUS Eastern Standard Time": "Australia/Sydney", "New Zealand Standard Time": "Pacific/Auckland", "UTC": "UTC",
}

// location returns a zone by its name in the calendar; nil is unknown.
func location(name string, zones map[string]*time.Location) *time.Location {
	name = strings.Trim(strings.TrimSpace(name), `"`)
	short := name
	if i := strings.LastIndex(name, "/20"); strings.HasPrefix(name, "/") && i > 0 { // "/freeassociation.sourceforge.net/Europe/Berlin"
		short = name[:i]
	}
	if parts := strings.Split(strings.Trim(short, "/"), "/"); strings.HasPrefix(name, "/") && len(parts) >= 2 {
		short = strings.Join(parts[len(parts)-2:], "/")
	}
	if to, ok := windowsZones[name]; ok {
		short = to
	}
	if short != "" && short != "Local" && len(short) < 60 && !strings.Contains(short, "..") {
		if l, err := time.LoadLocation(short); err == nil {
			return l
		}
	}
	return zones[name]
}

// moment reads a date or a time, RFC 5545 §3.3.4 and §3.3.5.
func moment(params map[string]string, value string, zones map[string]*time.Location) (t time.Time, allDay, floating bool, zone string) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if t, err := time.Parse("20060102", value); err == nil {
		return t, true, false, ""
	}
	for _, layout := range []string{"20060102T150405Z", "20060102T1504Z", "2006-01-02T15:04:05Z"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, false, false, ""
		}
	}
	name := params["TZID"]
	l := location(name, zones)
	if l == nil {
		l, floating, zone = time.UTC, true, text(name)
	}
	for _, layout := range []string{"20060102T150405", "20060102T1504", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, value, l); err == nil {
			return t, false, floating, zone
		}
	}
	return time.Time{}, false, false, ""
}
