package email_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/transports"
)

// What belongs together is one mail: a line each, paragraphs apart, files at the end.
// MAIL-H6
func TestGather(t *testing.T) {
	t.Parallel()
	text := func(s string) transports.Message { return post(s, bob, s) }
	with := func(m transports.Message, f func(*transports.Message)) transports.Message { f(&m); return m }
	file := func(s string) transports.Message {
		return with(text(s), func(m *transports.Message) { m.Attachments = []transports.Attachment{{Ref: "https://x.test/a"}} })
	}
	subject := func(s, of string) transports.Message {
		return with(text(s), func(m *transports.Message) { m.Subject = of })
	}
	thread := func(s, of string) transports.Message {
		return with(text(s), func(m *transports.Message) { m.Thread = of })
	}
	s := newLetters(t, setting{more: transports.Settings{"quiet": "20"}}).open()
	if s.Quiet() != 20*time.Second {
		t.Errorf("quiet for %s", s.Quiet())
	}
	for _, tt := range []struct {
		ms    []transports.Message
		n     int
		text  string
		files int
	}{
		{[]transports.Message{text("one")}, 1, "one", 0},
		{[]transports.Message{text("one"), text("two"), text("three")}, 3, "one\ntwo\nthree", 0},
		{[]transports.Message{text("one"), text("two\nthree"), text("four"), text("five")}, 4, "one\n\ntwo\nthree\n\nfour\nfive", 0},
		{[]transports.Message{text("Subject: Tea"), text("At four?"), text("Or five?")}, 3, "Subject: Tea\nAt four?\nOr five?", 0},
		{[]transports.Message{subject("one", "Tea"), subject("two", "tea"), text("three"), subject("four", "Rum")}, 3, "one\ntwo\nthree", 0},
		{[]transports.Message{text("Subject: Tea\none"), text("Subject: Tea\ntwo"), text("Subject: Rum\nthree")}, 2, "Subject: Tea\none\ntwo", 0},
		{[]transports.Message{text("one"), subject("two", "Rum")}, 1, "one", 0},
		{[]transports.Message{thread("one", "t"), text("two"), thread("three", "t"), thread("four", "u")}, 3, "one\ntwo\nthree", 0},
		{[]transports.Message{text("one"), thread("two", "t")}, 1, "one", 0},
		{[]transports.Message{text("one"), text("two"), file(""), file(""), text("three")}, 4, "one\ntwo", 2},
		{[]transports.Message{file("one"), file(""), file("two")}, 2, "one", 2},
		{[]transports.Message{text("one"), with(text("waves"), func(m *transports.Message) { m.Style = transports.Act })}, 1, "one", 0},
		{[]transports.Message{with(text("waves"), func(m *transports.Message) { m.Style = transports.Act }), text("one")}, 1, "waves", 0},
		{[]transports.Message{text("one"), with(text("* two"), func(m *transports.Message) { m.Corrects = true })}, 1, "one", 0},
		{[]transports.Message{text("one"), text(strings.Repeat("x", 8000)), text("two")}, 1, "one", 0},
	} {
		for i := range tt.ms {
			tt.ms[i].ID, tt.ms[i].Time = fmt.Sprint("m", i), written.Add(time.Duration(i)*time.Second)
		}
		before := fmt.Sprintf("%+v", tt.ms)
		m, n := s.Gather(tt.ms)
		if n != tt.n || m.Text != tt.text || len(m.Attachments) != tt.files || !m.Time.Equal(tt.ms[n-1].Time) || m.ID != "m0" || m.Thread != tt.ms[0].Thread || m.Subject != tt.ms[0].Subject {
			t.Errorf("%.60q make %d, %.300q", words(tt.ms), n, fmt.Sprintf("%+v", m))
		}
		if fmt.Sprintf("%+v", tt.ms) != before {
			t.Errorf("%q were changed", words(tt.ms))
		}
	}
}

func words(ms []transports.Message) (all []string) {
	for _, m := range ms {
		all = append(all, m.Text)
	}
	return all
}
