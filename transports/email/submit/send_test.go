package submit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/hosts"
	"wherry/transports/email/submit"
)

// note is a mail that is nothing but text.
type note struct {
	from string
	to   []string
	utf8 bool
	size int64 // 0: not known
	text string
	err  error // behind the text
}

func (n note) From() string         { return n.from }
func (n note) Recipients() []string { return n.to }
func (n note) UTF8() bool           { return n.utf8 }
func (n note) Size() (int64, bool)  { return n.size, n.size > 0 }
func (n note) WriteTo(w io.Writer) (int64, error) {
	c, err := io.WriteString(w, n.text)
	if err == nil {
		err = n.err
	}
	return int64(c), err
}

var hello = note{from: "ann@example.org", to: []string{"bob@example.net"}, text: "Subject: x\r\n\r\n.dot\r\n", size: 20}

// send sends one mail by a script.
func send(t *testing.T, m submit.Mail, o submit.Options, script func(*line)) (submit.Result, *submit.Client, error) {
	t.Helper()
	h := serve(t, hosts.TLS, goodLeaf(), script)
	c, err := dialer().Dial(t.Context(), h, password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r, err := c.Send(t.Context(), m, o)
	return r, c, err
}

func TestSend(t *testing.T) {
	t.Parallel()
	m, err := compose.New(compose.Mail{From: compose.Mailbox{Addr: "ann@example.org"}, To: []compose.Mailbox{{Addr: "bob@example.net"}}, Subject: "x", Text: ".\n..\nend",
		Date: time.Now(), ID: compose.NewID("ann@example.org"), Files: []compose.File{{Name: "a", Size: 3, Body: strings.NewReader("abc")}}})
	if err != nil {
		t.Fatal(err)
	}
	size, _ := m.Size()
	r, c, err := send(t, m, submit.Options{ID: "row=1"}, func(l *line) {
		l.login()
		if got, want := l.want("MAIL"), fmt.Sprintf("MAIL FROM:<ann@example.org> BODY=8BITMIME SIZE=%d RET=HDRS ENVID=row+3D1", size); got != want {
			t.Errorf("%s\n%s", got, want)
		}
		l.say("250 ok")
		if got, want := l.want("RCPT"), "RCPT TO:<bob@example.net> NOTIFY=FAILURE,DELAY ORCPT=RFC822;bob@example.net"; !strings.EqualFold(got, want) {
			t.Errorf("%s\n%s", got, want)
		}
		l.say("250 ok")
		l.want("DATA")
		l.say("354 go")
		if mail := l.data(); !strings.Contains(mail, "\r\n..\r\n...\r\nend\r\n") || !strings.HasSuffix(mail, "--\r\n") {
			t.Errorf("mail %q", mail)
		}
		l.say("250 2.0.0 queued")
		l.quit()
	})
	if err != nil || len(r.Refused) != 0 || !r.Reports || !c.Usable() {
		t.Errorf("%+v, %v", r, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// What the server does not offer is not asked for. MAIL-T9
func TestSendBare(t *testing.T) {
	t.Parallel()
	r, _, err := send(t, hello, submit.Options{ID: "1", Success: true}, func(l *line) {
		l.login("AUTH PLAIN")
		if got := l.want("MAIL"); got != "MAIL FROM:<ann@example.org>" {
			t.Error(got)
		}
		l.say("250 ok")
		if got := l.want("RCPT"); got != "RCPT TO:<bob@example.net>" {
			t.Error(got)
		}
		l.say("250 ok")
		l.want("DATA")
		l.say("354 go")
		if got := l.data(); got != "Subject: x\r\n\r\n..dot\r\n" {
			t.Errorf("%q", got)
		}
		l.say("250 ok")
		l.quit()
	})
	if err != nil || r.Reports {
		t.Errorf("%+v, %v", r, err)
	}
}

// MAIL-T9, MAIL-D1
func TestNotify(t *testing.T) {
	t.Parallel()
	report, utf8 := hello, hello
	report.from = ""
	utf8.utf8, utf8.to = true, []string{"jörg@xn--bcher-kva.example"}
	for _, tt := range []struct {
		name       string
		mail       note
		o          submit.Options
		from, rcpt string
	}{
		{"success", hello, submit.Options{Success: true}, "MAIL FROM:<ann@example.org> BODY=8BITMIME SIZE=20 RET=HDRS", "RCPT TO:<bob@example.net> NOTIFY=FAILURE,DELAY,SUCCESS ORCPT=rfc822;bob@example.net"},
		{"report", report, submit.Options{}, "MAIL FROM:<> BODY=8BITMIME SIZE=20 RET=HDRS", "RCPT TO:<bob@example.net> NOTIFY=NEVER ORCPT=rfc822;bob@example.net"},
		{"utf8", utf8, submit.Options{}, "MAIL FROM:<ann@example.org> BODY=8BITMIME SIZE=20 SMTPUTF8 RET=HDRS", "RCPT TO:<jörg@xn--bcher-kva.example> NOTIFY=FAILURE,DELAY ORCPT=utf-8;jörg@xn--bcher-kva.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := send(t, tt.mail, tt.o, func(l *line) {
				l.login()
				if got := l.want("MAIL"); got != tt.from {
					t.Error(got)
				}
				l.say("250 ok")
				if got := l.want("RCPT"); !strings.EqualFold(got, tt.rcpt) {
					t.Error(got)
				}
				l.say("250 ok")
				l.want("DATA")
				l.say("354 go")
				l.data()
				l.say("250 ok")
				l.quit()
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// MAIL-E4
func TestSendRefused(t *testing.T) {
	t.Parallel()
	large, utf8, bad, broken := hello, hello, hello, hello
	large.size = 2000000
	utf8.utf8, utf8.to = true, []string{"jörg@example.net"}
	bad.to = []string{"bob@example.net> NOTIFY=NEVER\r\nRSET"}
	broken.err = errors.New("the file broke")
	refusal := &transports.Error{Kind: transports.NotFound, Text: transports.T("The file is gone.")}
	fetch := hello
	fetch.err = refusal
	nothing := func(l *line) { l.login("AUTH PLAIN", "SIZE 1000000"); l.quit() }
	cut := func(l *line) {
		l.login()
		l.begin()
		l.say("354 go")
		if rest := l.gone(); strings.Contains(rest, "\r\n.\r\n") || strings.Contains(rest, "QUIT") {
			t.Errorf("a broken mail was ended: %q", rest)
		}
	}
	for _, tt := range []struct {
		name   string
		mail   note
		script func(*line)
		kind   transports.ErrorKind
		text   string
		unsure bool
		usable bool
	}{
		{"too large", large, nothing, transports.TooLong, "This mail has 2 MB, and your provider takes no more than 1 MB.", false, true},
		{"no SMTPUTF8", utf8, nothing, transports.Unsupported, "Your provider cannot send to addresses with such letters: jörg@example.net", false, true},
		{"injection", bad, nothing, transports.Malformed, "bob@example.net> NOTIFY=NEVER RSET is not a mail address.", false, true},
		{"nobody", note{from: "ann@example.org"}, func(l *line) { l.login(); l.want("MAIL"); l.say("250 ok"); l.quit() }, transports.Incomplete, "This mail goes to nobody.", false, true},
		{"MAIL", hello, func(l *line) { l.login(); l.want("MAIL"); l.say("553 5.7.1 not yours"); l.quit() }, transports.Forbidden, "The mail to bob@example.net was refused. The server says: not yours", false, true},
		{"MAIL later", hello, func(l *line) { l.login(); l.want("MAIL"); l.say("451 4.3.0 later"); l.quit() }, transports.Busy, "The mail server has a problem. It says: later", false, true},
		{"RCPT", hello, func(l *line) {
			l.login()
			l.want("MAIL")
			l.say("250 ok")
			l.want("RCPT")
			l.say("550 5.1.1 who?")
			l.quit()
		}, transports.NotFound, "There is no mailbox bob@example.net.", false, true},
		{"DATA", hello, func(l *line) { l.login(); l.begin(); l.say("554 5.5.1 no"); l.quit() }, transports.Undelivered, "The mail server has a problem. It says: no", false, true},
		{"end", hello, func(l *line) {
			l.login()
			l.begin()
			l.say("354 go")
			l.data()
			l.say("554 5.7.1 looks like", "554 5.7.1 spam")
			l.quit()
		}, transports.Forbidden, "The mail to bob@example.net was refused. The server says: looks like", false, true},
		{"end, later", hello, func(l *line) {
			l.login()
			l.begin()
			l.say("354 go")
			l.data()
			l.say("452 4.2.2 full")
			l.quit()
		}, transports.Busy, "The mailbox bob@example.net is full.", false, true},
		{"421", hello, func(l *line) { l.login(); l.want("MAIL"); l.say("421 4.3.2 going down"); l.gone() }, transports.Busy, "The mail server has a problem. It says: going down", false, false},
		{"hangs up at MAIL", hello, func(l *line) { l.login(); l.want("MAIL") }, transports.Unreachable, "127.0.0.1 does not answer.", false, false},
		{"hangs up at DATA", hello, func(l *line) { l.login(); l.begin() }, transports.Unreachable, "127.0.0.1 does not answer.", false, false},
		{"hangs up at the end", hello, func(l *line) { l.login(); l.begin(); l.say("354 go"); l.data() }, transports.Unreachable, "127.0.0.1 does not answer.", true, false},
		{"421 at the end", hello, func(l *line) {
			l.login()
			l.begin()
			l.say("354 go")
			l.data()
			l.say("421 4.4.2 timeout")
			l.gone()
		}, transports.Busy, "The mail server has a problem. It says: timeout", false, false},
		{"broken file", broken, cut, transports.Unreachable, "127.0.0.1 does not answer.", false, false},
		{"file gone", fetch, cut, transports.NotFound, "The file is gone.", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c, err := send(t, tt.mail, submit.Options{}, tt.script)
			e := transports.AsError(err)
			if e == nil || e.Kind != tt.kind || e.Text.String() != tt.text || e.Unsure != tt.unsure || c.Usable() != tt.usable {
				t.Errorf("%v, unsure %v, usable %v", err, e != nil && e.Unsure, c.Usable())
			}
		})
	}
}

// Some get it and some do not; the next mail goes by the same connection. MAIL-E4
func TestRecipients(t *testing.T) {
	t.Parallel()
	m := hello
	m.to = []string{"bob@example.net", "gone@example.net", "full@example.net"}
	take := func(l *line) {
		l.want("MAIL")
		l.say("250 ok")
		l.want("RCPT TO:<bob@")
		l.say("250 ok")
		l.want("RCPT TO:<gone@")
		l.say("550 5.1.1 no")
		l.want("RCPT TO:<full@")
		l.say("452 4.2.2 full")
		l.want("DATA")
		l.say("354 go")
		l.data()
		l.say("250 ok")
	}
	r, c, err := send(t, m, submit.Options{}, func(l *line) {
		l.login()
		take(l)
		l.want("MAIL")
		l.say("250 ok")
		l.want("RCPT TO:<bob@")
		l.say("451 4.7.1 later")
		l.want("RCPT TO:<gone@")
		l.say("450 later")
		l.want("RCPT TO:<full@")
		l.say("452 4.2.2 full")
		l.want("RSET")
		l.say("250 ok")
		l.ehlo()
		take(l)
		l.quit()
	})
	check := func(r submit.Result, err error) {
		t.Helper()
		var got []string
		for _, refused := range r.Refused {
			got = append(got, refused.To+" "+refused.Err.Kind.String())
		}
		if want := []string{"gone@example.net not found", "full@example.net busy"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
		}
	}
	check(r, err)
	if r, err := c.Send(t.Context(), m, submit.Options{}); transports.AsError(err).Kind != transports.Busy || len(r.Refused) != 3 {
		t.Errorf("nobody: %+v, %v", r, err)
	}
	r, err = c.Send(t.Context(), m, submit.Options{})
	check(r, err)
}

// A connection ends with its context; what was not answered then is unsure.
func TestSendEnds(t *testing.T) {
	t.Parallel()
	for _, unsure := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		h := serve(t, hosts.TLS, goodLeaf(), func(l *line) {
			l.login()
			l.begin()
			if unsure {
				l.say("354 go")
				l.data()
			}
			cancel()
			l.gone()
		})
		c, err := dialer().Dial(t.Context(), h, password)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(ctx, hello, submit.Options{})
		if e := transports.AsError(err); e == nil || e.Kind != transports.Unreachable || e.Unsure != unsure || !errors.Is(err, context.Canceled) || c.Usable() {
			t.Errorf("unsure %v: %v", unsure, err)
		}
		if _, err := c.Send(t.Context(), hello, submit.Options{}); err == nil || transports.AsError(err).Unsure {
			t.Errorf("afterwards: %v", err)
		}
		_ = c.Close()
	}
}

// A server that does not answer the end of a mail is left, unsure. MAIL-T9
func TestSendTimeout(t *testing.T) {
	t.Parallel()
	h := serve(t, hosts.TLS, goodLeaf(), func(l *line) {
		l.login()
		l.begin()
		l.say("354 go")
		l.data()
		l.gone()
	})
	d := dialer()
	d.SubmitWithin = 50 * time.Millisecond
	c, err := d.Dial(t.Context(), h, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), hello, submit.Options{}); transports.AsError(err).Kind != transports.Unreachable || !transports.AsError(err).Unsure {
		t.Error(err)
	}
	_ = c.Close()
}

// A server that reads nothing of a mail is left, and the mail was not sent.
func TestSendStalls(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	h := serve(t, hosts.TLS, goodLeaf(), func(l *line) {
		l.login()
		l.begin()
		l.say("354 go")
		<-left
	})
	d := dialer()
	d.WriteWithin = 100 * time.Millisecond
	c, err := d.Dial(t.Context(), h, password)
	if err != nil {
		close(left)
		t.Fatal(err)
	}
	m := hello
	m.size, m.text = 0, strings.Repeat(strings.Repeat("x", 998)+"\r\n", 32<<10) // more than sockets hold
	_, err = c.Send(t.Context(), m, submit.Options{})
	close(left)
	if e := transports.AsError(err); e == nil || e.Kind != transports.Unreachable || e.Unsure || c.Usable() {
		t.Errorf("%v", err)
	}
	_ = c.Close()
}
