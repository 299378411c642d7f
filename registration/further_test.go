package registration_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// branches is a network on which users have further accounts, under labels without a
// dot; two of one user are not of the same name.
type branches struct{ *service }

func (branches) Address(text string, in transports.Account) (transports.Address, error) {
	text = strings.ToLower(text)
	if text != "" && !strings.ContainsAny(text, ".%@ ") {
		return transports.Address{Kind: transports.Network, Scope: transports.Scope(text)}, nil
	}
	name, label, _ := strings.Cut(text, "%")
	if label == "" {
		label = string(in.Scope)
	}
	if !strings.Contains(name, ".") {
		return transports.Address{}, &transports.Error{Kind: transports.Malformed}
	}
	return transports.Address{Kind: transports.Contact, Scope: transports.Scope(label), Name: name}, nil
}

func (branches) Distinct(s transports.Settings) []string { return []string{s["username"]} }

func further(w *world) {
	about := w.net.About()
	about.Scoped, about.Rooms, about.Attended, about.Guests = false, false, false, false
	about.Further = transports.T("Add a mailbox")
	w.net.SetAbout(about)
	w.net.form = brief
	w.conf.Transport = branches{w.net}
}

func (branches) AccountName(s transports.Settings) string { return s["username"] + "@upstream" }

const (
	atWork = "work@" + domain
	atHome = "home@" + domain
)

// labels returns the labels of Juliet's accounts.
func (w *world) labels() []string {
	w.Helper()
	all, err := w.gate.Domain(domain).Accounts(w.Context(), jid.MustParse(juliet))
	if err != nil {
		w.Fatal(err)
	}
	var labels []string
	for _, a := range all {
		labels = append(labels, a.Scope)
	}
	slices.Sort(labels)
	return labels
}

// Further accounts are registered, changed and removed at their own addresses, whether or
// not there is a default one. MAIL-A8
func TestFurtherByForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, further)
	w.signUp(phone, atWork, "username", "work", "password", good)
	w.presence(atWork, juliet, "subscribe")
	w.presence(domain, juliet, "subscribe")
	if q := w.asked(phone, domain); q.Child(nsRegister, "registered") != nil {
		t.Error("the default account is registered by another one")
	}
	w.signUp(phone, domain, "username", "juliet", "password", good)
	w.signUp(phone, atHome, "username", "home", "password", good)
	if q := w.asked(phone, atWork); q.Child(nsRegister, "registered") == nil || q.ChildText(nsRegister, "username") != "work" {
		t.Errorf("on file: %v", q.Children)
	}
	w.signUp(phone, atWork, "username", "work2", "password", "")
	if a := w.account(juliet, "work"); a == nil || a.Settings["username"] != "work2" || a.Secrets["password"] != good {
		t.Errorf("on file: %+v", a)
	}
	w.online(1) // they all run
	if iq := w.set(phone, atWork, query("<remove/>")); iq.Type != "result" {
		t.Errorf("removal: %s", dump(iq))
	}
	if got := w.labels(); !slices.Equal(got, []string{"", "home"}) {
		t.Errorf("left: %q", got)
	}
	refused(t, w.set(phone, atWork, query("<remove/>")), "auth/registration-required/407")
	if iq := w.set(phone, domain, query("<remove/>")); iq.Type != "result" || len(w.labels()) != 0 {
		t.Errorf("removal of all: %s", dump(iq))
	}
}

// The same account upstream is refused under another label, by its name here; there are
// no more of them than one may have. MAIL-A8
func TestFurtherRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, further, settings(func(c *component.DomainConfig) { c.Limits.Accounts = 2 }))
	w.signUp(phone, domain, "username", "juliet", "password", good)
	refused(t, w.register(phone, atWork, "username", "juliet", "password", good), "cancel/conflict/409", "You use this account here already, as "+domain+".")
	w.signUp(phone, atWork, "username", "work", "password", good)
	refused(t, w.register(phone, domain, "username", "work", "password", good), "cancel/conflict/409", "as "+atWork+".")
	refused(t, w.register(phone, atHome, "username", "home", "password", good), "cancel/not-allowed/405", "as many accounts")
	d := w.execute(phone, domain, "add")
	d.next("label", "home")
	d.note("error", "as many accounts")
	if got := w.labels(); !slices.Equal(got, []string{"", "work"}) {
		t.Errorf("there are: %q", got)
	}
	if a := w.account(juliet, ""); a.Settings["username"] != "juliet" {
		t.Errorf("the refused change: %+v", a)
	}
}

// A label is asked for, and the form is that of the new account. MAIL-A8
func TestAddByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, further)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	names := map[string]string{}
	for _, it := range w.get(phone, domain, "<query xmlns='http://jabber.org/protocol/disco#items' node='"+command.NS+"'/>").Payload[0].Children {
		names[it.Attr("node")] = it.Attr("name")
	}
	if names["add"] != "Add a mailbox" || names["network"] != "" {
		t.Errorf("commands: %v", names)
	}
	d := w.execute(phone, domain, "add")
	d.is("executing", "label")
	for _, wrong := range []string{"", "a b", "work.example", "nurse.x%work"} {
		d.next("label", wrong)
		d.is("executing", "label")
	}
	d.note("error", "nurse.x%work cannot be a label.")
	d.next("label", " Work ")
	d.is("executing", "username", "password")
	d.next("username", "work", "password", good)
	d.is("completed")
	if got := w.labels(); !slices.Equal(got, []string{"", "work"}) {
		t.Errorf("there are: %q", got)
	}
	d = w.execute(phone, domain, "add")
	d.next("label", "work")
	d.note("error", "You have an account "+atWork+" already.")

	d = w.execute(phone, domain, "accounts")
	if got := d.accountList(); len(got) != 2 || !strings.HasPrefix(got[0], domain+" (juliet@upstream): registered") && !strings.HasPrefix(got[1], domain+" (juliet@upstream): registered") {
		t.Errorf("accounts: %q", got)
	}
	d = w.execute(phone, atWork, "accounts")
	if got := d.accountList(); len(got) != 1 || !strings.HasPrefix(got[0], atWork+" (work@upstream): ") {
		t.Errorf("accounts there: %q", got)
	}
	if iq := w.set(phone, atWork, "<command xmlns='"+command.NS+"' node='add'/>"); iq.Type != "error" {
		t.Errorf("an account has accounts: %s", dump(iq))
	}
}

// By command one of them is removed, the default one too, or all.
func TestUnregisterSome(t *testing.T) {
	t.Parallel()
	for which, want := range map[string][]string{domain: {"home", "work"}, atWork: {"", "home"}, "*": nil} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, further)
			for to, name := range map[string]string{domain: "juliet", atWork: "work", atHome: "home"} {
				w.signUp(phone, to, "username", name, "password", good)
			}
			d := w.execute(phone, domain, "unregister")
			d.is("executing", "account", "confirm")
			d.took(d.turn("complete", fields("account", "tybalt@"+domain, "confirm", "1")))
			d.is("executing", "account", "confirm")
			d.took(d.turn("complete", fields("account", which, "confirm", "0")))
			d.note("info", "Nothing was removed.")
			if len(w.labels()) != 3 {
				t.Fatal("removed without a yes")
			}
			d = w.execute(phone, domain, "unregister")
			d.took(d.turn("complete", fields("account", which, "confirm", "1")))
			d.is("completed")
			d.note("info", "Your account was removed.")
			if got := w.labels(); !slices.Equal(got, want) {
				t.Errorf("left: %q", got)
			}
		})
	}
	w := newWorld(t, further)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	d := w.execute(phone, domain, "unregister")
	d.is("executing", "confirm")
	d.took(d.turn("complete", fields("confirm", "1")))
	if len(w.labels()) != 0 {
		t.Error("the only one is not removed")
	}
}

// In the chat with the gateway a word may name an account; in that of an account its words
// are about itself, and each chat has its own dialogue. MAIL-A8
func TestFurtherByChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, further)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	w.talk(phone, "help", "add – Add a mailbox|unregister work")
	w.talk(phone, "add", "Add a mailbox", "Label (required)")
	w.talk(phone, "two words", moment, "two words cannot be a label", "Label (required)")
	w.talk(phone, "work", moment, "Sign up", "Name (required)")
	w.talk(phone, "work", "Password")
	w.talk(phone, good, moment, "You are registered")
	w.talk(phone, "register home", "Sign up", "Name (required)")
	w.talk(phone, "home", "Password")
	w.talk(phone, good, moment, "You are registered")
	w.talk(phone, "unregister nurse.x", "nurse.x is not the label of an account.")

	there := func(text, says string) {
		w.send("<message type='chat' id='%s' from='%s' to='%s'><body>%s</body></message>", w.id(), phone, atWork, text)
		got := w.await(atWork)
		for !strings.Contains(got, says) {
			if !strings.Contains(got, moment) {
				t.Fatalf("heard %q, want %q", got, says)
			}
			got = w.await(atWork)
		}
	}
	there("accounts", atWork)
	there("unregister", "your account with "+atWork)
	if got := w.await(atWork); !strings.Contains(got, "Remove it") {
		t.Fatalf("asked %q", got)
	}
	w.talk(phone, "nonsense", "I do not know that word.") // the question was asked in the other chat
	there("yes", "Your account was removed.")
	if got := w.labels(); !slices.Equal(got, []string{"", "home"}) {
		t.Errorf("left: %q", got)
	}
	w.talk(phone, "unregister home", "Remove your account", "Remove it")
	w.talk(phone, "yes", moment, "Your account was removed.")
	if got := w.labels(); !slices.Equal(got, []string{""}) {
		t.Errorf("left: %q", got)
	}
}

// await returns what is said next from one of the gateway's addresses.
func (w *world) await(from string) string {
	w.Helper()
	m := w.Expect(domain, func(st stanza.Stanza) bool {
		return st.Name() == "message" && st.Head().From.String() == from
	}).(*stanza.Message)
	w.seen = append(w.seen, m)
	text, _ := m.Body()
	return text
}

// What is typed where somebody is added is a contact of the account at which it is asked,
// and the name of an account only where there is one.
func TestTranslateAtAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, further)
	w.signUp(phone, atWork, "username", "work", "password", good)
	got := map[string]string{}
	for _, to := range []string{domain, atWork} {
		for _, text := range []string{"nurse.x", "work", "nurse"} {
			iq := w.set(phone, to, typed(text))
			if iq.Type == "result" {
				got[to+" "+text] = iq.Child(nsGateway, "query").ChildText(nsGateway, "jid")
			} else if text != "nurse" || !strings.Contains(dump(iq), "You have no account nurse@"+domain+" here.") {
				t.Errorf("%s at %s: %s", text, to, dump(iq))
			}
		}
	}
	want := map[string]string{
		domain + " nurse.x": "nurse.x@" + domain, domain + " work": atWork,
		atWork + " nurse.x": "nurse.x%work@" + domain, atWork + " work": atWork,
	}
	if !maps.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}
