package twiliotest_test

import (
	"net/http"
	"testing"

	"wherry/transports/sms/twiliotest"
)

// TestStop is for SMS-I7: the webhook comes, texts are refused until START.
func TestStop(t *testing.T) {
	for name, test := range map[string]struct {
		how     twiliotest.OptOut
		kind    string // OptOutType
		blocks  bool
		notices int
	}{
		"default":  {twiliotest.OptOutDefault, "", true, 3},
		"advanced": {twiliotest.OptOutAdvanced, "STOP", true, 3},
		"none":     {twiliotest.OptOutNone, "", false, 0},
	} {
		w := open(t, twiliotest.Config{})
		h := newHook(t, nil)
		w.hooked(twiliotest.Number{SMSURL: h.URL, OptOut: test.how})
		try := func() int {
			_, body := w.do(http.MethodPost, "/Messages.json", fields("From", line, "To", phone, "Body", "hello"))
			return body.code()
		}
		w.Receive(phone, line, " stop ")
		w.settle()
		if blocked := try() == 21610; blocked != test.blocks || w.Opted(line, phone) != test.blocks {
			t.Errorf("%s: blocked %v", name, blocked)
		}
		w.Receive(phone, line, "Please stop")
		w.Receive(phone, line, "HELP")
		w.Receive(phone, line, "Start")
		if code := try(); code != 0 {
			t.Errorf("%s: after START: %d", name, code)
		}
		w.settle()
		forms, _ := h.came()
		if len(forms) != 4 || forms[0].Get("OptOutType") != test.kind || forms[0].Get("Body") != " stop " || forms[1].Has("OptOutType") {
			t.Errorf("%s: the webhook got %v", name, forms)
		}
		notices := 0
		for _, text := range w.Texted(phone) {
			if text.Notice {
				notices++
			}
		}
		if notices != test.notices {
			t.Errorf("%s: %d notices, want %d", name, notices, test.notices)
		}
	}
}

// TestAutoResponder is for SMS-X6: a phone that answers every text.
func TestAutoResponder(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	w.SetPhone(phone, twiliotest.Phone{Reply: func(got twiliotest.Text) []string { return []string{"I am away: " + got.Body} }})
	w.send("Body", "one")
	w.send("Body", "two")
	w.send("To", other)
	w.settle()
	forms, _ := h.came()
	bodies := map[string]bool{}
	for _, form := range forms {
		bodies[form.Get("Body")] = form.Get("From") == phone
	}
	if len(forms) != 2 || !bodies["I am away: one"] || !bodies["I am away: two"] {
		t.Errorf("the webhook got %v", forms)
	}
}
