package twiliotest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"wherry/transports/sms/twiliotest"
)

// TestRefusals is for SMS 4.5: each code comes of the state it stands for.
func TestRefusals(t *testing.T) {
	const foreign, voice, texts, short = "+15550100009", "+15550100008", "+15550100007", "32665"
	w := open(t, twiliotest.Config{})
	w.account.Regions = []string{"+1", "+44"}
	w.AddAccount(w.account)
	stranger := w.AddAccount(twiliotest.Account{})
	w.AddNumber(twiliotest.Number{Account: stranger.SID, Number: foreign, SMS: true})
	w.AddNumber(twiliotest.Number{Account: w.account.SID, Number: voice})
	w.AddNumber(twiliotest.Number{Account: w.account.SID, Number: texts, SMS: true})
	w.SetPhone("+15550200010", twiliotest.Phone{Landline: true})
	w.SetPhone("+15550200011", twiliotest.Phone{Unroutable: true})
	w.SetPhone("+15550200012", twiliotest.Phone{Refuse: 21705})
	for _, test := range []struct {
		code int
		form []string // beside From, To and Body; an empty value takes one out
	}{
		{21604, []string{"To", ""}},
		{21603, []string{"From", ""}},
		{21602, []string{"Body", ""}},
		{21617, []string{"Body", strings.Repeat("x", 1601)}},
		{21617, []string{"Body", strings.Repeat("😀", 801)}},
		{21211, []string{"To", "+1555"}},
		{21211, []string{"To", "pizza"}},
		{21265, []string{"To", short}},
		{21266, []string{"To", line}},
		{21408, []string{"To", "+4915550200002"}},
		{21212, []string{"From", "no such sender at all"}},
		{21659, []string{"From", "+15550999999"}},
		{21660, []string{"From", foreign}},
		{21606, []string{"From", voice}},
		{21614, []string{"To", "+15550200010"}},
		{21612, []string{"To", "+15550200011"}},
		{21705, []string{"To", "+15550200012"}},
		{21612, []string{"From", "MYBANK"}},
		{21621, []string{"From", texts, "MediaUrl", "https://example.org/a.png"}},
		{21612, []string{"To", "+447700900001", "MediaUrl", "https://example.org/a.png"}},
		{21620, []string{"MediaUrl", "ftp://example.org/a.png"}},
		{21620, []string{"MediaUrl", "https://exa_mple.org/a.png"}},
		{21609, []string{"StatusCallback", "https://bad_host.example.org/"}},
		{20001, []string{"ValidityPeriod", "0"}},
		{20001, []string{"ValidityPeriod", "36001"}},
		{21701, []string{"MessagingServiceSid", "MG0"}},
		{63007, []string{"From", "whatsapp:+15550100001"}},
		{21910, []string{"To", "whatsapp:" + phone}},
	} {
		form := fields("From", line, "To", phone, "Body", "hello")
		for i := 0; i < len(test.form); i += 2 {
			form.Del(test.form[i])
			if test.form[i+1] != "" {
				form.Add(test.form[i], test.form[i+1])
			}
		}
		resp, body := w.do(http.MethodPost, "/Messages.json", form)
		if body.code() != test.code || resp.StatusCode != 400 && resp.StatusCode != 404 {
			t.Errorf("%v: %d %v, want code %d", test.form, resp.StatusCode, body, test.code)
			continue
		}
		if body["status"] != float64(resp.StatusCode) || body.text("message") == "" || strings.Contains(body.text("message"), "%") ||
			body.text("more_info") != fmt.Sprint("https://www.twilio.com/docs/errors/", test.code) {
			t.Errorf("%v: the error is %v", test.form, body)
		}
	}
	form := fields("From", line, "To", phone)
	for range 11 {
		form.Add("MediaUrl", "https://example.org/a.png")
	}
	if _, body := w.do(http.MethodPost, "/Messages.json", form); body.code() != 21623 {
		t.Errorf("11 media: %v", body)
	}
	if got := w.Messages(); len(got) != 0 {
		t.Errorf("refused messages are kept: %v", got)
	}
}

// TestShape is the JSON of a message as section 2 of the facts has it.
func TestShape(t *testing.T) {
	w := open(t, twiliotest.Config{})
	w.Script("", -1, twiliotest.Pending())
	_, sms := w.do(http.MethodPost, "/Messages.json", fields("From", line, "To", phone, "Body", strings.Repeat("é", 161)))
	if !regexp.MustCompile(`^SM[0-9a-f]{32}$`).MatchString(sms.text("sid")) || sms["num_segments"] != "2" || sms["num_media"] != "0" ||
		sms["error_code"] != nil || sms["date_sent"] != nil || sms["status"] != "queued" || sms["direction"] != "outbound-api" {
		t.Errorf("the text is %v", sms)
	}
	if _, err := time.Parse(time.RFC1123Z, sms.text("date_created")); err != nil {
		t.Errorf("date_created: %v", err)
	}
	for _, name := range []string{"error_code", "error_message", "date_sent", "price", "messaging_service_sid"} {
		if _, there := sms[name]; !there {
			t.Errorf("%s is missing", name)
		}
	}
	mms := w.send("MediaUrl", "https://example.org/a.png")
	if !strings.HasPrefix(mms.text("sid"), "MM") || mms["num_media"] != "1" {
		t.Errorf("the picture is %v", mms)
	}
	w.settle()
	if got := w.Texted(phone); got != nil {
		t.Errorf("pending messages reached the phone: %v", got)
	}
}

func TestTrial(t *testing.T) {
	for _, kept := range []bool{false, true} {
		w := open(t, twiliotest.Config{TrialNoteKept: kept})
		w.account.Type, w.account.Verified = "Trial", []string{phone}
		w.AddAccount(w.account)
		if _, body := w.do(http.MethodPost, "/Messages.json", fields("From", line, "To", other, "Body", "x")); body.code() != 21608 {
			t.Errorf("an unverified phone: %v", body)
		}
		sent := w.send()
		w.settle()
		if got := w.Texted(phone); len(got) != 1 || !strings.HasSuffix(got[0].Body, "trial account - hello") {
			t.Errorf("the phone got %v", got)
		}
		if strings.HasPrefix(sent.text("body"), "Sent from") != kept {
			t.Errorf("the body is %q", sent.text("body"))
		}
	}
}

func TestMessagingServiceSends(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	v := w.AddService(twiliotest.Service{Account: w.account.SID, Numbers: []string{line}, StatusURL: h.URL})
	_, sent := w.do(http.MethodPost, "/Messages.json", fields("MessagingServiceSid", v.SID, "To", phone, "Body", "hello"))
	w.settle()
	if sent.text("status") != "accepted" || sent.text("messaging_service_sid") != v.SID || sent["from"] != nil {
		t.Errorf("the message is %v", sent)
	}
	if got := h.each("MessagingServiceSid"); len(got) != 2 || got[0] != v.SID {
		t.Errorf("callbacks of service %v", got)
	}
	later := url.Values{"MessagingServiceSid": {v.SID}, "To": {phone}, "Body": {"later"}, "ScheduleType": {"fixed"}, "SendAt": {time.Now().Add(time.Hour).Format(time.RFC3339)}}
	_, due := w.do(http.MethodPost, "/Messages.json", later)
	_, gone := w.do(http.MethodPost, "/Messages/"+due.text("sid")+".json", fields("Status", "canceled"))
	if due.text("status") != "scheduled" || gone.text("status") != "canceled" {
		t.Errorf("scheduled as %v, canceled as %v", due, gone)
	}
	if _, body := w.do(http.MethodPost, "/Messages/"+sent.text("sid")+".json", fields("Status", "canceled")); body.code() != 30409 {
		t.Errorf("canceling what is sent: %v", body)
	}
}

func TestQueue(t *testing.T) {
	w := open(t, twiliotest.Config{Queue: 2})
	gate := make(chan struct{})
	w.Script("", 2, []twiliotest.Step{{Status: "sent", Until: gate}})
	w.send()
	w.send()
	if _, body := w.do(http.MethodPost, "/Messages.json", fields("From", line, "To", phone, "Body", "x")); body.code() != 21611 {
		t.Errorf("a full queue: %v", body)
	}
	close(gate)
	w.settle()
	w.send()
}

func TestRedactAndDelete(t *testing.T) {
	w := open(t, twiliotest.Config{})
	gate := make(chan struct{})
	w.Script("", 1, []twiliotest.Step{{Status: "delivered", Until: gate}})
	path := "/Messages/" + w.send().text("sid") + ".json"
	if resp, body := w.do(http.MethodDelete, path, nil); resp.StatusCode != 409 || body.code() != 20009 {
		t.Errorf("deleting what is on its way: %d %v", resp.StatusCode, body)
	}
	close(gate)
	w.settle()
	if _, body := w.do(http.MethodPost, path, fields("Body", "new")); body.code() != 20001 {
		t.Errorf("another body: %v", body)
	}
	if _, body := w.do(http.MethodPost, path, fields("Body", "")); body["body"] != "" {
		t.Errorf("redacted: %v", body)
	}
	if resp, _ := w.do(http.MethodDelete, path, nil); resp.StatusCode != http.StatusNoContent {
		t.Errorf("deleting answered %d", resp.StatusCode)
	}
	if resp, _ := w.do(http.MethodGet, path, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("what is deleted answers %d", resp.StatusCode)
	}
}
