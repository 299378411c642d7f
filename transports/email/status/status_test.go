package status_test

import (
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/email/status"
)

// MAIL-E2
func TestError(t *testing.T) {
	t.Parallel()
	const to = "bob@example.net"
	for _, tt := range []struct {
		reply int
		code  string
		login bool
		kind  transports.ErrorKind
		text  string
	}{
		{550, "5.1.1", false, transports.NotFound, "There is no mailbox bob@example.net."},
		{550, "5.1.99", false, transports.NotFound, "There is no mailbox bob@example.net."},
		{550, "5.2.1", false, transports.NotFound, "The mailbox bob@example.net is closed."},
		{552, "5.2.2", false, transports.Full, "The mailbox bob@example.net is full."},
		{452, "4.2.2", false, transports.Busy, "The mailbox bob@example.net is full."},
		{0, "4.2.2", false, transports.Busy, "The mailbox bob@example.net is full."},
		{552, "5.3.4", false, transports.TooLong, "The mail is too large for bob@example.net."},
		{0, "5.4.4", false, transports.NoRoute, "There is no mail server for bob@example.net."},
		{0, "5.4.7", false, transports.Away, "The server of bob@example.net could not be reached for too long."},
		{554, "5.7.1", false, transports.Forbidden, "The mail to bob@example.net was refused. The server says: go away"},
		{550, "", false, transports.Undelivered, "The mail to bob@example.net was refused. The server says: go away"},
		{550, "5.0.0", false, transports.Undelivered, "The mail to bob@example.net was refused. The server says: go away"},
		{551, "", false, transports.NotFound, "There is no mailbox bob@example.net."},
		{451, "", false, transports.Busy, "The mail to bob@example.net was refused. The server says: go away"},
		{421, "4.7.0", false, transports.Busy, "The mail server has a problem. It says: go away"},
		{451, "4.7.1", false, transports.Busy, "The mail to bob@example.net was refused. The server says: go away"},
		{553, "5.7.60", false, transports.Forbidden, "Your provider does not let you send from this address."},
		{535, "5.7.8", true, transports.Credentials, "Your provider refused the log-in."},
		{535, "5.7.139", true, transports.Credentials, "Your provider takes no passwords from other programs any more. Log in by the browser."},
		{535, "", true, transports.Credentials, "Your provider refused the log-in."},
		{500, "", true, transports.Credentials, "Your provider refused the log-in."},
		{454, "4.7.0", true, transports.Busy, "The mail server has a problem. It says: go away"},
		{530, "5.7.0", false, transports.Credentials, "Your provider refused the log-in."},
		{0, "", false, transports.Undelivered, "The mail to bob@example.net was refused. The server says: go away"},
	} {
		e := status.Refusal{Reply: tt.reply, Code: status.Parse(tt.code), Words: " go\r\naway\x00\u202e", To: to, Login: tt.login}.Error()
		if e.Kind != tt.kind || e.Text.String() != tt.text || e.Unsure {
			t.Errorf("%d %s: %s: %s", tt.reply, tt.code, e.Kind, e.Text)
		}
		if want := tt.reply/100 == 4 || tt.reply == 0 && strings.HasPrefix(tt.code, "4"); e.Temporary() != want {
			t.Errorf("%d %s: temporary %v", tt.reply, tt.code, e.Temporary())
		}
	}
	quiet := status.Refusal{Reply: 554, To: to}.Error()
	if quiet.Text.String() != "The mail to bob@example.net was refused." || quiet.Code != "554" {
		t.Errorf("%s, %s", quiet.Text, quiet.Code)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]status.Code{
		"5.1.1": {5, 1, 1}, " 4.7.139 ": {4, 7, 139}, "2.0.0": {2, 0, 0},
		"": {}, "5.1": {}, "5.1.1.1": {}, "5.x.1": {}, "5.-1.1": {}, "3.1.1": {}, "5.1000.1": {}, "99999999999999999999.1.1": {},
	} {
		if got := status.Parse(in); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\nb")
	f.Fuzz(func(t *testing.T, s string) {
		if got := status.Clean(s); strings.ContainsAny(got, "\r\n\x00\x1b") || len([]rune(got)) > 201 || status.Clean(got) != got && len([]rune(got)) < 201 {
			t.Errorf("%q became %q", s, got)
		}
	})
}
