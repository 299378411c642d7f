package registration_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/registration"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// write sends a message to the gateway.
func (w *world) write(from, text string) {
	w.Helper()
	w.writeIn("", from, text)
}

func (w *world) writeIn(lang, from, text string) {
	w.Helper()
	xml := ""
	if lang != "" {
		xml = " xml:lang='" + lang + "'"
	}
	w.send("<message type='chat' id='%s' from='%s' to='%s'%s><body>%s</body></message>",
		w.id(), from, domain, xml, stanza.EscapeAttr(text))
}

// talk writes a message and reads the gateway's: as many as are named, each
// holding what is named, parts of one message separated by "|".
func (w *world) talk(from, text string, answers ...string) {
	w.Helper()
	w.write(from, text)
	w.hears(from, answers...)
}

func (w *world) hears(from string, answers ...string) {
	w.Helper()
	for _, want := range answers {
		got := w.heard(jid.MustParse(from).Bare().String())
		for _, part := range strings.Split(want, "|") {
			if !strings.Contains(got, part) {
				w.Fatalf("heard %q, want %q", got, part)
			}
		}
	}
}

// quiet fails the test where the gateway said more than was read. A word that
// means nothing is answered last.
func (w *world) quiet(from string) {
	w.Helper()
	w.talk(from, "nonsense", "I do not know that word.")
}

const moment = "One moment"

// A whole sign-up by chat, with every kind of question. One answer that is
// wrong is asked for again.
func TestSignUpByChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.talk(phone, "Register",
		"Your accounts|First line.\nSecond line.|Read this.", "User name (required)")
	w.talk(phone, "-", "User name is missing.", "User name (required)")
	w.talk(phone, "juliet", "Password (required)|delete it there")
	w.talk(phone, good, "Region|1. yes|2. no|Send - to keep: yes")
	w.talk(phone, "3", "must be one of the choices", "Region")
	w.talk(phone, "2.", "Alerts (yes or no)|Send - to leave it empty.")
	w.talk(phone, "perhaps", "Please answer yes or no.", "Alerts")
	w.talk(phone, "YES", "Port")
	w.talk(phone, "70000", "from 1 to 65535", "Port")
	w.talk(phone, "25", "Topics")
	w.talk(phone, "1, 3", "some of the choices", "Topics")
	w.talk(phone, "1, No", "Notes")
	w.talk(phone, "a\nb", moment, "You are registered")
	a := w.account(juliet, "")
	if a == nil || a.Secrets["password"] != good {
		t.Fatalf("on file: %v", a)
	}
	want := map[string]string{"username": "juliet", "region": "at", "alerts": "true", "port": "25", "topics": "de\nat", "notes": "a\nb", "only": "one"}
	for name, value := range want {
		if a.Settings[name] != value {
			t.Errorf("%s is %q, want %q", name, a.Settings[name], value)
		}
	}
	w.quiet(phone)
}

// A change by chat: what there is stays by a dash, goes by two.
func TestChangeByChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp(phone, domain, "username", "juliet", "password", good, "region", "at", "port", "25", "topics", "de\nat", "notes", "a\nb", "alerts", "1")
	w.talk(phone, "change", "Your accounts", "User name (required)|Send - to keep: juliet")
	w.talk(phone, "capulet", "Password|Send - to leave it as it is.")
	w.talk(phone, "-", "Region|Send - to keep: no")
	w.talk(phone, "yes", "Alerts (yes or no)|Send - to keep: yes")
	w.talk(phone, "-", "Port|Send - to keep: 25|Send -- to leave it empty.")
	w.talk(phone, "--", "Topics|Send - to keep: yes, no")
	w.talk(phone, "2", "Notes|Send - to keep: a, b")
	w.talk(phone, "-", moment, "The change is in force")
	a := w.account(juliet, "")
	want := map[string]string{"username": "capulet", "region": "de", "alerts": "true", "port": "", "topics": "at", "notes": "a\nb"}
	for name, value := range want {
		if a.Settings[name] != value {
			t.Errorf("%s is %q, want %q", name, a.Settings[name], value)
		}
	}
	if a.Secrets["password"] != good {
		t.Error("the password did not stay")
	}
	w.quiet(phone)
}

// In German: texts, and yes and no.
func TestGermanChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(func(transports.Scope, transports.Settings) transports.Form {
		return transports.Form{Fields: []transports.Field{
			{Name: "alerts", Label: transports.T("Your accounts"), Kind: transports.Boolean, Required: true, Value: "true"},
		}}
	}))
	say := func(text string, answers ...string) {
		t.Helper()
		w.writeIn("de", phone, text)
		w.hears(phone, answers...)
	}
	say("hallo", "Dieses Wort kenne ich nicht.|register – ")
	say("register", "Ihre Konten|ja|ja")
	say("Nö", "ja oder nein", "Ihre Konten")
	say("Nein", "", "Sie sind registriert")
	if a := w.account(juliet, ""); a == nil || a.Settings["alerts"] != "false" {
		t.Errorf("on file: %v", a)
	}
}

// Two steps by chat: a wrong field is asked again, also one of the step before;
// back goes back over the steps.
func TestTwoStepsByChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), verifying(twoSteps))
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(phone, "back", "Name")
	w.talk(phone, "tybalt", "Password")
	w.talk(phone, "back", "Name")
	w.talk(phone, "romeo", "Password")
	w.talk(phone, bad, moment, "Password: That is not your password.", "Password")
	w.talk(phone, good, moment, "One more thing", "Code")
	w.talk(phone, "back", "Password")
	w.talk(phone, "back", "Name")
	w.talk(phone, "juliet", "Password")
	w.talk(phone, good, moment, "One more thing", "Code")
	w.talk(phone, wrongCode, moment, "Code: That is another code.", "Code")
	w.net.Refuse(transporttest.OpVerify, fault("password", transports.Credentials, "The password has changed."))
	w.talk(phone, code, moment, "The password has changed.", "Password")
	w.talk(phone, good, moment, "One more thing", "Code")
	w.talk(phone, code, moment, "You are registered")
	if !w.codeOnFile() {
		t.Errorf("on file: %v", w.account(juliet, ""))
	}
	w.quiet(phone)
}

// When it is nobody's fault, the user says how it goes on.
func TestAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief))
	down := &transports.Error{Kind: transports.Unreachable}
	w.net.Refuse(transporttest.OpVerify, down)
	w.net.Refuse(transporttest.OpVerify, down)
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(phone, "tybalt", "Password")
	w.talk(phone, good, moment, "cannot be reached", "Send again to try once more")
	w.talk(phone, "what?", "Send again to try once more")
	w.talk(phone, "again", moment, "cannot be reached", "Send again to try once more")
	w.talk(phone, "back", "Password")
	w.talk(phone, "back", "Name")
	w.talk(phone, "juliet", "Password")
	w.talk(phone, good, moment, "You are registered")
	if a := w.account(juliet, ""); a == nil || a.Settings["username"] != "juliet" {
		t.Errorf("on file: %v", a)
	}
}

// A dialogue ends when the user says so, or nothing for long: what they say
// then is no answer any more.
func TestChatEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief))
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(laptop, "CANCEL", "Cancelled.")
	w.quiet(phone)
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(phone, "juliet", "Password")
	w.clock.Add(int64(registration.Unclaimed + time.Minute))
	w.talk(phone, good, "I do not know that word.")
	if w.account(juliet, "") != nil {
		t.Error("stored")
	}
}

// Two users talk at the same time, and one from two devices.
func TestChatsSideBySide(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief))
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(romeo, "register", "Sign up", "Name")
	w.talk(laptop, "juliet", "Password")
	w.talk(romeo, "romeo", "Password")
	w.talk(phone, good, moment, "You are registered")
	w.talk(romeo, bad, moment, "That is not your password", "Password")
	w.talk(romeo, better, moment, "You are registered")
	for user, want := range map[string]string{juliet: "juliet", "romeo@example.org": "romeo"} {
		if a := w.account(user, ""); a == nil || a.Settings["username"] != want {
			t.Errorf("%s: %v", user, a)
		}
	}
}

// A link by chat: any word goes on.
func TestLinkByChat(t *testing.T) {
	t.Parallel()
	verify, visit := linked()
	w := newWorld(t, asking(brief), verifying(verify))
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(phone, "juliet", "Password")
	w.talk(phone, good, moment, "https://example.net/device\nCode: ABC-DEF", "any word")
	w.talk(phone, "ok", "https://example.net/device", "any word")
	visit()
	w.talk(phone, "done", "You are registered")
	if a := w.account(juliet, ""); a == nil || a.Secrets["password"] != good {
		t.Errorf("on file: %v", a)
	}
}

// A check that takes long ends the dialogue; what became of it is told later.
func TestPendingByChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), impatient)
	release := w.net.Stall(transporttest.OpVerify)
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(phone, "juliet", "Password")
	w.talk(phone, good, moment, "not answered yet")
	w.quiet(phone)
	release()
	w.hears(phone, "You are registered")
}

// The words that are understood, and those that are not.
func TestWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, asking(brief), settings(func(c *component.DomainConfig) { c.Admins = []jid.JID{jid.MustParse("romeo@example.org")} }),
		func(w *world) { w.with = addAdmin })
	w.talk(phone, "help", "Send one of these words:\nregister – Register, or change your account|network|accounts|unregister|register irc.example.org")
	w.talk(phone, "Hello", "Send one of these words:")
	w.talk(phone, "how do I register?", "I do not know that word.\nSend one of these words:")
	w.talk(phone, "stop", "I do not know that word.")
	w.talk(romeo, "stop", "Stopped.")
	w.talk(romeo, "help", "stop – Stop")
	w.talk(phone, "register  "+network, "Sign up", "Name")
	w.talk(phone, "juliet", "Password")
	w.talk(phone, good, moment, "You are registered")
	if w.account(juliet, network) == nil || w.account(juliet, "") != nil {
		t.Error("the wrong account was made")
	}
	w.talk(phone, "register #room%"+network, "#room%"+network+" is not the name of a network.")
	w.talk(phone, "network "+network, "I do not know that word.")
	w.talk(phone, "network", "Register with one network", "Network (required)|such as irc.example.org")
	w.talk(phone, "nobody", moment, "Network: ", "Network")
	w.talk(phone, network, moment, "Sign up", "Name|juliet")
	w.talk(phone, "cancel", "Cancelled.")
	w.talk(phone, "accounts", "Your accounts\n"+network+": ")
}

// Removal by chat asks first, and tells before it shows.
func TestUnregisterByChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief))
	w.talk(phone, "unregister", "You are not registered here.")
	w.signUp(phone, domain, "username", "juliet", "password", good)
	w.presence(domain, juliet, "subscribe")
	w.online(1)
	w.talk(phone, "unregister", "Remove your account\nThis removes your account with "+domain, "Remove it (yes or no) (required)")
	w.talk(phone, "no", moment, "Nothing was removed.")
	w.talk(phone, "unregister", "Remove your account", "Remove it")
	w.seen = append(w.seen, w.Drain(domain)...)
	w.write(phone, "yes")
	var got []string
	for len(got) < 5 {
		st := w.Next(domain)
		w.seen = append(w.seen, st)
		if p, ok := st.(*stanza.Presence); ok && p.Type == "" {
			continue
		}
		got = append(got, st.Name()+" "+st.Head().Type)
	}
	want := "message chat, message chat, presence unsubscribe, presence unsubscribed, presence unavailable"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("got %s, want %s", all, want)
	}
	if w.account(juliet, "") != nil {
		t.Error("an account is left")
	}
}

// Nobody else's words are understood, and nothing said to contacts is.
func TestChatNotForEveryone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	w.write(paris, "register")
	m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool { return m.To.String() == paris })
	if e := stanza.ParseError(m.Child("", "error")); m.Type != "error" || e.Condition != stanza.Forbidden || e.Text == "" {
		t.Errorf("got %s", dump(m))
	}
	w.send("<message type='chat' id='c1' from='%s' to='nurse%%%s'><body>register</body></message>", phone, onNet)
	if call := w.net.AwaitCall(t, transporttest.OpSend, 0); call.Message.Text != "register" {
		t.Errorf("sent %q", call.Message.Text)
	}
	w.quiet(phone)
}

// No text, however odd or long, breaks a dialogue or is said back at length.
func TestOddTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, asking(brief))
	long := strings.Repeat("x☃", 16<<10)
	for _, odd := range []string{"\u0085\u009f", "\u202eregister", "\ufffd", long, "register " + long, "register \u200b", "%s%d%%", "a\tb\nc"} {
		w.write(phone, odd)
		if got := w.heard(juliet); got == "" || len(got) > 2000 {
			t.Errorf("%.20q is answered by %.100q, %d bytes", odd, got, len(got))
		}
	}
	w.talk(phone, "register", "Sign up", "Name")
	w.talk(phone, long, "Name is too long.", "Name")
	w.talk(phone, "a\nb", "Name must be one line.", "Name")
	w.talk(phone, "\u0085\u202e%s", "Password")
	w.talk(phone, good, moment, "You are registered")
	w.talk(phone, "change", "Sign up", "Name|%s")
	w.talk(phone, "cancel", "Cancelled.")
	if n := fmt.Sprint(w.account(juliet, "").Settings["username"]); !strings.HasSuffix(n, "%s") {
		t.Errorf("on file: %q", n)
	}
}

// Who has answered what matters leaves the rest as it is, and what is needed is
// asked for all the same.
func TestDone(t *testing.T) {
	t.Parallel()
	var got transports.Settings
	long := func(transports.Scope, transports.Settings) transports.Form {
		f := transports.Form{Fields: []transports.Field{
			{Name: "name", Label: transports.Literal("Name"), Required: true},
			{Name: "token", Label: transports.Literal("Token"), Kind: transports.Secret},
			{Name: "color", Label: transports.Literal("Color"), Value: "blue"},
		}}
		for i := range 4 {
			f.Fields = append(f.Fields, transports.Field{Name: fmt.Sprint("more", i), Label: transports.Literal(fmt.Sprint("More ", i))})
		}
		return f
	}
	w := newWorld(t, asking(long), verifying(func(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
		got = s
		return transports.Answer{Settings: s}, nil
	}))
	w.talk(phone, "register", "Name|Send done")
	w.talk(phone, "Done", "Token") // a name like any other: one is needed
	w.talk(phone, "-", "Color")
	w.talk(phone, "done", "One moment", "You are registered")
	want := transports.Settings{"name": "Done", "color": "blue", "more0": "", "more1": "", "more2": "", "more3": ""}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
