package sms_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"wherry/transports"
	"wherry/transports/sms"
)

func session(t interface{ Fatal(...any) }, with ...string) *sms.Session {
	s, err := sms.New(sms.Config{Provider: newCarrier()}).Open(transports.Account{Key: "a", Settings: settings(with...)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*sms.Session)
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// SMS-S4, SMS-S6: the parts together are the message: its text in order and all
// its files, each part with room for the links of its files.
func TestSplitLosesNothing(t *testing.T) {
	s := session(t, "long", "send")
	rapid.Check(t, func(t *rapid.T) {
		m := transports.Message{
			ID: rapid.SampledFrom([]string{"", "1"}).Draw(t, "id"), Chat: contact(bob),
			Subject: rapid.StringN(0, 20, -1).Draw(t, "subject"),
			Text:    strings.Repeat(rapid.SampledFrom([]string{"", "word ", "é", "👨‍👩‍👧", "\n", "a\t"}).Draw(t, "unit"), rapid.IntRange(0, 1000).Draw(t, "n")),
		}
		for i := range rapid.IntRange(0, 25).Draw(t, "files") {
			m.Attachments = append(m.Attachments, transports.Attachment{Ref: fmt.Sprintf("https://x.example/%d/%s", i, strings.Repeat("f", rapid.IntRange(0, 900).Draw(t, "length")))})
		}
		want := m.Text
		if m.Subject != "" {
			want = m.Subject + "\n" + m.Text
		}
		var text strings.Builder
		var files []transports.Attachment
		ids := map[string]bool{}
		parts := s.Split(m)
		for _, p := range parts {
			if p.Subject != "" {
				text.WriteString(p.Subject + "\n")
			}
			text.WriteString(p.Text)
			files = append(files, p.Attachments...)
			n := units(p.Text)
			for _, f := range p.Attachments {
				n += units(f.Ref) + 1
			}
			if n > 1600 || len(p.Attachments) > 10 || p.Chat != m.Chat || m.ID != "" && ids[p.ID] {
				t.Fatalf("a part of %d units, %d files, id %q", n, len(p.Attachments), p.ID)
			}
			ids[p.ID] = true
		}
		if text.String() != want || fmt.Sprint(files) != fmt.Sprint(m.Attachments) {
			t.Fatalf("%d parts say %.60q with %d files, want %.60q with %d", len(parts), text.String(), len(files), want, len(m.Attachments))
		}
	})
}

// SMS-S4: parts are numbered where the user wants it; what is longer than the
// user allows is not cut, and so refused as a whole.
func TestSplit(t *testing.T) {
	long := transports.Message{ID: "1", Chat: contact(bob), Text: strings.Repeat("word ", 400)} // 13 segments and more
	parts := session(t, "numbered", "true").Split(long)
	if len(parts) != 2 || !strings.HasPrefix(parts[0].Text, "(1/2) word") || !strings.HasPrefix(parts[1].Text, "(2/2) ") {
		t.Errorf("numbered: %d parts, %.20q", len(parts), parts[0].Text)
	}
	if parts := session(t, "max_segments", "12").Split(long); len(parts) != 1 || parts[0].Text != long.Text {
		t.Errorf("longer than allowed: %d parts", len(parts))
	}
	if parts := session(t, "max_segments", "12", "long", "send").Split(long); len(parts) != 2 {
		t.Errorf("sent all the same: %d parts", len(parts))
	}
	if parts := session(t).Split(transports.Message{Text: "short", Subject: "s", Style: transports.Act}); len(parts) != 1 || parts[0].Subject != "s" || parts[0].Style != transports.Act {
		t.Errorf("short: %+v", parts)
	}
}

// The text and the first files stay together.
func TestSplitFiles(t *testing.T) {
	m := transports.Message{ID: "1", Chat: contact(bob), Text: strings.Repeat("word ", 400)}
	for i := range 12 {
		m.Attachments = append(m.Attachments, transports.Attachment{Ref: fmt.Sprintf("https://x.example/%d", i)})
	}
	parts := session(t).Split(m)
	if len(parts) != 3 || len(parts[0].Attachments) != 10 || parts[0].Text == "" || len(parts[1].Attachments) != 0 || len(parts[2].Attachments) != 2 {
		t.Errorf("%d parts: %+v", len(parts), parts)
	}
}
