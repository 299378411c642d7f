package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wherry/store"
)

// producers is how many users send, or are sent to, at once.
const producers = 64

// produce lets every producer do its share of b.N messages, and reports how
// fast that was, and what it cost.
func produce(b *testing.B, l *life, each func(account int64, n int64) error) {
	s := l.s
	accounts := make([]int64, producers)
	for i := range accounts {
		accounts[i] = addAccount(b, s, fmt.Sprintf("user%d@example.org", i))
	}
	commits, err := s.CountCommits()
	check(b, err)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ReportAllocs()
	before := processorTime(b)
	b.ResetTimer()
	for _, account := range accounts {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := each(account, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	l.all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(commits.Load())/float64(b.N), "commits/message")
	b.ReportMetric(float64(processorTime(b)-before)/1e3/float64(b.N), "cpu-µs/message")
}

// processorTime is what this process has used: unlike the clock it does not
// depend on who else runs.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// life is what becomes of a message. What the network must not see before it
// is on disk is waited for; with wait, all is.
type life struct {
	s    *store.Store
	wait bool
	all  sync.WaitGroup
}

func (l *life) later(do func(*store.Tx) error) error {
	if l.wait {
		return l.s.Update(context.Background(), do)
	}
	l.all.Add(1)
	l.s.UpdateAsync(do, func(err error) {
		defer l.all.Done()
		if err != nil {
			panic(err)
		}
	})
	return nil
}

func (l *life) out(account, n int64) error {
	ctx := context.Background()
	parts := message(account, fmt.Sprintf("stanza-%d", n), 1)
	parts[0].Content = make([]byte, 200)
	err := l.s.Update(ctx, func(tx *store.Tx) error {
		_, _, err := tx.AddOutgoing(parts)
		return err
	})
	if err != nil {
		return err
	}
	sending := parts[0]
	sending.State = store.Sending
	if err := l.s.Update(ctx, func(tx *store.Tx) error { return tx.SetOutgoing(sending) }); err != nil {
		return err
	}
	sent, ids := sending, []string{fmt.Sprintf("network-id-%d", n)}
	sent.State, sent.Content = store.Sent, nil
	err = l.later(func(tx *store.Tx) error {
		if err := tx.SetOutgoing(sent); err != nil {
			return err
		}
		if err := tx.AddNetworkIDs(account, sent.Chat, ids, sent.Message, 0); err != nil {
			return err
		}
		_, err := tx.TakeEarlyStatuses(account, sent.Chat, ids)
		return err
	})
	if err != nil {
		return err
	}
	return l.later(func(tx *store.Tx) error {
		number, _, err := tx.ByNetworkID(account, sent.Chat, ids[0])
		if err != nil {
			return err
		}
		parts, err := tx.Outgoing(number)
		if err != nil {
			return err
		}
		parts[0].State = store.Delivered
		return tx.SetOutgoing(parts[0])
	})
}

func (l *life) in(account, n int64) error {
	in := store.Incoming{Domain: irc, User: fmt.Sprintf("user%d@example.org", account), Account: account, Chat: "#crypt", Content: make([]byte, 200)}
	err := l.s.Update(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.See(account, in.Chat, fmt.Sprintf("event-%d", n)); err != nil {
			return err
		}
		return tx.AddIncoming(&in)
	})
	if err != nil {
		return err
	}
	return l.later(func(tx *store.Tx) error { return tx.RemoveIncoming([]int64{in.ID}) })
}

// BenchmarkOutbox is the whole life of messages to a network.
func BenchmarkOutbox(b *testing.B) {
	for _, wait := range []bool{false, true} {
		b.Run(fmt.Sprintf("wait=%t", wait), func(b *testing.B) {
			l := life{s: open(b, config(b)), wait: wait}
			produce(b, &l, l.out)
		})
	}
}

// BenchmarkInbox is the whole life of messages from a network.
func BenchmarkInbox(b *testing.B) {
	for _, wait := range []bool{false, true} {
		b.Run(fmt.Sprintf("wait=%t", wait), func(b *testing.B) {
			l := life{s: open(b, config(b)), wait: wait}
			produce(b, &l, l.in)
		})
	}
}
