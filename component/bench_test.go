package component

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// bench is a gateway whose stream ends in memory: what it writes is counted,
// and the pings in it are answered.
type bench struct {
	*testing.B
	c    *Component
	net  *transporttest.Network
	room transports.Address

	mu   sync.Mutex // guards what follows
	seen map[string]int
	more chan struct{} // one slot: something was seen
}

const benchUser = "juliet@example.org/phone"

func newBench(b *testing.B) *bench {
	b.Helper()
	dir := b.TempDir()
	st, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + filepath.Join(dir, "db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		b.Fatal(err)
	}
	w := &bench{
		B: b, net: transporttest.NewNetwork(), seen: map[string]int{}, more: make(chan struct{}, 1),
		room: transports.Address{Kind: transports.Room, Scope: "irc.example.net", Name: "#room"},
	}
	w.c, err = New(Config{Store: st, Domains: []DomainConfig{{Domain: "irc.example.org", Transport: w.net}}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := w.c.Domain("irc.example.org")
	if err := d.start(ctx); err != nil {
		b.Fatal(err)
	}
	q, done := newFairQueue(), make(chan struct{})
	d.link.queue = q
	go func() {
		defer close(done)
		w.drain(ctx, q)
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		_ = d.busy.wait(context.Background())
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	return w
}

// drain plays the server's part of the stream.
func (w *bench) drain(ctx context.Context, q *fairQueue) {
	var buf []byte
	ping := []byte("<iq from='irc.example.org' to='" + benchUser + "' type='get' id='")
	marks := []string{"<presence", "<body>", "<subject"}
	for ctx.Err() == nil {
		buf = q.take(buf[:0])
		if len(buf) == 0 {
			select {
			case <-q.wake:
			case <-ctx.Done():
			}
			continue
		}
		for rest := buf; ; {
			i := bytes.Index(rest, ping)
			if i < 0 {
				break
			}
			rest = rest[i+len(ping):]
			id := string(rest[:bytes.IndexByte(rest, '\'')])
			w.c.dispatch(&stanza.IQ{Header: stanza.Header{From: jid.MustParse(benchUser), To: jid.JID{Domain: "irc.example.org"}, ID: id, Type: "result"}})
		}
		w.mu.Lock()
		for _, m := range marks {
			w.seen[m] += bytes.Count(buf, []byte(m))
		}
		w.mu.Unlock()
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
}

// await waits until something was written that often.
func (w *bench) await(mark string, n int) {
	for {
		w.mu.Lock()
		seen := w.seen[mark]
		w.mu.Unlock()
		if seen >= n {
			return
		}
		<-w.more
	}
}

func (w *bench) join() {
	j, err := address("irc.example.org", w.room)
	if err != nil {
		w.Fatal(err)
	}
	w.c.dispatch(&stanza.Presence{
		Header:  stanza.Header{From: jid.MustParse(benchUser), To: j.WithResource("juliet")},
		Payload: []stanza.Element{stanza.E(muc.NS, "x", stanza.E(muc.NS, "history").With("maxstanzas", "0"))},
	})
}

// From the network to one client in a room: per delivered stanza.
func BenchmarkMessageIn(b *testing.B) { benchMessageIn(b, newBench(b)) }

// The same, and kept in the archive.
func BenchmarkMessageInArchived(b *testing.B) {
	w := newBench(b)
	w.c.Domain("irc.example.org").conf.Load().RecordHistory = true
	benchMessageIn(b, w)
}

func benchMessageIn(b *testing.B, w *bench) {
	w.join()
	w.await("<subject", 1)
	s := w.net.Sessions()[0]
	m := transports.Message{Chat: w.room, Nick: "nurse", Text: "A line of about the length that people write in rooms."}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		m.ID = fmt.Sprint(i)
		if err := s.Emit(transports.Received{Message: m}); err != nil {
			b.Fatal(err)
		}
		w.await("<body>", i-ahead)
	}
	w.await("<body>", b.N)
}

// ahead is how many messages are on their way at once.
const ahead = 500

// From a client to the network, and back as its reflection: per message.
func BenchmarkMessageOut(b *testing.B) {
	w := newBench(b)
	w.join()
	w.await("<subject", 1)
	to, _ := address("irc.example.org", w.room)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		w.c.dispatch(&stanza.Message{
			Header:  stanza.Header{From: jid.MustParse(benchUser), To: to, ID: fmt.Sprint(i), Type: "groupchat"},
			Payload: []stanza.Element{stanza.T("", "body", "A line of about the length that people write in rooms.")},
		})
		w.await("<body>", i-ahead)
	}
	w.await("<body>", b.N)
}

// A client that joins a room of 10,000 people: per join. Beside it, what it costs
// only to write the stanzas that it is shown; joining may cost three times that.
func BenchmarkJoin(b *testing.B) {
	const size = 10000
	people := make([]transports.Occupant, size)
	for i := range people {
		people[i] = transports.Occupant{Nick: fmt.Sprintf("occupant%05d", i), Key: fmt.Sprint("key", i)}
	}
	b.Run("join", func(b *testing.B) {
		w := newBench(b)
		for _, o := range people {
			w.net.SetOccupant(w.room, o)
		}
		w.c.Domain("irc.example.org").conf.Load().Limits.Joins = 1 << 30
		w.join()
		w.await("<subject", 1)
		w.perOccupant(b, size, w.join)
	})
	b.Run("write", func(b *testing.B) {
		w := newBench(b)
		d := w.c.Domain("irc.example.org")
		all, from := w.shown(people), &share{}
		w.perOccupant(b, size, func() {
			for _, st := range all {
				for !d.link.send(from, st) {
					<-w.more // there is no room
				}
			}
		})
	})
}

// perOccupant measures what has a subject written last.
func (w *bench) perOccupant(b *testing.B, size int, show func()) {
	w.mu.Lock()
	before := w.seen["<subject"]
	w.mu.Unlock()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		show()
		w.await("<subject", before+i+1)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/occupant")
}

// shown returns the stanzas that show who joins a room with people in it.
func (w *bench) shown(people []transports.Occupant) (all []stanza.Stanza) {
	j, err := address("irc.example.org", w.room)
	if err != nil {
		w.Fatal(err)
	}
	r := muc.NewRoom(muc.Config{
		JID:  j,
		Send: func(_ *muc.Seat, st stanza.Stanza) bool { all = append(all, st); return true },
		Key: func(who string) string {
			return keyed(w.c.Domain("irc.example.org").key, "occupant", "irc.example.net", who)
		},
	})
	r.Joined(transports.Joined{Room: w.room, Nick: "juliet", Occupants: people})
	r.Sit(jid.MustParse(benchUser), "juliet", muc.History{Chars: -1})
	if len(all) != len(people)+2 {
		w.Fatalf("%d stanzas", len(all))
	}
	return all
}
