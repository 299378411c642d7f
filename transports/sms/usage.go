package sms

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"wherry/transports"
)

// warnAt is how much of a limit is used up, in percent, when the user is told.
const warnAt = 80

// usage counts the segments that an account sent, by the day and the month of
// UTC.
type usage struct {
	Day     string `json:"day"` // 2006-01-02
	Daily   int    `json:"daily"`
	Month   string `json:"month"` // 2006-01
	Monthly int    `json:"monthly"`
}

func readUsage(saved []byte) (u usage, err error) {
	if len(saved) == 0 {
		return u, nil
	}
	if err := json.Unmarshal(saved, &u); err != nil {
		return u, fmt.Errorf("saved usage: %w", err)
	}
	return u, nil
}

func (u usage) save() transports.Save {
	value, _ := json.Marshal(u) // strings and numbers only
	return transports.Save{Name: saveUsage, Value: value}
}

// roll begins a new day and month where it is time.
func (u *usage) roll(now time.Time) {
	now = now.UTC()
	if day := now.Format(time.DateOnly); u.Day != day {
		u.Day, u.Daily = day, 0
	}
	if month := now.Format("2006-01"); u.Month != month {
		u.Month, u.Monthly = month, 0
	}
}

// spend counts segments that are about to be sent, within the limits; 0 is
// none. It tells which of them got near.
func (u *usage) spend(n, daily, monthly int) (nearDay, nearMonth bool, err error) {
	for _, limit := range []struct {
		used, most int
		text       transports.Text
	}{
		{u.Daily, daily, transports.T("You set a limit of %s SMS a day, and %s are used up. This one was not sent: the limit ends at midnight UTC, or register again with another one.",
			strconv.Itoa(daily), strconv.Itoa(u.Daily))},
		{u.Monthly, monthly, transports.T("You set a limit of %s SMS a month, and %s are used up. This one was not sent: the limit ends with the month, or register again with another one.",
			strconv.Itoa(monthly), strconv.Itoa(u.Monthly))},
	} {
		if limit.most > 0 && limit.used+n > limit.most {
			return false, false, &transports.Error{Kind: transports.NotAllowed, Text: limit.text}
		}
	}
	nearDay, nearMonth = nears(u.Daily, n, daily), nears(u.Monthly, n, monthly)
	u.Daily += n
	u.Monthly += n
	return nearDay, nearMonth, nil
}

// nears tells whether n more make the warning of a limit due.
func nears(used, n, most int) bool {
	return most > 0 && used*100 < most*warnAt && (used+n)*100 >= most*warnAt
}

// spend counts the segments of a message that is about to be sent.
func (s *Session) spend(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage.roll(time.Now())
	nearDay, nearMonth, err := s.usage.spend(n, s.daily, s.monthly)
	if err != nil {
		return err
	}
	s.stale = true
	if nearDay {
		s.tell(transports.T("%s of the %s SMS that you allow yourself a day are used up.", strconv.Itoa(s.usage.Daily), strconv.Itoa(s.daily)))
	}
	if nearMonth {
		s.tell(transports.T("%s of the %s SMS that you allow yourself a month are used up.", strconv.Itoa(s.usage.Monthly), strconv.Itoa(s.monthly)))
	}
	return nil
}

// refund gives back what was not sent after all.
func (s *Session) refund(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage.Daily, s.usage.Monthly = max(0, s.usage.Daily-n), max(0, s.usage.Monthly-n)
	s.stale = true
}

// spent returns the save of what was sent so far. Of two messages at once the
// save of the first may come last: Run saves it again.
func (s *Session) spent() transports.Save {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usage.save()
}
