package email_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/message"
	"wherry/transports/email/smtptest"
)

// What goes wrong while a mail is handed over tells whether it may have been sent.
// The next try, by another process, sends the same mail. MAIL-K4
func TestSendCut(t *testing.T) {
	t.Parallel()
	cut := mailtest.Fault{Cut: true}
	for name, tt := range map[string]struct {
		step   string
		fault  mailtest.Fault
		kind   transports.ErrorKind
		unsure bool
		there  int // mails that the server has then
	}{
		"connect":            {step: mailtest.Connect, fault: cut, kind: transports.Unreachable},
		"greeting":           {step: "GREETING", fault: cut, kind: transports.Unreachable},
		"greeting busy":      {step: "GREETING", fault: mailtest.Fault{Reply: "421 4.3.2 hunter2", Cut: true}, kind: transports.Busy},
		"EHLO":               {step: "EHLO", fault: cut, kind: transports.Unreachable},
		"AUTH":               {step: "AUTH", fault: cut, kind: transports.Unreachable},
		"AUTH refused":       {step: "AUTH", fault: mailtest.Fault{Reply: "535 5.7.8 hunter2"}, kind: transports.Credentials},
		"AUTH later":         {step: "AUTH", fault: mailtest.Fault{Reply: "454 4.7.0 hunter2"}, kind: transports.Busy},
		"MAIL":               {step: "MAIL", fault: cut, kind: transports.Unreachable},
		"MAIL refused":       {step: "MAIL", fault: mailtest.Fault{Reply: "553 5.7.1 no"}, kind: transports.Forbidden},
		"MAIL, log in":       {step: "MAIL", fault: mailtest.Fault{Reply: "530 5.7.0 no"}, kind: transports.Credentials},
		"RCPT":               {step: "RCPT", fault: cut, kind: transports.Unreachable},
		"RCPT and shut":      {step: "RCPT", fault: mailtest.Fault{Work: true, Cut: true}, kind: transports.Unreachable},
		"RCPT later":         {step: "RCPT", fault: mailtest.Fault{Reply: "450 4.7.1 Greylisted"}, kind: transports.Busy},
		"RCPT unknown":       {step: "RCPT", fault: mailtest.Fault{Reply: "550 5.1.1 no"}, kind: transports.NotFound},
		"DATA":               {step: "DATA", fault: cut, kind: transports.Unreachable},
		"DATA refused":       {step: "DATA", fault: mailtest.Fault{Reply: "554 5.7.1 no"}, kind: transports.Forbidden},
		"its data":           {step: "DATA", fault: mailtest.Fault{Reply: "354 go on", Cut: true}, kind: transports.Unreachable, unsure: true},
		"end":                {step: "MESSAGE", fault: cut, kind: transports.Unreachable, unsure: true},
		"end, but taken":     {step: "MESSAGE", fault: mailtest.Fault{Work: true, Cut: true}, kind: transports.Unreachable, unsure: true, there: 1},
		"end refused":        {step: "MESSAGE", fault: mailtest.Fault{Reply: "554 5.7.1 spam"}, kind: transports.Forbidden},
		"end later":          {step: "MESSAGE", fault: mailtest.Fault{Reply: "451 4.3.0 later"}, kind: transports.Busy},
		"too many":           {step: "MESSAGE", fault: mailtest.Fault{Reply: "421 4.7.28 slow down"}, kind: transports.Busy},
		"no mail server":     {step: "GREETING", fault: mailtest.Fault{Reply: "HTTP/1.1 200 OK"}, kind: transports.Unreachable},
		"end, but not heard": {step: "MESSAGE", fault: mailtest.Fault{Work: true, Reply: "421 4.3.0 bye"}, kind: transports.Busy, there: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{})
			w.smtp.Fail(tt.step, 1, tt.fault)
			m := post("m1", bob, "one")
			m.Trail = theirs("p@example.org", time.Hour).Encode()
			sent, err := w.open().Send(t.Context(), m)
			e := transports.AsError(err)
			if e == nil || e.Kind != tt.kind || e.Unsure != tt.unsure || strings.Contains(err.Error(), secret) || len(sent.IDs)+len(sent.Saves) > 0 {
				t.Fatalf("%+v, %v", sent, err)
			}
			if later := e.After > 0; later != (e.Kind == transports.Busy) {
				t.Errorf("after %v", e.After)
			}
			if n := len(w.smtp.Messages()); n != tt.there {
				t.Errorf("%d mails", n)
			}
			s := w.open()
			w.run(s)
			w.send(s, m)
			w.filed()
			all := w.posted()
			if len(all) != tt.there+1 || string(all[0].Data) != string(all[len(all)-1].Data) || len(w.copies("Sent")) != 1 {
				t.Errorf("%d mails, %d copies", len(all), len(w.copies("Sent")))
			}
		})
	}
}

// One connection serves mails in turn, and is closed when nobody needs it. MAIL-K5
func TestOneConnection(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	stop := w.run(s)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := s.Send(t.Context(), post(fmt.Sprint("m", i), bob, "x")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := w.smtp.Stats(); got.Dials != 1 || got.Peak != 1 || got.Open != 1 {
		t.Errorf("%+v", got)
	}
	stop()
	gone := func(got smtptest.Stats) bool { return got.Open == 0 }
	if err := w.smtp.Wait(t.Context(), gone); err != nil {
		t.Error(err)
	}
	if got := w.smtp.Stats(); got.Commands["QUIT"] != 1 {
		t.Errorf("%+v", got)
	}
	// While nothing runs, none is kept.
	w.send(s, post("m9", bob, "x"))
	if err := w.smtp.Wait(t.Context(), gone); err != nil || w.smtp.Stats().Dials != 2 {
		t.Errorf("%v, %+v", err, w.smtp.Stats())
	}
	w.tr.SetIdle(time.Millisecond)
	w.run(s)
	w.send(s, post("m10", bob, "x"))
	if err := w.smtp.Wait(t.Context(), gone); err != nil {
		t.Error(err)
	}
}

// A connection that died while it waited costs nothing, and a mail is not sent
// twice by that. MAIL-K5
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		step  string
		fault mailtest.Fault
		fails bool
	}{
		"shut":        {"MAIL", mailtest.Fault{Cut: true}, false},
		"late":        {"MAIL", mailtest.Fault{Reply: "421 4.4.2 timeout", Cut: true}, false},
		"refused":     {"MAIL", mailtest.Fault{Reply: "451 4.3.0 later"}, true},
		"at the end":  {"MESSAGE", mailtest.Fault{Cut: true}, true},
		"at its data": {"DATA", mailtest.Fault{Cut: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{})
			s := w.open()
			w.run(s)
			w.send(s, post("m1", bob, "x"))
			w.smtp.Fail(tt.step, 1, tt.fault)
			_, err := s.Send(t.Context(), post("m2", bob, "y"))
			if tt.fails != (err != nil) {
				t.Error(err)
			}
			want := 2
			if tt.fails {
				want = 1
			}
			if n := len(w.smtp.Messages()); n != want {
				t.Errorf("%d mails", n)
			}
		})
	}
}

// Whom a mail does not reach is told, where somebody else gets it. MAIL-E4
func TestPartlyRefused(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	w.run(s)
	tr := theirs("p@example.org", time.Hour)
	tr.To = []compose.Mailbox{{Addr: "one@example.net"}, {Addr: "two@example.net"}}
	m := post("m1", bob, "x")
	m.Trail, m.ReplyTo = tr.Encode(), "p@example.org"
	w.smtp.Answer("two@example.net", "550 5.1.1 no such user", -1)
	w.send(s, m)
	w.await("the word", func() bool {
		return slices.ContainsFunc(w.events, func(ev transports.Event) bool {
			told, ok := ev.(transports.Told)
			return ok && told.Chat == m.Chat && strings.Contains(told.Text.String(), "two@example.net") && told.ID != ""
		})
	})
	w.smtp.Answer("one@example.net", "450 4.7.1 later", -1)
	m.ID = "m2"
	if _, err := s.Send(t.Context(), m); transports.AsError(err).Kind != transports.NotFound {
		t.Error(err)
	}
}

// Who gives up waiting is answered at once; a deadline does not cut short what the
// server is asked at the end of a mail.
func TestSendEnds(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	hold := make(chan struct{})
	w.smtp.Fail("MESSAGE", 1, mailtest.Fault{Hold: hold})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() { _, err := s.Send(ctx, post("m1", bob, "x")); done <- err }()
	if err := w.smtp.Wait(t.Context(), func(s smtptest.Stats) bool { return s.Commands["MESSAGE"] == 1 }); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.smtp.Fail("MESSAGE", 1, mailtest.Fault{Hold: make(chan struct{})})
	ctx, cancel = context.WithCancel(t.Context())
	go func() { _, err := s.Send(ctx, post("m2", bob, "x")); done <- err }()
	if err := w.smtp.Wait(t.Context(), func(s smtptest.Stats) bool { return s.Commands["MESSAGE"] == 2 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !transports.AsError(err).Unsure {
		t.Error(err)
	}
}

// A message that may have been sent is looked for where the provider keeps what it
// was handed. MAIL-K4
func TestFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files string
		work  bool
		kind  transports.ErrorKind
	}{
		{"there", "yes " + mailtest.Host, true, 0},
		{"not there", "yes " + mailtest.Host, false, 0},
		{"nobody knows", "no " + mailtest.Host, true, transports.Unsupported},
		{"not found out", "", true, transports.Unsupported},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{files: map[string]string{"files": tt.files}, deliver: filesItself("Sent")})
			w.smtp.Fail("MESSAGE", 1, mailtest.Fault{Work: tt.work, Cut: true})
			s := w.open()
			m := post("m1", bob, "one")
			if _, err := s.Send(t.Context(), m); !transports.AsError(err).Unsure {
				t.Fatal(err)
			}
			w.run(s)
			got, err := s.Find(t.Context(), m, written, func(string) bool { return false })
			switch {
			case tt.kind != 0:
				if transports.AsError(err).Kind != tt.kind {
					t.Error(err)
				}
			case err != nil || (got != nil) != tt.work:
				t.Errorf("%+v, %v", got, err)
			case got != nil && (got.IDs[0] != strings.Trim(w.last().head.Get("Message-ID"), "<>") || got.Thread == "" || len(got.Trail) == 0 || len(got.Saves) > 0):
				t.Errorf("%+v", got)
			}
			if tt.work && tt.kind == 0 {
				if got, err := s.Find(t.Context(), m, written, func(string) bool { return true }); got != nil || err != nil {
					t.Errorf("another's: %+v, %v", got, err)
				}
			}
		})
	}
	w := newLetters(t, setting{files: map[string]string{"files": "yes " + mailtest.Host}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.open().Find(ctx, post("m1", bob, "x"), written, nil); transports.AsError(err).Kind != transports.Unreachable {
		t.Error(err)
	}
}

// Two conversations with one contact go on beside each other, and each mail refers
// to all of its own before it. MAIL-H3, MAIL-H6
func TestInterleaved(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	w.run(s)
	type thread struct {
		name  string
		trail []byte
		ids   []string
	}
	threads := []*thread{{name: "one"}, {name: "two"}}
	for i := range 5 {
		for _, th := range threads {
			m := post(fmt.Sprint(th.name, i), bob, fmt.Sprint(th.name, " ", i))
			m.Trail = th.trail
			if i > 0 {
				m.Thread = message.ThreadID(accountKey, th.ids[0])
			}
			sent := w.send(s, m)
			th.trail, th.ids = sent.Trail, append(th.ids, sent.IDs[0])
			if sent.Thread != message.ThreadID(accountKey, th.ids[0]) {
				t.Errorf("%s %d is in %s", th.name, i, sent.Thread)
			}
			got := w.last()
			var want []string
			for _, id := range th.ids[:i] {
				want = append(want, "<"+id+">")
			}
			if refs := strings.Fields(got.head.Get("References")); !slices.Equal(refs, want) {
				t.Errorf("%s %d refers to %q, not %q", th.name, i, refs, want)
			}
			if subject := got.head.Get("Subject"); i > 0 && subject != "Re: "+th.name+" 0" {
				t.Errorf("subject %q", subject)
			}
		}
	}
}

// A chain of any length keeps its root. MAIL-H3
func TestLongChain(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{})
	s := w.open()
	w.run(s)
	var trail []byte
	root := ""
	for i := range 40 {
		m := post(fmt.Sprint("m", i), bob, "x")
		m.Trail = trail
		sent := w.send(s, m)
		if trail = sent.Trail; i == 0 {
			root = sent.IDs[0]
		}
		if sent.Thread != message.ThreadID(accountKey, root) || len(trail) > transports.TrailMost {
			t.Fatalf("%d: %+v", i, sent)
		}
	}
	refs := strings.Fields(w.last().head.Get("References"))
	if len(refs) != 20 || refs[0] != "<"+root+">" {
		t.Errorf("%q", refs)
	}
}

// Nothing that people write, nor what others wrote into the mail that is answered,
// gets into the dialogue or the header. MAIL-V5
func TestNoInjection(t *testing.T) {
	t.Parallel()
	const evil = "a\r\nBcc: eve@example.org\r\n\r\nX-Evil: 1\n.\r\nMAIL FROM:<eve@example.org>\x00\u2028"
	w := newLetters(t, setting{more: transports.Settings{"name": evil}})
	s := w.open()
	w.run(s)
	tr := email.Trail{
		ID: "p@example.org" + evil, References: []string{"r@example.org", "<" + evil + ">"}, Subject: evil, Time: written,
		From: compose.Mailbox{Name: evil, Addr: bob}, Chat: true,
	}
	for i, m := range []transports.Message{
		{Subject: evil, Text: evil},
		{Text: "Subject: " + evil},
		{Text: evil, Trail: tr.Encode(), ReplyTo: "p"},
		{Text: evil, Trail: tr.Encode(), Corrects: true},
	} {
		m.ID, m.Chat, m.Time = fmt.Sprint("m", i, evil), transports.Address{Kind: transports.Contact, Name: bob}, written
		w.send(s, m)
	}
	w.filed()
	for _, m := range w.posted() {
		if m.head.Get("Bcc")+m.head.Get("X-Evil") != "" || m.From != user || !slices.Equal(m.to, []string{bob}) || strings.Count(string(m.Data), "\r\n\r\n") < 1 {
			t.Errorf("%s", m.Data)
		}
	}
	if got := w.smtp.Stats().Commands; got["MAIL"] != 4 || got["RCPT"] != 4 {
		t.Errorf("%v", got)
	}
	if n := len(w.copies("Sent")); n != 4 {
		t.Errorf("%d copies", n)
	}
	m := post("m9", bob, "x")
	bad := tr
	bad.To = []compose.Mailbox{{Addr: "eve@example.org>\r\nDATA\r\n"}}
	m.Trail, m.ReplyTo = bad.Encode(), "p"
	if _, err := s.Send(t.Context(), m); transports.AsError(err).Kind != transports.Malformed {
		t.Error(err)
	}
}
