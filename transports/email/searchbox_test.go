package email_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// A mailbox is searched for words, in one folder; the newest mails that were found can
// be had as messages, as often as one likes. MAIL-I2
func TestSearchMailbox(t *testing.T) {
	t.Parallel()
	old := time.Now().Add(-1000 * time.Hour)
	w, tr, l := dwell(t, sorted(imaptest.Dovecot, imaptest.Folder{Name: "Archive/2025"}), func(w world) {
		for i := range 12 {
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", i), fmt.Sprintf("Subject: Möwe %d", i), "", "a bird"), Date: old.Add(time.Duration(i) * time.Hour)})
		}
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("b@other.test", "From: Carl <carl@other.test>", "", "a boat with a Möwe"), Date: old})
		w.imap.Add(user, "Archive/2025", imaptest.Mail{Raw: incoming("c@other.test", "Subject: Möwe in winter", "", "cold"), Date: old})
	})
	l.settledIn()
	search := func(words, where, folder string) (transports.Turn, error) {
		return answered(t, tr, "search-mailbox", l.place(transports.Address{}), "words", words, "where", where, "folder", folder)
	}
	labels := func(turn transports.Turn) (all []string) {
		for _, o := range turn.Form.Fields[0].Options {
			all = append(all, o.Label.String())
		}
		return all
	}
	turn, err := search("möwe bob", "", "INBOX")
	if err != nil || len(labels(turn)) != 10 || !strings.HasPrefix(labels(turn)[0], "Bob Brown <Bob@Other.test>: Möwe 11 (") || !strings.Contains(labels(turn)[9], "Möwe 2 (") {
		t.Fatalf("%+v, %v", turn, err)
	}
	for range 2 {
		got, err := turn.Next(t.Context(), l.place(transports.Address{}), transports.Settings{"mail": "1\n10"})
		if err != nil || len(got.Batch.Events) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		m := got.Batch.Events[0].(transports.Received).Message
		if m.Text != "a bird" || m.Subject != "Möwe 11" || m.Chat.Name != "bob@other.test" || !m.Delayed || m.Time.Unix() != old.Add(11*time.Hour).Unix() || m.Ref != "11@other.test" || len(m.Trail) == 0 || m.Introduce {
			t.Errorf("%+v", m)
		}
		if err := l.emit(t.Context(), got.Batch); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.got(4)); n != 4 {
		t.Errorf("%d messages came", n)
	}
	if turn, err := search("möwe", "text", ""); err != nil || !strings.HasPrefix(labels(turn)[0], "Carl <carl@other.test>: Hello (") {
		t.Errorf("in the text: %+v, %v", turn, err)
	}
	if turn, err := search("winter", "", "archive/2025"); err != nil || len(labels(turn)) != 1 {
		t.Errorf("in another folder: %+v, %v", turn, err)
	} else if got, err := turn.Next(t.Context(), l.place(transports.Address{}), transports.Settings{"mail": "1"}); err != nil || got.Batch.Events[0].(transports.Received).Message.Text != "cold" {
		t.Errorf("in another folder: %+v, %v", got, err)
	}
	if turn, err := search("nothing-of-the-kind", "", ""); err != nil || turn.Next != nil || turn.Said.IsZero() {
		t.Errorf("nothing: %+v, %v", turn, err)
	}
	if _, err := search("x", "", "Nowhere"); err == nil {
		t.Error("a folder that is not there is searched")
	}
	if _, err := search(" \r\n ", "", ""); err == nil {
		t.Error("nothing is searched for")
	}
	if _, err := turn.Next(t.Context(), l.place(transports.Address{}), transports.Settings{"mail": "11"}); err == nil {
		t.Error("there is no such mail")
	}
	w.imap.Fail("SEARCH", 1, mailtest.Fault{Reply: "NO [BADCHARSET] hunter2"})
	if _, err := search("möwe", "", ""); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.Unsupported || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("refused: %v", err)
	}
	if _, err := search("\x00a\"b)\r\nLOGOUT", "", ""); err != nil {
		t.Errorf("odd words: %v", err)
	}
}
