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

	groupCallWithin = 4 * time.Second // for groups it waits no longer than 5 s
)

// Webhook reads one call of the provider's for an account.
func (t *Transport) Webhook(ctx context.Context, in transports.Account, r transports.Request) (transports.Batch, transports.Reply) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	a := t.account(in)
	if t.grouper != nil && r.Path == groupPath {
		return t.groupCall(ctx, &a, t.memory(in.Key), r)
	}
	items, reply := t.provider.Call(ctx, a.creds, a.lines, a.hook+overrides, r)
	if len(items) == 0 {
		return transports.Batch{}, reply
	}
	m := mapping{t: t, a: &a, memory: t.memory(in.Key), now: t.provider.Now()}
	var b transports.Batch
	for _, item := range items {
		if item.Inbound {
			m.memory.call(item.Line, time.Now()) // that it tells of ours says nothing of what comes
		}
		events, err := m.events(ctx, item)
		if err != nil {
			t.log.Warn("call", "message", item.ID, "err", err)
			return transports.Batch{}, transports.Reply{Status: http.StatusServiceUnavailable, After: callAgain}
		}
		b.Events = append(b.Events, events...)
	}
	return b, reply
}
