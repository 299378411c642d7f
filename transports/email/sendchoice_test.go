package email_test

import (
	"slices"
	"strings"
	"testing"

	"wherry/transports"
)

// Who chose that answers go to all has them go to all; who wants receipts asks for
// them. MAIL-P2, MAIL-D1
func TestChosen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		more    transports.Settings
		copied  string
		success bool
		asks    bool
	}{
		"nothing":  {},
		"to all":   {more: transports.Settings{"answers": "all"}, copied: "carl@example.org, dora@example.org"},
		"delivery": {more: transports.Settings{"receipts": "delivery"}, success: true},
		"read":     {more: transports.Settings{"receipts": "read"}, success: true, asks: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLetters(t, setting{more: tt.more})
			m := post("m1", bob, "an answer")
			came := incoming("1@x.test", "From: "+bob, "To: ann@mail.test, carl@example.org", "Cc: dora@example.org, Bob <"+bob+">", "", "a question")
			s := w.open()
			m.ReplyTo = "1@x.test"
			m.Trail = converted(t, s, came).Trail
			w.run(s)
			w.send(s, m)
			l := w.last()
			to := []string{bob}
			if tt.copied != "" {
				to = append(to, "carl@example.org", "dora@example.org")
			}
			var got []string
			for _, r := range l.To {
				got = append(got, r.Address)
			}
			copied := strings.ReplaceAll(strings.NewReplacer("<", "", ">", "").Replace(l.head.Get("Cc")), ",\r\n ", ", ")
			if copied != tt.copied || !slices.Equal(got, to) || (l.head.Get("Disposition-Notification-To") != "") != tt.asks || slices.Contains(l.To[0].Notify, "SUCCESS") != tt.success {
				t.Errorf("to %q, copies %q, %+v", got, copied, l.To)
			}
		})
	}
}
