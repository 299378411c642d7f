package email_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// settledIn waits until an account knows where in its inbox it is.
func (l *life) settledIn() {
	l.t.Helper()
	l.await("a position", func() bool { return len(l.saved["inbox"]) > 0 && !strings.Contains(string(l.saved["inbox"]), `"v":0,`) })
}

// tells counts what was told with certain words.
func (l *life) tells(words string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range l.events {
		if told, ok := ev.(transports.Told); ok && strings.Contains(told.Text.String(), words) {
			n++
		}
	}
	return n
}

// Whatever a server says once, mail comes when it talks sense again, each once.
// MAIL-T2, MAIL-T6, MAIL-T13, MAIL-N2
func TestOddServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		step  string
		fault mailtest.Fault
	}{
		"an unknown response":      {"SEARCH", mailtest.Fault{Before: "* XNEWS (1 2 3) {3}\r\nabc\r\n"}},
		"no response at all":       {"SEARCH", mailtest.Fault{Before: "\r\n\r\n"}},
		"another's tag":            {"SEARCH", mailtest.Fault{Before: "zz99 OK done\r\n"}},
		"a search that is huge":    {"SEARCH", mailtest.Fault{Before: "* ESEARCH UID ALL 1:4294967295\r\n"}},
		"a search without end":     {"SEARCH", mailtest.Fault{Before: "* ESEARCH UID ALL 5:*\r\n"}},
		"a search of others":       {"SEARCH", mailtest.Fault{Before: "* SEARCH 4000000000 77 0 3999999999\r\n"}},
		"a search that is refused": {"SEARCH", mailtest.Fault{Reply: "NO [INUSE] later"}},
		"an answer without end":    {"SEARCH", mailtest.Fault{Endless: true}},
		"mails of others":          {"FETCH", mailtest.Fault{Before: "* 900 FETCH (UID 900 FLAGS () RFC822.SIZE 3)\r\n* 1 FETCH (FLAGS (\\Seen))\r\n"}},
		"mails that nobody asked":  {"FETCH", mailtest.Fault{Before: "* 9 FETCH (UID 9 BODY[] {5}\r\nhello)\r\n"}},
		"wrong numbers":            {"FETCH", mailtest.Fault{Before: "* 0 EXISTS\r\n* 4294967295 EXISTS\r\n* 7 RECENT\r\n"}},
		"a date that is none":      {"FETCH", mailtest.Fault{Before: "* 1 FETCH (UID 1 INTERNALDATE \"yesterday\")\r\n"}},
		"busy":                     {"FETCH", mailtest.Fault{Reply: "NO [LIMIT] too much"}},
		"a bye":                    {"FETCH", mailtest.Fault{Reply: "BYE [UNAVAILABLE] later", Cut: true}},
		"no word":                  {"FETCH", mailtest.Fault{Freeze: true}},
		"no idling":                {"IDLE", mailtest.Fault{Reply: "NO not today"}},
		"bad idling":               {"IDLE", mailtest.Fault{Reply: "BAD what?"}},
		"an end to idling":         {"DONE", mailtest.Fault{Reply: "BAD what?"}},
		"no capabilities":          {"CAPABILITY", mailtest.Fault{Reply: "NO none"}},
		"no inbox":                 {"SELECT", mailtest.Fault{Reply: "NO [SERVERBUG] gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, l := dwell(t, imaptest.Config{}, nil)
			l.settledIn()
			w.imap.Fail(tt.step, 1, tt.fault)
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
			l.got(1)
			w.imap.Drop(user)
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
			got := l.got(2)
			if len(got) != 2 || got[0].Text != "1" || got[1].Text != "2" || l.tells("") != 0 {
				t.Errorf("%+v, %v", got, l.fails)
			}
		})
	}
}

// Some servers leave out what others tell, or tell it in another order. MAIL-T6,
// MAIL-T13
func TestSparseServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]imaptest.Config{
		"no UIDNEXT":        {Without: []string{"UIDNEXT"}},
		"no UIDVALIDITY":    {Without: []string{"UIDVALIDITY", "UIDNEXT"}},
		"UID at the end":    {UIDLast: true},
		"no IDLE":           {Dialect: imaptest.Dovecot.Without("IDLE")},
		"no ID, no ENABLE":  {Dialect: imaptest.Dovecot.Without("ID", "ENABLE", "SASL-IR", "ESEARCH", "CONDSTORE")},
		"no AUTH=PLAIN":     {Dialect: imaptest.Dovecot.Without("AUTH=PLAIN")},
		"no UIDPLUS, MOVE…": {Dialect: imaptest.Dovecot.Without("UIDPLUS", "MOVE", "LITERAL+", "SPECIAL-USE")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, l := dwell(t, c, func(w world) { w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("old@other.test", "old")}) })
			l.settledIn()
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
			l.got(1)
			w.imap.Drop(user)
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
			if got := l.got(2); len(got) != 2 || got[0].Text != "1" || got[1].Text != "2" || l.tells("") != 0 {
				t.Errorf("%+v, %v", got, l.fails)
			}
			if name != "no IDLE" {
				if err := w.imap.WaitIdle(t.Context(), 1); err != nil {
					t.Error(err)
				}
			} else if n := w.imap.Stats().Commands["IDLE"]; n != 0 {
				t.Errorf("%d times IDLE", n)
			}
		})
	}
}

// A mail that a server cannot even list costs neither the account nor those beside
// it: at the beginning, and later. MAIL-T1
func TestUnlisted(t *testing.T) {
	t.Parallel()
	bad := imaptest.Mail{Raw: incoming("bad@other.test", "bad"), Flags: []string{`\`, "(("}}
	w, _, l := dwell(t, imaptest.Config{}, func(w world) {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("old@other.test", "old")}, bad)
	})
	l.settledIn()
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")}, bad, imaptest.Mail{Raw: incoming("2@other.test", "2")})
	if got := l.got(2); len(got) != 2 || got[0].Text != "1" || got[1].Text != "2" || l.tells("could not be read") != 1 {
		t.Errorf("%+v, %v", got, l.fails)
	}
	if n := w.imap.Stats().Logins; n > 12 {
		t.Errorf("%d log-ins", n)
	}
}

// A length that is a lie ends the connection, or leaves it waiting: it is the mail's
// fault, and no other's. MAIL-T13
func TestLies(t *testing.T) {
	t.Parallel()
	for _, lie := range []int{-9, 9, 1 << 30} {
		w, _, l := dwell(t, imaptest.Config{}, nil)
		l.settledIn()
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1"), Lie: lie}, imaptest.Mail{Raw: incoming("2@other.test", "2")})
		if got := l.got(1); got[0].Text != "2" || l.tells("could not be read") != 1 {
			t.Errorf("%d: %+v, %v", lie, got, l.fails)
		}
	}
}

// A server that says that all is well and hands out nothing is asked in another way;
// if that is no better, the user is told. MAIL-T13
func TestNothingHandedOut(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]int{"once": 1, "ever": 3} {
		w, _, l := dwell(t, imaptest.Config{}, nil)
		l.settledIn()
		w.imap.FailAfter("FETCH", 1, 1, mailtest.Fault{Reply: "OK that was all"})
		if empty > 1 {
			w.imap.FailAfter("FETCH", 1, 1, mailtest.Fault{Reply: "OK that was all"})
		}
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
		if empty == 1 {
			l.got(1)
		} else {
			l.await("to be told", func() bool { return len(l.events) > 2 })
		}
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
		got := l.got(3 - min(empty, 2))
		if told := l.tells("could not be read"); got[len(got)-1].Text != "2" || told != min(empty, 2)-1 || len(l.fails) != 0 {
			t.Errorf("%s: told %d times, %+v, %v", name, told, got, l.fails)
		}
	}
}

// Mails that are dated in the future keep nothing from coming, and do not come again,
// where a folder is numbered anew. MAIL-K3
func TestFutureDates(t *testing.T) {
	t.Parallel()
	future := time.Now().AddDate(1, 0, 0)
	w, _, l := dwell(t, imaptest.Config{}, func(w world) {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("old@other.test", "old"), Date: future})
	})
	l.settledIn()
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1"), Date: future})
	l.got(1)
	w.imap.Renumber(user, "INBOX")
	w.imap.Drop(user)
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2"), Date: time.Now().Add(5 * time.Second)})
	if got := l.got(2); len(got) != 2 || got[0].Text != "1" || got[1].Text != "2" {
		t.Errorf("%+v", got)
	}
}

// A server with no time for somebody is no reason to leave out a mail. MAIL-N2
func TestThrottled(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.settledIn()
	for range 8 { // the mail is listed, and then not handed out
		w.imap.FailAfter("FETCH", 1, 1, mailtest.Fault{Reply: "NO [LIMIT] too much"})
	}
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
	if got := l.got(1); got[0].Text != "1" || l.tells("") != 0 {
		t.Errorf("%+v, %v", got, l.fails)
	}
}

// A server that says over and over that there is mail has it looked for a bounded
// number of times, and holds nothing up. MAIL-T5
func TestStormOfNews(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.settledIn()
	if err := w.imap.WaitIdle(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "1")})
	l.got(1)
	begun := time.Now()
	for range 32 {
		before := w.imap.Stats().Commands["SEARCH"]
		w.imap.Push(user, strings.Repeat("* 12 EXISTS\r\n* 4294967295 EXISTS\r\n", 500))
		if err := w.imap.Wait(t.Context(), func(s imaptest.Stats) bool { return s.Commands["SEARCH"] > before }); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took < time.Second/2 {
		t.Errorf("looked 32 times in %v", took)
	}
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
	l.got(2)
}

// A long mail costs no more memory than what is taken of it at a time. MAIL-T8
func TestMemory(t *testing.T) {
	w, _, before := dwell(t, imaptest.Config{}, nil)
	before.settledIn()
	tr := w.transport(t, email.Config{})
	tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, time.Minute)
	l := live(t, tr, before.settings, before)
	l.patience = 2 * time.Minute
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse))
			case <-stop:
				tick.Stop()
				return
			}
		}
	}()
	w.imap.Add(user, "INBOX",
		imaptest.Mail{Raw: incoming("1@other.test", "1"), Huge: 40 << 20},
		imaptest.Mail{Raw: incoming("2@other.test", "2")})
	got := l.got(2)
	close(stop)
	<-stopped
	if got[1].Text != "2" || len(got[0].Text) > 40000 {
		t.Errorf("%d bytes of text, %+v", len(got[0].Text), got[1])
	}
	if most := uint64(200 << 20); peak.Load() > most {
		t.Errorf("%d MB", peak.Load()>>20)
	}
	t.Logf("%d MB at most", peak.Load()>>20)
}
