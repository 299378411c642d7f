package sms_test

import (
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
		"just before":   {[]made{like("A", func(i *provider.Item) { i.Time = i.Time.Add(-59 * time.Second) })}, "A"},
		"long before":   {[]made{like("A", func(i *provider.Item) { i.Time = i.Time.Add(-2 * time.Minute) })}, ""},
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
