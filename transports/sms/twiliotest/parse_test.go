package twiliotest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports/sms/twiliotest"
)

func TestOverrides(t *testing.T) {
	for fragment, want := range map[string]struct {
		retries              int
		connect, read, total time.Duration
		repeats              string
	}{
		"":                          {1, 5 * time.Second, 15 * time.Second, 15 * time.Second, "ct"},
		"#rc=5&rp=ct,rt,5xx":        {5, 5 * time.Second, 15 * time.Second, 15 * time.Second, "ct rt 5xx"},
		"#rp=all":                   {1, 5 * time.Second, 15 * time.Second, 15 * time.Second, "ct rt 4xx 5xx other"},
		"#ct=2000&rt=300&tt=1":      {1, 2 * time.Second, 300 * time.Millisecond, 100 * time.Millisecond, "ct"},
		"#rc=-1&ct=99999&rt=x&tt=0": {0, 10 * time.Second, 15 * time.Second, 100 * time.Millisecond, "ct"},
		"#%":                        {1, 5 * time.Second, 15 * time.Second, 15 * time.Second, "ct"},
	} {
		got := twiliotest.Overrides("https://gw.example.org/in?rc=4" + fragment)
		var repeats []string
		for _, class := range []string{"ct", "rt", "4xx", "5xx", "other"} {
			if got.Repeats(class) {
				repeats = append(repeats, class)
			}
		}
		if got.Retries != want.retries || got.Connect != want.connect || got.Read != want.read || got.Total != want.total || strings.Join(repeats, " ") != want.repeats {
			t.Errorf("%q: %+v, repeats %v", fragment, got, repeats)
		}
	}
}

// TestSegments is for SMS-S4: the limits of both alphabets.
func TestSegments(t *testing.T) {
	for text, want := range map[string]int{
		"":                                 1,
		strings.Repeat("a", 160):           1,
		strings.Repeat("a", 161):           2,
		strings.Repeat("a", 306):           2,
		strings.Repeat("a", 307):           3,
		strings.Repeat("€", 80):            1,
		strings.Repeat("€", 81):            2,
		strings.Repeat("ж", 70):            1,
		strings.Repeat("ж", 71):            2,
		strings.Repeat("ж", 134):           2,
		strings.Repeat("ж", 135):           3,
		strings.Repeat("😀", 35):            1,
		strings.Repeat("😀", 36):            2,
		strings.Repeat("a", 70) + "\u201c": 2,
	} {
		if got := twiliotest.Segments(text); got != want {
			t.Errorf("%d of %.4q: %d, want %d", len(text), text, got, want)
		}
	}
}

func FuzzOverrides(f *testing.F) {
	for _, seed := range []string{"", "https://x/#rc=5&rp=ct,rt,5xx", "#ct=1&rt=99999&tt=-3", "a#b#c%zz;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		o := twiliotest.Overrides(url)
		if o.Retries < 0 || o.Retries > 5 || o.Connect < 100*time.Millisecond || o.Connect > 10*time.Second || o.Total > 15*time.Second || o.Read > 15*time.Second {
			t.Errorf("%q: %+v", url, o)
		}
	})
}

func FuzzReplies(f *testing.F) {
	for _, seed := range []string{"", empty, "<Response><Message>a<Body>b</Body></Message></Response>", "<Response>", "</a>", "<Response/><Response/>", "x"} {
		f.Add("text/xml", []byte(seed))
		f.Add("text/plain; charset=utf-8", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		texts, alert := twiliotest.Replies(kind, body)
		if alert != 0 && !slices.Contains([]int{12100, 12200, 12300}, alert) {
			t.Errorf("alert %d", alert)
		}
		if (alert == 12100 || alert == 12300) && texts != nil {
			t.Errorf("%q is bad, and texted as %q", body, texts)
		}
	})
}
