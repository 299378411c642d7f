package irc

import (
	"strings"
	"testing"
)

// What can be read of a policy is saved and read again as it was.
func FuzzPolicy(f *testing.F) {
	for _, text := range []string{"irc.example.org 6697 600 2026-01-02T03:04:05Z", "", "a 1 99999999999999999999 x", "h 65536 1 2026-01-02T03:04:05Z", "duration=1,port=2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s := parseSTS(text); s.port < 0 || s.port > 65535 || s.duration < 0 || s.duration > maxPolicy {
			t.Errorf("%q: %+v", text, s)
		}
		p := parsePolicy(text)
		if p == nil {
			return
		}
		if again := parsePolicy(p.String()); again == nil || again.host != p.host || again.port != p.port || again.duration != p.duration || !again.until.Equal(p.until) {
			t.Errorf("%q: %v, then %v", text, p, again)
		}
		if strings.ContainsAny(p.host, " \n") {
			t.Errorf("%q: host %q", text, p.host)
		}
	})
}
