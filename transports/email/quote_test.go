package email_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// Who wants it quotes what they answer: its first lines above, or all of it below; and
// nothing of what is not there any more, of the user's own, or where a chat program shows
// it by itself. A server that hangs holds no mail up for long. MAIL-H5
func TestQuotes(t *testing.T) {
	t.Parallel()
	const id = "parent@example.org"
	theirs := theirs(id, time.Hour)
	own, chat, gone := theirs, theirs, theirs
	own.Own, chat.Chat, gone.ID = true, true, "gone@example.org"
	attribution := "On " + theirs.Time.Format("Mon, 2 Jan 2006 at 15:04 -0700") + ", Bob wrote:"
	short := attribution + "\r\n> one\r\n> two\r\n> three\r\n> [...]\r\n\r\nyes"
	for name, tt := range map[string]struct {
		setting string
		trail   email.Trail
		want    string
	}{
		"nothing is chosen":     {"", theirs, "yes"},
		"the first lines":       {"short", theirs, short},
		"all":                   {"full", theirs, "yes\r\n\r\n" + attribution + "\r\n> one\r\n> two\r\n>\r\n> three\r\n> four"},
		"of their own":          {"full", own, "yes"},
		"to a chat program":     {"full", chat, "yes"},
		"what is gone":          {"full", gone, "yes"},
		"a server that says no": {"full", theirs, "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{more: transports.Settings{"quote": tt.setting}})
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(id, "From: Bob <Bob@example.org>", "", "one", "two", "", "three", "four"), Date: theirs.Time})
			s := w.open()
			w.run(s)
			w.idles()
			if name == "a server that says no" {
				w.imap.Fail("SEARCH", 1, mailtest.Fault{Reply: "NO not now"})
			}
			m := post("m1", bob, "yes")
			m.ReplyTo, m.Trail = tt.trail.ID, tt.trail.Encode()
			w.send(s, m)
			if got := w.last().text; strings.TrimSuffix(got, "\r\n") != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			w.filed()
			if copies := w.copies("Sent"); len(copies) != 1 || !strings.Contains(string(copies[0].Raw), tt.want) {
				t.Errorf("%d copies", len(copies))
			}
		})
	}
}

// Without a connection to where it is, nothing is quoted, and nobody waits. MAIL-H5
func TestQuotesNothingUnconnected(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{more: transports.Settings{"quote": "full"}})
	m := post("m1", bob, "yes")
	m.ReplyTo, m.Trail = "parent@example.org", theirs("parent@example.org", time.Hour).Encode()
	w.send(w.open(), m)
	if got := w.last().text; got != "yes" {
		t.Errorf("%q", got)
	}
}

// Subjects stand above each text, above none, or where they change; mail is a letter for
// who wants that. MAIL-I3, MAIL-I4
func TestSubjects(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string][]string{
		"":       {"Subject: Hello", "", "[empty mail]"},
		"always": {"Subject: Hello", "Subject: Hello", "Subject: Hello"},
		"never":  {"", "", "[empty mail]"},
	} {
		s, err := email.New(email.Config{}).Open(transports.Account{Key: "account", Settings: transports.Settings{"address": user, "subjects": setting, "letters": fmt.Sprint(setting == "never")}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range []string{"one", "two", ""} {
			m := converted(t, s, incoming(string(rune('0'+i))+"@x.test", "References: <0@x.test>", "", text))
			if notes(m) != want[i] || m.Subject != "Hello" || m.Letter != (setting == "never") {
				t.Errorf("%q, %d: %q", setting, i, notes(m))
			}
		}
	}
}
