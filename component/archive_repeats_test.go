package component

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/store"
)

// newTestArchive is an archive on a store of its own, which has accounts 1 to n.
func newTestArchive(t testing.TB, accounts int) *archive {
	t.Helper()
	ar, _ := archiveIn(t, accounts)
	return ar
}

// archiveIn is newTestArchive that tells where the store's files are.
func archiveIn(t testing.TB, accounts int) (ar *archive, dir string) {
	t.Helper()
	dir = t.TempDir()
	st, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + filepath.Join(dir, "db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	for i := range accounts {
		if err := st.SaveAccount(context.Background(), &store.Account{Domain: "irc.example.org", User: fmt.Sprintf("u%d@example.org", i)}); err != nil {
			t.Fatal(err)
		}
	}
	return &archive{
		store: st, domain: "irc.example.org", log: slog.New(slog.DiscardHandler), busy: &tally{},
		turn: make(chan struct{}, 1), logs: map[logKey]*roomLog{},
	}, dir
}

func numbered(n int64) *atomic.Int64 {
	var owner atomic.Int64
	owner.Store(n)
	return &owner
}

// The same lines on several connections, each with its lag, some with the
// network's ids and some without, and the lines of different senders in another
// order on each: all are kept once, and each line has one id everywhere. IRC-M16.
func TestRepeats(t *testing.T) {
	const conns = 4
	ar := newTestArchive(t, conns)
	ctx := context.Background()
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		key := logKey{host: "irc.example.net", room: fmt.Sprint("#", round)}
		var taps []*tap
		for i := range conns {
			taps = append(taps, ar.tap(ctx, key, numbered(int64(i+1))))
		}
		senders := rapid.IntRange(1, 3).Draw(rt, "senders")
		said := make([][]speech, senders) // by sender, in order
		total := 0
		for n := range rapid.IntRange(1, 40).Draw(rt, "lines") {
			from := rapid.IntRange(0, senders-1).Draw(rt, "from")
			s := speech{nick: fmt.Sprint("nick", from), text: rapid.SampledFrom([]string{"a", "b", "*a*"}).Draw(rt, "text")}
			if rapid.Bool().Draw(rt, "named") {
				s.netID = fmt.Sprint("id", n)
			}
			said[from] = append(said[from], s)
			total++
		}
		tagged := rapid.SliceOfN(rapid.Bool(), conns, conns).Draw(rt, "tagged")
		places := make([]map[string]int64, conns) // by sender and number
		at := make([][]int, conns)
		for i := range conns {
			places[i], at[i] = map[string]int64{}, make([]int, senders)
		}
		for left := conns * total; left > 0; left-- {
			c := rapid.IntRange(0, conns-1).Draw(rt, "conn")
			for len(places[c]) == total {
				c = (c + 1) % conns
			}
			from := rapid.IntRange(0, senders-1).Draw(rt, "whose")
			for at[c][from] == len(said[from]) {
				from = (from + 1) % senders
			}
			n := at[c][from]
			at[c][from]++
			s := said[from][n]
			if !tagged[c] {
				s.netID = ""
			}
			place, _ := taps[c].take(ctx, s)
			places[c][fmt.Sprint(from, ".", n)] = place
		}
		distinct := map[int64]bool{}
		for line, place := range places[0] {
			distinct[place] = true
			for c := 1; c < conns; c++ {
				if places[c][line] != place {
					rt.Fatalf("line %s is %d on one connection, %d on another", line, place, places[c][line])
				}
			}
		}
		if len(distinct) != total {
			rt.Fatalf("%d lines have %d places", total, len(distinct))
		}
		if err := ar.flush(ctx); err != nil {
			rt.Fatal(err)
		}
		lines, err := ar.store.Lines(ctx, store.LineQuery{Log: taps[0].row(), Limit: 1000})
		if err != nil || len(lines) != total {
			rt.Fatalf("the archive has %d lines of %d: %v", len(lines), total, err)
		}
		for _, l := range lines {
			if !distinct[l.ID] {
				rt.Fatalf("nobody was shown line %d", l.ID)
			}
		}
		for _, tp := range taps {
			tp.close()
		}
		if err := ar.flush(ctx); err != nil {
			rt.Fatal(err)
		}
		if len(ar.logs) != 0 {
			rt.Fatalf("%d logs stay in memory", len(ar.logs))
		}
	})
}

// A connection that missed a line finds the next ones by their ids; one that
// comes later counts from then; and what was said a minute ago is said anew.
func TestRepeatsAfterGaps(t *testing.T) {
	var r repeats
	second := int64(time.Second)
	a, b := r.join(0, nil), r.join(0, nil)
	is := kindOf("nurse", 0, "hello", 0)
	say := func(conn int, name string, now int64) int64 {
		if place, _ := r.find(conn, is, nameOf(name, 0), now); place != 0 {
			return place
		}
		place := now + int64(r.fresh.len()) + 1
		r.add(conn, sighting{place: place, came: now, kind: is, name: nameOf(name, 0)}, true)
		return place
	}
	say(a, "1", 0)
	two := say(a, "2", 0)
	if got := say(b, "2", 0); got != two {
		t.Errorf("the second is %d, want %d", got, two)
	}
	three := say(b, "", second)
	if got := say(a, "3", second); got != three {
		t.Errorf("the third is %d, want %d", got, three)
	}
	c := r.join(2*second, nil)
	four := say(c, "", 2*second)
	if four == three {
		t.Error("a newcomer's first is the third")
	}
	if got := say(a, "", 2*second); got != four {
		t.Errorf("the fourth is %d, want %d", got, four)
	}
	if got := say(b, "", 90*second); got == four {
		t.Error("what was said before is said anew")
	}
	if got := say(c, "3", 90*second); got != three {
		t.Errorf("the third by its id is %d, want %d", got, three)
	}
	say(a, "", 3600*second)
	if len(r.names) != 0 || len(r.kinds) != 1 || r.fresh.len() != 1 {
		t.Errorf("it remembers %d names, %d kinds", len(r.names), len(r.kinds))
	}
}

// Somebody comes into a room while a line that another user sent is on its way
// there: when the network tells them of it, it is no other line. One that came
// longer ago, or that others were told of, was said before.
func TestRepeatsInFlight(t *testing.T) {
	ar := newTestArchive(t, 3)
	ctx, key := context.Background(), logKey{host: "irc.example.net", room: "#room"}
	sender, other := ar.tap(ctx, key, numbered(1)), ar.tap(ctx, key, numbered(2))
	take := func(tp *tap, text string, own bool) int64 {
		place, _ := tp.take(ctx, speech{nick: "juliet", text: text, own: own})
		return place
	}
	known := take(sender, "ok", true)
	if take(other, "ok", false) != known {
		t.Error("the other is told of another line")
	}
	sent, long := take(sender, "ok", true), take(sender, "long ago", true)
	for n := range sender.log.repeats.fresh.end {
		if s := sender.log.repeats.fresh.at(n); s.place == long {
			s.came -= int64(inFlight)
		}
	}
	late := ar.tap(ctx, key, numbered(3))
	if got := take(late, "ok", false); got != sent {
		t.Errorf("who comes is told of line %d, want %d", got, sent)
	}
	if take(late, "long ago", false) == long {
		t.Error("what was said long ago is said anew")
	}
	sender.close() // and comes back, and says it once more
	sender = ar.tap(ctx, key, sender.owner)
	if got := take(sender, "ok", true); got == sent {
		t.Error("what is said again is what was said before")
	}
	if got := take(other, "ok", false); got != sent {
		t.Errorf("the other is told of line %d, want %d", got, sent)
	}
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// The lines of one who was alone are counted when somebody comes: what they sent
// just now may still be on its way, what the network told them was said before.
func TestRepeatsOfOneAlone(t *testing.T) {
	ar := newTestArchive(t, 2)
	ctx, key := context.Background(), logKey{host: "irc.example.net", room: "#room"}
	take := func(tp *tap, text string, own bool) int64 {
		place, _ := tp.take(ctx, speech{nick: "juliet", text: text, own: own})
		return place
	}
	alone := ar.tap(ctx, key, numbered(1))
	first, told := take(alone, "ok", true), take(alone, "told", false)
	if take(alone, "ok", true) == first {
		t.Error("who is alone repeats a line")
	}
	gone := take(alone, "refused", true)
	alone.withdraw([]string{stanzaID(gone)})
	alone.close() // and comes back
	alone = ar.tap(ctx, key, alone.owner)
	if alone.log.repeats.kinds != nil {
		t.Error("lines are counted that nobody else can bring")
	}
	sent := take(alone, "sent", true)
	late := ar.tap(ctx, key, numbered(2))
	if got := take(late, "ok", false); got != first {
		t.Errorf("who comes is told of line %d, want %d", got, first)
	}
	if got := take(late, "sent", false); got != sent {
		t.Errorf("who comes is told of line %d, want %d", got, sent)
	}
	if take(late, "told", false) == told || take(late, "refused", false) == gone {
		t.Error("what was said before, or withdrawn, is said anew")
	}
	if got, want := take(alone, "new", false), take(late, "new", false); got != want {
		t.Errorf("a line is %d and %d", got, want)
	}
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := ar.store.CountLines(ctx, store.LineQuery{Log: alone.row()}); err != nil || n != 7 {
		t.Errorf("%d lines, %v", n, err)
	}
}

// What one connection is told late, live, and another in time, as the past, stands
// in the order in which it was said: the first line that was late, then the one
// that only the past tells of, with that line before it or not.
func TestPastBehindLateLines(t *testing.T) {
	for _, told := range []string{"both", "the second"} {
		ar := newTestArchive(t, 2)
		ctx, began := context.Background(), time.Now().Add(-3*time.Second)
		key := logKey{host: "irc.example.net", room: "#room"}
		slow := ar.tap(ctx, key, numbered(1))
		line := func(n int) speech {
			return speech{nick: "nurse", text: fmt.Sprint(n), netID: fmt.Sprint("id", n), at: began.Add(time.Duration(n) * time.Millisecond)}
		}
		take := func(tp *tap, s speech) int64 {
			place, _ := tp.take(ctx, s)
			return place
		}
		first := take(slow, line(1))
		back := ar.tap(ctx, key, numbered(2))
		var second int64
		for n := 1; n <= 2; n++ {
			if s := line(n); told == "both" || n == 2 {
				s.delayed = true
				second = take(back, s)
			}
		}
		third := take(back, line(3))
		if again := take(slow, line(2)); again != second {
			t.Errorf("told %s: the second is %d and %d", told, second, again)
		}
		if first >= second || second >= third {
			t.Errorf("told %s: places %d %d %d", told, first, second, third)
		}
		early := line(-1000) // which nobody was told of
		early.delayed = true
		if place := take(back, early); place >= first {
			t.Errorf("told %s: what was said before the first is at %d, behind %d", told, place, first)
		}
		ar.flush(ctx)
	}
}

// What one log remembers has a bound, whatever is said.
func TestRepeatsAreBounded(t *testing.T) {
	testBound(t, 1, repeatAlone)
	testBound(t, 2, repeatBound)
}

func testBound(t *testing.T, conns, bound int) {
	var r repeats
	var conn int
	for range conns {
		conn = r.join(0, nil)
	}
	for i := range 3 * repeatBound {
		is, name := kindOf(fmt.Sprint(i), 0, "x", 0), nameOf(fmt.Sprint(i), 0)
		if place, _ := r.find(conn, is, name, 0); place != 0 {
			t.Fatal("a repeat")
		}
		r.add(conn, sighting{place: int64(i + 1), kind: is, name: name}, true)
	}
	if n := max(r.fresh.len(), r.known.len(), len(r.names), len(r.kinds)); n > bound+1 {
		t.Errorf("of %d connections it remembers %d", conns, n)
	}
}

// Ids of a log rise, whatever the clock does, and those of another process are
// others.
func TestPlacesRise(t *testing.T) {
	ar := newTestArchive(t, 0)
	rapid.Check(t, func(rt *rapid.T) {
		ar.salt = int64(rapid.IntRange(0, 1023).Draw(rt, "salt"))
		l := &roomLog{}
		var all []int64
		for range 50 {
			now := time.UnixMicro(1.7e15 + int64(rapid.IntRange(0, 20).Draw(rt, "now")))
			all = append(all, ar.next(l, now))
		}
		if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			rt.Fatalf("places %d", all)
		}
		for _, place := range all {
			if got, ok := parseStanzaID(stanzaID(place)); !ok || got != place {
				rt.Fatalf("%d reads as %d", place, got)
			}
		}
	})
}

// A line that is known already, and one that is new: per line.
func BenchmarkTake(b *testing.B) {
	for _, test := range []struct {
		name  string
		conns int
		named bool
	}{{"new", 1, true}, {"known by id of 100", 100, true}, {"known by count of 100", 100, false}} {
		b.Run(test.name, func(b *testing.B) {
			ctx := context.Background()
			ar := newTestArchive(b, 1)
			var taps []*tap
			for range test.conns {
				taps = append(taps, ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(1)))
			}
			b.ReportAllocs()
			b.ResetTimer()
			s := speech{nick: "nurse", key: "nurse", text: "A line of about the length that people write in rooms."}
			for i := range b.N {
				if i%test.conns == 0 && test.named {
					s.netID = fmt.Sprint("an id of the network's, ", i)
				}
				taps[i%test.conns].take(ctx, s)
				if i%1000 == 0 {
					b.StopTimer()
					if err := ar.flush(ctx); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			}
		})
	}
}

// For whom a line is, is no part of what it says.
func TestKindOf(t *testing.T) {
	if kindOf("nurse", 0, "b", 'A') == kindOf("nurse", 0, "Ab", 0) {
		t.Error("a line for one is the same as another one for all")
	}
	if kindOf("nurse", 0, "*a b*", 0) != kindOf("nurse", 0, "ab", 0) {
		t.Error("marks count")
	}
}
