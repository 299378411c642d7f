package component

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// durable is a gateway to a network that stores and forwards, with users who
// are registered there. Its stream ends in memory, where pings are answered at
// once.
type durable struct {
	*testing.B
	c     *Component
	d     *Domain
	net   *transporttest.Network
	store *store.Store
	said  atomic.Int64 // messages with a body that were written
}

const durableUsers = 64

func newDurable(b *testing.B) *durable {
	b.Helper()
	dir := b.TempDir()
	st, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + filepath.Join(dir, "db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		b.Fatal(err)
	}
	w := &durable{B: b, net: transporttest.NewNetwork(), store: st}
	about := w.net.About()
	about.Attended, about.Guests = false, false
	w.net.SetAbout(about)
	if w.c, err = New(Config{Store: st, Domains: []DomainConfig{{Domain: "sms.example.org", Transport: w.net, Limits: Limits{Queue: 1 << 20}}}}); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.d = w.c.Domain("sms.example.org")
	if err := w.d.start(ctx); err != nil {
		b.Fatal(err)
	}
	q, done := newFairQueue(), make(chan struct{})
	w.d.link.queue = q
	go func() {
		defer close(done)
		w.drain(ctx, q)
	}()
	b.Cleanup(func() {
		w.d.closing.Store(true)
		cancel()
		<-done
		_ = w.d.busy.wait(context.Background())
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	for i := range durableUsers {
		a := store.Account{User: w.user(i).Bare().String(), Scope: "net.example", Settings: map[string]string{"nick": fmt.Sprint("u", i)},
			Secrets: map[string]string{"password": "pw"}}
		if err := w.d.Register(ctx, a); err != nil {
			b.Fatal(err)
		}
		w.d.deliver(&stanza.Presence{Header: stanza.Header{From: w.user(i), To: w.d.JID()}})
	}
	return w
}

func (w *durable) user(i int) jid.JID { return jid.MustParse(fmt.Sprintf("u%d@example.org/phone", i)) }

// drain plays the server's part of the stream.
func (w *durable) drain(ctx context.Context, q *fairQueue) {
	var buf []byte
	for ctx.Err() == nil {
		if buf = q.take(buf[:0]); len(buf) == 0 {
			select {
			case <-q.wake:
			case <-ctx.Done():
			}
			continue
		}
		w.said.Add(int64(bytes.Count(buf, []byte("<body>"))))
		for rest := buf; ; {
			_, iq, found := bytes.Cut(rest, []byte("<iq from='sms.example.org' to='"))
			if !found {
				break
			}
			to, iq, _ := bytes.Cut(iq, []byte("' type='get' id='"))
			id, after, _ := bytes.Cut(iq, []byte("'"))
			rest = after
			w.d.asked.resolve(&stanza.IQ{Header: stanza.Header{
				From: jid.MustParse(string(to)), To: w.d.JID(), ID: string(id), Type: stanza.TypeResult,
			}})
		}
	}
}

// each has every user do something n times in all, side by side.
func (w *durable) each(n int, do func(user, i int)) {
	var wg sync.WaitGroup
	for u := range durableUsers {
		wg.Go(func() {
			for i := u; i < n; i += durableUsers {
				do(u, i)
			}
		})
	}
	wg.Wait()
}

// until waits for a condition.
func (w *durable) until(what string, condition func() bool) {
	w.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatal("waited in vain for ", what)
		}
	}
}

// A message of the network's: committed, written, and settled by the answer of
// a client.
func BenchmarkDurableIn(b *testing.B) {
	w := newDurable(b)
	sessions := make([]*transporttest.Session, durableUsers)
	for i := range sessions {
		key := keyed(w.d.key, "account", w.d.Name(), w.user(i).Bare().String(), "net.example")
		sessions[i] = w.net.AwaitSession(b, key)
	}
	b.ReportAllocs()
	b.ResetTimer()
	w.each(b.N, func(u, i int) {
		err := sessions[u].Emit(transports.Received{Message: transports.Message{
			ID: strconv.Itoa(i), Chat: transports.Address{Kind: transports.Contact, Scope: "net.example", Name: "nurse"},
			Text: "a message of the usual length, which is about so long",
		}})
		if err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.StopTimer()
	w.until("all to be written", func() bool { return w.said.Load() >= int64(b.N) })
	w.until("all to be settled", func() bool { return w.d.stats.settled.Load() >= int64(b.N) })
}

// A message of a user's: committed, sent, and that committed too.
func BenchmarkDurableOut(b *testing.B) {
	w := newDurable(b)
	for i := range durableUsers {
		w.net.AwaitSession(b, keyed(w.d.key, "account", w.d.Name(), w.user(i).Bare().String(), "net.example"))
	}
	b.ReportAllocs()
	b.ResetTimer()
	w.each(b.N, func(u, i int) {
		w.d.deliver(&stanza.Message{
			Header: stanza.Header{From: w.user(u), To: jid.MustParse(fmt.Sprintf("nurse%d%%net.example@sms.example.org", i/durableUsers%8)),
				ID: strconv.Itoa(i), Type: "chat"},
			Payload: []stanza.Element{stanza.T("", "body", "a message of the usual length, which is about so long"), stanza.E(nsReceipts, "request")},
		})
	})
	w.until("all to be sent", func() bool { return w.net.Count(transporttest.OpSend) >= b.N })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
