package twilio

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// Bounds of what a list reads.
const (
	pageSize = 100
	mostPage = 20
)

// Sent lists what left a line for a number. It asks without a date: what is
// still queued has none that Twilio would filter by.
func (p *Provider) Sent(ctx context.Context, c provider.Credentials, line, to string, since time.Time) ([]provider.Item, bool, error) {
	query := new(v2010.ListMessageParams).SetFrom(lineFor(line, to)).SetTo(to)
	return p.list(ctx, c, query, since, pageSize*mostPage, func(i provider.Item) bool { return !i.Inbound })
}

// List lists what came to a line, and what left it. Each way has its own bound:
// many that left hide none that came.
func (p *Provider) List(ctx context.Context, c provider.Credentials, line string, since time.Time, most int) ([]provider.Item, bool, error) {
	most = max(most, 0)
	in, allIn, err := p.list(ctx, c, new(v2010.ListMessageParams).SetTo(line), since, most, func(i provider.Item) bool { return i.Inbound })
	if err != nil {
		return nil, false, err
	}
	out, _, err := p.list(ctx, c, new(v2010.ListMessageParams).SetFrom(line), since, most, func(i provider.Item) bool { return !i.Inbound })
	if err != nil {
		return nil, false, err
	}
	all := append(in, out...)
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b provider.Item) int { return a.Time.Compare(b.Time) })
	return all, !allIn, nil
}

// list reads the pages of a query up to the first that goes back beyond since,
// and returns the items that are wanted, newest first and no more than most,
// and whether these are all.
func (p *Provider) list(ctx context.Context, c provider.Credentials, query *v2010.ListMessageParams, since time.Time, most int,
	want func(provider.Item) bool) (all []provider.Item, complete bool, err error) {
	query.SetPageSize(pageSize)
	seen := make(map[string]bool) // a page shifts where something comes meanwhile
	var at cursor
	for range mostPage {
		api, one, err := p.connect(ctx, c, loginOf(c), false)
		if err != nil {
			return nil, false, err
		}
		page, err := api.PageMessage(query, at.token, at.page)
		switch {
		case err != nil:
			return nil, false, one.fault(err)
		case page.Messages == nil:
			return nil, false, one.missing("messages")
		}
		older := false
		for i := range page.Messages {
			m := &page.Messages[i]
			item := itemOf(m)
			if made := made(m, item); !made.IsZero() && made.Before(since.Truncate(time.Second)) {
				older = true
				continue
			}
			if item.ID == "" || seen[item.ID] || !want(item) {
				continue
			}
			if len(all) == most {
				return all, false, nil
			}
			seen[item.ID] = true
			all = append(all, item)
		}
		next, more := following(page.NextPageUri)
		if older || !more || next == at {
			return all, true, nil
		}
		at = next
	}
	return all, false, nil
}

// made is when a message came to be, in whole seconds as Twilio tells it.
func made(m *v2010.ApiV2010Message, item provider.Item) time.Time {
	if t := parseTime(value(m.DateCreated)); !t.IsZero() {
		return t
	}
	return item.Time
}

// cursor is where a page of a list begins.
type cursor struct{ token, page string }

// following reads where the next page begins, if there is one. Only its
// numbers are taken, so that no answer can lead elsewhere.
func following(uri *string) (cursor, bool) {
	u, err := url.Parse(value(uri))
	if err != nil {
		return cursor{}, false
	}
	q := u.Query()
	next := cursor{token: q.Get("PageToken"), page: q.Get("Page")}
	return next, next != cursor{}
}

// Get returns one message.
func (p *Provider) Get(ctx context.Context, c provider.Credentials, id string) (provider.Item, error) {
	sid, ok := p.messageSID(id)
	if !ok {
		return provider.Item{}, noMessage()
	}
	api, one, err := p.connect(ctx, c, loginOf(c), false)
	if err != nil {
		return provider.Item{}, err
	}
	m, err := api.FetchMessage(sid, nil)
	switch {
	case err != nil:
		return provider.Item{}, one.fault(err)
	case canonical(value(m.Sid)) != sid:
		return provider.Item{}, one.missing("the message")
	}
	return itemOf(m), nil
}

// noMessage is the error of an id that is none of a message.
func noMessage() error {
	return &transports.Error{Kind: transports.NotFound, Text: transports.T("Twilio has no such message."), Err: errors.New("not the SID of a message")}
}
