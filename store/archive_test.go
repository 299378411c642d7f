package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"wherry/store"
)

// member is an account of the store.
func member(t testing.TB, s *store.Store, user string) int64 {
	t.Helper()
	a := store.Account{Domain: "irc.example.org", User: user, Scope: "irc.example.net"}
	if err := s.SaveAccount(context.Background(), &a); err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func sharedLog(room string) store.Log {
	return store.Log{Domain: "irc.example.org", Host: "irc.example.net", Room: room}
}

// write makes one write and fails the test where it fails.
func write(t testing.TB, s *store.Store, do func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

// fillLog makes a log of n lines, a second apart, the first at a time.
func fillLog(t testing.TB, s *store.Store, l store.Log, n int, first time.Time) (id int64) {
	t.Helper()
	for from := 0; from < n; from += 10000 {
		write(t, s, func(tx *store.Tx) (err error) {
			if id, err = tx.Log(l); err != nil {
				return err
			}
			for i := from; i < min(from+10000, n); i++ {
				line := store.Line{
					Log: id, ID: store.Place(first.Add(time.Duration(i) * time.Second)), Public: i%2 == 0,
					Nick: fmt.Sprint("nick", i%3), NetID: fmt.Sprint("id", i), Content: []byte("what was said"),
				}
				if err := tx.AddLine(line); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return id
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestLines(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := member(t, s, "romeo@example.org")
	id := fillLog(t, s, sharedLog("#room"), 10, noon)
	place := func(i int) int64 { return store.Place(noon.Add(time.Duration(i) * time.Second)) }
	write(t, s, func(tx *store.Tx) error {
		if err := tx.BeginMembership(id, account, place(1)); err != nil {
			return err
		}
		if err := tx.EndMembership(id, account, place(3)); err != nil {
			return err
		}
		return tx.AddLine(store.Line{Log: id, ID: place(4) + 1, Account: account, Nick: "nick9"})
	})
	for _, test := range []struct {
		query store.LineQuery
		want  string
	}{
		{store.LineQuery{Limit: 3}, "0 1 2"},
		{store.LineQuery{Limit: 3, Backward: true}, "9 8 7"},
		{store.LineQuery{Limit: 9, From: place(7)}, "7 8 9"},
		{store.LineQuery{Limit: 9, From: place(3), To: place(5)}, "3 4 5"},
		{store.LineQuery{Limit: 9, From: place(3), To: place(5), Account: account}, "3 4 4+ 5"},
		{store.LineQuery{Limit: 9, Nick: "NICK1"}, "1 4 7"},
		{store.LineQuery{Limit: 2, Skip: 8}, "8 9"},
		{store.LineQuery{Limit: 8, Without: []byte("x")}, "0 1 2 3 4 5 6 7"},
		{store.LineQuery{Limit: 2, Skip: 7, Without: []byte{0xff}}, "7 8"},
		{store.LineQuery{Limit: 8, Without: []byte("w")}, ""},
		{store.LineQuery{Limit: 9, Public: true}, "0 2 4 6 8"},
		{store.LineQuery{Limit: 9, Public: true, Account: account}, "0 1 2 3 4 4+ 6 8"},
	} {
		test.query.Log = id
		lines, err := s.Lines(ctx, test.query)
		check(t, err)
		var got []string
		for _, l := range lines {
			text := fmt.Sprint(int(store.PlaceTime(l.ID).Sub(noon).Seconds()))
			if l.Account != 0 {
				text += "+"
			}
			got = append(got, text)
		}
		want := test.want
		if test.query.Public && test.query.Account != 0 {
			want = strings.Replace(want, " 4+", "", 1) // it is neither public, nor of a time when the account was there
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %q, want %q", test.query, got, want)
		}
		test.query.Skip = 0
		if test.query.Limit == 9 {
			n, err := s.CountLines(ctx, test.query)
			same(t, len(lines), n, err)
		}
	}
	l, err := s.NamedLine(ctx, id, "id5", 0)
	same(t, place(5), l.ID, err)
	if _, err := s.NamedLine(ctx, id, "", 0); err != store.ErrNotFound {
		t.Errorf("no name: %v", err)
	}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.NameLine(id, place(5), "other"); err != nil {
			return err
		}
		return tx.SetLine(id, place(5), []byte("gone"))
	})
	l, err = s.Line(ctx, id, place(5))
	same(t, "id5 gone", l.NetID+" "+string(l.Content), err)
}

// A log keeps its number, shared and own are two, and the account takes its own
// along, with what only it was told; nothing of it stays in the files.
func TestLogsGoWithTheAccount(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	account := member(t, s, "romeo@example.org")
	own := sharedLog("#room")
	own.Account = account
	var shared, mine, again int64
	write(t, s, func(tx *store.Tx) (err error) {
		shared, _ = tx.Log(sharedLog("#room"))
		mine, _ = tx.Log(own)
		again, err = tx.Log(own)
		for i, l := range []store.Line{{Log: shared, Content: []byte("for all")}, {Log: shared, Account: account, Content: []byte("whispered")}, {Log: mine, Content: []byte("private")}} {
			l.ID = store.Place(noon) + int64(i)
			if err == nil {
				err = tx.AddLine(l)
			}
		}
		if err == nil {
			err = tx.BeginMembership(shared, account, 1)
		}
		return err
	})
	if shared == mine || mine != again {
		t.Errorf("logs %d %d %d", shared, mine, again)
	}
	if err := s.Update(ctx, func(tx *store.Tx) error { return tx.AddLine(store.Line{Log: 99, ID: 1}) }); err == nil {
		t.Error("a line of no log is kept")
	}
	check(t, s.RemoveAccount(ctx, account))
	a, b, err := s.LogsOf(ctx, account, "#room")
	same(t, 0, len(a)+len(b), err)
	for log, want := range map[int64]int{shared: 1, mine: 0} {
		n, err := s.CountLines(ctx, store.LineQuery{Log: log, Account: account})
		same(t, want, n, err)
	}
	if _, _, err := s.FindLog(ctx, own); err == nil {
		t.Error("the log of nobody is there")
	}
	check(t, s.Close())
	file, err := os.ReadFile(databaseFile(cfg))
	check(t, err)
	for _, text := range []string{"whispered", "private"} {
		if bytes.Contains(file, []byte(text)) {
			t.Errorf("%q is in the file", text)
		}
	}
}

func TestPruneLogs(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := member(t, s, "romeo@example.org")
	const lines = 1700
	a, b, c := fillLog(t, s, sharedLog("#a"), lines, noon), fillLog(t, s, sharedLog("#b"), lines, noon), fillLog(t, s, sharedLog("#c"), 3, noon.Add(-time.Hour))
	write(t, s, func(tx *store.Tx) error {
		if err := tx.BeginMembership(c, account, 1); err != nil {
			return err
		}
		return tx.EndMembership(c, account, 2)
	})
	count := func(log int64) int {
		n, err := s.CountLines(ctx, store.LineQuery{Log: log})
		check(t, err)
		return n
	}
	check(t, s.PruneLogs(ctx, "irc.example.org", time.Time{}, 0))
	check(t, s.PruneLogs(ctx, "other.example.org", noon.Add(time.Hour), 1))
	same(t, lines, count(a), nil)
	check(t, s.PruneLogs(ctx, "irc.example.org", noon.Add(100*time.Second), 0))
	same(t, lines-100, count(a), nil)
	if _, _, err := s.FindLog(ctx, sharedLog("#c")); err == nil {
		t.Error("a log of which nothing is left is there")
	}
	check(t, s.PruneLogs(ctx, "irc.example.org", time.Time{}, 7))
	for _, log := range []int64{a, b} {
		same(t, 7, count(log), nil)
	}
	left, err := s.Lines(ctx, store.LineQuery{Log: a, Limit: 1})
	same(t, store.Place(noon.Add((lines-7)*time.Second)), left[0].ID, err)
}

// Memberships end with the process that noted them, and have a bound.
func TestMemberships(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account, other := member(t, s, "romeo@example.org"), member(t, s, "juliet@example.org")
	log := fillLog(t, s, sharedLog("#room"), 5, noon)
	last := store.Place(noon.Add(4 * time.Second))
	write(t, s, func(tx *store.Tx) error {
		for _, err := range []error{
			tx.BeginMembership(log, account, 10), tx.BeginMembership(log, account, 20), tx.EndMembership(log, account, 15),
			tx.BeginMembership(log, account, 40), tx.ExtendMembership(log, account, 35), tx.ExtendMembership(log, account, 38),
			tx.BeginMembership(log, other, last+1),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	check(t, s.EndMemberships(ctx, "irc.example.org"))
	got, err := s.Memberships(ctx, log, account)
	same(t, []store.Membership{{Since: 10, Until: 20}, {Since: 20, Until: 20}, {Since: 35, Until: last}}, got, err)
	got, err = s.Memberships(ctx, log, other)
	same(t, 0, len(got), err)
	write(t, s, func(tx *store.Tx) error {
		for i := range int64(1200) {
			if err := tx.BeginMembership(log, account, 1000+i); err != nil {
				return err
			}
		}
		return nil
	})
	got, err = s.Memberships(ctx, log, account)
	same(t, 500, len(got), err)
	same(t, store.Membership{Since: 2199}, got[len(got)-1], nil)
}

// Pages of a log of a million lines are found by an index.
func BenchmarkPage(b *testing.B) {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: "sqlite:" + b.TempDir() + "/db", KeyFile: b.TempDir() + "/key"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const lines = 1_000_000
	log := fillLog(b, s, sharedLog("#room"), lines, noon)
	at := func(i int) int64 { return store.Place(noon.Add(time.Duration(i) * time.Second)) }
	for name, q := range map[string]store.LineQuery{
		"first":  {},
		"last":   {Backward: true},
		"middle": {From: at(lines / 2)},
		"before": {To: at(lines / 2), Backward: true},
		"public": {From: at(lines / 2), Public: true},
	} {
		b.Run(name, func(b *testing.B) {
			q.Log, q.Limit, q.Account = log, 101, 1
			for range b.N {
				if got, err := s.Lines(ctx, q); err != nil || len(got) != 101 {
					b.Fatal(len(got), err)
				}
			}
		})
	}
	b.Run("id", func(b *testing.B) {
		for i := range b.N {
			if _, err := s.NamedLine(ctx, log, fmt.Sprint("id", i%lines), 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Lines kept in groups of a thousand: per line.
func BenchmarkAddLine(b *testing.B) {
	s := open(b, config(b))
	b.ReportAllocs()
	b.ResetTimer()
	for from := 0; from < b.N; from += 1000 {
		fillLog(b, s, sharedLog("#room"), min(1000, b.N-from), noon.Add(time.Duration(from)*time.Second))
	}
}

// Many lines are added as each alone would be: what is there stays, and what
// belongs to an account or a log that is gone is passed over.
func TestAddLines(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	account := member(t, s, "romeo@example.org")
	id := fillLog(t, s, sharedLog("#room"), 1, noon)
	for _, n := range []int{0, 1, 63, 64, 65, 200} {
		var lines []store.Line
		base := int64(n+1) << 40
		for i := range n {
			lines = append(lines, store.Line{Log: id, ID: base + int64(i), Nick: fmt.Sprint("nick", i), NetID: fmt.Sprint(i), Content: []byte{byte(i)}, Public: i%2 == 0})
		}
		want := n
		if n > 20 {
			lines[3].Account, lines[4].Account, lines[5].Log, lines[6].ID = account, account+100, id+100, lines[7].ID
			want -= 3
		}
		write(t, s, func(tx *store.Tx) error { return tx.AddLines(lines) })
		got, err := s.Lines(ctx, store.LineQuery{Log: id, Account: account, From: base, To: base + 1000, Limit: 1000})
		check(t, err)
		if len(got) != want {
			t.Errorf("of %d lines %d are there, want %d", n, len(got), want)
		}
		for _, l := range got {
			i := int(l.ID - base)
			if n > 20 && i == 7 {
				i = 6 // the first of two in one place
			}
			if l.Nick != fmt.Sprint("nick", i) || l.NetID != fmt.Sprint(i) || l.Content[0] != byte(i) || l.Public != (i%2 == 0) {
				t.Errorf("line %d is %+v", i, l)
			}
		}
	}
}
