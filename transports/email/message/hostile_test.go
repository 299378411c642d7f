package message_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wherry/transports/email/message"
)

// TestHostileMail: what takes more than its time is not linear.
func TestHostileMail(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"From: ", "Subject: ", "References: ", "Content-Type: ", "Content-Disposition: ", "Date: ", "Authentication-Results: ", "List-Id: ", "Received: "} {
		for _, piece := range []string{"=?", "=?a?q?x", "=?utf-8?q?a?= ", ",", "a,", "<", "(", ")", "\"", "\\", "a@b", "a@b,", ";a=", ";a*0=b", ";a*1*=%41'", "<a@b>", ": ", "[", " ", "\n ", "\xe9", "x", "by ", "; a=b", "From "} {
			grows(t, field+" of "+piece, 80<<10, func(bytes int) {
				m, err := message.Read(strings.NewReader(field + strings.Repeat(piece, bytes/len(piece)) + "\n\nHello"))
				if err != nil {
					t.Fatal(err)
				}
				m.Verdict("mx.example.org")
				m.List()
			})
		}
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "a%d@example.org, ", i)
	}
	for _, head := range []string{
		"X-Failed-Recipients: " + many.String() + "\n\n",
		"Content-Type: multipart/mixed; boundary=x\n\n", "Content-Type: multipart/mixed\n\n", "Content-Type: text/html\n\n", "Content-Type: text/calendar\n\n",
		"Content-Transfer-Encoding: quoted-printable\n\n", "Content-Transfer-Encoding: base64\n\n", "Content-Type: message/delivery-status\n\n",
		"Content-Type: text/plain; charset=utf-7\n\n", "Content-Type: text/plain; charset=iso-2022-jp\n\n", "From: mailer-daemon@x\n\nThis could not be delivered\n\n", "In-Reply-To: <a@b>\nContent-Disposition: reaction\n\n",
	} {
		for _, piece := range []string{"--x\n", "--x\nContent-Type: multipart/mixed; boundary=x\n\n", "--", "--a\n", "a", "=", "= ", "=4", " ", "+", "+AA", "a@b: c\n", "a@b ", "cid:", "Final-Recipient: a;b\n", "BEGIN:VEVENT\n", "\x1b$B", "<!--", "\n", "\r", "Message-ID: <", "👍 "} {
			grows(t, head+" of "+piece, 128<<10, func(bytes int) {
				m, err := message.Read(strings.NewReader(head + strings.Repeat(piece, bytes/len(piece))))
				if err != nil {
					t.Fatal(err)
				}
				m.Text(true)
			})
		}
	}
}

// grows checks that what takes long takes no longer for each byte of a longer mail
// than of a shorter one: how fast the machine is says nothing.
func grows(t *testing.T, what string, bytes int, read func(bytes int)) {
	t.Helper()
	took := func(bytes int) time.Duration {
		start := time.Now()
		read(bytes)
		return time.Since(start)
	}
	const long, times = 2 * time.Second, 4
	for range 3 { // a machine that is busy for a moment is forgiven
		all := took(bytes)
		if all < long || all < 3*times*took(bytes/times) {
			return
		}
	}
	t.Errorf("%q: the time grows faster than the mail", what)
}
