package sms_test

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

// calledBy returns what a call that brings items makes, and the reply to it.
func (l *life) calledBy(r transports.Request, items ...provider.Item) (transports.Batch, transports.Reply) {
	l.c.mu.Lock()
	l.c.calls = items
	l.c.mu.Unlock()
	if r.Body == nil {
		r.Body = []byte(token)
	}
	return l.tr.Webhook(l.t.Context(), l.account, r)
}

// Each item becomes the same event however it comes, but for the mark of being
// late.
func TestEvents(t *testing.T) {
	refused := &transports.Error{Kind: transports.Filtered, Text: transports.T("spam"), Code: "30007"}
	out := func(state provider.State, err *transports.Error) provider.Item {
		return provider.Item{ID: "O", Line: home, Peer: bob, State: state, Err: err, Only: true}
	}
	status := func(state transports.State, err *transports.Error) []transports.Event {
		return []transports.Event{transports.Status{Chat: contact(bob), ID: "O", State: state, Err: err}}
	}
	for name, c := range map[string]struct {
		item     provider.Item
		settings []string
		want     []transports.Event
	}{
		"text": {
			item: provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true, Text: "hi"},
			want: []transports.Event{received("A", bob, "+1 555 765 4321", "hi")},
		},
		"name": {
			item: provider.Item{ID: "A", Line: home, Peer: "whatsapp:" + bob, Inbound: true, Text: "hi", Name: "Bob"},
			want: []transports.Event{received("A", "whatsapp:"+bob, "Bob", "hi")},
		},
		// SMS-I9
		"stranger": {
			item:     provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true, Text: "hi", Name: "Bob"},
			settings: []string{"introduce", "true"},
			want:     []transports.Event{transports.Received{Message: introduced(received("A", bob, "Bob", "hi"))}},
		},
		"stranger without a number": {
			item:     provider.Item{ID: "A", Line: home, Peer: "32665", Inbound: true, Text: "hi", Name: "x"},
			settings: []string{"introduce", "true"},
			want:     []transports.Event{received("A", "32665;phone-context=+1", "x", "hi")},
		},
		// SMS-A3
		"another line": {
			item: provider.Item{ID: "A", Line: work, Peer: bob, Inbound: true, Text: "hi", Name: "Bob"},
			want: []transports.Event{received("A", bob+";via="+work, "Bob", "hi")},
		},
		// SMS-A2
		"short code": {
			item: provider.Item{ID: "A", Line: home, Peer: "32665", Inbound: true, Text: "hi", Name: "x"},
			want: []transports.Event{received("A", "32665;phone-context=+1", "x", "hi")},
		},
		"sender's name": {
			item: provider.Item{ID: "A", Line: home, Peer: "MyBank", Inbound: true, Text: "hi"},
			want: []transports.Event{received("A", "mybank;phone-context=alphanumeric", "MyBank", "hi")},
		},
		"nobody": {
			item: provider.Item{ID: "A", Line: home, Inbound: true, Text: "hi"},
			want: []transports.Event{received("A", "anonymous;phone-context=unknown", "Anonymous", "hi")},
		},
		// SMS-I5
		"odd characters": {
			item: provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true, Text: "a\r\nb\rc\x00\x1b\uFFFE\u202Ed\xff\te", Name: "B"},
			want: []transports.Event{received("A", bob, "B", "a\nb\nc\uFFFD\uFFFD\uFFFD\u202Ed\uFFFD\te")},
		},
		"nothing": {item: provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true}},
		"no id":   {item: provider.Item{Line: home, Peer: bob, Inbound: true, Text: "hi"}},
		// SMS-I3
		"files alone": {
			item: provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true, Name: "B", NumMedia: 1, Media: []provider.Medium{{Ref: "r1", Type: "image/png"}}},
			want: []transports.Event{received("A", bob, "B", "", transports.Attachment{Ref: "r1", Type: "image/png"})},
		},
		"files to be asked for": {
			item: provider.Item{ID: "M", Line: home, Peer: bob, Inbound: true, Name: "B", Text: "see", NumMedia: 1_000_000_000},
			want: []transports.Event{received("M", bob, "B", "see", transports.Attachment{Ref: "r2"}, transports.Attachment{Ref: "r3"})},
		},
		"no files after all": {
			item: provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true, Name: "B", Text: "see", NumMedia: -4},
			want: []transports.Event{received("A", bob, "B", "see")},
		},
		"more files than there can be": {
			item: provider.Item{ID: "A", Line: home, Peer: bob, Inbound: true, Name: "B", NumMedia: 12, Media: make([]provider.Medium, 12)},
			want: []transports.Event{received("A", bob, "B", "", make([]transports.Attachment, 10)...)},
		},
		// SMS-D1, SMS-D3
		"accepted":        {item: out(provider.Accepted, nil)},
		"sent":            {item: out(provider.Sent, nil)},
		"sent is enough":  {item: out(provider.Sent, nil), settings: []string{"receipts", "sent"}, want: status(transports.Delivered, nil)},
		"delivered":       {item: out(provider.Delivered, nil), want: status(transports.Delivered, nil)},
		"read":            {item: out(provider.Read, nil), want: status(transports.Read, nil)},
		"failed":          {item: out(provider.Failed, refused), want: status(transports.Failed, refused)},
		"failed, unsaid":  {item: out(provider.Failed, nil), want: status(transports.Failed, &transports.Error{Kind: transports.Undelivered})},
		"news of nothing": {item: provider.Item{ID: "O", Line: home, Peer: bob, Inbound: true, Only: true}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				l.account.Settings = settings(append([]string{"lines", work}, c.settings...)...)
				l.c.media["M"] = []provider.Medium{{Ref: "r2"}, {Ref: "r3"}}
				c.item.Time = time.Now()
				batch, reply := l.calledBy(transports.Request{}, c.item)
				if reply.Status != 200 {
					t.Errorf("the reply is %+v", reply)
				}
				if diff := cmp.Diff(c.want, timeless(batch.Events)); diff != "" {
					t.Errorf("called (-want +got):\n%s", diff)
				}
				l.c.add(c.item)
				l.start()
				polled := slices.DeleteFunc(l.took(), func(e transports.Event) bool {
					_, online := e.(transports.Online)
					return online
				})
				if diff := cmp.Diff(c.want, timeless(polled)); diff != "" {
					t.Errorf("looked for (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// received is the event of a message, without its time.
func received(id, from, nick, text string, files ...transports.Attachment) transports.Event {
	return transports.Received{Message: transports.Message{ID: id, Chat: contact(from), Nick: nick, Text: text, Attachments: files}}
}

// timeless returns events without when they were.
func timeless(events []transports.Event) []transports.Event {
	var out []transports.Event
	for _, e := range events {
		if r, ok := e.(transports.Received); ok {
			r.Message.Time, r.Message.Delayed = time.Time{}, false
			e = r
		}
		out = append(out, e)
	}
	return out
}

// SMS-I6: a message that is a minute old is marked as late.
func TestDelayed(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		for age, want := range map[time.Duration]bool{0: false, 59 * time.Second: false, 61 * time.Second: true} {
			b, _ := l.calledBy(transports.Request{}, inbound("A", "x", time.Now().Add(-age)))
			if m := b.Events[0].(transports.Received).Message; m.Delayed != want || m.Time.IsZero() {
				t.Errorf("%v old: %+v", age, m)
			}
		}
	})
}

// SMS-D1: of files that were handed on mostly nobody tells more: ten minutes
// later that is taken for delivered, by whatever way it is looked for. SMS-D3:
// what failed until then is told as that.
func TestSentFiles(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		item := func(id string) provider.Item {
			return provider.Item{ID: id, Line: home, Peer: bob, State: provider.Sent, NumMedia: 1, Time: time.Now()}
		}
		told := func(want ...transports.Event) {
			t.Helper()
			if diff := cmp.Diff(want, l.took()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		if b, _ := l.calledBy(transports.Request{Path: "/status", Query: "files"}, item("O")); len(b.Events) != 0 {
			t.Errorf("called: %+v", b.Events)
		}
		l.start()
		l.took()
		l.c.add(item("O"), item("L"), provider.Item{ID: "T", Line: home, Peer: bob, State: provider.Sent, Time: time.Now()})
		l.pass(7 * time.Minute)
		told()
		l.c.mu.Lock()
		l.c.items[1].State, l.c.items[1].Err = provider.Failed, &transports.Error{Kind: transports.Filtered}
		l.c.mu.Unlock()
		status := func(id string, state transports.State, err *transports.Error) transports.Event {
			return transports.Status{Chat: contact(bob), ID: id, State: state, Err: err}
		}
		l.pass(2 * time.Minute)
		told(status("L", transports.Failed, &transports.Error{Kind: transports.Filtered}))
		l.pass(3 * time.Minute)
		told(status("O", transports.Delivered, nil))
		l.pass(10 * time.Minute)
		told()
	})
}

// SMS-I7: words that forbid and allow messages are delivered, and told of by an
// id that whoever tells it knows again.
func TestOptOut(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		for stop, word := range map[provider.OptOut]string{provider.Stop: "START", provider.Start: "again", provider.Help: "help"} {
			item := inbound(word, word, time.Now())
			item.Stop = stop
			for range 2 { // the first may not have been committed
				b, _ := l.calledBy(transports.Request{}, item)
				if len(b.Events) != 2 || b.Events[0].(transports.Received).Message.Text != word {
					t.Fatalf("%v: %+v", stop, b.Events)
				}
				if told := b.Events[1].(transports.Told); told.ID != word+"/stop" || told.Chat != contact(bob) || !strings.Contains(told.Text.String(), word) {
					t.Errorf("told %+v", told)
				}
			}
		}
	})
}

// SMS-I1: a call whose files cannot be asked for now is refused, so that it is
// made again; one whose files cannot be had at all is delivered without.
func TestFilesFail(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		item := inbound("A", "see", time.Now())
		item.NumMedia = 1
		l.c.fail("Media", &transports.Error{Kind: transports.Unreachable})
		if b, reply := l.calledBy(transports.Request{}, item); reply.Status != 503 || reply.After == 0 || len(b.Events) > 0 {
			t.Errorf("%+v, %+v", b, reply)
		}
		l.c.fail("Media", &transports.Error{Kind: transports.NotFound})
		b, reply := l.calledBy(transports.Request{}, item)
		if got := texts(b.Events); reply.Status != 200 || len(got) != 2 || got[0] != "see" || !strings.Contains(got[1], "(A)") || b.Events[1].(transports.Told).ID != "A/files" {
			t.Errorf("%q, %+v", got, reply)
		}
	})
}

// SMS-X1, SMS-R6: what is not signed makes nothing; the token before counts for
// a day.
func TestSignature(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		item := inbound("A", "x", time.Now())
		if b, reply := l.calledBy(transports.Request{Body: []byte("forged")}, item); reply.Status != 403 || len(b.Events) > 0 {
			t.Errorf("%+v, %+v", b, reply)
		}
		answer, err := l.tr.Verify(t.Context(), "", cloned(settings()))
		if err != nil {
			t.Fatal(err)
		}
		l.c.token = "new-secret"
		changed := cloned(answer.Settings)
		changed["auth_token"] = "new-secret"
		if answer, err = l.tr.Verify(t.Context(), "", changed); err != nil {
			t.Fatal(err)
		}
		l.account.Settings = answer.Settings
		for _, c := range []struct {
			after time.Duration
			body  string
			want  int
		}{{0, "new-secret", 1}, {0, token, 1}, {23 * time.Hour, token, 1}, {2 * time.Hour, token, 0}, {0, "new-secret", 1}} {
			time.Sleep(c.after) // the bubble's
			if b, _ := l.calledBy(transports.Request{Body: []byte(c.body)}, item); len(b.Events) != c.want {
				t.Errorf("%s later by %s: %+v", c.after, c.body, b.Events)
			}
		}
	})
}

// The provider hears of the hook as it was told it, and of the account's lines.
func TestCallKnowsTheHook(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Hook = "https://gw.example/h"
		l.account.Settings = settings("lines", work)
		l.calledBy(transports.Request{})
		want := "Call [" + home + " " + work + "] https://gw.example/h#rc=5&rp=ct,rt,5xx"
		if got := l.c.done(); !slices.Contains(got, want) {
			t.Errorf("called %q, want %q", got, want)
		}
	})
}

// SMS-I5
func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\r\nb\rc", "\x00\x01\uFFFE\uFFFF\xff", "\u202Eabc", "👨‍👩‍👧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := sms.Clean(s)
		if !utf8.ValidString(got) || strings.Contains(got, "\r") || sms.Clean(got) != got {
			t.Fatalf("clean(%q) = %q", s, got)
		}
		var b strings.Builder
		if err := xml.EscapeText(&b, []byte(got)); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader("<a>" + b.String() + "</a>"))
		for {
			if _, err := d.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatalf("clean(%q) = %q: %v", s, got, err)
			}
		}
	})
}

// Fetch opens what the provider has.
func TestFetch(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		c, err := l.Fetch(t.Context(), "r1")
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(c.Body); err != nil || string(text) != "r1" || c.Size != 2 {
			t.Errorf("%q, %v, %+v", text, err, c)
		}
	})
}

func introduced(ev transports.Event) transports.Message {
	m := ev.(transports.Received).Message
	m.Introduce = true
	return m
}
