package component

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/component/jid"
	"wherry/component/mam"
	"wherry/component/muc"
	"wherry/store"
	"wherry/transports"
)

// A reader who was in some rooms' logs at some times sees exactly what was said
// at these; pages, joined, are the whole, in both directions and flipped; an id
// that no line has is answered from its place. IRC-B35
func TestPages(t *testing.T) {
	ar := newTestArchive(t, 2)
	ctx := context.Background()
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		room := fmt.Sprint("#", round)
		var want []int64
		err := ar.store.Update(ctx, func(tx *store.Tx) error {
			for _, host := range []string{"a.example", "b.example"} {
				log, err := tx.Log(store.Log{Domain: ar.domain, Host: host, Room: room})
				if err != nil {
					return err
				}
				at := firstPlace
				if host == "b.example" {
					at++ // ids of different logs are different
				}
				var since int64 // of the reader's being there
				for range rapid.IntRange(0, 25).Draw(rt, "steps") {
					at += 10
					switch rapid.IntRange(0, 5).Draw(rt, "step") {
					case 0:
						if since == 0 {
							since = at
							err = tx.BeginMembership(log, 1, at)
						}
					case 1:
						if since != 0 {
							since = 0
							err = tx.EndMembership(log, 1, at)
						}
					case 2:
						err = tx.AddLine(store.Line{Log: log, ID: at, Account: 2, Nick: "nurse"})
					default:
						if since != 0 {
							want = append(want, at)
						}
						err = tx.AddLine(store.Line{Log: log, ID: at, Nick: "nurse"})
					}
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		slices.Sort(want)
		as := &asking{ar: ar, owner: 1, here: true, room: transports.Address{Kind: transports.Room, Name: room}, nicks: muc.Config{JID: jid.MustParse("r@gw.example")}}
		q := mam.Query{
			Max: rapid.IntRange(1, 7).Draw(rt, "max"), Index: -1,
			Backward: rapid.Bool().Draw(rt, "backward"), Flip: rapid.Bool().Draw(rt, "flip"),
		}
		byIndex := !q.Backward && rapid.Bool().Draw(rt, "by index")
		if from := rapid.IntRange(0, 3).Draw(rt, "from"); from == 0 && !byIndex {
			nowhere := firstPlace + int64(3+rapid.IntRange(0, 250).Draw(rt, "nowhere"))
			if q.Backward {
				q.Before = stanzaID(nowhere)
				want = slices.DeleteFunc(want, func(id int64) bool { return id >= nowhere })
			} else {
				q.After = stanzaID(nowhere)
				want = slices.DeleteFunc(want, func(id int64) bool { return id <= nowhere })
			}
		}
		var got []int64
		for pages := 0; ; pages++ {
			if byIndex {
				q.Index = len(got)
			}
			lines, page, err := as.page(ctx, &q)
			if err != nil || pages > len(want) {
				rt.Fatalf("page %d: %v", pages, err)
			}
			var ids []int64
			for _, l := range lines {
				ids = append(ids, l.ID)
			}
			if q.Flip {
				slices.Reverse(ids)
			}
			if len(ids) > 0 && (page.First != stanzaID(ids[0]) || page.Last != stanzaID(ids[len(ids)-1])) {
				rt.Fatalf("page from %s to %s has %d", page.First, page.Last, ids)
			}
			if byIndex && page.Count != len(want) {
				rt.Fatalf("count %d of %d", page.Count, len(want))
			}
			if q.Backward {
				got = append(ids, got...)
				q.Before = page.First
			} else {
				got = append(got, ids...)
				q.After = page.Last
			}
			if byIndex {
				q.After = ""
			}
			if page.Complete {
				break
			}
			if len(ids) != q.Max {
				rt.Fatalf("a page of %d that is not the last has %d", q.Max, len(ids))
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("pages have %d, want %d", got, want)
		}
	})
}

// Filters by time, by place and by ids; and what is refused. IRC-B35
func TestFilters(t *testing.T) {
	ar := newTestArchive(t, 1)
	ctx := context.Background()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(i int) time.Time { return noon.Add(time.Duration(i) * time.Second) }
	err := ar.store.Update(ctx, func(tx *store.Tx) error {
		log, err := tx.Log(store.Log{Domain: ar.domain, Host: "a.example", Room: "#room", Account: 1})
		for i := range 10 {
			if err == nil {
				err = tx.AddLine(store.Line{Log: log, ID: store.Place(at(i)), Nick: fmt.Sprint("nick", i%2), Content: spoken{}.encode()})
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	as := &asking{ar: ar, owner: 1, room: transports.Address{Kind: transports.Room, Name: "#room"}, nicks: muc.Config{JID: jid.MustParse("r@gw.example")}}
	id := func(i int) string { return stanzaID(store.Place(at(i))) }
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		change func(*mam.Query)
		want   string
	}{
		"all":          {func(*mam.Query) {}, "0123456789"},
		"times":        {func(q *mam.Query) { q.Start, q.End = at(3), at(5) }, "345"},
		"past times":   {func(q *mam.Query) { q.Start, q.End = time.Unix(-1e11, 0), far }, "0123456789"},
		"future":       {func(q *mam.Query) { q.Start = far }, ""},
		"places":       {func(q *mam.Query) { q.AfterID, q.BeforeID = id(3), id(6) }, "45"},
		"with":         {func(q *mam.Query) { q.With = "r@gw.example/NICK1" }, "13579"},
		"with all":     {func(q *mam.Query) { q.With = "r@gw.example" }, "0123456789"},
		"with others":  {func(q *mam.Query) { q.With = "other@gw.example/nick1" }, ""},
		"ids":          {func(q *mam.Query) { q.IDs = []string{id(7), id(2), id(7)} }, "27"},
		"no ids":       {func(q *mam.Query) { q.IDs = []string{} }, ""},
		"flipped":      {func(q *mam.Query) { q.Max, q.Backward, q.Flip = 3, true, true }, "987"},
		"unknown id":   {func(q *mam.Query) { q.IDs = []string{id(77)} }, "not found"},
		"foreign":      {func(q *mam.Query) { q.After = "Ünknown" }, "not found"},
		"foreign too":  {func(q *mam.Query) { q.BeforeID = "00" + id(3) }, "not found"},
		"between ours": {func(q *mam.Query) { q.AfterID = stanzaID(store.Place(at(3)) + 5) }, "456789"},
		"index":        {func(q *mam.Query) { q.Index, q.Max = 8, 5 }, "89"},
		"index beyond": {func(q *mam.Query) { q.Index = 80 }, ""},
	} {
		q := mam.Query{Max: 100, Index: -1}
		test.change(&q)
		lines, _, err := as.page(ctx, &q)
		got := ""
		for _, l := range lines {
			got += fmt.Sprint(int(store.PlaceTime(l.ID).Sub(noon).Seconds()))
		}
		var e *transports.Error
		if errors.As(err, &e) && e.Kind == transports.NotFound {
			got = "not found"
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	_, page, err := as.page(ctx, &mam.Query{Index: -1})
	if err != nil || page.Count != 10 || page.Complete {
		t.Errorf("how many there are: %+v %v", page, err)
	}
	if got := cut([]span{{to: math.MaxInt64}}, 5, 4); got != nil {
		t.Errorf("nothing is %v", got)
	}
}

func FuzzDecodeSpoken(f *testing.F) {
	f.Add(spoken{Style: transports.Act, Key: "k", Text: "text"}.encode())
	f.Add(spoken{Text: "text", ReplyTo: "id", ReplyBy: "nurse"}.encode())
	f.Add(spoken{Text: "-x", ReplyTo: "id", Reacts: true, Signs: "y\nz"}.encode())
	f.Add(spoken{Gone: true, By: "nurse", Reason: "why", At: 17}.encode())
	f.Add([]byte{1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeSpoken(b)
		if err != nil {
			return
		}
		if again, err := decodeSpoken(s.encode()); err != nil || again != s {
			t.Fatalf("%+v reads as %+v: %v", s, again, err)
		}
	})
}

func FuzzStanzaID(f *testing.F) {
	f.Add("abc")
	f.Add("-1")
	f.Add("+1")
	f.Fuzz(func(t *testing.T, id string) {
		if place, ok := parseStanzaID(id); ok && (stanzaID(place) != id || place <= 0) {
			t.Fatalf("%q reads as %d", id, place)
		}
	})
}

// Ids that stand for no time at which anything was said are nobody's.
func TestStanzaIDs(t *testing.T) {
	now := stanzaID(store.Place(time.Now()))
	for id, want := range map[string]bool{
		now: true, stanzaID(firstPlace): true, stanzaID(firstPlace - 1): false, "": false, "abc": false, "zzzzzzzzzzzz": false, "m1": false,
		"0" + now: false, strings.ToUpper(now): now == strings.ToUpper(now), stanzaID(store.Place(time.Now().Add(100 * time.Hour))): false, "-" + now: false,
	} {
		if _, ok := parseStanzaID(id); ok != want {
			t.Errorf("%q is an id: %v", id, ok)
		}
	}
}

// Who was in a room by two connections reads each line once, and is told so.
func TestMerged(t *testing.T) {
	got := merged([]span{{log: 1, from: 5, to: 9}, {log: 2, from: 1, to: 3}, {log: 1, from: 1, to: 5}, {log: 1, from: 11, to: 12}, {log: 1, from: 2, to: 4}})
	want := []span{{log: 1, from: 1, to: 9}, {log: 1, from: 11, to: 12}, {log: 2, from: 1, to: 3}}
	if !slices.Equal(got, want) {
		t.Errorf("merged to %+v", got)
	}
}
