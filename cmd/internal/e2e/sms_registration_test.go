package e2e

import (
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// fields is what the form wants for the account's token.
func (c *caller) fields(token string) map[string]string {
	return map[string]string{"account_sid": c.account.SID, "auth_token": token}
}

// wantNothingKept: neither the user nor what they typed is in the store.
func (c *caller) wantNothingKept() {
	c.t.Helper()
	db := opened(c.t, c.e.gateway)
	for _, needle := range []string{c.account.SID, c.account.Token} {
		wantInNoRow(c.t, db, needle)
	}
	var rows int
	const left = `SELECT (SELECT count(*) FROM account WHERE jid = ? AND domain = ?) + (SELECT count(*) FROM secret WHERE account NOT IN (SELECT id FROM account))`
	if err := db.QueryRow(left, c.Bare, c.e.domain).Scan(&rows); err != nil {
		c.t.Fatal(err)
	}
	if rows > 0 {
		c.t.Errorf("%s: %d rows are left", c.Bare, rows)
	}
	wantInNoFile(c.t, c.e.gateway, c.account.SID, c.account.Token)
}

// SMS-R1, SMS-R2, SMS-R3: registration by form. A wrong token is refused with
// Twilio's number and leaves nothing; the right one has Twilio call the gateway;
// removal puts back where it called before, and leaves nothing.
func TestSMSRegisterByForm(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.subscriber(t)
		line := c.at(c.line)
		line.SMSURL, line.SMSMethod = "https://old.example/in?x=1", "GET"
		e.twilio.AddNumber(line)

		wrong := twiliotest.NewSID("")
		e.hides(wrong)
		refused := c.register(e.domain, c.fields(wrong))
		wantRefused(t, refused, "not-acceptable", "406", wrong)
		if !strings.Contains(refused.ErrorText(), "20003") {
			t.Errorf("Twilio's number is not in the refusal: %v", refused)
		}
		if there, _ := c.registered(e.domain); there {
			t.Error("a refused registration is kept")
		}
		c.wantNothingKept()

		c.signUp(c.fields(c.account.Token))
		there, form := c.registered(e.domain)
		if !there {
			t.Error("not registered after the registration")
		}
		if got := form.Field("line"); len(got) != 1 || got[0] != c.line {
			t.Errorf("on file: line %q, of one number", got)
		}
		if strings.Contains(form.String(), c.account.Token) {
			t.Errorf("the form tells the token: %v", form)
		}
		c.hook()

		if answer := c.unregister(e.domain); answer.Type() != "result" {
			t.Errorf("removal: %v", answer)
		}
		e.until(t, "the line's old webhook", func() bool {
			n := c.at(c.line)
			return n.SMSURL == line.SMSURL && n.SMSMethod == line.SMSMethod
		})
		c.wantNothingKept()
	})
}

// SMS-R3: a webhook that somebody else has set since is not the gateway's to
// put back.
func TestSMSRemoveLeavesForeignHook(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.caller(t)
		c.hook()
		line := c.at(c.line)
		line.SMSURL = "https://another.example/in"
		e.twilio.AddNumber(line)
		asked, set := len(c.requests(twiliotest.OpNumbers)), len(c.requests(twiliotest.OpSetNumber))
		if answer := c.unregister(e.domain); answer.Type() != "result" {
			t.Fatalf("removal: %v", answer)
		}
		e.until(t, "the gateway to look where the line calls", func() bool { return len(c.requests(twiliotest.OpNumbers)) > asked })
		// The same user's next registration comes behind what the removal does.
		c.signUp(c.fields(c.account.Token))
		c.hook()
		if answer := c.unregister(e.domain); answer.Type() != "result" {
			t.Fatalf("removal: %v", answer)
		}
		e.until(t, "the other's webhook", func() bool { // a request is noted when it is answered
			return c.at(c.line).SMSURL == line.SMSURL && len(c.requests(twiliotest.OpSetNumber)) > set+1
		})
		if n := len(c.requests(twiliotest.OpSetNumber)) - set; n != 2 {
			t.Errorf("the webhook was set %d times, not for the second registration and its removal alone", n)
		}
	})
}

// SMS-R2: an account that Twilio has suspended is refused.
func TestSMSRegisterSuspended(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c := e.subscriber(t)
		c.account.Status = "suspended"
		e.twilio.AddAccount(c.account)
		refused := c.register(e.domain, c.fields(c.account.Token))
		wantRefused(t, refused, "forbidden", "403", c.account.Token)
		if !strings.Contains(refused.ErrorText(), "suspended") {
			t.Errorf("the refusal does not say why: %v", refused)
		}
		c.wantNothingKept()
	})
}

// SMS-R1: of several numbers a second step asks for one, in a form, by a command
// and in a chat.
func TestSMSRegisterOfTwoLines(t *testing.T) {
	for name, register := range map[string]func(*caller, string){
		"form": (*caller).chooseByForm, "command": (*caller).chooseByCommand, "chat": (*caller).chooseByChat,
	} {
		t.Run(name, func(t *testing.T) {
			onEachExchange(t, func(t *testing.T, e *exchange) {
				c := e.subscriber(t)
				second := c.number()
				register(c, second)
				there, form := c.registered(e.domain)
				if got := form.Field("line"); !there || len(got) != 1 || got[0] != second {
					t.Errorf("registered %v, with line %q, want %s", there, got, second)
				}
				phone := freshNumber()
				c.text(phone, "from the second")
				if got := c.shows(phone, 1)[0]; got.From != second {
					t.Errorf("texted from %s, not %s", got.From, second)
				}
				c.quiet(c.account.Token)
			})
		})
	}
}

// options returns the values of a list-single field.
func options(e *world.Element, name string) []string {
	var values []string
	form := e.Find("x", world.NSForm)
	if form == nil {
		return nil
	}
	for _, field := range form.All("field") {
		if field.Attr("var") == name && field.Attr("type") == "list-single" {
			for _, option := range field.All("option") {
				values = append(values, option.Child("value").Text)
			}
		}
	}
	return values
}

// wantLines: the step offers exactly the lines of the account.
func (c *caller) wantLines(step *world.Element, second string) {
	c.t.Helper()
	got, want := options(step, "line"), []string{c.line, second}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Fatalf("the second step offers the lines %q, not %q: %v", got, want, step)
	}
}

func (c *caller) chooseByForm(second string) {
	c.t.Helper()
	next := c.register(c.e.domain, c.fields(c.account.Token))
	c.wantLines(next, second)
	c.wantNothingKept() // after half the way
	if answer := c.register(c.e.domain, map[string]string{"line": second}); answer.Type() != "result" {
		c.t.Fatalf("refused: %v", answer)
	}
}

func (c *caller) chooseByCommand(second string) {
	c.t.Helper()
	next := c.command(c.e.domain, registerNode, c.fields(c.account.Token))
	c.wantLines(next, second)
	last := c.Ask("set", c.e.domain, world.XML(
		`<command xmlns="http://jabber.org/protocol/commands" node="%s" sessionid="%s" action="complete">`,
		registerNode, next.Child("command").Attr("sessionid"))+submit("", map[string]string{"line": second})+`</command>`)
	if !succeeded(last) {
		c.t.Fatalf("refused: %v", last)
	}
}

func (c *caller) chooseByChat(second string) {
	c.t.Helper()
	say := func(words string) { c.tell(c.e.domain, words) }
	say("register")
	for range 40 {
		question := c.Expect("words of the gateway", func(e *world.Element) bool {
			return e.Name() == "message" && e.Type() == "chat" && e.From() == c.e.domain && e.Has("body")
		}).Body()
		switch {
		case strings.Contains(question, "You are registered"):
			return
		case strings.Contains(question, "Account SID (required)"):
			say(c.account.SID)
		case strings.Contains(question, "Auth token\n"):
			say(c.account.Token)
		case strings.Contains(question, "Your number (required)"):
			say(second)
		case strings.Contains(question, "\nSend - "):
			say("-")
		}
	}
	c.t.Fatal("asked 40 questions, and still not registered")
}
