package e2e

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// A form with the servers named: a wrong password is refused in words and leaves
// nothing; the right one is kept, sealed, and never shown; removal leaves
// nothing. MAIL-T7, MAIL-R1, MAIL-R10
func TestMailRegisterByForm(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		for name, servers := range map[string]map[string]string{"tls": at(o.mail.MailPorts), "starttls": atStartTLS(o.mail.MailPorts)} {
			t.Run(name, func(t *testing.T) {
				b := o.holder(t)
				wrong := fresh("wrong-") + b.box.Password
				o.hides(wrong)
				fields := maps.Clone(servers)
				fields["password"] = wrong
				wantRefused(t, b.register(o.domain, b.fields(fields)), "not-acceptable", "406", wrong)
				if there, _ := b.registered(o.domain); there {
					t.Error("a refused registration is kept")
				}
				b.wantNothingKept()
				if n := b.mismatches(); n != 1 {
					t.Errorf("the wrong password was tried %d times", n)
				}

				b.signUp(servers)
				there, form := b.registered(o.domain)
				if !there {
					t.Error("not registered after the registration")
				}
				for name, want := range servers {
					if got := form.Field(name); len(got) != 1 || got[0] != want {
						t.Errorf("on file: %s %q, want %q", name, got, want)
					}
				}
				if strings.Contains(form.String(), b.box.Password) {
					t.Errorf("the form tells the password: %v", form)
				}

				if answer := b.unregister(o.domain); answer.Type() != "result" {
					t.Errorf("removal: %v", answer)
				}
				b.wantNothingKept()
			})
		}
	})
}

// The servers of the operator's table need not be named. A wrong password later on
// keeps what is on file. MAIL-R2, MAIL-R6
func TestMailRegisterByTable(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b := o.holder(t)
		b.signUp(nil)
		_, form := b.registered(o.domain)
		for name, want := range map[string]string{
			"address": b.box.Address, "imap_host": o.mail.IP, "imap_tls": "tls", "smtp_host": o.mail.IP, "smtp_tls": "starttls",
		} {
			if got := form.Field(name); len(got) != 1 || got[0] != want {
				t.Errorf("on file: %s %q, want %q", name, got, want)
			}
		}
		wrong := fresh("wrong-") + b.box.Password
		o.hides(wrong)
		wantRefused(t, b.register(o.domain, b.fields(map[string]string{"password": wrong})), "not-acceptable", "406", wrong)
		if there, _ := b.registered(o.domain); !there {
			t.Error("a refused change has removed the account")
		}
		b.connected()
	})
}

// Clients that know no data forms register, too. MAIL-R1
func TestMailRegisterPlain(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b := o.holder(t)
		answer := b.Ask("set", o.domain, world.XML(`<query xmlns="jabber:iq:register"><email>%s</email><password>%s</password><name/><username/></query>`,
			b.box.Address, b.box.Password))
		if answer.Type() != "result" {
			t.Fatalf("refused: %v", answer)
		}
		b.connected()
	})
}

// A certificate that is not good is told by what is wrong with it, and no password
// goes there. MAIL-R4
func TestMailRegisterBadCertificate(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		for name, tt := range map[string]struct {
			ports world.MailPorts
			words string
		}{
			"expired": {o.mail.Expired, "has expired"},
			"host":    {o.mail.WrongHost, "for another host"},
			"issuer":  {o.mail.UnknownIssuer, "signed by nobody we trust"},
		} {
			t.Run(name, func(t *testing.T) {
				b := o.holder(t)
				for _, servers := range []map[string]string{at(tt.ports), atStartTLS(tt.ports)} {
					refused := b.register(o.domain, b.fields(servers))
					wantRefused(t, refused, "not-acceptable", "406", b.box.Password)
					if !strings.Contains(refused.ErrorText(), tt.words) {
						t.Errorf("the refusal does not say that it %s: %v", tt.words, refused)
					}
				}
				if strings.Contains(o.mail.Dovecot.Tail(1<<26), b.box.Address) {
					t.Error("the mail server was told of the user")
				}
				b.wantNothingKept()
			})
		}
	})
}

// A server that is not there is another thing than a wrong password. MAIL-R6
func TestMailRegisterUnreachable(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b := o.holder(t)
		port, err := world.FreePort("127.0.0.6")
		if err != nil {
			t.Fatal(err)
		}
		servers := at(o.mail.MailPorts)
		servers["imap_host"], servers["imap_port"] = "127.0.0.6", strconv.Itoa(port)
		wantRefused(t, b.register(o.domain, b.fields(servers)), "remote-server-timeout", "504", b.box.Password)
		b.wantNothingKept()
	})
}

// The questions of a chat lead to the same. MAIL-R1
func TestMailRegisterByChat(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		b := o.holder(t)
		say := func(words string) { b.tell(o.domain, words) }
		say("register")
		for range 40 {
			question := b.Expect("words of the gateway", func(e *world.Element) bool {
				return e.Name() == "message" && e.Type() == "chat" && e.From() == o.domain && e.Has("body")
			}).Body()
			switch {
			case strings.Contains(question, "You are registered"):
				b.connected()
				return
			case strings.Contains(question, "Mail address (required)"):
				say(b.box.Address)
			case strings.Contains(question, "Password\n"):
				say(b.box.Password)
			case strings.Contains(question, "\nSend - "):
				say("done")
			}
		}
		t.Fatal("asked 40 questions, and still not registered")
	})
}
