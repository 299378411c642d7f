package sms_test

import (
	"fmt"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

// SMS-S10: of messages like ours, the oldest that is no other's is ours. What
// differs in what it says, in its files, its number, its line or its time is
// not.
func TestFind(t *testing.T) {
	type made func(now time.Time) provider.Item
	like := func(id string, change func(*provider.Item)) made {
		return func(now time.Time) provider.Item {
			i := provider.Item{ID: id, Line: home, Peer: bob, Text: "hi there", Time: now}
			if change != nil {
				change(&i)
			}
			return i
		}
	}
	for name, c := range map[string]struct {
		items []made
		want  string
	}{
		"oldest":        {[]made{like("A", nil), like("B", nil)}, "A"},
		"not another's": {[]made{like("known", nil), like("B", nil)}, "B"},
		"blanks":        {[]made{like("A", func(i *provider.Item) { i.Text = "hi there " })}, "A"},
		"failed":        {[]made{like("A", func(i *provider.Item) { i.State = provider.Failed })}, "A"},
		"other text":    {[]made{like("A", func(i *provider.Item) { i.Text = "hi" })}, ""},
		"longer text":   {[]made{like("A", func(i *provider.Item) { i.Text = "hi there you" })}, ""},
		"with files":    {[]made{like("A", func(i *provider.Item) { i.NumMedia = 1 })}, ""},
		"other number":  {[]made{like("A", func(i *provider.Item) { i.Peer = "+15551234567" })}, ""},
		"other line":    {[]made{like("A", func(i *provider.Item) { i.Line = work })}, ""},
		"just before":   {[]made{like("A", func(i *provider.Item) { i.Time = i.Time.Add(-4 * time.Second) })}, "A"},
		"equal, before": {[]made{like("A", func(i *provider.Item) { i.Time = i.Time.Add(-10 * time.Second) })}, ""},
		"none":          {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				l.start()
				l.pass(2 * time.Minute)
				for _, item := range c.items {
					l.c.add(item(time.Now()))
				}
				found, err := l.Find(t.Context(), out("1", "hi there"), time.Now(), func(id string) bool { return id == "known" })
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case c.want == "" && found != nil:
					t.Errorf("found %+v", found)
				case c.want != "" && (found == nil || found.IDs[0] != c.want):
					t.Errorf("found %+v, want %s", found, c.want)
				}
			})
		})
	}
}

// SMS-S10: that it is not there says nothing while the provider may still show
// it, nor where not all was listed: the core then asks again.
func TestFindUnsettled(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		ask := func() error {
			_, err := l.Find(t.Context(), out("1", "hi"), time.Now().Add(-time.Hour), func(string) bool { return false })
			return err
		}
		unsettled := func(when string) {
			t.Helper()
			if err := ask(); err == nil || transports.AsError(err).Kind != transports.Unreachable {
				t.Errorf("%s: %v", when, err)
			}
		}
		unsettled("just started")
		l.pass(time.Minute)
		if err := ask(); err != nil {
			t.Errorf("a minute after the start: %v", err)
		}
		l.c.fail("Send", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		if _, err := l.Send(t.Context(), out("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		unsettled("just tried")
		l.pass(time.Minute)
		l.c.most = 1
		unsettled("not all listed")
		l.c.most = 0
		if err := ask(); err != nil {
			t.Errorf("a minute after the try: %v", err)
		}
		l.c.fail("Sent", &transports.Error{Kind: transports.Busy})
		if err := ask(); transports.AsError(err).Kind != transports.Busy {
			t.Errorf("busy: %v", err)
		}
	})
}

// Without a connection nothing is found, nor known not to be there.
func TestFindOffline(t *testing.T) {
	s, err := sms.New(sms.Config{Provider: newCarrier()}).Open(transports.Account{Settings: settings()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.(transports.Finder).Find(t.Context(), out("1", "hi"), time.Now(), nil); transports.AsError(err).Kind != transports.Unreachable {
		t.Errorf("Find = %v", err)
	}
}

// SMS-S10: that others were sent meanwhile, however many, does not make it
// certain that one of unknown outcome was not.
func TestFindAfterMany(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.pass(2 * time.Minute)
		l.c.fail("Send", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		if _, err := l.Send(t.Context(), out("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		for i := range 2000 {
			l.c.fail("Send", nil)
			if i%2 == 1 {
				l.c.fail("Send", &transports.Error{Kind: transports.Busy})
			}
			if _, err := l.Send(t.Context(), out(fmt.Sprint("other", i), fmt.Sprint(i))); (err != nil) != (i%2 == 1) {
				t.Fatal(err)
			}
		}
		if found, err := l.Find(t.Context(), out("1", "hi"), time.Now(), nobody); err == nil {
			t.Errorf("Find = %+v", found)
		}
		l.pass(time.Minute)
		if found, err := l.Find(t.Context(), out("1", "hi"), time.Now(), nobody); found != nil || err != nil {
			t.Errorf("a minute later: %+v, %v", found, err)
		}
	})
}

// nobody knows of any other message.
func nobody(string) bool { return false }

// SMS-S10: one that did not fail goes before one that did; one of which Send
// itself told that it failed is never another's.
func TestFindFailed(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.c.failed = true
		if _, err := l.Send(t.Context(), out("1", "hi")); err == nil || transports.AsError(err).Unsure {
			t.Fatalf("Send = %v", err)
		}
		l.c.failed = false
		find := func(want string) {
			t.Helper()
			found, err := l.Find(t.Context(), out("2", "hi"), time.Now(), nobody)
			if err != nil || (found == nil) != (want == "") || found != nil && found.IDs[0] != want {
				t.Errorf("found %+v, %v, want %q", found, err, want)
			}
		}
		l.pass(30 * time.Second)
		l.c.add(provider.Item{ID: "F", Line: home, Peer: bob, Text: "hi", Time: time.Now(), State: provider.Failed})
		find("F")
		l.c.add(provider.Item{ID: "G", Line: home, Peer: bob, Text: "hi", Time: time.Now(), State: provider.Sent})
		find("G")
	})
}

// SMS-S10: our clock may be wrong.
func TestFindByTheirClock(t *testing.T) {
	for _, ahead := range []time.Duration{-30 * time.Minute, 30 * time.Minute} {
		bubble(t, func(t *testing.T, l *life) {
			l.c.ahead = ahead
			l.start()
			l.c.add(
				provider.Item{ID: "old", Line: home, Peer: bob, Text: "hi", Time: l.c.Now().Add(-2 * time.Minute)},
				provider.Item{ID: "A", Line: home, Peer: bob, Text: "hi", Time: l.c.Now()},
			)
			if found, err := l.Find(t.Context(), out("1", "hi"), time.Now(), nobody); err != nil || found == nil || found.IDs[0] != "A" {
				t.Errorf("%v ahead: %+v, %v", ahead, found, err)
			}
		})
	}
}

// SMS-X6: what is found not to have been sent does not count.
func TestFindRefunds(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Settings = settings("daily_limit", "1")
		l.start()
		l.pass(time.Minute)
		l.c.fail("Send", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		if _, err := l.Send(t.Context(), out("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		l.c.fail("Send", nil)
		l.pass(2 * time.Minute)
		for range 2 { // once is enough
			if found, err := l.Find(t.Context(), out("1", "hi"), time.Now(), nobody); found != nil || err != nil {
				t.Fatalf("Find = %+v, %v", found, err)
			}
		}
		if _, err := l.Send(t.Context(), out("1", "hi")); err != nil {
			t.Errorf("again: %v", err)
		}
		if _, err := l.Send(t.Context(), out("2", "ho")); err == nil {
			t.Error("another was sent beyond the limit")
		}
	})
}

// SMS-S10: what was tried before, and surely not sent, does not count as the time
// of a try: an equal text of somebody else's in between is not ours.
func TestFindSinceTheLastTry(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		since := time.Now()
		l.pass(5 * time.Minute)
		l.c.add(provider.Item{ID: "console", Line: home, Peer: bob, Text: "hi there", Time: time.Now()})
		l.pass(time.Minute)
		l.c.fail("Send", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		if _, err := l.Send(t.Context(), out("1", "hi there")); err == nil {
			t.Fatal("the try has an outcome")
		}
		_, err := l.Find(t.Context(), out("1", "hi there"), since, func(string) bool { return false })
		if e := transports.AsError(err); e == nil || e.Kind != transports.Unreachable || e.After <= 0 || e.After > time.Minute {
			t.Errorf("before it can be known: %v", err)
		}
		l.pass(2 * time.Minute)
		found, err := l.Find(t.Context(), out("1", "hi there"), since, func(string) bool { return false })
		if found != nil || err != nil {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}
