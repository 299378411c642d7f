package twiliotest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/transports/sms/twiliotest"
)

// sids lists the SIDs of a list, page by page, and how many pages there were.
func (w *world) sids(path, name string) (all []string, pages int) {
	w.t.Helper()
	for path != "" {
		resp, body := w.as(w.account.SID, w.account.Token, http.MethodGet, path, nil)
		if resp.StatusCode != http.StatusOK {
			w.t.Fatalf("%s: %d %v", path, resp.StatusCode, body)
		}
		for _, item := range body.list(name) {
			all = append(all, item.text("sid"))
		}
		pages++
		path = body.text("next_page_uri")
	}
	return all, pages
}

func (w *world) base() string { return "/2010-04-01/Accounts/" + w.account.SID }

// TestPages: every message is on one page, once, newest first, whatever the size.
func TestPages(t *testing.T) {
	w := open(t, twiliotest.Config{})
	var sent []string
	for i := range 23 {
		sent = append(sent, w.Deliver(twiliotest.Inbound{From: phone, To: line, Body: fmt.Sprint(i), Lost: true}))
	}
	slices.Reverse(sent)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 1200).Draw(t, "size")
		got, pages := w.sids(fmt.Sprint(w.base(), "/Messages.json?PageSize=", size), "messages")
		if !slices.Equal(got, sent) || pages != (23+size-1)/size {
			t.Fatalf("%d a page: %d pages, %v", size, pages, got)
		}
	})
	_, first := w.do(http.MethodGet, "/Messages.json?PageSize=10", nil)
	w.Receive(phone, line, "meanwhile")
	_, second := w.as(w.account.SID, w.account.Token, http.MethodGet, first.text("next_page_uri"), nil)
	if got := second.list("messages"); got[0].text("sid") != sent[10] {
		t.Errorf("what came meanwhile moved the second page to %v", got[0])
	}
	for _, query := range []string{"PageSize=0", "PageSize=x", "Page=-1", "PageToken=PASM1"} {
		if resp, body := w.do(http.MethodGet, "/Messages.json?"+query, nil); resp.StatusCode != 400 || body.code() != 20001 {
			t.Errorf("%s: %d %v", query, resp.StatusCode, body)
		}
	}
}

// TestFilters is for SMS-S10: what is still queued has no date_sent, and is
// found without a date only.
func TestFilters(t *testing.T) {
	noon := time.Date(2030, 5, 4, 12, 0, 0, 0, time.UTC)
	w := open(t, twiliotest.Config{Now: func() time.Time { return noon }})
	w.Script(other, 1, twiliotest.Pending())
	early := w.Deliver(twiliotest.Inbound{From: phone, To: line, Body: "early", At: noon.Add(-30 * time.Hour), Lost: true})
	out := w.send().text("sid")
	queued := w.send("To", other).text("sid")
	w.settle()
	for _, test := range []struct {
		query string
		want  []string
	}{
		{"", []string{queued, out, early}},
		{"To=%2B15550200002", []string{out}},
		{"To=%2B15550200003", []string{queued}},
		{"To=%2B15550200003&DateSent%3E=2000-01-01", nil},
		{"From=%2B15550200002", []string{early}},
		{"From=%2B15550100001&To=%2B15550100001", nil},
		{"DateSent>=2030-05-04", []string{out}},
		{"DateSent>=2030-05-04T12:00:00Z", []string{out}},
		{"DateSent%3E=2030-05-04T14:00:01%2B02:00", nil},
		{"DateSent<=2030-05-04", []string{early}},
		{"DateSent=2030-05-03", []string{early}},
		{"DateSent=2030-05-04", []string{out}},
		{"DateSent>=2030-05-03&DateSent<=2030-05-04", []string{early}},
	} {
		if got, _ := w.sids(w.base()+"/Messages.json?"+test.query, "messages"); !slices.Equal(got, test.want) {
			t.Errorf("%q lists %v, want %v", test.query, got, test.want)
		}
	}
	if resp, body := w.do(http.MethodGet, "/Messages.json?DateSent=yesterday", nil); resp.StatusCode != 400 || body.code() != 20001 {
		t.Errorf("a bad date: %d %v", resp.StatusCode, body)
	}
}

func TestNumbers(t *testing.T) {
	w := open(t, twiliotest.Config{})
	second := w.AddNumber(twiliotest.Number{Account: w.account.SID, Number: "+15550100022", Name: "Shop", MMS: true})
	w.AddNumber(twiliotest.Number{Account: w.account.SID, Number: "whatsapp:+15550100022", SMS: true})
	w.AddNumber(twiliotest.Number{Account: w.AddAccount(twiliotest.Account{}).SID, Number: "+15550100033"})
	for query, want := range map[string][]string{
		"":                            {second.SID, w.number.SID},
		"PageSize=1":                  {second.SID, w.number.SID},
		"PhoneNumber=%2B15550100022":  {second.SID},
		"PhoneNumber=*0022":           {second.SID},
		"PhoneNumber=%2B15550199999":  nil,
		"FriendlyName=Shop":           {second.SID},
		"FriendlyName=%2B15550100001": {w.number.SID},
	} {
		if got, _ := w.sids(w.base()+"/IncomingPhoneNumbers.json?"+query, "incoming_phone_numbers"); !slices.Equal(got, want) {
			t.Errorf("%q lists %v, want %v", query, got, want)
		}
	}
	path := "/IncomingPhoneNumbers/" + second.SID + ".json"
	_, set := w.do(http.MethodPost, path, fields("SmsUrl", "https://gw.example.org/h#rc=2", "SmsMethod", "GET", "SmsFallbackUrl", "https://gw.example.org/f"))
	_, shown := w.do(http.MethodGet, path, nil)
	now, _ := w.Number(second.Number)
	if set.text("sms_url") != "https://gw.example.org/h#rc=2" || shown.text("sms_method") != "GET" || now.FallbackURL != "https://gw.example.org/f" || now.Name != "Shop" {
		t.Errorf("set to %v, shown as %v, kept as %v", set, shown, now)
	}
	if can := shown["capabilities"].(map[string]any); can["sms"] != false || can["mms"] != true {
		t.Errorf("it can %v", can)
	}
	for _, form := range []string{"SmsUrl gw.example.org", "SmsMethod PUT", "SmsUrl https://bad_host/"} {
		name, value, _ := strings.Cut(form, " ")
		if resp, _ := w.do(http.MethodPost, path, fields(name, value)); resp.StatusCode != 400 {
			t.Errorf("%s: %d", form, resp.StatusCode)
		}
	}
	w.RemoveNumber(second.Number)
	if resp, _ := w.do(http.MethodGet, path, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a number that was given back: %d", resp.StatusCode)
	}
}

// TestServices is for the conflict that SMS-R3 wants reported.
func TestServices(t *testing.T) {
	w := open(t, twiliotest.Config{})
	v := w.AddService(twiliotest.Service{Account: w.account.SID, Numbers: []string{line}, InboundURL: "https://shop.example.org/in"})
	get := func(path string) object {
		t.Helper()
		resp, body := w.as(w.account.SID, w.account.Token, http.MethodGet, "/v1/Services"+path, nil)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, resp.StatusCode, body)
		}
		return body
	}
	if got := get("").list("services"); len(got) != 1 || got[0].text("inbound_request_url") != v.InboundURL || got[0]["use_inbound_webhook_on_number"] != false {
		t.Errorf("services: %v", got)
	}
	if got := get("/" + v.SID + "/PhoneNumbers").list("phone_numbers"); len(got) != 1 || got[0].text("phone_number") != line || got[0].text("sid") != w.number.SID {
		t.Errorf("its numbers: %v", got)
	}
	if got := get("/" + v.SID + "/PhoneNumbers/" + w.number.SID); got.text("service_sid") != v.SID {
		t.Errorf("its number: %v", got)
	}
	_, set := w.as(w.account.SID, w.account.Token, http.MethodPost, "/v1/Services/"+v.SID, fields("UseInboundWebhookOnNumber", "true"))
	if now, _ := w.Service(v.SID); set["use_inbound_webhook_on_number"] != true || !now.UseNumber {
		t.Errorf("set to %v, kept as %v", set, now)
	}
	stranger := w.AddAccount(twiliotest.Account{})
	if resp, _ := w.as(stranger.SID, stranger.Token, http.MethodGet, "/v1/Services/"+v.SID, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("another account's service: %d", resp.StatusCode)
	}
}
