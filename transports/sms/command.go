package sms

import (
	"context"
	"strconv"
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
	}
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
