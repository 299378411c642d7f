package message

import (
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

// dateLayouts are spellings of dates besides RFC 5322's, without the weekday.
var dateLayouts = []string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 06 15:04:05 -0700", "2 January 2006 15:04:05 -0700",
	"2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "Jan 2 15:04:05 2006", "Jan 2 15:04:05 MST 2006",
	"Jan 2, 2006 15:04:05 -0700", "Jan 2 2006 15:04:05 -0700", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05",
	"2-Jan-2006 15:04:05 -0700", "2 Jan 2006 15.04.05 -0700", "2 Jan 2006 3:04:05 PM -0700", "January 2, 2006 3:04 PM",
}

// dateZones are zones by name: those of RFC 5322 §4.3, and some that are met. What
// is not here counts as UTC.
var dateZones = map[string]string{
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"CET": "+0100", "CEST": "+0200", "MET": "+0100", "MEST": "+0200", "MEZ": "+0100", "MESZ": "+0200", "EET": "+0200", "EEST": "+0300",
	"BST": "+0100", "MSK": "+0300", "JST": "+0900", "KST": "+0900", "HKT": "+0800", "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300",
}

var (
	dateComment = lazy(`\([^()]*\)`)
	dateWeekday = lazy(`^[A-Za-z]{2,9}\.?,?\s+(.*[0-9].*)$`)
	dateZone    = lazy(`(?i)\s+(?:GMT|UTC?|Z)?([+-]\d{2}):?(\d{2})(?:\s.*)?$`)
	dateZulu    = lazy(`(?i)\s+(?:GMT|UTC?|Z)$`)
	dateName    = lazy(`\s([A-Za-z]{3,4})$`)
)

// parseDate reads when a mail was written, RFC 5322 §3.3. The result is zero
// where nobody can tell.
func parseDate(h *mail.Header) time.Time {
	value := h.Get("Date")
	if len(value) > 200 {
		return time.Time{}
	}
	text := strings.Join(strings.Fields(dateComment().ReplaceAllString(value, " ")), " ")
	if name := dateName().FindStringSubmatch(text); name != nil && dateZones[strings.ToUpper(name[1])] != "" {
		text = strings.TrimSuffix(text, name[1]) + dateZones[strings.ToUpper(name[1])]
	} else if t, err := h.Date(); err == nil && !t.IsZero() {
		return sane(t)
	}
	for _, text := range []string{text, dateWeekday().ReplaceAllString(text, "$1")} {
		text = dateZulu().ReplaceAllString(dateZone().ReplaceAllString(text, " $1$2"), " +0000")
		for _, layout := range dateLayouts {
			if t, err := time.Parse(layout, text); err == nil {
				return sane(t)
			}
		}
	}
	return time.Time{}
}

// sane drops times that no mail was written at.
func sane(t time.Time) time.Time {
	if y := t.Year(); y < 1971 || y > 2200 {
		return time.Time{}
	}
	return t
}
