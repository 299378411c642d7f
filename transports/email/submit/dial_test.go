package submit_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/hosts"
	"wherry/transports/email/submit"
)

// MAIL-R8
func TestLogins(t *testing.T) {
	t.Parallel()
	token := submit.Login{Username: "ann", Token: "secret"}
	for _, tt := range []struct {
		name  string
		mode  hosts.Mode
		offer string
		login submit.Login
		talk  []string // the client's lines and the server's, in turn
	}{
		{"plain", hosts.TLS, "AUTH LOGIN PLAIN", password, []string{"AUTH PLAIN AGFubgBzZWNyZXQ=", "235 in"}},
		{"plain over STARTTLS", hosts.StartTLS, "AUTH LOGIN PLAIN", password, []string{"AUTH PLAIN AGFubgBzZWNyZXQ=", "235 in"}},
		{"login", hosts.TLS, "AUTH LOGIN", password, []string{"AUTH LOGIN", "334 VXNlcm5hbWU6", "YW5u", "334 UGFzc3dvcmQ6", "c2VjcmV0", "235 in"}},
		{"login in other words", hosts.TLS, "AUTH LOGIN", password, []string{"AUTH LOGIN", "334 ", "YW5u", "334 cGFzcz8=", "c2VjcmV0", "235 in"}},
		{"bearer", hosts.TLS, "AUTH PLAIN XOAUTH2 OAUTHBEARER", token, []string{"AUTH OAUTHBEARER ", "235 in"}},
		{"xoauth2", hosts.TLS, "AUTH PLAIN XOAUTH2", token, []string{"AUTH XOAUTH2 dXNlcj1hbm4BYXV0aD1CZWFyZXIgc2VjcmV0AQE=", "235 in"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, tt.mode, goodLeaf(), func(l *line) {
				l.say("220 mx")
				if tt.mode == hosts.StartTLS {
					l.want("EHLO localhost")
					l.offer("STARTTLS", "AUTH PLAIN") // in the clear: not to be used
					l.want("STARTTLS")
					l.say("220 go")
					l.secure(goodLeaf())
				}
				l.ehlo(tt.offer)
				for i, s := range tt.talk {
					if i%2 == 0 {
						l.want(s)
					} else {
						l.say(s)
					}
				}
				l.quit()
			})
			c, err := dialer().Dial(t.Context(), h, tt.login)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// noPassword is a script's end: the client hangs up, and told no secret.
func noPassword(l *line) {
	l.t.Helper()
	if rest := l.gone(); strings.Contains(rest, "AUTH") {
		l.t.Errorf("server got %q", rest)
	}
}

// MAIL-T3
func TestDialRefused(t *testing.T) {
	t.Parallel()
	hint := password
	hint.Hint = transports.T("Make an app password.")
	token := submit.Login{Username: "ann", Token: "secret"}
	expired := testAuthority().leaf("127.0.0.1", time.Now().Add(-time.Hour))
	elsewhere := testAuthority().leaf("127.0.0.2", time.Now().Add(time.Hour))
	in := func(talk ...string) func(*line) {
		return func(l *line) {
			l.hello()
			for i, s := range talk {
				if i%2 == 0 {
					l.want(s)
				} else {
					l.say(s)
				}
			}
			l.want("*") // go-smtp ends what ended already
			l.say("500 5.5.2 what?")
			l.gone()
		}
	}
	for _, tt := range []struct {
		name   string
		mode   hosts.Mode
		cert   tls.Certificate
		login  submit.Login
		script func(*line)
		kind   transports.ErrorKind
		text   string
	}{
		{"wrong password", hosts.TLS, goodLeaf(), password, in("AUTH PLAIN", "535 5.7.8 no secret here"), transports.Credentials, "Your provider refused the log-in."},
		{"hint", hosts.TLS, goodLeaf(), hint, in("AUTH PLAIN", "535 5.7.8 no"), transports.Credentials, "Make an app password."},
		{"app password", hosts.TLS, goodLeaf(), hint, in("AUTH PLAIN", "534 5.7.9 no"), transports.Credentials, "Make an app password."},
		{"basic is gone", hosts.TLS, goodLeaf(), password, in("AUTH PLAIN", "535 5.7.139 no"), transports.Credentials, "Your provider takes no passwords from other programs any more. Log in by the browser."},
		{"later", hosts.TLS, goodLeaf(), hint, in("AUTH PLAIN", "454 4.7.0 later"), transports.Busy, "The mail server has a problem."},
		{"token", hosts.TLS, goodLeaf(), token, func(l *line) {
			l.hello("AUTH XOAUTH2")
			l.want("AUTH XOAUTH2 ")
			l.say("334 eyJzdGF0dXMiOiI0MDEifQ==") // {"status":"401"}
			l.want("*")
			l.say("501 5.0.0 cancelled")
			l.gone()
		}, transports.Credentials, "Your provider refused the log-in."},
		{"token, bearer", hosts.TLS, goodLeaf(), token, func(l *line) {
			l.hello("AUTH OAUTHBEARER")
			l.want("AUTH OAUTHBEARER ")
			l.say("334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=")
			l.want("*")
			l.say("501 5.0.0 cancelled")
			l.gone()
		}, transports.Credentials, "Your provider refused the log-in."},
		{"no mechanism", hosts.TLS, goodLeaf(), password, func(l *line) { l.hello("AUTH CRAM-MD5"); noPassword(l) }, transports.Unsupported, "127.0.0.1 offers no way to log in that this gateway knows."},
		{"no token mechanism", hosts.TLS, goodLeaf(), token, func(l *line) { l.hello("AUTH PLAIN"); noPassword(l) }, transports.Unsupported, "127.0.0.1 offers no way to log in that this gateway knows."},
		{"no AUTH", hosts.TLS, goodLeaf(), password, func(l *line) { l.hello("SIZE"); noPassword(l) }, transports.Unsupported, "127.0.0.1 offers no way to log in that this gateway knows."},
		{"NUL", hosts.TLS, goodLeaf(), submit.Login{Username: "ann\x00eve", Password: "x"}, func(l *line) { l.hello(); noPassword(l) }, transports.Malformed, "A user name or password cannot have such characters."},
		{"no STARTTLS", hosts.StartTLS, goodLeaf(), password, func(l *line) {
			l.say("220 mx")
			l.want("EHLO")
			l.offer("AUTH PLAIN")
			noPassword(l)
		}, transports.Unsupported, "127.0.0.1 offers no secure connection on that port. Your password was not sent."},
		{"STARTTLS refused", hosts.StartTLS, goodLeaf(), password, func(l *line) {
			l.say("220 mx")
			l.want("EHLO")
			l.offer("STARTTLS", "AUTH PLAIN")
			l.want("STARTTLS")
			l.say("454 4.7.0 not now")
			noPassword(l)
		}, transports.Busy, "127.0.0.1 does not let this gateway in."},
		{"banner", hosts.TLS, goodLeaf(), password, func(l *line) { l.say("554 5.7.1 hunter2 is the admin password"); l.gone() }, transports.Forbidden, "127.0.0.1 does not let this gateway in."},
		{"busy banner", hosts.TLS, goodLeaf(), password, func(l *line) { l.say("421 hunter2"); l.gone() }, transports.Busy, "127.0.0.1 does not let this gateway in."},
		{"no SMTP", hosts.TLS, goodLeaf(), password, func(l *line) { l.say("* OK IMAP hunter2"); l.gone() }, transports.Unreachable, "127.0.0.1 does not answer as a mail server."},
		{"hangs up", hosts.TLS, goodLeaf(), password, func(l *line) {}, transports.Unreachable, "127.0.0.1 does not answer."},
		{"hangs up in AUTH", hosts.TLS, goodLeaf(), password, func(l *line) { l.hello(); l.want("AUTH PLAIN") }, transports.Unreachable, "127.0.0.1 does not answer."},
		{"endless line", hosts.TLS, goodLeaf(), password, func(l *line) { l.say("220 " + strings.Repeat("x", 5000)); l.gone() }, transports.Unreachable, "127.0.0.1 does not answer."},
		{"expired", hosts.TLS, expired, password, noPassword, transports.Unfit, "The certificate of 127.0.0.1 has expired, or is not valid yet. Your password was not sent."},
		{"wrong host", hosts.TLS, elsewhere, password, noPassword, transports.Unfit, "The certificate of 127.0.0.1 is for another host. Your password was not sent."},
		{"expired by STARTTLS", hosts.StartTLS, expired, password, func(l *line) {
			l.say("220 mx")
			l.want("EHLO")
			l.offer("STARTTLS")
			l.want("STARTTLS")
			l.say("220 go")
			l.secure(expired)
			noPassword(l)
		}, transports.Unfit, "The certificate of 127.0.0.1 has expired, or is not valid yet. Your password was not sent."},
		{"plain port", hosts.TLS, goodLeaf(), password, func(l *line) {
			l.conn = l.conn.(*tls.Conn).NetConn()
			l.say("220 mx")
			_, _ = l.conn.Read(make([]byte, 1))
		}, transports.Unreachable, "127.0.0.1 does not speak TLS on that port."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, tt.mode, tt.cert, tt.script)
			_, err := dialer().Dial(t.Context(), h, tt.login)
			e := transports.AsError(err)
			if e == nil || e.Kind != tt.kind || e.Text.String() != tt.text || e.Unsure {
				t.Fatalf("%v", err)
			}
			if s := fmt.Sprintf("%v %+v", err, e); strings.Contains(s, "hunter2") || strings.Contains(s, "secret") || strings.Contains(s, "c2VjcmV0") {
				t.Errorf("the error tells %s", s)
			}
		})
	}
}

// Nobody is trusted but whom the configuration names. MAIL-R4
func TestUnknownAuthority(t *testing.T) {
	t.Parallel()
	h := serve(t, hosts.TLS, goodLeaf(), noPassword)
	d := dialer()
	d.Config = nil
	_, err := d.Dial(t.Context(), h, password)
	if e := transports.AsError(err); e == nil || e.Kind != transports.Unfit || !strings.Contains(e.Text.String(), "signed by nobody we trust") {
		t.Errorf("%v", err)
	}
}

// Private addresses and other ports are not dialled. MAIL-R5
func TestGuarded(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	d := &submit.Dialer{}
	for _, h := range []hosts.Host{{Name: "127.0.0.1", Port: 465, TLS: hosts.TLS}, {Name: "localhost", Port: 587, TLS: hosts.StartTLS}, {Name: "127.0.0.1", Port: port, TLS: hosts.TLS}, {Name: "example.org", Port: 25, TLS: hosts.TLS}} {
		_, err := d.Dial(t.Context(), h, password)
		if e := transports.AsError(err); e == nil || e.Kind != transports.NotAllowed {
			t.Errorf("%v: %v", h, err)
		}
	}
}

// A server that says nothing is left after a while, and at once when asked. MAIL-T2
func TestDialEnds(t *testing.T) {
	t.Parallel()
	for _, mode := range []hosts.Mode{hosts.TLS, hosts.StartTLS} {
		h := serve(t, mode, goodLeaf(), func(l *line) { l.gone() })
		ctx, cancel := context.WithCancel(t.Context())
		d := dialer()
		d.Guard.Watch = nil
		h2 := serve(t, mode, goodLeaf(), func(l *line) {
			if mode == hosts.TLS {
				l.say("220 mx")
				l.want("EHLO")
			} else {
				l.say("220 mx")
				l.want("EHLO localhost")
			}
			cancel()
			l.gone()
		})
		if _, err := d.Dial(ctx, h2, password); transports.AsError(err).Kind != transports.Unreachable || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", mode, err)
		}
		if mode == hosts.TLS {
			d.CommandWithin = 50 * time.Millisecond
			if _, err := d.Dial(t.Context(), h, password); transports.AsError(err).Kind != transports.Unreachable {
				t.Errorf("%s: %v", mode, err)
			}
			continue
		}
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := d.Dial(ctx, h, password); transports.AsError(err).Kind != transports.Unreachable {
			t.Errorf("%s: %v", mode, err)
		}
		cancel()
	}
}

// A server that does not come to an end is left before it fills the memory: at the
// log-in, and with a mail on its way. MAIL-T8
func TestTalkative(t *testing.T) {
	t.Parallel()
	talk := func(l *line, code string) {
		for {
			if _, err := io.WriteString(l.conn, strings.Repeat(code+"-on and on and on\r\n", 1000)); err != nil {
				return
			}
		}
	}
	h := serve(t, hosts.TLS, goodLeaf(), func(l *line) { l.say("220 mx"); l.want("EHLO"); talk(l, "250") })
	begun := time.Now()
	if _, err := dialer().Dial(t.Context(), h, password); transports.AsError(err).Kind != transports.Unreachable {
		t.Errorf("at the log-in: %v", err)
	}
	for _, unsure := range []bool{false, true} {
		_, _, err := send(t, hello, submit.Options{}, func(l *line) {
			l.login()
			if unsure {
				l.begin()
				l.say("354 go on")
				l.data()
			} else {
				l.want("MAIL")
			}
			talk(l, "250")
		})
		if e := transports.AsError(err); e.Kind != transports.Unreachable || e.Unsure != unsure {
			t.Errorf("with a mail: %v", err)
		}
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("that took %v", took)
	}
}
