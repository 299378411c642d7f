package sms_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// SMS-I12: what is found twice in the windows of two looks is told once, with
// the position in the same batch; and SMS-I6: it is marked as late.
func TestPollTellsOnce(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.took()
		l.c.add(inbound("A", "hello", time.Now()))
		l.pass(5 * time.Minute)
		events := l.took()
		if got := texts(events); !slices.Equal(got, []string{"hello"}) {
			t.Fatalf("told %q", got)
		}
		m := events[0].(transports.Received).Message
		if m.ID != "A" || m.Chat != contact(bob) || !m.Delayed || m.Nick == "" || m.Own {
			t.Errorf("the message is %+v", m)
		}
		if l.saved["position."+home] == nil {
			t.Error("no position was saved with it")
		}
	})
}

// SMS-I12: after a time away the look goes back behind the saved position, and
// what the batch with the position did not take comes again.
func TestPollAfterDowntime(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.c.add(inbound("A", "one", time.Now()))
		l.pass(2 * time.Minute)
		_ = l.stop()
		l.took()
		down := time.Now()
		l.c.add(inbound("B", "two", down.Add(time.Hour)))
		l.pass(3 * time.Hour)
		l.refuse = errors.New("no room for that")
		l.start()
		if err := l.stop(); err != nil && !errors.Is(err, l.refuse) {
			t.Errorf("Run = %v", err)
		}
		l.refuse = nil
		l.start()
		if got := texts(l.took()); !slices.Contains(got, "two") {
			t.Errorf("after the time away: %q", got)
		}
		since := l.c.listed()[len(l.c.listed())-1].since
		if overlap := down.Sub(since); overlap < 10*time.Minute {
			t.Errorf("the windows overlap by %v", overlap)
		}
	})
}

// SMS-I12: a backlog that is too old, or too long, is cut, and one line says
// from when to when.
func TestPollBacklog(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration
		most int
	}{"old": {away: 30 * 24 * time.Hour}, "long": {away: 2 * time.Hour, most: 3}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				l.start()
				l.pass(time.Hour)
				_ = l.stop()
				down := time.Now()
				l.took()
				for i := range 10 {
					l.c.add(inbound(fmt.Sprint(i), fmt.Sprint(i), down.Add(time.Duration(i+1)*c.away/12)))
				}
				l.pass(c.away)
				l.c.most = c.most
				l.start()
				got := texts(l.took())
				if len(got) < 2 || !strings.Contains(got[0], down.UTC().Format("2006-01-02")) || !strings.HasPrefix(got[0], "! Messages to and from") {
					t.Fatalf("told %q", got)
				}
				if got[len(got)-1] != "9" || slices.Contains(got, "0") {
					t.Errorf("told %q", got)
				}
				l.pass(time.Hour)
				if again := texts(l.took()); len(again) > 0 {
					t.Errorf("later: %q", again)
				}
			})
		})
	}
}

// A first look does not bring the past of the number.
func TestPollFirst(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.c.add(inbound("A", "old", time.Now().Add(-2*time.Hour)))
		l.start()
		l.pass(time.Hour)
		if got := texts(l.took()); len(got) > 0 {
			t.Errorf("told %q", got)
		}
	})
}

// SMS-D5: what became of a message, of which no call told, is seen a day later
// at the latest; and an old message to us is not brought again by that look.
func TestPollFollowsStatuses(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		if _, err := l.Send(t.Context(), transports.Message{ID: "1", Chat: contact(bob), Text: "hi"}); err != nil {
			t.Fatal(err)
		}
		l.pass(2 * time.Hour)
		l.took()
		l.c.mu.Lock()
		l.c.items[0].State = provider.Delivered
		l.c.mu.Unlock()
		l.pass(24 * time.Hour)
		want := transports.Status{Chat: contact(bob), ID: "M1", State: transports.Delivered}
		if got := l.took(); len(got) != 1 || got[0] != transports.Event(want) {
			t.Errorf("a day later: %+v", got)
		}
	})
}

// Beside calls there is a look every ten minutes; where calls do not come that
// should have, every minute, until they do again.
func TestPollBesideCalls(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Hook = "https://gw.example/h"
		l.start()
		l.pass(time.Hour)
		if n := len(l.c.listed()); n < 5 || n > 8 {
			t.Errorf("looked %d times in an hour", n)
		}
		l.c.add(inbound("A", "not called for", time.Now()))
		l.pass(14 * time.Minute) // it is found
		before := len(l.c.listed())
		l.pass(5*time.Minute + time.Second)
		if n := len(l.c.listed()) - before; n < 4 {
			t.Errorf("looked %d times in five minutes without calls", n)
		}
		l.c.calls = []provider.Item{inbound("B", "called", time.Now())}
		l.tr.Webhook(t.Context(), l.account, transports.Request{Body: []byte(token)})
		l.pass(2 * time.Minute)
		before = len(l.c.listed())
		l.pass(time.Hour)
		if n := len(l.c.listed()) - before; n > 8 {
			t.Errorf("looked %d times in an hour with calls", n)
		}
	})
}

// SMS-I11, SMS-I12: many messages come in batches, in order, and the position
// comes with the last of them.
func TestPollBatches(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.took()
		var want []string
		for i := range 250 {
			want = append(want, fmt.Sprint(i))
			l.c.add(inbound(fmt.Sprint(i), want[i], time.Now().Add(time.Duration(i)*time.Millisecond)))
		}
		var sizes []int
		l.mu.Lock()
		l.watch = func(b transports.Batch) {
			sizes = append(sizes, len(b.Events))
			if (len(b.Saves) > 0) != (len(sizes) == 3) {
				t.Errorf("batch %d has the saves %+v", len(sizes), b.Saves)
			}
		}
		l.mu.Unlock()
		l.pass(90 * time.Second)
		if got := texts(l.took()); !slices.Equal(got, want) || !slices.Equal(sizes, []int{100, 100, 50}) {
			t.Errorf("%d messages in batches of %v", len(got), sizes)
		}
	})
}

// SMS-I4, SMS-I12: files that are not given out keep nothing else from coming:
// not what came before, not other lines, and after a few looks the text comes
// without them.
func TestPollFilesFail(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Settings = settings("lines", work)
		l.start()
		l.took()
		l.c.fail("Media", &transports.Error{Kind: transports.Busy}) // which says nothing of the files
		picture := inbound("B", "see", time.Now())
		picture.NumMedia = 1
		elsewhere := inbound("D", "other line", time.Now())
		elsewhere.Line = work
		l.c.add(inbound("A", "before", time.Now()), picture, inbound("C", "behind", time.Now()), elsewhere)
		l.pass(5 * time.Minute)
		l.c.fail("Media", &transports.Error{Kind: transports.Unreachable})
		l.pass(80 * time.Second) // one or two looks
		if got := texts(l.took()); !slices.Equal(got, []string{"before", "other line"}) {
			t.Fatalf("at first: %q", got)
		}
		l.pass(3 * time.Minute)
		events := l.took()
		got := texts(events)
		if len(got) != 3 || got[0] != "see" || !strings.Contains(got[1], "(B)") || got[2] != "behind" {
			t.Errorf("then: %q", got)
		}
		l.pass(time.Hour)
		if got := texts(l.took()); len(got) > 0 {
			t.Errorf("again: %q", got)
		}
		if err := l.stop(); err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// SMS-I4: files that can be had at the next look come with their message.
func TestPollFilesLate(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.took()
		l.c.fail("Media", &transports.Error{Kind: transports.Unreachable})
		picture := inbound("B", "see", time.Now())
		picture.NumMedia = 1
		l.c.media["B"] = []provider.Medium{{Ref: "r1"}}
		l.c.add(picture)
		l.pass(70 * time.Second)
		l.c.fail("Media", nil)
		l.pass(70 * time.Second)
		events := l.took()
		if got := texts(events); !slices.Equal(got, []string{"see"}) || len(events[0].(transports.Received).Message.Attachments) != 1 {
			t.Errorf("told %+v", events)
		}
	})
}

// SMS-I12: what time it is, the provider says: our clock may be ahead of its, or
// behind, and what comes is told all the same, once.
func TestPollByTheirClock(t *testing.T) {
	for _, ahead := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		bubble(t, func(t *testing.T, l *life) {
			l.c.ahead = ahead
			l.c.add(inbound("0", "long ago", l.c.Now().Add(-time.Hour)))
			l.start()
			for i := range 3 {
				text := fmt.Sprint(i + 1)
				l.c.add(inbound(text, text, l.c.Now()))
				l.pass(90 * time.Second)
			}
			_ = l.stop()
			l.start()
			l.c.add(inbound("4", "4", l.c.Now()))
			l.pass(90 * time.Second)
			if got := slices.Compact(texts(l.took())); !slices.Equal(got[:min(len(got), 3)], []string{"1", "2", "3"}) || got[len(got)-1] != "4" {
				t.Errorf("%v ahead: told %q", ahead, got)
			}
		})
	}
}

// SMS-I12: a position from before the clock was set right is no reason to look
// at nothing.
func TestPollFromAhead(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.saved["position."+home] = []byte(time.Now().Add(5 * time.Hour).UTC().Format(time.RFC3339))
		l.c.add(inbound("A", "hello", time.Now().Add(-10*time.Minute)))
		l.start()
		if got := texts(l.took()); !slices.Equal(got, []string{"hello"}) {
			t.Errorf("told %q", got)
		}
	})
}

// SMS-I12: that many messages left a line is no gap in what came to it.
func TestPollManyLeft(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.took()
		l.c.mu.Lock()
		l.c.most = 3
		l.c.mu.Unlock()
		l.c.add(inbound("A", "first", time.Now()))
		for i := range 10 {
			l.c.add(provider.Item{ID: fmt.Sprint(i), Line: home, Peer: bob, Text: "x", State: provider.Accepted, Time: time.Now()})
		}
		l.c.add(inbound("B", "last", time.Now()))
		l.pass(90 * time.Second)
		if got := texts(l.took()); !slices.Equal(got, []string{"first", "last"}) {
			t.Errorf("told %q", got)
		}
	})
}

// SMS-D5: where nothing calls, what becomes of a message is looked at every
// hour.
func TestPollFollowsHourly(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		if _, err := l.Send(t.Context(), out("1", "hi")); err != nil {
			t.Fatal(err)
		}
		l.pass(30 * time.Minute)
		l.took()
		l.c.mu.Lock()
		l.c.items[0].State = provider.Delivered
		l.c.mu.Unlock()
		l.pass(70 * time.Minute)
		want := transports.Status{Chat: contact(bob), ID: "M1", State: transports.Delivered}
		if got := l.took(); len(got) != 1 || got[0] != transports.Event(want) {
			t.Errorf("an hour later: %+v", got)
		}
	})
}

// SMS-I12: that what becomes of ours is told of says nothing of what comes: a
// line of which no call brings anything is asked every minute, and where it
// calls is looked at again.
func TestPollThoughStatusesAreTold(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Hook = hook
		l.account.Settings = settings("lines", work)
		l.start()
		l.pass(time.Minute)
		l.c.mu.Lock()
		l.c.hooks[home] = provider.Hook{URL: "https://third.example"}
		l.c.mu.Unlock()
		l.c.add(inbound("A", "not called for", time.Now()))
		call := func(item provider.Item) {
			if _, reply := l.calledBy(transports.Request{}, item); reply.Status != 200 {
				t.Fatalf("reply %+v", reply)
			}
		}
		for range 14 {
			l.pass(time.Minute)
			call(provider.Item{ID: "M1", Line: home, Peer: bob, State: provider.Delivered, Only: true})
			call(provider.Item{ID: "X", Line: work, Peer: bob, Inbound: true, Text: "called for the other line"})
		}
		if got := l.c.hookOf(home).URL; got != ours {
			t.Errorf("it calls %s", got)
		}
		before := len(l.c.listed())
		l.pass(5*time.Minute + time.Second)
		if n := len(l.c.listed()) - before; n < 8 {
			t.Errorf("looked %d times at two lines in five minutes without calls", n)
		}
		call(inbound("B", "called", time.Now()))
		l.pass(2 * time.Minute)
		l.c.done()
		before = len(l.c.listed())
		l.pass(time.Hour)
		if n := len(l.c.listed()) - before; n > 16 {
			t.Errorf("looked %d times at two lines in an hour with calls", n)
		}
		if did := l.c.done(); slices.Contains(did, "Hooked "+home) {
			t.Error("the hook is looked at though it calls")
		}
	})
}
