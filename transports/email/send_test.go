package email_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
	"wherry/transports/email/message"
)

var _ transports.Finder = (*email.Session)(nil)

const bob = "bob@example.org"

// theirs is the trail of a mail of Bob's, who spells his address in his own way.
func theirs(id string, age time.Duration, before ...string) email.Trail {
	return email.Trail{
		ID: id, References: before, Subject: "Lunch", Time: written.Add(-age),
		From: compose.Mailbox{Name: "Bob", Addr: "Bob@example.org"},
	}
}

// MAIL-T12, MAIL-D1, MAIL-S1
func TestSend(t *testing.T) {
	t.Parallel()
	w := newLetters(t, setting{more: transports.Settings{"name": "Ann Lee"}})
	s := w.open()
	w.run(s)
	sent := w.send(s, post("m1", bob, "Hello Bob,\nhow are you?"))
	m := w.last()
	id := strings.Trim(m.head.Get("Message-ID"), "<>")
	if m.From != user || !slices.Equal(m.to, []string{bob}) || m.head.Get("From") != "Ann Lee <ann@mail.test>" ||
		m.head.Get("Subject") != "Hello Bob," || m.text != "Hello Bob,\r\nhow are you?" || m.head.Get("In-Reply-To") != "" || m.head.Get("Chat-Version") != "" {
		t.Errorf("%s", m.Data)
	}
	if at, err := m.head.Date(); err != nil || !at.Equal(written) {
		t.Errorf("dated %v, %v", at, err)
	}
	if !slices.Equal(m.Message.To[0].Notify, []string{"FAILURE", "DELAY"}) || m.Envelope != id || m.Return != "HDRS" {
		t.Errorf("reports: %+v", m.Message)
	}
	if !slices.Equal(sent.IDs, []string{id}) || sent.Thread != message.ThreadID(accountKey, id) || sent.Echoes {
		t.Errorf("%+v, of %s", sent, id)
	}
	got, ok := email.ReadTrail(sent.Trail)
	if !ok || !got.Own || got.ID != id || got.Subject != "Hello Bob," || !got.Time.Equal(written) || len(got.References) != 0 || got.As != "" {
		t.Errorf("trail %+v", got)
	}
	w.filed()
	copies := w.copies("Sent")
	if len(copies) != 1 || string(copies[0].Raw) != string(m.Data) || !slices.Equal(copies[0].Flags, []string{`\Seen`}) || !copies[0].Date.Equal(written) {
		t.Errorf("copies %+v", copies)
	}
}

// MAIL-A1, MAIL-A6, MAIL-H2, MAIL-H4, MAIL-P2, MAIL-L2, MAIL-V2, MAIL-M2
func TestParent(t *testing.T) {
	t.Parallel()
	const root, parent = "root@example.org", "parent@example.org"
	fresh, old, list := theirs(parent, time.Hour, root), theirs(parent, 25*time.Hour, root), theirs(parent, time.Hour, root)
	list.List, list.To = true, []compose.Mailbox{{Addr: "post@lists.example.org"}}
	quoted, odd := fresh, fresh
	quoted.From.Addr, odd.From.Addr = `"A b"@example.org`, `" a"@example.org`
	replyTo, alias, foreign, chat, own := fresh, fresh, fresh, fresh, fresh
	replyTo.To = []compose.Mailbox{{Addr: "desk@example.net"}}
	alias.As, foreign.As, chat.Chat = "Lee@mail.test", "eve@example.net", true
	own.Own, own.From, own.To = true, compose.Mailbox{Addr: user}, []compose.Mailbox{{Name: "Bob", Addr: "BOB@example.org"}}
	with := func(m transports.Message, f func(*transports.Message)) transports.Message { f(&m); return m }
	reply := func(m *transports.Message) { m.ReplyTo = parent }
	thread := func(m *transports.Message) { m.Thread = "t" }
	for name, tt := range map[string]struct {
		trail   email.Trail
		m       transports.Message
		answers bool
		subject string
		to      string
		text    string
		check   func(letter) bool
	}{
		"newest, young": {trail: fresh, m: post("1", bob, "yes"), answers: true, subject: "Re: Lunch", to: "Bob@example.org"},
		"newest, old":   {trail: old, m: post("1", bob, "yes"), subject: "yes", to: "Bob@example.org"},
		"old, answered": {trail: old, m: with(post("1", bob, "yes"), reply), answers: true, subject: "Re: Lunch", to: "Bob@example.org"},
		"old, thread":   {trail: old, m: with(post("1", bob, "yes"), thread), answers: true, subject: "Re: Lunch", to: "Bob@example.org"},
		"other contact": {trail: fresh, m: post("1", "carl@example.org", "yes"), answers: true, subject: "Re: Lunch", to: "carl@example.org"},
		"subject line": {trail: fresh, m: with(post("1", bob, "Subject: Dinner\nAt eight?"), reply),
			subject: "Dinner", to: "Bob@example.org", text: "At eight?"},
		"subject in German": {trail: fresh, m: post("1", bob, "Betreff: Essen\n\nUm acht?"), subject: "Essen", to: "Bob@example.org", text: "Um acht?"},
		"subject":           {trail: fresh, m: with(post("1", bob, "At eight?"), func(m *transports.Message) { m.Subject = "Dinner" }), subject: "Dinner", to: "Bob@example.org"},
		"the same subject": {trail: fresh, m: with(post("1", bob, "yes"), func(m *transports.Message) { m.Subject, m.ReplyTo = "RE: lunch", parent }),
			answers: true, subject: "Re: Lunch", to: "Bob@example.org"},
		"list":              {trail: list, m: post("1", "list.example.org", "yes"), subject: "yes", to: "post@lists.example.org"},
		"list, answered":    {trail: list, m: with(post("1", "list.example.org", "yes"), reply), answers: true, subject: "Re: Lunch", to: "post@lists.example.org"},
		"Reply-To":          {trail: replyTo, m: post("1", bob, "yes"), answers: true, subject: "Re: Lunch", to: "Bob@example.org"},
		"Reply-To answered": {trail: replyTo, m: with(post("1", bob, "yes"), reply), answers: true, subject: "Re: Lunch", to: "desk@example.net"},
		"alias": {trail: alias, m: post("1", bob, "yes"), answers: true, subject: "Re: Lunch", to: "Bob@example.org",
			check: func(l letter) bool {
				return l.From == "Lee@mail.test" && strings.Contains(l.head.Get("From"), "Lee@mail.test")
			}},
		"no alias of ours": {trail: foreign, m: post("1", bob, "yes"), answers: true, subject: "Re: Lunch", to: "Bob@example.org",
			check: func(l letter) bool { return l.From == user }},
		"chat program": {trail: chat, m: post("1", bob, "yes"), answers: true, subject: "Re: Lunch", to: "Bob@example.org",
			check: func(l letter) bool {
				return l.head.Get("Chat-Version") == "1.0" && l.head.Get("Chat-Disposition-Notification-To") != ""
			}},
		"own": {trail: own, m: post("1", bob, "and bread"), answers: true, subject: "Re: Lunch", to: "BOB@example.org"},
		"correction": {trail: own, m: with(post("1", bob, "* Subject: Dinner\nat nine"), func(m *transports.Message) { m.Corrects = true }),
			answers: true, subject: "Re: Lunch", to: "BOB@example.org", text: "Correction: at nine"},
		"quoted": {trail: quoted, m: post("1", "a b@example.org", "yes"), answers: true, subject: "Re: Lunch", to: `"A b"@example.org`},
		"stood in for": {trail: odd, m: with(post("1", "", "yes"), func(m *transports.Message) { m.Chat = email.Person(&email.Transport{}, odd.From.Addr) }),
			answers: true, subject: "Re: Lunch", to: odd.From.Addr},
		"action": {trail: fresh, m: with(post("1", bob, "waves"), func(m *transports.Message) { m.Style = transports.Act }),
			answers: true, subject: "Re: Lunch", to: "Bob@example.org", text: "* Ann waves"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{more: transports.Settings{"name": "Ann", "aliases": "lee@mail.test"}})
			tt.m.Trail = tt.trail.Encode()
			sent := w.send(w.open(), tt.m)
			m := w.last()
			id := strings.Trim(m.head.Get("Message-ID"), "<>")
			want := tt.text
			if want == "" {
				want = tt.m.Text
			}
			if m.head.Get("Subject") != tt.subject || !slices.Equal(m.to, []string{tt.to}) || m.text != want {
				t.Errorf("%s", m.Data)
			}
			thread, replies, references := message.ThreadID(accountKey, id), "", ""
			if tt.answers {
				thread, replies, references = message.ThreadID(accountKey, root), "<"+parent+">", "<"+root+"> <"+parent+">"
			}
			if sent.Thread != thread || m.head.Get("In-Reply-To") != replies || m.head.Get("References") != references {
				t.Errorf("thread %q:\n%s", sent.Thread, m.Data)
			}
			if tt.check != nil && !tt.check(m) {
				t.Errorf("%s", m.Data)
			}
		})
	}
}

// MAIL-L2, MAIL-F6, MAIL-O2
func TestSendRefused(t *testing.T) {
	t.Parallel()
	shut := theirs("p@example.org", time.Hour)
	shut.List = true
	for name, tt := range map[string]struct {
		m    transports.Message
		kind transports.ErrorKind
	}{
		"shut list":     {transports.Message{ID: "1", Chat: transports.Address{Name: "list.example.org"}, Text: "x", ReplyTo: "p", Trail: shut.Encode()}, transports.NotAllowed},
		"stand-in":      {post("1", "x-abcdefghijklmnop@example.org", "x"), transports.NotFound},
		"unknown list":  {post("1", "list.example.org", "x"), transports.NotAllowed},
		"nothing":       {post("1", bob, " \n"), transports.Incomplete},
		"only a title":  {post("1", bob, "Subject: Lunch"), transports.Incomplete},
		"no address":    {post("1", "bob@a..b", "x"), transports.Malformed},
		"in two lines":  {post("1", "bob@example.org\r\nRCPT TO:<eve@example.org>", "x"), transports.Malformed},
		"encrypted":     {transports.Message{ID: "1", Chat: transports.Address{Name: bob}, Attachments: []transports.Attachment{{Ref: "aesgcm://a.example/f#0"}}}, transports.Impossible},
		"no link":       {transports.Message{ID: "1", Chat: transports.Address{Name: bob}, Attachments: []transports.Attachment{{Ref: "file:///etc/passwd"}}}, transports.Unfit},
		"several words": {post("1", "a b", "x"), transports.NotAllowed},
	} {
		w := newLetters(t, setting{})
		if tt.m.Time.IsZero() {
			tt.m.Time = written
		}
		_, err := w.open().Send(t.Context(), tt.m)
		if e := transports.AsError(err); e == nil || e.Kind != tt.kind || e.Text.IsZero() || e.Unsure {
			t.Errorf("%s: %v", name, err)
		}
		if n := w.smtp.Stats().Dials; n != 0 {
			t.Errorf("%s: %d connections", name, n)
		}
	}
}
