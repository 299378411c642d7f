package sms

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/segment"
)

// fieldText is what the command count counts.
const fieldText = "text"

// Commands tells what is spent, and what a text would cost.
func (t *Transport) Commands() []transports.Command {
	return []transports.Command{
		{Name: "usage", Title: transports.T("Show how many SMS you sent"), Do: t.showUsage},
		{Name: "count", Title: transports.T("Count how many SMS a text is"), Do: t.count, Form: &transports.Form{
			Title: transports.T("Count how many SMS a text is"),
			Fields: []transports.Field{{
				Name: fieldText, Kind: transports.Lines, Required: true, Label: transports.T("Text"),
				Help: transports.T("Nothing is sent."),
			}},
		}},
		{Name: "totals", Title: transports.T("Show how many SMS all users sent"), Sum: total},
	}
}

// most is how many users total names.
const most = 20

// total tells what all accounts sent, and who sent the most this month.
func total(_ context.Context, all []transports.Holding) (transports.Text, error) {
	var sum usage
	spent := make(map[string]usage) // by user
	now := time.Now()
	for _, h := range all {
		u, err := readUsage(h.Saved[saveUsage])
		if err != nil {
			return transports.Text{}, fmt.Errorf("%s: %w", h.User, err)
		}
		u.roll(now)
		sum.Daily += u.Daily
		sum.Monthly += u.Monthly
		if u.Monthly > 0 {
			spent[h.User] = u
		}
	}
	users := slices.SortedFunc(maps.Keys(spent), func(a, b string) int {
		return cmp.Or(spent[b].Monthly-spent[a].Monthly, strings.Compare(a, b))
	})
	accounts, daily, monthly := strconv.Itoa(len(all)), strconv.Itoa(sum.Daily), strconv.Itoa(sum.Monthly)
	if len(users) == 0 {
		return transports.T("%s accounts sent %s SMS today and %s this month (UTC).", accounts, daily, monthly), nil
	}
	var list strings.Builder
	for _, user := range users[:min(most, len(users))] {
		fmt.Fprintf(&list, "\n%s: %d, %d", user, spent[user].Daily, spent[user].Monthly)
	}
	return transports.T("%s accounts sent %s SMS today and %s this month (UTC). The most, today and this month:%s",
		accounts, daily, monthly, list.String()), nil
}

// showUsage tells what the account sent, and how much it may.
func (t *Transport) showUsage(_ context.Context, in transports.Account, saved transports.Saved, _ transports.Settings) (transports.Text, error) {
	u, err := readUsage(saved[saveUsage])
	if err != nil {
		return transports.Text{}, err
	}
	u.roll(time.Now())
	limit := func(field string) string {
		if n := t.value(in.Settings, field); n != "0" {
			return n
		}
		return "∞"
	}
	return transports.T("You sent %s of %s SMS today, and %s of %s this month (UTC). Received ones are not counted.",
		strconv.Itoa(u.Daily), limit(fieldDaily), strconv.Itoa(u.Monthly), limit(fieldMonthly)), nil
}

// count tells what a text would cost.
func (t *Transport) count(_ context.Context, _ transports.Account, _ transports.Saved, answered transports.Settings) (transports.Text, error) {
	n, enc := segment.Count(answered[fieldText])
	units := strconv.Itoa(segment.Units(answered[fieldText]))
	if enc == segment.GSM7 {
		return transports.T("This text of %s characters is sent as %s SMS, of up to 160 characters each.", units, strconv.Itoa(n)), nil
	}
	return transports.T("This text of %s characters is sent as %s SMS, of up to 70 characters each: it has some that the short alphabet of SMS lacks.",
		units, strconv.Itoa(n)), nil
}
