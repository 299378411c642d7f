package email_test

import (
	"slices"
	"testing"
	"time"

	"wherry/transports/email"
	"wherry/transports/email/compose"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// What the user sends with other programs is shown as theirs, to those who want that:
// nothing that was there before, nothing of ours, and nothing twice. MAIL-S5
func TestSaidElsewhere(t *testing.T) {
	t.Parallel()
	sent := func(id string, lines ...string) imaptest.Mail {
		return imaptest.Mail{Raw: incoming(id, append([]string{"From: Ann <ann@mail.test>", "To: Bob <bob@other.test>, carl@other.test"}, lines...)...), Flags: []string{`\Seen`}}
	}
	for _, wanted := range []bool{true, false} {
		w := start(t)
		tr := w.transport(t, email.Config{})
		if wanted {
			w.settings["elsewhere"] = "true"
		}
		settings := settled(t, tr, w)
		w.imap.Add(user, "Sent", sent("old@mail.test", "", "old"))
		tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 2*time.Second)
		l := live(t, tr, settings, nil)
		l.online(1)
		if wanted {
			l.await("a place in the folder", func() bool { return l.saved["sentbox"] != nil })
		}
		w.imap.Add(user, "Sent", sent(compose.StableID("account", "1", user), "", "ours"), sent("1@mail.test", "Subject: Lunch", "In-Reply-To: <0@x.test>", "", "one"))
		if !wanted {
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@x.test", "two")})
			if got := l.got(1); got[0].Text != "two" || slices.ContainsFunc(w.imap.Commands(), func(c string) bool { return c == "STATUS" }) {
				t.Errorf("%+v", got)
			}
			continue
		}
		m := l.got(1)[0]
		if !m.Own || m.Text != "one" || m.Chat.Name != "bob@other.test" || m.Ref != "1@mail.test" || m.ReplyTo != "0@x.test" || notes(m) != "Subject: Lunch|Also to carl@other.test" {
			t.Errorf("%+v", m)
		}
		if got, ok := email.ReadTrail(m.Trail); !ok || !got.Own || len(got.To) != 1 || got.To[0].Addr != "bob@other.test" {
			t.Errorf("%+v", got)
		}
		w.imap.Renumber(user, "Sent")
		again := live(t, tr, settings, l)
		again.online(1)
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@x.test", "two")})
		got := again.got(1)
		if got[0].Text != "two" || got[0].Own {
			t.Errorf("%+v", got)
		}
		w.imap.Drop(user)
		w.imap.Add(user, "Sent", sent("3@mail.test", "", "three"))
		if got := again.got(2); got[1].Text != "three" || len(again.fails) > 1 {
			t.Errorf("%+v, %v", got, again.fails)
		}
	}
}

// A connection that ends at a mail that was sent elsewhere loses it only where that
// happens each time.
func TestSaidElsewhereCut(t *testing.T) {
	t.Parallel()
	w := start(t)
	tr := w.transport(t, email.Config{})
	w.settings["elsewhere"] = "true"
	settings := settled(t, tr, w)
	tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 2*time.Second)
	l := live(t, tr, settings, nil)
	l.await("a place in the folder", func() bool { return l.saved["sentbox"] != nil })
	mail := func(id string, f mailtest.Fault) imaptest.Mail {
		return imaptest.Mail{Raw: incoming(id, "From: ann@mail.test", "To: bob@other.test", "", id), Fault: f}
	}
	w.imap.FailAfter("FETCH", 1, 1, mailtest.Fault{Cut: true})
	w.imap.Add(user, "Sent", mail("1@mail.test", mailtest.Fault{}), mail("2@mail.test", mailtest.Fault{Cut: true}), mail("3@mail.test", mailtest.Fault{}))
	if got := l.got(2); got[0].Text != "1@mail.test" || got[1].Text != "3@mail.test" {
		t.Errorf("%+v", got)
	}
}
