package sms

import (
	"context"
	"net/http"
	"slices"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

const (
	callWithin = 8 * time.Second  // the provider waits no longer than 15 s
	callAgain  = 30 * time.Second // where nothing can be stored, or asked

	groupCallWithin = 4 * time.Second // for groups it waits no longer than 5 s
)

// After a start, what came before is looked for; what comes meanwhile waits, so
// that it does not overtake it. Not for long: the provider may be away.
const (
	catchUpWithin = 30 * time.Second // after the start
	catchUpWait   = 5 * time.Second  // of one call
)

// inOrder has messages wait for those that the provider told of in vain before
// the program started.
func (t *Transport) inOrder(ctx context.Context, m *memory, items []provider.Item) {
	if time.Since(t.started) > catchUpWithin || !slices.ContainsFunc(items, func(i provider.Item) bool { return i.Inbound }) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, catchUpWait)
	defer cancel()
	m.awaitLook(ctx)
}

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
	t.inOrder(ctx, m.memory, items)
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
