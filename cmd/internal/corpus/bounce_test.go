package corpus_test

import (
	"bytes"
	"strings"
	"testing"

	"wherry/cmd/internal/corpus"
	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/message"
)

// TestBounces: of the reports by which other projects test how they find out what
// became of mail, most are understood; some are answers of people, or tell nobody's
// address. Nothing else is taken for one that is not. MAIL-E1
func TestBounces(t *testing.T) {
	t.Parallel()
	known, all := 0, 0
	for _, mail := range mails(t) {
		m, err := message.Read(bytes.NewReader(mail.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if mail.Source == "flufl.bounce" || mail.Source == "libmail-deliverystatus-bounceparser-perl" {
			if all++; m.Report != nil {
				known++
			}
		} else if m.Report != nil && !m.Report.Standard {
			t.Errorf("%s is taken for a report: %+v", mail, m.Report)
		}
	}
	t.Logf("%d of %d reports are understood", known, all)
	if known < all*3/4 {
		t.Errorf("%d of %d reports are understood", known, all)
	}
}

// TestOwnBounces: were these reports about mail of ours, they would be told as what
// became of that, and not as mails.
func TestOwnBounces(t *testing.T) {
	t.Parallel()
	own := compose.StableID("account", "1", user)
	var reports []corpus.Mail
	for _, mail := range mails(t) {
		m, err := message.Read(bytes.NewReader(mail.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if m.Report == nil || m.Report.MessageID == "" {
			continue
		}
		mail.Raw = bytes.ReplaceAll(mail.Raw, []byte(m.Report.MessageID), []byte(own))
		if m, err = message.Read(bytes.NewReader(mail.Raw)); err != nil || m.Report == nil || m.Report.MessageID != own {
			continue // it stands there in another spelling
		}
		reports = append(reports, mail)
	}
	t.Logf("%d reports name the mail", len(reports))
	server := imaptest.New(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.TLS}})
	server.AddUser(user, imaptest.Account{Password: secret})
	l := live(t, email.Config{Roots: server.Roots(), AllowPrivateHosts: true}, settings(user, secret, server.Addr(), server.Addr()))
	for _, mail := range reports {
		server.Add(user, "INBOX", imaptest.Mail{Raw: crlf(mail.Raw)})
	}
	for _, mail := range reports {
		events := l.mail().Events
		if len(events) == 0 {
			t.Errorf("%s says nothing", mail)
		}
		for _, ev := range events {
			switch ev := ev.(type) {
			case transports.Status:
				if ev.ID != own || !contact(ev.Chat) || (ev.State == transports.Failed) != (ev.Err != nil) || ev.Err != nil && !shown(ev.Err.Text.String()) {
					t.Errorf("%s: %+v", mail, ev)
				}
			case transports.Told:
				if !strings.Contains(ev.ID, own) || !contact(ev.Chat) || !shown(ev.Text.String()) {
					t.Errorf("%s: %+v", mail, ev)
				}
			default:
				t.Errorf("%s: %+v", mail, ev)
			}
		}
	}
}
