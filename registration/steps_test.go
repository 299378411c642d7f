package registration_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"wherry/component/componenttest"
	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/registration"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// The codes of a sign-up in two steps.
const (
	code      = mark + "code"
	wrongCode = mark + "code-that-is-wrong"
)

// twoSteps asks for a code once the password is right.
func twoSteps(ctx context.Context, scope transports.Scope, s transports.Settings) (transports.Answer, error) {
	answer, err := picky(ctx, scope, s)
	switch {
	case err != nil:
		return answer, err
	case s["code"] == wrongCode:
		return transports.Answer{}, fault("code", transports.Credentials, "That is another code.")
	case s["code"] != "":
		return answer, nil
	}
	return transports.Answer{Next: &transports.Form{
		Title:  transports.Literal("One more thing"),
		Fields: []transports.Field{{Name: "code", Kind: transports.Secret, Label: transports.Literal("Code"), Required: true}},
	}}, nil
}

// linked wants a page visited before it accepts, which visit does.
func linked() (v transporttest.Verifier, visit func()) {
	visited := make(chan bool)
	return func(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
		select {
		case <-visited:
			return transports.Answer{Settings: s}, nil
		default:
			return transports.Answer{Link: &transports.Link{
				URL: "https://example.net/device", Code: "ABC-DEF", Text: transports.Literal("Please visit this page."),
			}}, nil
		}
	}, func() { close(visited) }
}

// newCode is what is on file after both steps of twoSteps.
func (w *world) codeOnFile() bool {
	w.Helper()
	a := w.account(juliet, "")
	return a != nil && a.Settings["username"] == "juliet" && a.Secrets["password"] == good && a.Secrets["code"] == code
}

// A sign-up of two steps by XEP-0077: the first result carries the next form.
func TestTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), verifying(twoSteps))
	iq := w.register(phone, domain, "username", "juliet", "password", good)
	x := iq.Child(nsRegister, "query").Child(form.NS, "x")
	if iq.Type != "result" || field(x, "code") == nil || field(x, "username") != nil || form.Type(x) != nsRegister {
		t.Fatalf("got %s", dump(iq))
	}
	if w.account(juliet, "") != nil {
		t.Fatal("stored after half the way")
	}
	refused(t, w.register(phone, domain, "code", ""), "modify/not-acceptable/406", "Code")
	refused(t, w.set(phone, domain, query("")), "modify/not-acceptable/406", "Code")
	refused(t, w.register(phone, domain, "code", wrongCode), "modify/not-acceptable/406", "Code: That is another code.")
	w.signUp(laptop, domain, "FORM_TYPE", nsRegister, "code", code)
	if !w.codeOnFile() {
		t.Errorf("on file: %v", w.account(juliet, ""))
	}
}

// Whoever begins again, or waits for too long, begins with the first form.
func TestTwoStepsGivenUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		giveUp func(*world)
	}{
		{"by asking again", func(w *world) { w.asked(phone, domain) }},
		{"by cancelling", func(w *world) { w.set(phone, domain, query("<x xmlns='jabber:x:data' type='cancel'/>")) }},
		{"by waiting", func(w *world) { w.clock.Add(int64(registration.Unclaimed + time.Minute)) }},
		{"by something else", func(w *world) { w.register(phone, domain, "username", "juliet") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, asking(brief), verifying(twoSteps))
			w.register(phone, domain, "username", "juliet", "password", good)
			tt.giveUp(w)
			refused(t, w.register(phone, domain, "code", code), "modify/not-acceptable/406", "Name")
			if w.account(juliet, "") != nil {
				t.Error("stored")
			}
		})
	}
}

// The first form again, in place of the second, begins anew; somebody else's
// second form does, too.
func TestTwoStepsMixedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), verifying(twoSteps))
	w.register(phone, domain, "username", "tybalt", "password", good)
	refused(t, w.register(romeo, domain, "code", code), "modify/not-acceptable/406", "Name")
	if iq := w.register(phone, domain, "username", "juliet", "password", good); iq.Child(nsRegister, "query") == nil {
		t.Fatalf("got %s", dump(iq))
	}
	w.signUp(phone, domain, "code", code)
	if !w.codeOnFile() {
		t.Errorf("on file: %v", w.account(juliet, ""))
	}
}

// A second form may have plain equivalents, like the first.
func TestTwoPlainSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(func(transports.Scope, transports.Settings) transports.Form {
		return transports.Form{Fields: []transports.Field{{Name: "username", Required: true}}}
	}), verifying(func(_ context.Context, _ transports.Scope, s transports.Settings) (transports.Answer, error) {
		if s["password"] != "" {
			return transports.Answer{Settings: s}, nil
		}
		return transports.Answer{Next: &transports.Form{Fields: []transports.Field{{Name: "password", Kind: transports.Secret, Required: true}}}}, nil
	}))
	iq := w.set(phone, domain, query("<username>juliet</username>"))
	if iq.Child(nsRegister, "query").Child(nsRegister, "password") == nil {
		t.Fatalf("got %s", dump(iq))
	}
	done(t, w.set(phone, domain, query("<password>"+good+"</password>")))
	if a := w.account(juliet, ""); a == nil || a.Settings["username"] != "juliet" || a.Secrets["password"] != good {
		t.Errorf("on file: %v", a)
	}
}

// A page to visit is told as a redirection; the same submission again goes on
// with what was answered. XEP-0077 §5
func TestLink(t *testing.T) {
	t.Parallel()
	verify, visit := linked()
	w := newWorld(t, asking(brief), verifying(verify))
	iq := w.register(phone, domain, "username", "juliet", "password", good)
	q := iq.Child(nsRegister, "query")
	if q.Child("jabber:x:oob", "x").ChildText("jabber:x:oob", "url") != "https://example.net/device" || q.Child(form.NS, "x") != nil {
		t.Fatalf("got %s", dump(iq))
	}
	for _, want := range []string{"Please visit this page.", "https://example.net/device", "ABC-DEF"} {
		if !strings.Contains(q.ChildText(nsRegister, "instructions"), want) {
			t.Errorf("%q does not say %s", q.ChildText(nsRegister, "instructions"), want)
		}
	}
	if iq := w.register(phone, domain, "username", "juliet", "password", ""); iq.Child(nsRegister, "query") == nil {
		t.Fatalf("got %s", dump(iq))
	}
	visit()
	w.signUp(phone, domain) // nothing but to go on
	if a := w.account(juliet, ""); a == nil || a.Settings["username"] != "juliet" || a.Secrets["password"] != good {
		t.Errorf("on file: %v", a)
	}
}

// heard waits for the next message from the gateway to a user.
func (w *world) heard(user string) string {
	w.Helper()
	m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool {
		return m.Type == "chat" && m.From.String() == domain && m.To.String() == user
	})
	w.seen = append(w.seen, m)
	body, _ := m.Body()
	return body
}

// A check that outlives its request goes on by itself, and its end is told.
func TestPending(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		verify transporttest.Verifier
		says   string
		stored bool
	}{
		{"accepted", nil, picky, "You are registered: Fake accepted it.", true},
		{"refused", fault("password", transports.Credentials, "No."), picky, "Your registration failed: Password: No.", false},
		{"another question", nil, twoSteps, "The network has another question.", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, impatient, asking(brief), verifying(tt.verify))
			release := w.net.Stall(transporttest.OpVerify)
			if tt.err != nil {
				w.net.Refuse(transporttest.OpVerify, tt.err)
			}
			iq := w.register(phone, domain, "username", "juliet", "password", good)
			if got := iq.Child(nsRegister, "query").ChildText(nsRegister, "instructions"); !strings.Contains(got, "not answered yet") {
				t.Fatalf("got %s", dump(iq))
			}
			refused(t, w.register(laptop, domain, "username", "juliet", "password", better), "wait/resource-constraint/500", "still being checked")
			refused(t, w.set(laptop, domain, query("<remove/>")), "auth/registration-required/407")
			release()
			if got := w.heard(juliet); !strings.HasPrefix(got, tt.says) {
				t.Errorf("heard %q, want %q", got, tt.says)
			}
			if stored := w.account(juliet, "") != nil; stored != tt.stored {
				t.Errorf("stored: %v", stored)
			}
		})
	}
}

// A late link is told with its address.
func TestPendingLink(t *testing.T) {
	t.Parallel()
	verify, _ := linked()
	w := newWorld(t, impatient, asking(brief), verifying(verify))
	release := w.net.Stall(transporttest.OpVerify)
	w.register(phone, domain, "username", "juliet", "password", good)
	release()
	if got := w.heard(juliet); !strings.Contains(got, "https://example.net/device") || !strings.Contains(got, "ABC-DEF") {
		t.Errorf("heard %q", got)
	}
}

// A removal waits for its turn no longer than a client does, and then says so.
func TestRemoveWhilePending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), impatient)
	err := w.gate.Domain(domain).Register(t.Context(), store.Account{
		User: juliet, Settings: map[string]string{"username": "juliet"}, Secrets: map[string]string{"password": good},
	})
	if err != nil {
		t.Fatal(err)
	}
	release := w.net.Stall(transporttest.OpVerify)
	w.register(phone, domain, "username", "capulet", "password", good)
	refused(t, w.set(phone, domain, query("<remove/>")), "wait/resource-constraint/500")
	release()
	if got := w.heard(juliet); !strings.HasPrefix(got, "The change is in force") {
		t.Errorf("heard %q", got)
	}
	if a := w.account(juliet, ""); a == nil || a.Settings["username"] != "capulet" {
		t.Errorf("on file: %v", a)
	}
}

// Closing ends the checks in progress, and says nothing any more.
func TestCloseEndsChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), impatient)
	w.net.Stall(transporttest.OpVerify)
	w.register(phone, domain, "username", "juliet", "password", good)
	w.reg.Close()
	w.barrier(phone)
	for _, st := range w.Drain(domain) {
		t.Errorf("unexpected: %s", dump(st))
	}
	if w.account(juliet, "") != nil {
		t.Error("stored")
	}
}
