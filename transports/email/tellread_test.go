package email_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/message"
)

// asks is a mail that wants to be told that it was read.
func asks(id string, lines ...string) []byte {
	if !slices.Contains(lines, "") {
		lines = append(lines, "", "hi")
	}
	return incoming(id+"@other.test", append([]string{"Return-Path: <Bob@other.test>", "Disposition-Notification-To: Bob <Bob@Other.test>"}, lines...)...)
}

// reader is a user who has it told what they read, with mails in INBOX that came one
// second after the other.
func reader(t *testing.T, s setting, raws ...[]byte) (*letters, transports.Reader, time.Time) {
	t.Helper()
	if s.more == nil {
		s.more = transports.Settings{"tell_read": "true", "aliases": "ann.lee@mail.test"}
	}
	w := newLetters(t, s)
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	for i, raw := range raws {
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: raw, Date: at.Add(time.Duration(i) * time.Second)})
	}
	session := w.open()
	w.run(session)
	w.idles()
	return w, session, at
}

// idles waits until the session waits for mail.
func (w *letters) idles() {
	w.t.Helper()
	if err := w.imap.WaitIdle(w.t.Context(), 1); err != nil {
		w.t.Fatal(err)
	}
}

var bobs = transports.Address{Kind: transports.Contact, Name: "bob@other.test"}

// Who asks in good faith is told that the mail was read, once: the report says which,
// comes from nobody, and answers no machine. MAIL-D4
func TestTellsRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw  []byte
		more transports.Settings
		from string
	}{
		"asked":                 {raw: asks("1", "Original-Recipient: rfc822;ann@mail.test"), from: user},
		"at another address":    {raw: asks("1", "To: ann.lee@mail.test", "", "hi"), from: "ann.lee@mail.test"},
		"by a chat program":     {raw: incoming("1@other.test", "Return-Path: <bob@other.test>", "Chat-Version: 1.0", "Chat-Disposition-Notification-To: bob@other.test", "", "hi"), from: user},
		"not wanted":            {raw: asks("1"), more: transports.Settings{"tell_read": "false"}},
		"not asked":             {raw: incoming("1@other.test", "Return-Path: <Bob@other.test>", "", "hi")},
		"no chat program":       {raw: incoming("1@other.test", "Return-Path: <bob@other.test>", "Chat-Disposition-Notification-To: bob@other.test", "", "hi")},
		"to somebody else":      {raw: asks("1", "Disposition-Notification-To: eve@other.test", "", "hi")},
		"from somebody else":    {raw: asks("1", "Return-Path: <eve@other.test>", "", "hi")},
		"to two":                {raw: asks("1", "Disposition-Notification-To: Bob@other.test, eve@other.test", "", "hi")},
		"nobody knows whence":   {raw: asks("1", "Return-Path: <>", "", "hi")},
		"a program":             {raw: asks("1", "Auto-Submitted: auto-generated", "", "hi")},
		"a newsletter":          {raw: asks("1", "Precedence: bulk", "", "hi")},
		"what it needs":         {raw: asks("1", "Disposition-Notification-Options: signed-receipt=required,x", "", "hi")},
		"who may not have sent": {raw: asks("1", "Authentication-Results: mx.mail.test; dmarc=fail", "", "hi")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r, at := reader(t, setting{files: map[string]string{"authserv": "mx.mail.test", "files": "no " + mailtest.Host, "inbox": `{"v":1,"l":9}`}, more: tt.more}, tt.raw)
			for range 2 {
				if err := r.Read(t.Context(), bobs, at); err != nil {
					t.Fatal(err)
				}
			}
			flags := strings.Join(w.copies("INBOX")[0].Flags, " ")
			if tt.from == "" {
				if all := w.posted(); len(all) > 0 || flags != `\Seen` {
					t.Errorf("%s, marked %s", all[0].Data, flags)
				}
				return
			}
			all := w.posted()
			if len(all) != 1 || flags != `\Seen $MDNSent` {
				t.Fatalf("%d mails, marked %s", len(all), flags)
			}
			l := all[0]
			m, err := message.Read(bytes.NewReader(l.Data))
			if err != nil {
				t.Fatal(err)
			}
			if l.From != "" || len(l.to) != 1 || !strings.EqualFold(l.to[0], "bob@other.test") || m.Receipt == nil || m.Receipt.Of != "1@other.test" || !m.Receipt.Displayed ||
				m.Receipt.Recipient != tt.from || m.Origin() != message.Replied || len(m.From) != 1 || m.From[0].Spec != tt.from {
				t.Errorf("%+v\n%s", m.Receipt, l.Data)
			}
		})
	}
}

// Of many that are read at once the newest are reported; those that are reported, or
// were by another program, are not again. Nor is spam. MAIL-D4
func TestTellsSome(t *testing.T) {
	t.Parallel()
	var raws [][]byte
	for i := range 8 {
		raws = append(raws, asks(fmt.Sprint(i)))
	}
	w, r, at := reader(t, setting{}, raws...)
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: asks("told"), Date: at, Flags: []string{"$mdnsent"}}, imaptest.Mail{Raw: asks("spam"), Date: at, Flags: []string{"$Junk"}})
	if err := r.Read(t.Context(), bobs, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var of []string
	for _, l := range w.posted() {
		of = append(of, strings.Trim(l.head.Get("In-Reply-To"), "<>"))
	}
	if want := []string{"7@other.test", "6@other.test", "5@other.test", "4@other.test", "3@other.test"}; !slices.Equal(of, want) {
		t.Errorf("told of %q", of)
	}
	for _, c := range w.imap.Commands() {
		if !asked.MatchString(c) {
			t.Errorf("asked for %s", c)
		}
	}
}

// Where the mailbox takes no keywords, it is remembered here, over a restart; where the
// report cannot be sent, none is sent later. MAIL-D4
func TestTellsOnce(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{"sent": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := imaptest.Dovecot
			d.NoKeywords = true
			w := newLetters(t, setting{dialect: d, more: transports.Settings{"tell_read": "true"}})
			at := time.Now().Add(-time.Hour).Truncate(time.Second)
			uid := w.imap.Add(user, "INBOX", imaptest.Mail{Raw: asks("1"), Date: at})
			want := 1
			if refused {
				w.smtp.Fail("MAIL", 1, mailtest.Fault{Reply: "550 5.7.1 no reports"})
				want = 0
			}
			for range 2 {
				s := w.open()
				stop := w.run(s)
				w.idles()
				if err := s.Read(t.Context(), bobs, at); err != nil {
					t.Fatal(err)
				}
				w.imap.SetFlags(user, "INBOX", uid) // as another program may
				stop()
			}
			if all := w.posted(); len(all) != want {
				t.Errorf("%d mails", len(all))
			}
			if state := w.state(); state["mdn"] == nil {
				t.Errorf("kept %v", state)
			}
		})
	}
}
