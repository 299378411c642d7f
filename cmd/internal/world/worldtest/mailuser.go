package worldtest

import (
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"wherry/cmd/internal/world"
)

// Writer is a scripted user of mail whose failures fail its test.
type Writer struct {
	*world.MailUser
	tb testing.TB
}

// Mail logs a new scripted user in to a mail server; it is closed with the test.
func Mail(tb testing.TB, m *world.Mail, name string) *Writer {
	tb.Helper()
	return MailWith(tb, m, name, world.MailOptions{})
}

// MailWith is Mail for a user who is special.
func MailWith(tb testing.TB, m *world.Mail, name string, o world.MailOptions) *Writer {
	tb.Helper()
	account, err := m.AddUserWith(name, o)
	if err != nil {
		tb.Fatal(err)
	}
	u, err := m.User(account)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { u.Close() })
	return &Writer{u, tb}
}

// MailAt logs a user in who looks at a folder; it is closed with the test.
func MailAt(tb testing.TB, m *world.Mail, a world.MailAccount, folder string) *Writer {
	tb.Helper()
	u, err := m.At(a, folder)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { u.Close() })
	return &Writer{u, tb}
}

func (w *Writer) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

// Send is MailUser.Send.
func (w *Writer) Send(to, subject, text string) {
	w.tb.Helper()
	w.must(w.MailUser.Send(to, subject, text))
}

// Submit is MailUser.Submit.
func (w *Writer) Submit(raw string, to ...string) {
	w.tb.Helper()
	w.must(w.MailUser.Submit(raw, to...))
}

// Expect is MailUser.Expect.
func (w *Writer) Expect(want string, match func(*world.Letter) bool) *world.Letter {
	w.tb.Helper()
	l, err := w.MailUser.Expect(want, match)
	w.must(err)
	return l
}

// Within is MailUser.Within.
func (w *Writer) Within(limit time.Duration, want string, match func(*world.Letter) bool) *world.Letter {
	w.tb.Helper()
	l, err := w.MailUser.Within(limit, want, match)
	w.must(err)
	return l
}

// ExpectMark is MailUser.ExpectMark.
func (w *Writer) ExpectMark(number uint32, flag imap.Flag) {
	w.tb.Helper()
	w.must(w.MailUser.ExpectMark(number, flag))
}

// ExpectSubject is MailUser.ExpectSubject.
func (w *Writer) ExpectSubject(subject string) *world.Letter {
	w.tb.Helper()
	l, err := w.MailUser.ExpectSubject(subject)
	w.must(err)
	return l
}
