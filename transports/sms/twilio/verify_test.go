package twilio_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// api answers by the end of the path.
func api(answers map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for end, answer := range answers {
			if strings.HasSuffix(r.URL.Path, end) {
				answer(w, r)
				return
			}
		}
		says(404, `{"code":20404}`)(w, r)
	}
}

const numbers = `{"incoming_phone_numbers":[
	{"sid":"PN1","phone_number":"+15550001111","friendly_name":"Work","capabilities":{"sms":true,"mms":true,"voice":true},"sms_url":"https://old.example.org/","sms_method":"GET"},
	{"sid":"PN2","phone_number":"+15550002222","capabilities":{"SMS":true,"MMS":false},"sms_application_sid":"AP7","sms_fallback_url":"https://f.example.org/","sms_fallback_method":"POST"},
	{"sid":"PN3","phone_number":"+15550003333","capabilities":{"sms":false,"voice":true}},
	{"sid":"PN4","phone_number":"+15550004444"},
	{"sid":"PN5","capabilities":{"sms":true}}]}`

// SMS-R2: a token shows the account, a key its numbers and messages.
func TestVerify(t *testing.T) {
	t.Parallel()
	at := serve(t, api(map[string]http.HandlerFunc{
		"/Accounts/" + account + ".json": says(200, `{"sid":"`+account+`","friendly_name":"Mine","status":"active","type":"Trial","auth_token":"`+token+`"}`),
		"/IncomingPhoneNumbers.json":     says(200, numbers),
		"/Messages.json":                 says(200, `{"messages":[]}`),
	}))
	lines := []provider.Line{
		{ID: "PN1", Number: line, Name: "Work", MMS: true, Hook: "https://old.example.org/"},
		{ID: "PN2", Number: "+15550002222"},
	}
	both := byKey
	both.Token = token
	for name, c := range map[string]struct {
		creds provider.Credentials
		want  provider.Account
		asked []string // user and path's end
	}{
		"token": {byToken, provider.Account{Name: "Mine", Trial: true, Lines: lines}, []string{account + " " + account, account + " IncomingPhoneNumbers"}},
		"key":   {byKey, provider.Account{Name: account, Lines: lines}, []string{key + " Messages", key + " IncomingPhoneNumbers"}},
		"both":  {both, provider.Account{Name: "Mine", Trial: true, Lines: lines}, []string{account + " " + account, key + " Messages", key + " IncomingPhoneNumbers"}},
	} {
		before := len(at.all())
		got, err := with(at.URL).Verify(t.Context(), c.creds)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		var asked []string
		for _, a := range at.all()[before:] {
			asked = append(asked, a.User+" "+strings.TrimSuffix(a.Path[strings.LastIndex(a.Path, "/")+1:], ".json"))
			if a.Method != http.MethodGet {
				t.Errorf("%s: %s", name, a.Method)
			}
		}
		if !reflect.DeepEqual(asked, c.asked) {
			t.Errorf("%s: asked %v", name, asked)
		}
	}
}

// SMS-R2: what cannot be used is refused, whoever is at fault.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	fine := func() map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{
			"/Accounts/" + account + ".json": says(200, `{"sid":"`+account+`","status":"active","type":"Full"}`),
			"/IncomingPhoneNumbers.json":     says(200, numbers), "/Messages.json": says(200, `{"messages":[]}`),
		}
	}
	for name, c := range map[string]struct {
		end    string
		answer http.HandlerFunc
		creds  provider.Credentials
		kind   transports.ErrorKind
		text   string
	}{
		"wrong":        {"/Accounts/" + account + ".json", says(401, `{"code":20003,"message":"Authenticate"}`), byToken, transports.Credentials, "20003"},
		"suspended":    {"/Accounts/" + account + ".json", says(200, `{"sid":"x","status":"suspended"}`), byToken, transports.Forbidden, "suspended"},
		"closed":       {"/Accounts/" + account + ".json", says(200, `{"sid":"x","status":"closed"}`), byToken, transports.Forbidden, "closed"},
		"down":         {"/Accounts/" + account + ".json", says(503, ``), byToken, transports.Unreachable, "503"},
		"wrong key":    {"/Messages.json", says(401, `{"code":20003}`), byKey, transports.Credentials, "20003"},
		"small key":    {"/Messages.json", says(403, `{"code":70051}`), byKey, transports.Forbidden, "70051"},
		"small key 2":  {"/IncomingPhoneNumbers.json", says(403, `{"code":70051}`), byKey, transports.Forbidden, "70051"},
		"wrong number": {"/IncomingPhoneNumbers.json", says(404, `{"code":20404}`), byKey, transports.NotFound, "20404"},
	} {
		answers := fine()
		answers[c.end] = c.answer
		got, err := with(serve(t, api(answers)).URL).Verify(t.Context(), c.creds)
		if e := wants(t, err, c.kind, false); !strings.Contains(e.Text.String(), c.text) || !reflect.DeepEqual(got, provider.Account{}) {
			t.Errorf("%s: %+v, %+v", name, e, got)
		}
	}
}

func TestVerifyPages(t *testing.T) {
	t.Parallel()
	at := serve(t, api(map[string]http.HandlerFunc{
		"/Accounts/" + account + ".json": says(200, `{"sid":"`+account+`"}`),
		"/IncomingPhoneNumbers.json": func(w http.ResponseWriter, r *http.Request) {
			body := strings.Replace(numbers, "{", `{"next_page_uri":"/x?Page=1&PageToken=PNx",`, 1)
			if q := r.URL.Query(); q.Get("Page") == "1" && q.Get("PageToken") == "PNx" {
				body = strings.ReplaceAll(numbers, "+1555", "+1666")
			}
			says(200, body)(w, r)
		},
	}))
	if got, err := with(at.URL).Verify(t.Context(), byToken); err != nil || len(got.Lines) != 4 || got.Lines[3].Number != "+16660002222" {
		t.Errorf("%+v, %v", got, err)
	}
}

// SMS-R3: where calls go now, and what stands in the way.
func TestHooked(t *testing.T) {
	t.Parallel()
	at := serve(t, api(map[string]http.HandlerFunc{"/IncomingPhoneNumbers.json": says(200, numbers)}))
	p := with(at.URL)
	h, err := p.Hooked(t.Context(), byToken, line)
	if err != nil || h.URL != "https://old.example.org/" || h.Method != "GET" || !h.Problem.IsZero() {
		t.Errorf("%+v, %v", h, err)
	}
	h, err = p.Hooked(t.Context(), byToken, "+15550002222")
	if err != nil || h.URL != "" || !strings.Contains(h.Problem.String(), "AP7") || !strings.Contains(h.Problem.String(), "+15550002222") ||
		h.Other["SmsApplicationSid"] != "AP7" || h.Other["SmsFallbackUrl"] != "https://f.example.org/" || h.Other["SmsFallbackMethod"] != "POST" {
		t.Errorf("%+v, %v", h, err)
	}
	_, err = p.Hooked(t.Context(), byToken, "+1555000")
	wants(t, err, transports.NotFound, false)
	if q := at.all()[0].Query; q.Get("PhoneNumber") != line {
		t.Errorf("asked %v", q)
	}
}

func TestSetHook(t *testing.T) {
	t.Parallel()
	at := serve(t, api(map[string]http.HandlerFunc{
		"/IncomingPhoneNumbers.json": says(200, numbers), "/IncomingPhoneNumbers/PN1.json": says(200, `{"sid":"PN1"}`),
		"/IncomingPhoneNumbers/PN2.json": says(200, `null`),
	}))
	p := with(at.URL)
	for _, c := range []struct {
		hook provider.Hook
		want map[string][]string
	}{
		{provider.Hook{URL: "https://gw/h#rc=5"}, map[string][]string{"SmsUrl": {"https://gw/h#rc=5"}, "SmsMethod": {"POST"}}},
		{provider.Hook{}, map[string][]string{"SmsUrl": {""}, "SmsMethod": {"POST"}}},
		{provider.Hook{URL: "https://old/", Method: "GET", Other: map[string]string{"SmsApplicationSid": "", "SmsFallbackUrl": "", "SmsFallbackMethod": "POST"}},
			map[string][]string{"SmsUrl": {"https://old/"}, "SmsMethod": {"GET"}, "SmsFallbackMethod": {"POST"}}},
		{provider.Hook{URL: "https://old/", Other: map[string]string{"SmsApplicationSid": "AP1", "SmsFallbackUrl": "https://f/", "Unknown": "x"}},
			map[string][]string{"SmsUrl": {"https://old/"}, "SmsMethod": {"POST"}, "SmsApplicationSid": {"AP1"}, "SmsFallbackUrl": {"https://f/"}}},
	} {
		if err := p.SetHook(t.Context(), byToken, line, c.hook); err != nil {
			t.Error(err)
		}
		got := at.all()
		last := got[len(got)-1]
		if last.Method != http.MethodPost || !strings.HasSuffix(last.Path, "/IncomingPhoneNumbers/PN1.json") || !reflect.DeepEqual(map[string][]string(last.Form), c.want) {
			t.Errorf("asked %+v, want %v", last, c.want)
		}
	}
	wants(t, p.SetHook(t.Context(), byToken, "+15550002222", provider.Hook{}), transports.Unreachable, false)
	wants(t, p.SetHook(t.Context(), byToken, "+15559999999", provider.Hook{}), transports.NotFound, false)
}
