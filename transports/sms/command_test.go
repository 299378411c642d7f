package sms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
)

// SMS-X6: what a text costs, and what was spent, can be seen before it is sent.
func TestCommands(t *testing.T) {
	tr := sms.New(sms.Config{Provider: newCarrier()})
	do := map[string]transports.Command{}
	for _, c := range tr.Commands() {
		do[c.Name] = c
	}
	for text, want := range map[string]string{
		strings.Repeat("a", 160): "160 characters is sent as 1 SMS",
		strings.Repeat("a", 161): "161 characters is sent as 2 SMS",
		strings.Repeat("ж", 71):  "71 characters is sent as 2 SMS, of up to 70",
	} {
		got, err := do["count"].Do(t.Context(), transports.Account{}, nil, transports.Settings{"text": text})
		if err != nil || !strings.Contains(got.String(), want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	in := transports.Account{Settings: settings("daily_limit", "10")}
	got, err := do["usage"].Do(t.Context(), in, nil, nil)
	if err != nil || !strings.HasPrefix(got.String(), "You sent 0 of 10 SMS today, and 0 of ∞ this month") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := do["usage"].Do(t.Context(), in, transports.Saved{"usage": []byte("{")}, nil); err == nil {
		t.Error("a torn save passes")
	}
}

// The command counts what the session sent.
func TestUsageCommand(t *testing.T) {
	bubble(t, func(t *testing.T, l *life) {
		l.account.Settings = settings()
		l.start()
		sent, err := l.Send(t.Context(), out("1", strings.Repeat("a", 161)))
		if err != nil {
			t.Fatal(err)
		}
		saved := transports.Saved{}
		for _, s := range sent.Saves {
			saved[s.Name] = s.Value
		}
		tr := sms.New(sms.Config{Provider: newCarrier()})
		got, err := tr.Commands()[0].Do(t.Context(), l.account, saved, nil)
		if err != nil || !strings.HasPrefix(got.String(), "You sent 2 of ∞ SMS today") {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// SMS-X6: an administrator sees what all spent together, and who the most. What
// was spent before today, or this month, counts no more.
func TestTotals(t *testing.T) {
	tr := sms.New(sms.Config{Provider: newCarrier()})
	i := slices.IndexFunc(tr.Commands(), func(c transports.Command) bool { return c.Name == "totals" })
	now := time.Now().UTC()
	spent := func(user, day, month string, daily, monthly int) transports.Holding {
		save := fmt.Sprintf(`{"day":%q,"daily":%d,"month":%q,"monthly":%d}`, day, daily, month, monthly)
		return transports.Holding{User: user, Saved: transports.Saved{"usage": []byte(save)}}
	}
	today, month := now.Format(time.DateOnly), now.Format("2006-01")
	all := []transports.Holding{{User: "idle@example.org"}, spent("old@example.org", "2001-01-01", "2001-01", 7, 70)}
	total := func() string {
		t.Helper()
		got, err := tr.Commands()[i].Sum(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		return got.String()
	}
	if got := total(); got != "2 accounts sent 0 SMS today and 0 this month (UTC)." {
		t.Errorf("%q", got)
	}
	all = append(all, spent("some@example.org", today, month, 1, 5), spent("more@example.org", "2001-01-01", month, 9, 60))
	want := "4 accounts sent 1 SMS today and 65 this month (UTC). The most, today and this month:" +
		"\nmore@example.org: 0, 60\nsome@example.org: 1, 5"
	if got := total(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for i := range 30 {
		all = append(all, spent(fmt.Sprintf("u%02d@example.org", i), today, month, 1, 2))
	}
	if got := total(); strings.Count(got, "\n") != 20 || !strings.HasSuffix(got, "\nu17@example.org: 1, 2") {
		t.Errorf("%q", got)
	}
	all = []transports.Holding{{User: "torn@example.org", Saved: transports.Saved{"usage": []byte("{")}}}
	if _, err := tr.Commands()[i].Sum(t.Context(), all); err == nil {
		t.Error("a torn save passes")
	}
}
