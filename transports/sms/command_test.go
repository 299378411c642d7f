package sms_test

import (
	"strings"
	"testing"

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
