package email_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// The folder of sent mails is the one that the server marks, in whatever case; else
// one that is called so; else a new one. MAIL-T11, MAIL-S2
func TestSentFolder(t *testing.T) {
	t.Parallel()
	named := func(separator string, names ...string) imaptest.Dialect {
		d := imaptest.Bare
		d.Name, d.Separator, d.Folders = "named", separator, []imaptest.Folder{{Name: "INBOX"}}
		for _, n := range names {
			d.Folders = append(d.Folders, imaptest.Folder{Name: n})
		}
		return d
	}
	trap := imaptest.Dovecot
	trap.Folders = []imaptest.Folder{{Name: "INBOX"}, {Name: "Sent", Attrs: `\Noselect`}, {Name: "Old/Sent"}, {Name: "Elsewhere", Attrs: `\sENT`}}
	for _, tt := range []struct {
		dialect imaptest.Dialect
		want    string
	}{
		{imaptest.Dovecot, "Sent"},
		{imaptest.Bare, "Sent"},
		{imaptest.Exchange, "Sent Items"},
		{imaptest.Cyrus, "INBOX.Sent"},
		{imaptest.Gmail, "[Gmail]/Sent Mail"},
		{trap, "Elsewhere"},
		{named("/", "Archive/Sent", "Gesendete Objekte"), "Gesendete Objekte"},
		{named(".", "INBOX.Drafts", "INBOX.&AMk-l&AOk-ments envoy&AOk-s"), "INBOX.&AMk-l&AOk-ments envoy&AOk-s"},
		{named(".", "INBOX.Drafts", "INBOX.Trash"), "INBOX.Sent"},
		{named("/", "Drafts"), "Sent"},
		{named("/"), "Sent"},
	} {
		w := newLetters(t, setting{dialect: tt.dialect})
		s := w.open()
		w.run(s)
		w.send(s, post("m1", bob, "hello"))
		w.filed()
		if n := len(w.copies(tt.want)); n != 1 {
			t.Errorf("%s: %d copies in %s: %v", tt.dialect.Name, n, tt.want, w.imap.Commands())
		}
	}
}

// Whether the provider makes the copies is found out once. MAIL-S3
func TestProbe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		setting setting
		learnt  string
		appends int
	}{
		{"it does", setting{dialect: imaptest.Gmail, deliver: filesItself("[Gmail]/Sent Mail")}, "yes ", 0},
		{"it does not", setting{dialect: imaptest.Gmail}, "no ", 3},
		{"it did elsewhere", setting{dialect: imaptest.Gmail, files: map[string]string{"files": "yes other.test"}}, "no ", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.setting.files == nil {
				tt.setting.files = map[string]string{}
			}
			w := newLetters(t, tt.setting)
			s := w.open()
			w.run(s)
			w.send(s, post("m1", bob, "one"))
			w.send(s, post("m2", bob, "two"))
			w.filed()
			w.send(s, post("m3", bob, "three"))
			w.filed()
			if got := string(w.state()["files"]); got != tt.learnt+mailtest.Host {
				t.Errorf("learnt %q", got)
			}
			var ids []string
			for _, m := range w.copies("[Gmail]/Sent Mail") {
				ids = append(ids, string(m.Raw[:20]))
			}
			if len(ids) != 3 || w.imap.Stats().Commands["APPEND"] != tt.appends {
				t.Errorf("%d copies by %d APPENDs", len(ids), w.imap.Stats().Commands["APPEND"])
			}
			// What was learnt holds for later sessions.
			searches := w.lookups()
			again := w.open()
			sent := w.send(again, post("m4", bob, "four"))
			if files := tt.appends == 0; files != (len(sent.Saves) == 0) {
				t.Errorf("saves %d", len(sent.Saves))
			}
			if got := w.lookups(); got != searches {
				t.Errorf("%d searches more", got-searches)
			}
		})
	}
}

// A provider that is slow to make the copy is waited for. MAIL-S3
func TestSlowProvider(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{files: map[string]string{}, probes: 3})
	hold := make(chan struct{})
	w.imap.FailAfter("EXAMINE", 1, 1, mailtest.Fault{Hold: hold})
	s := w.open()
	w.run(s)
	w.send(s, post("m1", bob, "one"))
	if err := w.imap.Wait(t.Context(), func(s imaptest.Stats) bool { return s.Commands["EXAMINE"] == 2 }); err != nil {
		t.Fatal(err)
	}
	w.imap.Add(user, "Sent", imaptest.Mail{Raw: w.last().Data})
	close(hold)
	w.filed()
	if got := string(w.state()["files"]); got != "yes "+mailtest.Host || len(w.copies("Sent")) != 1 {
		t.Errorf("learnt %q, %d copies", got, len(w.copies("Sent")))
	}
}

// A copy that cannot be made now is made at a later connection; the mail goes once.
// MAIL-S1
func TestCopyCut(t *testing.T) {
	t.Parallel()
	for _, unknown := range []bool{false, true} {
		for step, fault := range map[string]mailtest.Fault{
			"LIST":   {Cut: true},
			"SELECT": {Cut: true}, "EXAMINE": {Cut: true},
			"SEARCH": {Cut: true}, "APPEND": {Cut: true},
			"APPEND refused":  {Reply: "NO [OVERQUOTA] hunter2"},
			"APPEND is bad":   {Reply: "BAD hunter2"},
			"APPEND and cut":  {Work: true, Cut: true},
			"APPEND and no":   {Work: true, Reply: "NO hunter2"},
			"SEARCH refused":  {Reply: "NO hunter2"},
			"LIST refused":    {Reply: "NO hunter2"},
			"EXAMINE refused": {Reply: "NO [NONEXISTENT] hunter2"},
			"EXAMINE and bye": {Reply: "BYE hunter2", Cut: true},
		} {
			t.Run(fmt.Sprint(step, unknown), func(t *testing.T) {
				t.Parallel()
				set := setting{}
				if unknown {
					set.files = map[string]string{}
				}
				w := newLetters(t, set)
				name, _, _ := strings.Cut(step, " ")
				s := w.open()
				w.run(s)
				if err := w.imap.WaitIdle(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				w.imap.Fail(name, 1, fault)
				w.send(s, post("m1", bob, "one"))
				w.filed()
				if n := len(w.copies("Sent")); n != 1 || len(w.posted()) != 1 {
					t.Errorf("%d copies of %d mails", n, len(w.posted()))
				}
			})
		}
	}
}

// A copy that is refused for ever is given up, and the user told. MAIL-S4
func TestCopyRefused(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	w.imap.Fail("APPEND", -1, mailtest.Fault{Reply: "NO [OVERQUOTA] hunter2"})
	s := w.open()
	w.run(s)
	w.send(s, post("m1", bob, "one"))
	w.filed()
	w.await("the word", func() bool {
		return slices.ContainsFunc(w.events, func(ev transports.Event) bool {
			told, ok := ev.(transports.Told)
			return ok && strings.Contains(told.Text.String(), "“one”") && !strings.Contains(told.Text.String(), secret)
		})
	})
	if n := w.imap.Stats().Commands["APPEND"]; n != 4 || len(w.posted()) != 1 {
		t.Errorf("%d tries, %d mails", n, len(w.posted()))
	}
}

// What was to be copied when the gateway ended is copied by the next session, also
// where that had been done already, and where the mail goes once more. MAIL-S1, MAIL-K4
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		committed bool // that the mail was sent
		copied    bool // the copy stood, and nobody noted it
		unknown   bool // who makes copies
	}{
		"before the commit":                  {},
		"before the copy":                    {committed: true},
		"behind the copy":                    {committed: true, copied: true},
		"behind the copy, not committed":     {copied: true},
		"before the copy, unknown":           {committed: true, unknown: true},
		"before the commit, and of whom":     {unknown: true},
		"behind the copy, but not forgotten": {committed: true, copied: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := setting{}
			if tt.unknown {
				set.files = map[string]string{}
			}
			w := newLetters(t, set)
			first, err := w.open().Send(t.Context(), post("m1", bob, "one"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.committed {
				w.keep(first)
			}
			if tt.copied {
				w.imap.Add(user, "Sent", imaptest.Mail{Raw: w.last().Data})
			}
			s := w.open()
			w.run(s)
			mails := 1
			if !tt.committed {
				again := w.send(s, post("m1", bob, "one"))
				mails = 2
				if !slices.Equal(again.IDs, first.IDs) || again.Thread != first.Thread || string(again.Trail) != string(first.Trail) {
					t.Errorf("%+v, and then %+v", first, again)
				}
			}
			w.filed()
			all := w.posted()
			if len(all) != mails || string(all[0].Data) != string(all[mails-1].Data) {
				t.Errorf("%d mails", len(all))
			}
			if n := len(w.copies("Sent")); n != 1 {
				t.Errorf("%d copies", n)
			}
		})
	}
}

// A mail that was answered is marked so, also where no copy is ours to make. MAIL-D5
func TestAnswered(t *testing.T) {
	t.Parallel()
	for _, files := range []string{"yes ", "no "} {
		w := newLetters(t, setting{files: map[string]string{"files": files + mailtest.Host}})
		other := w.imap.Add(user, "INBOX", imaptest.Mail{Raw: []byte("Message-ID: <other@example.org>\r\n\r\nx\r\n")})
		uid := w.imap.Add(user, "INBOX", imaptest.Mail{Raw: []byte("Message-ID: <p@example.org>\r\n\r\nx\r\n"), Flags: []string{`\Seen`}})
		s := w.open()
		w.run(s)
		m := post("m1", bob, "one")
		m.Trail = theirs("p@example.org", time.Hour).Encode()
		w.send(s, m)
		err := w.imap.Await(t.Context(), func() bool {
			for _, m := range w.copies("INBOX") {
				if m.UID == uid && slices.Contains(m.Flags, `\Answered`) {
					return true
				}
				if m.UID == other && len(m.Flags) > 0 {
					t.Errorf("flags %q", m.Flags)
				}
			}
			return false
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Sending goes on while nothing can be copied. What waits is bounded: the oldest
// copies are given up. MAIL-S4
func TestManyWait(t *testing.T) {
	t.Parallel()
	const most = 100
	w := newLetters(t, setting{})
	m := post("m1", bob, "the newest")
	like := w.send(w.open(), m).Saves[0]
	_, domain, _ := strings.Cut(string(like.Value), "@mail.test")
	for i := range most {
		id := fmt.Sprint("m", i)
		w.saved["file."+id] = []byte(`{"ID":"` + id + "@mail.test" + strings.Replace(domain, written.Format(time.RFC3339), written.Add(time.Duration(i-most)*time.Second).Format(time.RFC3339), 1))
	}
	delete(w.saved, like.Name)
	w.send(w.open(), m)
	if w.pending() != most || w.saved["file.m0"] != nil || w.saved[like.Name] == nil {
		t.Errorf("%d wait", w.pending())
	}
	w.run(w.open())
	w.filed()
	if n := len(w.copies("Sent")); n != most {
		t.Errorf("%d copies", n)
	}
}

// A long text is kept whole in what was sent, and at least its beginning in a copy
// that waits.
func TestLongText(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	sent := w.send(w.open(), post("m1", bob, strings.Repeat("long\n", 60<<10)))
	if n := len(sent.Saves[0].Value); n > 256<<10 || n < 60<<10 {
		t.Errorf("%d bytes wait", n)
	}
	w.run(w.open())
	w.filed()
	if copies := w.copies("Sent"); len(copies) != 1 || !strings.Contains(string(copies[0].Raw), "[...]") {
		t.Errorf("%d copies", len(copies))
	}
}
