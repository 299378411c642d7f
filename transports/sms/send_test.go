package sms_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

func out(id, text string) transports.Message {
	return transports.Message{ID: id, Chat: contact(bob), Text: text}
}

// A message is one request, as it is.
func TestSend(t *testing.T) {
	for name, c := range map[string]struct {
		m    transports.Message
		want provider.Outgoing
	}{
		// SMS-S4
		"verbatim": {
			m:    out("1", "  a\tb\n\nc  "),
			want: provider.Outgoing{Line: home, To: bob, Text: "  a\tb\n\nc  "},
		},
		// SMS-S5
		"subject": {
			m:    transports.Message{Chat: contact(bob), Subject: "News", Text: "none"},
			want: provider.Outgoing{Line: home, To: bob, Text: "News\nnone"},
		},
		"action": {
			m:    transports.Message{Chat: contact(bob), Style: transports.Act, Text: "waves"},
			want: provider.Outgoing{Line: home, To: bob, Text: "/me waves"},
		},
		// SMS-A3
		"another line": {
			m:    transports.Message{Chat: contact(bob + ";via=" + work), Text: "hi"},
			want: provider.Outgoing{Line: work, To: bob, Text: "hi"},
		},
		"channel": {
			m:    transports.Message{Chat: contact("whatsapp:" + bob), Text: "hi"},
			want: provider.Outgoing{Line: home, To: "whatsapp:" + bob, Text: "hi"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				l.account.Hook = hook
				l.account.Settings = settings("lines", work)
				l.start()
				sent, err := l.Send(t.Context(), c.m)
				if err != nil || !slices.Equal(sent.IDs, []string{"M1"}) || sent.Echoes {
					t.Fatalf("Send = %+v, %v", sent, err)
				}
				c.want.Status, c.want.Within = hook+"/status#rc=5&rp=ct,rt,5xx", 4*time.Hour
				if got := l.c.sent()[0]; !equalOutgoing(got, c.want) {
					t.Errorf("sent %+v, want %+v", got, c.want)
				}
			})
		})
	}
}

func equalOutgoing(a, b provider.Outgoing) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// What can be refused is refused before the provider is asked, with a text.
func TestSendRefuses(t *testing.T) {
	files := func(refs ...string) transports.Message {
		m := out("1", "see")
		for _, ref := range refs {
			m.Attachments = append(m.Attachments, transports.Attachment{Ref: ref})
		}
		return m
	}
	// That line sends no files: nobody looks at them.
	byWork := func(m transports.Message) transports.Message {
		m.Chat = contact(bob + ";via=" + work)
		return m
	}
	to := func(name string) transports.Message {
		return transports.Message{ID: "1", Chat: contact(name), Text: "hi"}
	}
	for name, c := range map[string]struct {
		m    transports.Message
		kind transports.ErrorKind
	}{
		// SMS-A2
		"short code":    {to("32665;phone-context=+1"), transports.Impossible},
		"sender's name": {to("mybank;phone-context=alphanumeric"), transports.Impossible},
		"nobody":        {to("anonymous;phone-context=unknown"), transports.Impossible},
		// SMS-G2
		"group":         {to("+15551234567,+15557654321"), transports.Unsupported},
		"strange line":  {to(bob + ";via=+15550003333"), transports.Unfit},
		"not canonical": {to("4155552671"), transports.Malformed},
		// SMS-S6
		"encrypted file": {files("aesgcm://gw.example/f#00"), transports.Impossible},
		"no link":        {files("cid:1@x"), transports.Unfit},
		// SMS-S1
		"nothing": {out("1", " \n"), transports.Incomplete},
		// SMS-S4
		"too long":        {out("1", strings.Repeat("long ", 1000)), transports.TooLong},
		"too long a link": {byWork(files("https://gw.example/" + strings.Repeat("f", 1600))), transports.TooLong},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				l.account.Settings = settings("lines", work)
				l.start()
				_, err := l.Send(t.Context(), c.m)
				e := transports.AsError(err)
				if e == nil || e.Kind != c.kind || e.Text.IsZero() || e.Unsure {
					t.Errorf("Send = %v, want %v", err, c.kind)
				}
				if n := len(l.c.sent()); n != 0 {
					t.Errorf("%d requests were made", n)
				}
			})
		})
	}
}

// SMS-X6: what numbers begin with that the gateway does not text: no number, no
// number of a channel, no group with one.
func TestSendRefusesPrefixes(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.tr = sms.New(sms.Config{Provider: newTalker(l.c), Refused: []string{"+882", "+1900"}})
		l.start()
		for to, refused := range map[string]bool{
			bob: false, "+88213300033": true, "+19002345678": true, "whatsapp:+19002345678": true,
			"+14155552671," + bob: false, "+14155552671,+19002345678": true,
		} {
			_, err := l.Send(t.Context(), transports.Message{ID: to, Chat: contact(to), Text: "hi"})
			if e := transports.AsError(err); (e != nil && e.Kind == transports.NotAllowed) != refused {
				t.Errorf("to %q: %v", to, err)
			}
		}
	})
}

// SMS-A6: a text to a line of one's own goes by the provider, like any other.
func TestSendToOneself(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Settings = settings("lines", work)
		l.start()
		for i, line := range []string{home, work} {
			if to, err := l.tr.Address(line, l.account); err != nil || to != contact(line) {
				t.Errorf("Address(%q) = %v, %v", line, to, err)
			}
			m := out("1", "hi")
			m.Chat = contact(line)
			if _, err := l.Send(t.Context(), m); err != nil || len(l.c.sent()) != i+1 || l.c.sent()[i].To != line {
				t.Errorf("Send = %v; sent %+v", err, l.c.sent())
			}
		}
	})
}

// A provider that can text short codes does.
func TestSendShortCode(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.c.about.ShortCodes = true
		l.tr = sms.New(sms.Config{Provider: l.c})
		l.start()
		if _, err := l.Send(t.Context(), transports.Message{Chat: contact("32665;phone-context=+1"), Text: "hi"}); err != nil || l.c.sent()[0].To != "32665" {
			t.Errorf("Send = %v", err)
		}
	})
}

// SMS-X6: segments are counted before they are sent, over restarts; the user is
// told when a limit is near; at the limit nothing is sent, until the next day.
func TestLimit(t *testing.T) {
	for _, limit := range []string{"daily_limit", "monthly_limit"} {
		bubble(t, func(t *testing.T, l *life) {
			l.account.Settings = settings(limit, "10")
			l.start()
			l.took()
			send := func(i int, text string) error {
				sent, err := l.Send(t.Context(), out(fmt.Sprint(limit, i), text))
				l.keep(sent.Saves)
				synctest.Wait()
				return err
			}
			for i, text := range []string{strings.Repeat("a", 1000), "b"} { // 7 and 1 segments
				if err := send(i, text); err != nil {
					t.Fatal(err)
				}
			}
			if got := texts(l.took()); len(got) != 1 || !strings.Contains(got[0], "8 of the 10") {
				t.Errorf("near the limit: %q", got)
			}
			_ = l.stop()
			l.start()
			if err := send(2, strings.Repeat("c", 400)); err == nil || transports.AsError(err).Kind != transports.NotAllowed || transports.AsError(err).Temporary() {
				t.Errorf("3 more: %v", err)
			}
			if err := send(3, strings.Repeat("d", 300)); err != nil {
				t.Errorf("2 more: %v", err)
			}
			l.pass(24 * time.Hour)
			if err := send(4, "e"); (err == nil) != (limit == "daily_limit") {
				t.Errorf("the next day: %v", err)
			}
			l.pass(31 * 24 * time.Hour)
			if err := send(5, "f"); err != nil {
				t.Errorf("the next month: %v", err)
			}
		})
	}
}

// What was certainly not sent does not count, what may have been does.
func TestRefund(t *testing.T) {
	for _, unsure := range []bool{false, true} {
		bubble(t, func(t *testing.T, l *life) {
			l.account.Settings = settings("daily_limit", "1")
			l.start()
			l.c.fail("Send", &transports.Error{Kind: transports.Unreachable, Unsure: unsure})
			if _, err := l.Send(t.Context(), out("1", "x")); transports.AsError(err).Unsure != unsure {
				t.Fatalf("Send = %v", err)
			}
			l.c.fail("Send", nil)
			if _, err := l.Send(t.Context(), out("2", "y")); (err != nil) != unsure {
				t.Errorf("unsure %v, the next: %v", unsure, err)
			}
		})
	}
}

// SMS-X6: the same text to the same number again and again is a machine's. A
// message that is tried again is no other; another number, another text, or
// ten minutes later is something else.
func TestRepeats(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.start()
		l.took()
		send := func(id, to, text string) error {
			_, err := l.Send(t.Context(), transports.Message{ID: id, Chat: contact(to), Text: text})
			return err
		}
		for i := range 5 {
			for range 3 {
				if err := send(fmt.Sprint(i), bob, "same"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := send("6", bob, "same"); err == nil || transports.AsError(err).Kind != transports.NotAllowed {
			t.Errorf("a sixth time: %v", err)
		}
		synctest.Wait()
		if got := texts(l.took()); len(got) != 1 {
			t.Errorf("told %q", got)
		}
		if err := send("7", bob, "other"); err != nil {
			t.Errorf("another text: %v", err)
		}
		if err := send("8", "+15551234567", "same"); err != nil {
			t.Errorf("another number: %v", err)
		}
		l.pass(10 * time.Minute)
		if err := send("9", bob, "same"); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}

// SMS-X7: no more than a few requests of an account are made at once.
func TestSendsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &slow{carrier: newCarrier(), gate: make(chan struct{})}
		l := &life{t: t, c: c.carrier, tr: sms.New(sms.Config{Provider: c}), saved: transports.Saved{},
			account: transports.Account{Key: "a", Settings: settings()}}
		l.start()
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				if _, err := l.Send(t.Context(), out(fmt.Sprint(i), fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := c.under(); n != 4 {
			t.Errorf("%d requests at once", n)
		}
		close(c.gate)
		all.Wait()
	})
}

// files is a web server with files.
func files(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := map[string]struct {
			typ  string
			size int
		}{
			"/a.jpg": {"image/jpeg", 4_000_000}, "/b.png": {"image/png", 900_000}, "/c.gif": {"image/gif", 600_000}, "/big.jpg": {"image/jpeg", 6_000_000},
			"/v.mp4": {"video/mp4", 400_000}, "/w.mp4": {"video/mp4", 600_000}, "/x.zip": {"application/zip", 10}, "/s.svg": {"image/svg+xml", 10},
		}[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", f.typ)
		w.Header().Set("Content-Length", fmt.Sprint(f.size))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// SMS-S6: pictures and small files go as such, all else as a link in the text;
// so it does from a line that sends no files.
func TestFiles(t *testing.T) {
	web := files(t)
	for name, c := range map[string]struct {
		line, text string
		files      []string
		media      int // the first of them go as such
	}{
		"picture":        {home, "see", []string{"/a.jpg"}, 1},
		"alone":          {home, "", []string{"/a.jpg"}, 1},
		"up to 5 MB":     {home, "see", []string{"/a.jpg", "/b.png", "/c.gif"}, 2},
		"too large":      {home, "see", []string{"/big.jpg"}, 0},
		"video":          {home, "see", []string{"/v.mp4", "/w.mp4"}, 1},
		"of another use": {home, "", []string{"/x.zip", "/s.svg"}, 0},
		"not there":      {home, "see", []string{"/none.jpg"}, 0},
		"a line without": {work, "see", []string{"/a.jpg"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := &life{t: t, c: newCarrier(), saved: transports.Saved{}, account: transports.Account{Key: "a", Hook: hook, Settings: settings("line", c.line)}}
			l.tr = sms.New(sms.Config{Provider: l.c, AllowPrivateHosts: true})
			l.run()
			m := out("1", c.text)
			for _, f := range c.files {
				m.Attachments = append(m.Attachments, transports.Attachment{Ref: web + f})
			}
			if _, err := l.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got, want := l.c.sent()[0], c.text
			for _, f := range c.files[c.media:] {
				want = strings.TrimPrefix(want+"\n"+web+f, "\n")
			}
			if got.Text != want || len(got.Media) != c.media {
				t.Errorf("sent %+v, want the text %q", got, want)
			}
			// The same message is found again.
			if found, err := l.Find(t.Context(), m, time.Now(), func(string) bool { return false }); err != nil || found == nil {
				t.Errorf("Find = %+v, %v", found, err)
			}
		})
	}
}

// SMS-S6: what all files of a message are is seen within a time that leaves some
// for sending it, a few at once; what is not seen by then goes as a link.
func TestFilesSlow(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		var now, most atomic.Int64
		l.tr.SetProbe(func(ctx context.Context, url string) (dial.Info, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			select {
			case <-time.After(12 * time.Second):
				return dial.Info{Type: "image/jpeg", Size: 1000}, nil
			case <-ctx.Done():
				return dial.Info{}, ctx.Err()
			}
		})
		l.start()
		m := out("1", "see")
		for i := range 10 {
			m.Attachments = append(m.Attachments, transports.Attachment{Ref: fmt.Sprintf("https://gw.example/%d.jpg", i)})
		}
		began := time.Now()
		if _, err := l.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := l.c.sent()[0]; len(got.Media) != 4 || strings.Count(got.Text, "https://") != 6 || most.Load() != 4 {
			t.Errorf("sent %+v, %d were looked at at once", got, most.Load())
		}
	})
}

// Files on hosts that are not public are not looked at.
func TestFilesPrivate(t *testing.T) {
	web := files(t)
	l := &life{t: t, c: newCarrier(), saved: transports.Saved{}, account: transports.Account{Key: "a", Settings: settings()}}
	l.tr = sms.New(sms.Config{Provider: l.c})
	l.run()
	m := out("1", "see")
	m.Attachments = []transports.Attachment{{Ref: web + "/a.jpg"}}
	if _, err := l.Send(t.Context(), m); err != nil || len(l.c.sent()[0].Media) != 0 {
		t.Errorf("Send = %v, sent %+v", err, l.c.sent())
	}
}

// SMS-S8: what becomes of a correction is the user's choice.
func TestCorrections(t *testing.T) {
	for choice, want := range map[string]struct {
		sent int
		kind transports.ErrorKind
	}{"send": {sent: 1}, "ignore": {}, "refuse": {kind: transports.NotAllowed}} {
		t.Run(choice, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *life) {
				l.account.Settings = settings("corrections", choice)
				l.start()
				m := out("1", "* hello")
				m.Corrects = true
				_, err := l.Send(t.Context(), m)
				if want.kind == 0 && err != nil || want.kind != 0 && (err == nil || transports.AsError(err).Kind != want.kind) {
					t.Errorf("the outcome is %v", err)
				}
				if n := len(l.c.sent()); n != want.sent {
					t.Errorf("%d texts went out", n)
				}
			})
		})
	}
}

// SMS-I13: what rosters and address books call a phone.
func TestName(t *testing.T) {
	tr := sms.New(sms.Config{Provider: newCarrier()})
	title, uri := tr.Name(contact("+14155552671"))
	if title != "+1 415 555 2671" || uri != "tel:+14155552671" {
		t.Errorf("%q, %q", title, uri)
	}
	if title, uri := tr.Name(contact("mybank;phone-context=alphanumeric")); title == "" || uri != "" {
		t.Errorf("%q, %q", title, uri)
	}
}
