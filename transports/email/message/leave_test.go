package message_test

import (
	"strings"
	"testing"

	"wherry/transports/email/message"
)

// MAIL-L1
func TestLeaving(t *testing.T) {
	t.Parallel()
	const click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
	for name, tt := range map[string]struct {
		fields []string
		want   message.Leaving
		none   bool
	}{
		"nothing":          {none: true},
		"one click":        {[]string{"List-Unsubscribe: <mailto:out@x.test>, <https://x.test/out?u=1>", click}, message.Leaving{Post: "https://x.test/out?u=1", Page: "https://x.test/out?u=1", Mail: message.Request{To: "out@x.test"}}, false},
		"a page only":      {[]string{"List-Unsubscribe: <https://x.test/out>"}, message.Leaving{Page: "https://x.test/out"}, false},
		"another POST":     {[]string{"List-Unsubscribe: <https://x.test/out>", "List-Unsubscribe-Post: a=b"}, message.Leaving{Page: "https://x.test/out"}, false},
		"in the clear":     {[]string{"List-Unsubscribe: <http://x.test/out>", click}, message.Leaving{}, true},
		"with a password":  {[]string{"List-Unsubscribe: <https://me:pw@x.test/out>", click}, message.Leaving{}, true},
		"no host":          {[]string{"List-Unsubscribe: <https:///out>", click}, message.Leaving{}, true},
		"another scheme":   {[]string{"List-Unsubscribe: <file:///etc/passwd>, <javascript:alert(1)>", click}, message.Leaving{}, true},
		"no brackets":      {[]string{"List-Unsubscribe: https://x.test/out"}, message.Leaving{}, true},
		"a mail":           {[]string{"List-Unsubscribe: <mailto:Out+Me@X.test?subject=take%20me+off&body=yes%0D%0Aplease>"}, message.Leaving{Mail: message.Request{To: "Out+Me@X.test", Subject: "take me+off", Body: "yes\nplease"}}, false},
		"a field smuggled": {[]string{"List-Unsubscribe: <mailto:out@x.test?subject=off%0D%0ABcc:%20all@y.test&bcc=all@y.test&cc=all@y.test&from=z@y.test>"}, message.Leaving{Mail: message.Request{To: "out@x.test", Subject: "off Bcc: all@y.test"}}, false},
		"to many":          {[]string{"List-Unsubscribe: <mailto:out@x.test,all@y.test>"}, message.Leaving{}, true},
	} {
		m, err := message.Read(strings.NewReader(strings.Join(append([]string{"From: a@x.test"}, tt.fields...), "\r\n") + "\r\n\r\ntext\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := m.Leaving()
		if got == nil != tt.none || got != nil && *got != tt.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
