package email_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

// Whatever breaks, and whenever the gateway ends: each message becomes one mail,
// by its Message-ID, and that has one copy in Sent.
func TestOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			once(t, rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

func once(t *testing.T, r *rand.Rand) {
	itself := r.IntN(2) == 0
	set := setting{files: map[string]string{}}
	if itself {
		set.deliver = func(s *imaptest.Server, m smtptest.Message) {
			if !slices.ContainsFunc(s.Mails(user, "Sent"), func(there imaptest.Mail) bool { return string(there.Raw) == string(m.Data) }) {
				s.Add(user, "Sent", imaptest.Mail{Raw: m.Data}) // as Gmail, which keeps one of each Message-ID
			}
		}
	}
	w := newLetters(t, set)
	one := func(steps []string, fail func(string, int, mailtest.Fault), faults ...mailtest.Fault) {
		for range r.IntN(4) {
			fail(steps[r.IntN(len(steps))], 1, faults[r.IntN(len(faults))])
		}
	}
	cut, lost := mailtest.Fault{Cut: true}, mailtest.Fault{Work: true, Cut: true}
	s := w.open()
	stop := w.run(s)
	ids := map[string]bool{}
	for i := range 8 {
		m := post(fmt.Sprint("m", i), bob, fmt.Sprint("text ", i))
		one([]string{"MAIL", "RCPT", "DATA", "MESSAGE"}, w.smtp.Fail, cut, lost, mailtest.Fault{Reply: "451 4.3.0 later"})
		one([]string{"LIST", "SELECT", "EXAMINE", "SEARCH", "APPEND"}, w.imap.Fail, cut, lost)
		for sent := false; !sent; {
			w.sending.Lock()
			got, err := s.Send(t.Context(), m)
			if e := transports.AsError(err); e != nil && !e.Temporary() && !e.Unsure {
				t.Errorf("%v", err)
			}
			crash := r.IntN(3) == 0
			if sent = err == nil && !(crash && r.IntN(2) == 0); sent {
				ids[got.IDs[0]] = true
				w.keep(got)
			}
			w.sending.Unlock()
			if crash {
				stop()
				s = w.open()
				stop = w.run(s)
			}
		}
	}
	w.filed()
	w.smtp.Heal()
	w.imap.Heal()
	stop()
	w.run(w.open())
	w.filed()
	of := func(raw []byte) string {
		_, after, _ := strings.Cut(string(raw), "Message-ID: <")
		id, _, _ := strings.Cut(after, ">")
		return id
	}
	whole := map[string]string{}
	for _, m := range w.smtp.Messages() {
		id := of(m.Data)
		if before, ok := whole[id]; ok && before != string(m.Data) || !ids[id] {
			t.Errorf("another mail of %s: %s", id, m.Data)
		}
		whole[id] = string(m.Data)
	}
	copies := map[string]int{}
	for _, m := range w.copies("Sent") {
		copies[of(m.Raw)]++
	}
	for id := range ids {
		if whole[id] == "" || copies[id] != 1 {
			t.Errorf("%s: %d copies; itself %v, %s", id, copies[id], itself, w.state()["files"])
		}
	}
	if len(ids) != 8 || len(copies) != 8 {
		t.Errorf("%d mails, %d copies", len(ids), len(copies))
	}
}
