package email_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/message"
)

// A mail that does something to an earlier one says so, and also what is shown where
// that is not known. Nobody does it in another one's name, or in a list. MAIL-M2,
// MAIL-M3, MAIL-V1
func TestGestures(t *testing.T) {
	t.Parallel()
	react := func(whole bool, signs ...string) *transports.Gesture {
		return &transports.Gesture{Do: transports.React, To: []string{"0@x.test"}, Signs: signs, Whole: whole}
	}
	reaction := func(lines ...string) []byte {
		return incoming("1@x.test", append([]string{"In-Reply-To: <0@x.test>", "Content-Type: text/plain; charset=utf-8", "Content-Disposition: reaction"}, lines...)...)
	}
	edit := func(lines ...string) []byte {
		return incoming("1@x.test", append([]string{"Chat-Version: 1.0", "Chat-Edit: <0@x.test>", "In-Reply-To: <0@x.test>"}, lines...)...)
	}
	edits := func(text string) *transports.Gesture {
		return &transports.Gesture{Do: transports.Edit, To: []string{"0@x.test"}, Text: text}
	}
	doubtful, list := "Authentication-Results: mx.mail.test; dmarc=fail", "List-Id: <dev.x.test>"
	for name, tt := range map[string]struct {
		raw  []byte
		want *transports.Gesture
		text string
	}{
		"RFC 9078": {reaction("", "👍 ❤"), react(false, "👍", "❤"), "👍 ❤"},
		"Gmail": {incoming("1@x.test", "In-Reply-To: <0@x.test>", "MIME-Version: 1.0", `Content-Type: multipart/alternative; boundary="b"`, "",
			"--b", "Content-Type: text/plain; charset=utf-8", "", "👍 Bob reacted via Gmail", "--b", "Content-Type: text/vnd.google.email-reaction+json; charset=utf-8", "",
			`{"emoji":"👍","version":1}`, "--b", "Content-Type: text/html; charset=utf-8", "", "<p>👍 Bob reacted via Gmail", "--b--"), react(false, "👍"), "👍"},
		"a chat program":       {reaction("Chat-Version: 1.0", "", "👍"), react(true, "👍"), "👍"},
		"all taken back":       {reaction("Chat-Version: 1.0", "", ""), react(true), ""},
		"nothing":              {reaction("", ""), nil, ""},
		"a doubtful reaction":  {reaction(doubtful, "", "👍"), nil, "👍"},
		"a reaction in a list": {reaction(list, "", "👍"), nil, "👍"},
		"of two authors":       {reaction("From: bob@x.test, eve@x.test", "", "👍"), nil, "👍"},
		"an edit":              {edit("", "On 2025-03-27, bob@x.test wrote:", "> Hello wordl!", "", "✏️Hello world!", "And more."), edits("Hello world!\nAnd more."), ""},
		"a bare edit":          {edit("", "Hello world!"), edits("Hello world!"), "Hello world!"},
		"an edit of nothing":   {edit("", ""), nil, ""},
		"a doubtful edit":      {edit(doubtful, "", "Hello"), nil, "Hello"},
		"an edit in a list":    {edit(list, "", "Hello"), nil, "Hello"},
		"no chat program":      {incoming("1@x.test", "Chat-Edit: <0@x.test>", "", "Hello"), nil, "Hello"},
		"a deletion": {incoming("1@x.test", "Chat-Version: 1.0", "Chat-Delete: <0@x.test> <2@x.test>", "", "foo"),
			&transports.Gesture{Do: transports.Delete, To: []string{"0@x.test", "2@x.test"}}, "foo"},
		"a doubtful deletion": {incoming("1@x.test", "Chat-Version: 1.0", "Chat-Delete: <0@x.test>", doubtful, "", "foo"), nil, "foo"},
		"a mail":              {incoming("1@x.test", "Chat-Version: 1.0", "In-Reply-To: <0@x.test>", "", "foo"), nil, "foo"},
	} {
		s := asleep(t)
		email.SetServer(s, "mx.mail.test")
		m := converted(t, s, tt.raw)
		got, want := transports.Gesture{}, transports.Gesture{}
		if m.Gesture != nil {
			got = *m.Gesture
		}
		if tt.want != nil {
			want = *tt.want
		}
		if got.Do != want.Do || got.Text != want.Text || got.Whole != want.Whole || !slices.Equal(got.To, want.To) || !slices.Equal(got.Signs, want.Signs) || tt.text != "" && m.Text != tt.text {
			t.Errorf("%s: %+v, %q", name, got, m.Text)
		}
		if doubt := strings.Contains(notes(m), "not verified"); doubt != strings.Contains(name, "doubtful") {
			t.Errorf("%s: %s", name, notes(m))
		}
	}
	// It says nothing of what the next mail is known by.
	s := asleep(t)
	converted(t, s, reaction("", "👍"))
	if m := converted(t, s, incoming("3@x.test", "In-Reply-To: <0@x.test>", "", "hi")); notes(m) != "Subject: Hello" {
		t.Errorf("after a reaction: %s", notes(m))
	}
}

// A reaction goes to who is known to read them: all signs to chat programs, the new
// ones to others, where there are any. It marks nothing as answered. MAIL-M3
func TestReacts(t *testing.T) {
	t.Parallel()
	plain := theirs("parent@example.org", time.Hour, "root@example.org")
	chat, list, own := plain, plain, plain
	chat.Chat, own.Chat, own.Own = true, true, true
	list.List = true
	own.From, own.To = compose.Mailbox{Addr: user}, []compose.Mailbox{{Addr: "Bob@example.org"}}
	for name, tt := range map[string]struct {
		trail         *email.Trail
		knows         bool
		before, signs []string
		text          string
		kind          transports.ErrorKind
	}{
		"to nobody who reacts":      {trail: &plain, signs: []string{"👍"}, kind: transports.Unsupported},
		"to who reacted":            {trail: &plain, knows: true, signs: []string{"👍"}, text: "👍"},
		"one more":                  {trail: &plain, knows: true, before: []string{"👍"}, signs: []string{"👍", "❤"}, text: "❤"},
		"one less":                  {trail: &plain, knows: true, before: []string{"👍", "❤"}, signs: []string{"👍"}, kind: transports.Unsupported},
		"to a chat program":         {trail: &chat, signs: []string{"👍"}, text: "👍"},
		"one more to that":          {trail: &chat, before: []string{"👍"}, signs: []string{"👍", "❤"}, text: "❤ 👍"},
		"one less to that":          {trail: &chat, before: []string{"👍", "❤"}, signs: []string{"👍"}, text: "👍"},
		"none to that":              {trail: &chat, before: []string{"👍"}, text: ""},
		"to what the user wrote":    {trail: &own, signs: []string{"👍"}, text: "👍"},
		"in a list":                 {trail: &list, knows: true, signs: []string{"👍"}, kind: transports.Unsupported},
		"to what nobody knows here": {knows: true, signs: []string{"👍"}, kind: transports.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{})
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("parent@example.org", "lunch?"), Date: time.Now().Add(-time.Hour)})
			m := post("r1", bob, strings.Join(tt.signs, " "))
			m.Gesture = &transports.Gesture{Do: transports.React, Signs: tt.signs, Before: tt.before, Knows: tt.knows}
			if tt.trail != nil {
				m.ReplyTo, m.Trail = "parent@example.org", tt.trail.Encode()
			}
			s := w.open()
			w.run(s)
			if tt.kind != 0 {
				_, err := s.Send(t.Context(), m)
				if e := transports.AsError(err); e == nil || e.Kind != tt.kind || e.Text.IsZero() {
					t.Errorf("%v", err)
				}
				return
			}
			w.send(s, m)
			w.filed()
			got, err := message.Read(bytes.NewReader(w.last().Data))
			if err != nil {
				t.Fatal(err)
			}
			l := w.last()
			if got.Reaction == nil || got.Reaction.To != "parent@example.org" || strings.Join(got.Reaction.Signs, " ") != tt.text || (got.Chat() != nil) != tt.trail.Chat ||
				l.head.Get("Subject") != "Re: Lunch" || l.head.Get("Chat-Disposition-Notification-To") != "" || !slices.Equal(l.to, []string{"Bob@example.org"}) {
				t.Errorf("%+v\n%s", got.Reaction, l.Data)
			}
			for _, kept := range w.copies("INBOX") {
				if len(kept.Flags) > 0 {
					t.Errorf("marked: %v", kept.Flags)
				}
			}
		})
	}
}

// A correction of what a chat program has goes as its edit; who answers it, or corrects
// it again, does so to the mail that it was. MAIL-M2
func TestEdits(t *testing.T) {
	t.Parallel()
	own := theirs("parent@example.org", time.Hour, "root@example.org")
	own.Own, own.Chat, own.From, own.To = true, true, compose.Mailbox{Addr: user}, []compose.Mailbox{{Addr: "Bob@example.org"}}
	m := post("e1", bob, "* at nine")
	m.Corrects, m.ReplyTo, m.Trail = true, "parent@example.org", own.Encode()
	w := newLetters(t, setting{})
	sent := w.send(w.open(), m)
	got, err := message.Read(bytes.NewReader(w.last().Data))
	if err != nil {
		t.Fatal(err)
	}
	if chat := got.Chat(); chat == nil || chat.Edits != "parent@example.org" || chat.Receipt != nil || got.WholeText() != "✏️at nine" || got.Parent() != "parent@example.org" ||
		string(sent.Trail) != string(m.Trail) || sent.IDs[0] == "parent@example.org" {
		t.Errorf("%s\n%s", sent.Trail, w.last().Data)
	}
	came := converted(t, asleep(t), w.last().Data)
	if g := came.Gesture; g == nil || g.Do != transports.Edit || g.Text != "at nine" {
		t.Errorf("comes as %+v", g)
	}
	// Of a mail that is several messages the others would be gone.
	several := post("s1", bob, "at seven\nbring bread")
	several.Gathered, several.ReplyTo, several.Trail = true, "parent@example.org", own.Encode()
	sent = w.send(w.open(), several)
	m.ReplyTo, m.Trail, m.ID = sent.IDs[0], sent.Trail, "e2"
	w.send(w.open(), m)
	if l := w.last(); l.head.Get("Chat-Edit") != "" || l.head.Get("Chat-Version") == "" || l.text != "Correction: at nine" {
		t.Errorf("%s", l.Data)
	}
}
