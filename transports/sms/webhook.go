package sms

import (
	"context"
	"net/http"
	"time"

	"wherry/transports"
)

const (
	callWithin = 8 * time.Second  // the provider waits no longer than 15 s
	callAgain  = 30 * time.Second // where nothing can be stored, or asked
)

// Webhook reads one call of the provider's for an account.
func (t *Transport) Webhook(ctx context.Context, in transports.Account, r transports.Request) (transports.Batch, transports.Reply) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	a := t.account(in)
	items, reply := t.provider.Call(ctx, a.creds, a.lines, a.hook+overrides, r)
	if len(items) == 0 {
		return transports.Batch{}, reply
	}
	now := time.Now()
	m := mapping{t: t, a: &a, memory: t.memory(in.Key), now: now, media: r.Path == statusPath && r.Query == filesQuery}
	m.memory.call(now)
	var b transports.Batch
	for _, item := range items {
		events, err := m.events(ctx, item)
		if err != nil {
			t.log.Warn("call", "message", item.ID, "err", err)
			return transports.Batch{}, transports.Reply{Status: http.StatusServiceUnavailable, After: callAgain}
		}
		b.Events = append(b.Events, events...)
	}
	return b, reply
}
