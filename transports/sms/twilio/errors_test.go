package twilio_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

// table is section 4.5 of the rules.
var table = map[transports.ErrorKind]string{
	transports.Credentials: "20003",
	transports.Busy:        "20429 21611 30001 30017 30022",
	transports.Malformed:   "21211 21217 21401 21604",
	transports.Unfit:       "21212 21603 21606 21616 21659 21660 21661 21704 21705 21620 11751 12300 30019 63019 63034 50435",
	transports.Impossible:  "21265 21266",
	transports.Forbidden:   "21408 21608 30002",
	transports.NotAllowed:  "21610 63016",
	transports.NoRoute:     "21612 21614 30006",
	transports.TooLong:     "21617",
	transports.Incomplete:  "21602 21619",
	transports.Unsupported: "21621 21622 21623 30011 50452",
	transports.Conflict:    "50438",
	transports.Away:        "30003",
	transports.Blocked:     "30004",
	transports.NotFound:    "30005 63024",
	transports.Filtered:    "30007 30450",
	transports.Undelivered: "30008 30009 30010 39999",
	transports.Unlicensed:  "30032 30034 30035",
	transports.Unreachable: "30036",
}

// failed is what a call says of a message that failed by a number.
func failed(t *testing.T, code string) provider.Item {
	t.Helper()
	items, reply := call(t, with(""), byToken, fields("MessageStatus", "failed", "ErrorCode", code, "From", line, "To", peer))
	if len(items) != 1 || reply.Status != http.StatusNoContent || items[0].State != provider.Failed || items[0].Err == nil {
		t.Fatalf("call: %+v, %+v", items, reply)
	}
	return items[0]
}

func TestTable(t *testing.T) {
	t.Parallel()
	known := 0
	for kind, codes := range table {
		for _, code := range strings.Fields(codes) {
			known++
			at := serve(t, says(http.StatusBadRequest, `{"code":`+code+`,"message":"no","status":400}`))
			_, err := send(t, with(at.URL))
			for from, e := range map[string]*transports.Error{"refusal": wants(t, err, kind, false), "call": failed(t, code).Err} {
				if e.Kind != kind || e.Unsure || e.Code != code || !strings.HasSuffix(e.Text.String(), " (Twilio "+code+")") {
					t.Errorf("%s by %s: %+v, want %v", from, code, e, kind)
				}
				if len(e.Text.Args) != 1 || !strings.HasSuffix(e.Text.Format, " (Twilio %s)") {
					t.Errorf("%s by %s cannot be translated: %+v", from, code, e.Text)
				}
			}
		}
	}
	statuses := 0
	for _, code := range twilio.Codes() {
		if len(code) == 3 {
			statuses++
		}
	}
	if rows := len(twilio.Codes()) - statuses; rows != known-3 { // three are only like 30008
		t.Errorf("%d numbers have a row, %d were tried", rows, known-3)
	}
}

// What no row is for goes by the class of the answer; what was refused for sure
// is told apart from what may have been sent.
func TestClasses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   transports.ErrorKind
		unsure bool // of a Send
		code   string
	}{
		{400, `{"code":99999,"message":"new"}`, transports.Unfit, false, "99999"},
		{400, `{"code":1e400}`, transports.Unfit, false, "400"},
		{400, `{"code":"21610"}`, transports.NotAllowed, false, "21610"},
		{400, `{"code":21610.5}`, transports.Unfit, false, "400"},
		{400, `{"code":-21610}`, transports.Unfit, false, "400"},
		{400, `{"code":{"a":1},"message":[1]}`, transports.Unfit, false, "400"},
		{400, `{"code":null,"message":null}`, transports.Unfit, false, "400"},
		{400, `[]`, transports.Unfit, false, "400"},
		{400, `"21610"`, transports.Unfit, false, "400"},
		{400, `null`, transports.Unfit, false, "400"},
		{400, ``, transports.Unfit, false, "400"},
		{400, `<html>`, transports.Unfit, false, "400"},
		{401, `<html>`, transports.Credentials, false, "401"},
		{401, `{"code":20003}`, transports.Credentials, false, "20003"},
		{401, `{"code":20008}`, transports.Credentials, false, "20008"},
		{402, ``, transports.Forbidden, false, "402"},
		{403, ``, transports.Forbidden, false, "403"},
		{404, `{"code":20404}`, transports.NotFound, false, "20404"},
		{408, ``, transports.Unreachable, true, "408"},
		{413, ``, transports.TooLong, false, "413"},
		{418, ``, transports.NotAllowed, false, "418"},
		{429, `busy`, transports.Busy, false, "429"},
		{429, `{"code":20429}`, transports.Busy, false, "20429"},
		{429, `{"code":21610}`, transports.Busy, false, "21610"},
		{302, ``, transports.Unreachable, true, "302"},
		{500, `{"code":20500}`, transports.Unreachable, true, "20500"},
		{500, `{"code":21610}`, transports.Unreachable, true, "21610"},
		{502, `<html>Bad gateway`, transports.Unreachable, true, "502"},
		{503, ``, transports.Unreachable, true, "503"},
		{599, ``, transports.Unreachable, true, "599"},
		{999, ``, transports.Unreachable, true, "999"},
	} {
		at := serve(t, says(c.status, c.body))
		_, err := send(t, with(at.URL))
		if e := wants(t, err, c.kind, c.unsure); e.Code != c.code || !strings.HasSuffix(e.Text.String(), "(Twilio "+c.code+")") {
			t.Errorf("%d %s: %+v", c.status, c.body, e)
		}
		_, err = with(at.URL).Get(t.Context(), byToken, sid)
		wants(t, err, c.kind, false)
		if err := with(at.URL).SetHook(t.Context(), byToken, line, provider.Hook{}); transports.AsError(err).Unsure {
			t.Errorf("%d: a hook is unsure", c.status)
		}
	}
}

// A call may tell of anything, and of nothing.
func TestUnknownFailures(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"": "", "0": "", "x": "", "-30003": "", "30003x": "", "99999999999999999999": "", "٣٠٠٠٣": "",
		"63999": "63999", "12345": "12345", "401": "401", "31337": "31337",
	} {
		if e := failed(t, code).Err; e.Kind != transports.Undelivered || e.Code != want || e.Text.IsZero() || e.Unsure {
			t.Errorf("failed by %q: %+v", code, e)
		}
	}
}

// Twilio's own words are for the log only, and cannot do harm there.
func TestWords(t *testing.T) {
	t.Parallel()
	words := "line\nbreak\x00\x1b[31m\u202e\u2028 " + token + " " + strings.Repeat("ä", 1000)
	at := serve(t, says(400, asJSON(t, map[string]any{"code": 21610, "message": words})))
	_, err := send(t, with(at.URL))
	e := wants(t, err, transports.NotAllowed, false)
	said := e.Err.Error()
	if strings.ContainsFunc(said, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl) }) {
		t.Errorf("the log is steered: %q", said)
	}
	if strings.Contains(said, token) || utf8.RuneCountInString(said) > 230 || !strings.Contains(said, "line break") {
		t.Errorf("the log has %q", said)
	}
	if strings.Contains(e.Text.String(), "ä") {
		t.Errorf("the user sees %q", e.Text)
	}
}

// SMS-S10: Retry-After is kept, in both its forms and within bounds; what makes
// no sense is not.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for after, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "86400": time.Hour, "-1": 0, "1.5": 0, "soon": 0, "": 0, "99999999999999999999": 0,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		now.Add(48 * time.Hour).Format(http.TimeFormat):   time.Hour,
	} {
		at := serve(t, says(429, `{"code":20429}`, "Retry-After", after))
		_, err := send(t, with(at.URL, func(c *twilio.Config) { c.Now = func() time.Time { return now } }))
		if e := wants(t, err, transports.Busy, false); e.After != want {
			t.Errorf("Retry-After %q: %v, want %v", after, e.After, want)
		}
	}
}

// The texts are sentences that name no number but by their last word.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, code := range twilio.Codes() {
		if n, err := strconv.Atoi(code); err != nil || n < 400 {
			t.Errorf("%q is no number", code)
		}
	}
	if slices.Contains(twilio.Codes(), "") {
		t.Error("a row is for nothing")
	}
}
