package component

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"wherry/component/muc"
	"wherry/store"
)

// again returns an archive on the same store, as after the process was killed:
// what was not committed is lost.
func (ar *archive) again() *archive {
	return &archive{
		store: ar.store, domain: ar.domain, log: ar.log, busy: &tally{}, salt: ar.salt + 1,
		turn: make(chan struct{}, 1), logs: map[logKey]*roomLog{},
	}
}

// hold keeps an archive from writing until the returned function is called.
func (ar *archive) hold() (release func()) {
	ar.turn <- struct{}{}
	return func() { <-ar.turn }
}

// A kill loses the lines that were not committed, no others, and no id is given
// out twice.
func TestArchiveAfterAKill(t *testing.T) {
	ctx := context.Background()
	ar := newTestArchive(t, 1)
	key := logKey{host: "irc.example.net", room: "#room"}
	tp := ar.tap(ctx, key, numbered(1))
	given := map[int64]bool{}
	say := func(tp *tap, text string) int64 {
		t.Helper()
		place, _ := tp.take(ctx, speech{nick: "nurse", text: text})
		if given[place] {
			t.Errorf("%s has an id that was given out", text)
		}
		given[place] = true
		return place
	}
	var kept []int64
	for i := range 10 {
		kept = append(kept, say(tp, fmt.Sprint("kept ", i)))
	}
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	defer ar.hold()() // for ever, as far as this archive is concerned
	for i := range 10 {
		say(tp, fmt.Sprint("lost ", i))
	}
	if err := ar.store.EndMemberships(ctx, ar.domain); err != nil {
		t.Fatal(err)
	}
	next := ar.again()
	tp = next.tap(ctx, key, numbered(1))
	past := tp.before(ctx, muc.History{Stanzas: 100, Chars: -1}, false, false)
	if len(past) != 10 || past[9].ID != stanzaID(kept[9]) || past[9].Text != "kept 9" {
		t.Errorf("after the kill there is %+v", past)
	}
	for i := range 10 {
		say(tp, fmt.Sprint("new ", i))
	}
	past = tp.before(ctx, muc.History{Stanzas: 100, Chars: -1}, false, false)
	if len(past) != 20 {
		t.Errorf("%d lines, before they are committed", len(past))
	}
	if err := next.flush(ctx); err != nil {
		t.Fatal(err)
	}
	past = tp.before(ctx, muc.History{Stanzas: 100, Chars: -1}, false, false)
	if len(past) != 20 || past[19].Text != "new 9" {
		t.Errorf("%d lines, after they are committed", len(past))
	}
}

// What belongs to an account that is gone is passed over, what belongs to one
// that has no number yet waits, and neither harms the others.
func TestArchiveOfAccountsComingAndGoing(t *testing.T) {
	ctx := context.Background()
	ar := newTestArchive(t, 1)
	gone, coming := numbered(77), numbered(0)
	taps := []*tap{
		ar.tap(ctx, logKey{host: "h", room: "#room", owner: gone}, gone),
		ar.tap(ctx, logKey{host: "h", room: "#room", owner: coming}, coming),
		ar.tap(ctx, logKey{host: "h", room: "#room"}, gone),
		ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(1)),
	}
	for i, tp := range taps {
		tp.take(ctx, speech{nick: "nurse", text: fmt.Sprint("line ", i)})
		tp.take(ctx, speech{nick: "nurse", text: fmt.Sprint("apart ", i), apart: true})
	}
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	count := func(l store.Log, account int64) int {
		t.Helper()
		l.Domain, l.Host, l.Room = ar.domain, "h", "#room"
		id, _, err := ar.store.FindLog(ctx, l)
		if errors.Is(err, store.ErrNotFound) {
			return 0
		}
		n, err := ar.store.CountLines(ctx, store.LineQuery{Log: id, Account: account})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n, m := count(store.Log{}, 1), count(store.Log{Account: 77}, 77); n != 3 || m != 0 {
		t.Errorf("%d shared lines, %d of nobody", n, m)
	}
	a := store.Account{Domain: ar.domain, User: "late@example.org"}
	if err := ar.store.SaveAccount(ctx, &a); err != nil {
		t.Fatal(err)
	}
	coming.Store(a.ID)
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	if n := count(store.Log{Account: a.ID}, a.ID); n != 2 {
		t.Errorf("%d lines of who came late", n)
	}
	ar.mu.Lock()
	defer ar.mu.Unlock()
	if ar.waiting != 0 {
		t.Errorf("%d still wait", ar.waiting)
	}
}

// More than one write takes is written in several, each log's lines in order, and
// what comes meanwhile next time.
func TestArchiveInGroups(t *testing.T) {
	ctx := context.Background()
	ar := newTestArchive(t, 1)
	release := ar.hold()
	var taps []*tap
	const logs, each = 3, flushGroup*2/3 + 10
	for i := range logs {
		taps = append(taps, ar.tap(ctx, logKey{host: "h", room: fmt.Sprint("#", i)}, numbered(1)))
	}
	for i := range each {
		for _, tp := range taps {
			tp.take(ctx, speech{nick: "nurse", text: fmt.Sprint(i)})
		}
	}
	release()
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	for _, tp := range taps {
		lines, err := ar.store.Lines(ctx, store.LineQuery{Log: tp.row(), Limit: 2 * each})
		if err != nil || len(lines) != each {
			t.Fatalf("%d lines of %d: %v", len(lines), each, err)
		}
		for i, l := range lines {
			if said, err := decodeSpoken(l.Content); err != nil || said.Text != fmt.Sprint(i) {
				t.Fatalf("line %d is %q: %v", i, said.Text, err)
			}
		}
	}
	ar.mu.Lock()
	defer ar.mu.Unlock()
	if ar.waiting != 0 || ar.bytes != 0 || len(ar.queue) != 0 {
		t.Errorf("%d records, %d bytes, %d logs still wait", ar.waiting, ar.bytes, len(ar.queue))
	}
}

// Where the store is too slow, lines are not kept rather than memory filled.
func TestArchiveIsBounded(t *testing.T) {
	ctx := context.Background()
	ar := newTestArchive(t, 1)
	tp := ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(1))
	release := ar.hold()
	for i := range archiveBound + 100 {
		tp.take(ctx, speech{nick: "nurse", text: fmt.Sprint(i)})
	}
	ar.mu.Lock()
	if ar.waiting != archiveBound || len(tp.log.pending) > archiveBound || ar.lost == 0 {
		t.Errorf("%d wait, %d lost", ar.waiting, ar.lost)
	}
	ar.mu.Unlock()
	release()
	if err := ar.wait(ctx); err != nil {
		t.Fatal(err)
	}
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := ar.store.CountLines(ctx, store.LineQuery{Log: tp.row()}); err != nil || n < archiveBound-1 {
		t.Errorf("%d lines: %v", n, err)
	}
}

// No network fills memory or the disk: a line's text, what waits and what an
// account brings have bounds in bytes.
func TestArchiveIsBoundedInBytes(t *testing.T) {
	ctx := context.Background()
	ar := newTestArchive(t, 1)
	tp := ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(1))
	release := ar.hold()
	long := strings.Repeat("ä", archiveText)
	for i := range 2 * archiveBytes / archiveText {
		tp.take(ctx, speech{nick: fmt.Sprint(i), text: long})
	}
	ar.mu.Lock()
	if ar.bytes > archiveBytes+2*archiveText || ar.bytes < archiveBytes || ar.lost == 0 {
		t.Errorf("%d bytes wait, %d lines are lost", ar.bytes, ar.lost)
	}
	ar.mu.Unlock()
	release()
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	ar.mu.Lock()
	if ar.bytes != 0 {
		t.Errorf("%d bytes wait when nothing does", ar.bytes)
	}
	ar.mu.Unlock()
	before, err := ar.store.CountLines(ctx, store.LineQuery{Log: tp.row()})
	if err != nil {
		t.Fatal(err)
	}
	tp.share = rate.NewLimiter(archiveRate, archiveBurst)
	for i := range 2 * archiveBurst / archiveText {
		tp.take(ctx, speech{nick: fmt.Sprint("again", i), text: long})
	}
	if err := ar.flush(ctx); err != nil {
		t.Fatal(err)
	}
	lines, err := ar.store.Lines(ctx, store.LineQuery{Log: tp.row(), Limit: 1})
	if err != nil || len(lines) != 1 || len(lines[0].Content) > archiveText+100 {
		t.Errorf("%d lines: %v", len(lines), err)
	}
	after, err := ar.store.CountLines(ctx, store.LineQuery{Log: tp.row()})
	if n, most := after-before, archiveBurst/archiveText; err != nil || n > most || n < most*9/10 {
		t.Errorf("%d lines were taken of an account that may bring %d: %v", n, most, err)
	}
}

// A line is found by the network's id and by its stanza-id, on its way to the
// store and there; one that was taken back leaves a tombstone, and no text in
// the store's files.
func TestRedact(t *testing.T) {
	ctx := context.Background()
	ar, dir := archiveIn(t, 2)
	tp, other := ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(1)), ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(2))
	say := func(netID, text string) string {
		place, _ := tp.take(ctx, speech{nick: "nurse", key: "who", text: text, netID: netID})
		return stanzaID(place)
	}
	first, second, unnamed := say("n1", "a secret word"), say("n2", "another word"), say("", "no name")
	apart, _ := tp.take(ctx, speech{nick: "nurse", text: "psst", netID: "n3", apart: true})
	for _, where := range []string{"on its way", "in the store", "after a restart"} {
		netID, nick, ok := tp.NetID(ctx, first)
		if netID != "n1" || nick != "nurse" || !ok {
			t.Errorf("%s: it is %q of %q", where, netID, nick)
		}
		if id, ok := tp.ByNetID(ctx, "n2"); id != second || !ok {
			t.Errorf("%s: found %q", where, id)
		}
		if id, ok := tp.ByNetID(ctx, "n3"); id != stanzaID(apart) || !ok {
			t.Errorf("%s: apart: found %q", where, id)
		}
		if _, ok := other.ByNetID(ctx, "n3"); ok {
			t.Errorf("%s: others find what was not said to them", where)
		}
		if _, _, ok := other.NetID(ctx, stanzaID(apart)); ok {
			t.Errorf("%s: others read what was not said to them", where)
		}
		for _, id := range []string{unnamed, "", "?", stanzaID(5)} {
			if _, _, ok := tp.NetID(ctx, id); ok {
				t.Errorf("%s: %q has an id", where, id)
			}
		}
		if _, ok := tp.ByNetID(ctx, "n9"); ok {
			t.Errorf("%s: an unknown id is known", where)
		}
		if err := ar.flush(ctx); err != nil {
			t.Fatal(err)
		}
		if where == "in the store" {
			tp.close()
			other.close()
			if err := ar.flush(ctx); err != nil {
				t.Fatal(err)
			}
			ar = ar.again()
			tp, other = ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(1)), ar.tap(ctx, logKey{host: "h", room: "#room"}, numbered(2))
		}
	}
	var none *tap
	if _, _, ok := none.NetID(ctx, first); ok || none.Redact(ctx, first, "x", "") {
		t.Error("where nothing is recorded something is found")
	}
	if !tp.Redact(ctx, first, "romeo", "rude") || !tp.Redact(ctx, second, "nurse", "") || tp.Redact(ctx, stanzaID(5), "x", "") {
		t.Error("not taken back")
	}
	third := say("n4", "a third word")
	if !tp.Redact(ctx, third, "nurse", "") {
		t.Error("not taken back on its way")
	}
	for range 2 {
		past := tp.before(ctx, muc.History{Stanzas: 9, Chars: -1}, false, false)
		var got []string
		for _, p := range past {
			text := p.Text
			if p.Gone != nil {
				text = "gone by " + p.Gone.By + " " + p.Gone.Reason
			}
			got = append(got, strings.TrimSpace(text))
		}
		if text := strings.Join(got, "|"); text != "gone by romeo rude|gone by|no name|psst|gone by" {
			t.Errorf("the past is %q", text)
		}
		if err := ar.flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if tp.Redact(ctx, first, "nurse", "") {
		t.Error("taken back twice")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"secret word", "another word", "third word"} {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%q is in %s", text, filepath.Base(name))
			}
		}
	}
}
