package sms

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// account is what the settings of an account say.
type account struct {
	creds  provider.Credentials
	former provider.Credentials // of the account before, if there was one
	hook   string               // without overrides; empty: the provider calls nobody
	line   string               // the default one
	lines  []string             // all own ones, the default one first
	region string               // of numbers without a country

	webhook   string
	onSent    bool   // a message counts as received once it was handed on
	segments  int    // that a message may have; 0 is any number
	numbered  bool   // parts of a long message say which they are
	corrects  string // what is done with corrections
	elsewhere bool   // what other programs sent is shown
	introduce bool   // who texts asks to be a contact
	daily     int    // segments; 0 is any number
	monthly   int
}

// account reads the settings of an account.
func (t *Transport) account(in transports.Account) account {
	on := in.Settings
	a := account{
		creds:     credentials(on, time.Now()),
		former:    former(on),
		hook:      in.Hook,
		line:      on[fieldLine],
		region:    on[fieldRegion],
		webhook:   t.value(on, fieldWebhook),
		onSent:    t.value(on, fieldReceipts) == receiptsSent,
		numbered:  t.value(on, fieldNumbered) == "true",
		corrects:  t.value(on, fieldCorrections),
		elsewhere: t.value(on, fieldElsewhere) == "true",
		introduce: t.value(on, fieldIntroduce) == "true",
		daily:     t.number(on, fieldDaily),
		monthly:   t.number(on, fieldMonthly),
	}
	if t.value(on, fieldLong) == longRefuse {
		a.segments = t.number(on, fieldSegments)
	}
	if a.line != "" {
		a.lines = []string{a.line}
	}
	for _, line := range split(on[fieldLines]) {
		if !slices.Contains(a.lines, line) {
			a.lines = append(a.lines, line)
		}
	}
	if a.region == "" {
		a.region = phone.Region(a.line)
	}
	return a
}

// value returns a setting, or what holds without it.
func (t *Transport) value(on transports.Settings, name string) string {
	if v := on[name]; v != "" {
		return v
	}
	return t.usual(name)
}

func (t *Transport) number(on transports.Settings, name string) int {
	n, err := strconv.Atoi(t.value(on, name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// of returns what to log in with to an account at the provider: this one, which
// no name means too, or the one before.
func (a *account) of(name string) (provider.Credentials, bool) {
	switch name {
	case "", a.creds.Account:
		return a.creds, true
	case a.former.Account:
		return a.former, true
	}
	return provider.Credentials{}, false
}

// calls tells whether the provider is to call this account.
func (a *account) calls() bool { return a.hook != "" && a.webhook != webhookPoll }

// split returns the entries of a list, one a line or between commas.
func split(list string) []string {
	var out []string
	for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return r == '\n' || r == ',' }) {
		if entry = strings.TrimSpace(entry); entry != "" {
			out = append(out, entry)
		}
	}
	return out
}
