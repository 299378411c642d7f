package registration_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/disco"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// dialogue is an ad-hoc command that a client walks.
type dialogue struct {
	*world
	from, to, node string
	now            *stanza.Element // what was answered last
}

// execute begins a command.
func (w *world) execute(from, to, node string) *dialogue {
	w.Helper()
	d := &dialogue{world: w, from: from, to: to, node: node}
	d.took(d.turn("execute", ""))
	return d
}

// turn takes one turn and returns the answer.
func (d *dialogue) turn(action, inside string) *stanza.IQ {
	d.Helper()
	sid := ""
	if d.now != nil {
		sid = " sessionid='" + d.now.Attr("sessionid") + "'"
	}
	return d.set(d.from, d.to, "<command xmlns='"+command.NS+"' node='"+d.node+"'"+sid+" action='"+action+"'>"+inside+"</command>")
}

// took takes over the answer of a turn.
func (d *dialogue) took(iq *stanza.IQ) {
	d.Helper()
	if iq.Type != "result" {
		d.Fatalf("got %s", dump(iq))
	}
	d.now = iq.Child(command.NS, "command")
}

// next submits a form; fields are names and values in turn.
func (d *dialogue) next(list ...string) {
	d.Helper()
	d.took(d.turn("next", fields(list...)))
}

// is checks the status, and what is asked, of the last answer.
func (d *dialogue) is(status string, asks ...string) {
	d.Helper()
	var got []string
	if x := d.now.Child(form.NS, "x"); x != nil {
		got = form.Names(x)
	}
	if d.now.Attr("status") != status || len(asks) > 0 && !cmp.Equal(asks, got) {
		d.Errorf("%s asks %q, want %s and %q", d.now.Attr("status"), got, status, asks)
	}
}

// note checks that the last answer has a note of a type that says something.
func (d *dialogue) note(typ, says string) {
	d.Helper()
	n := d.now.Child(command.NS, "note")
	if n.Attr("type") != typ || n == nil || !strings.Contains(n.Text, says) {
		d.Errorf("note %v, want %q of type %s", n, says, typ)
	}
}

// Signing up by command, in two steps, with a step back and wrong answers.
// XEP-0050 §3. IRC-B37
func TestRegisterByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), verifying(twoSteps))
	d := w.execute(phone, domain, "register")
	d.is("executing", "username", "password")
	d.next("username", "", "password", good)
	d.is("executing", "username", "password")
	d.note("error", "Name is missing.")
	d.next("username", "juliet", "password", bad)
	d.note("error", "Password: That is not your password.")
	if got := values(field(d.now.Child(form.NS, "x"), "username")); !cmp.Equal(got, []string{"juliet"}) {
		t.Errorf("the name has to be typed again: %q", got)
	}
	d.next("username", "tybalt", "password", good)
	d.is("executing", "code")
	d.took(d.turn("prev", ""))
	d.is("executing", "username", "password")
	d.next("username", "juliet", "password", good)
	d.next("code", wrongCode)
	d.note("error", "Code: That is another code.")
	if w.account(juliet, "") != nil {
		t.Fatal("stored after half the way")
	}
	d.next("code", code)
	d.is("completed")
	d.note("info", "You are registered")
	if !w.codeOnFile() {
		t.Errorf("on file: %v", w.account(juliet, ""))
	}

	d = w.execute(laptop, domain, "change")
	if got := values(field(d.now.Child(form.NS, "x"), "username")); !cmp.Equal(got, []string{"juliet"}) {
		t.Errorf("what is on file is not shown: %q", got)
	}
	d.next("username", "juliet", "password", "")
	d.is("completed")
	d.note("info", "The change is in force")
	if !w.codeOnFile() {
		t.Errorf("on file: %v", w.account(juliet, ""))
	}
}

// What the network cannot do now is told, and the form stays.
func TestCommandFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief))
	d := w.execute(phone, domain, "register")
	w.net.Refuse(transporttest.OpVerify, &transports.Error{Kind: transports.Unreachable})
	d.next("username", "juliet", "password", good)
	d.is("executing", "username", "password")
	d.note("error", "cannot be reached")
	d.took(d.turn("cancel", ""))
	d.is("canceled")
	if e := d.turn("next", fields("username", "juliet", "password", good)); e.Type != "error" {
		t.Errorf("a cancelled dialogue goes on: %s", dump(e))
	}
	if w.account(juliet, "") != nil {
		t.Error("stored")
	}
}

// A link to follow is a step without questions.
func TestLinkByCommand(t *testing.T) {
	t.Parallel()
	verify, visit := linked()
	w := newWorld(t, asking(brief), verifying(verify))
	d := w.execute(phone, domain, "register")
	d.next("username", "juliet", "password", good)
	var said []string
	for _, c := range d.now.Child(form.NS, "x").Children {
		if c.Name == "instructions" {
			said = append(said, c.Text)
		}
	}
	if want := []string{"Please visit this page.", "https://example.net/device", "Code: ABC-DEF"}; !cmp.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
	d.took(d.turn("next", "")) // too early
	d.is("executing")
	visit()
	d.took(d.turn("next", ""))
	d.is("completed")
	if a := w.account(juliet, ""); a == nil || a.Settings["username"] != "juliet" || a.Secrets["password"] != good {
		t.Errorf("on file: %v", a)
	}
}

// A check that takes too long ends the dialogue, and is told later.
func TestPendingByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(brief), impatient)
	release := w.net.Stall(transporttest.OpVerify)
	d := w.execute(phone, domain, "register")
	d.next("username", "juliet", "password", good)
	d.is("completed")
	d.note("info", "not answered yet")
	release()
	if got := w.heard(juliet); !strings.HasPrefix(got, "You are registered") {
		t.Errorf("heard %q", got)
	}
}

// The account of a network is reached at the network, and from the gateway by
// its name. IRC-B38
func TestNetworkByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	d := w.execute(phone, domain, "network")
	d.is("executing", "network")
	for _, wrong := range []string{"", "not a network", "nick%" + network} {
		d.next("network", wrong)
		d.is("executing", "network")
	}
	d.note("error", "Network: That is not the name of a network.")
	d.next("network", " IRC.example.net ")
	d.is("executing", "nick", "password")
	d.next("nick", "juliet", "password", good)
	d.is("completed")
	if w.account(juliet, network) == nil || w.account(juliet, "") != nil {
		t.Error("the wrong account was made")
	}
	d = w.execute(phone, onNet, "register")
	if got := values(field(d.now.Child(form.NS, "x"), "nick")); !cmp.Equal(got, []string{"juliet"}) {
		t.Errorf("what is on file is not shown: %q", got)
	}
	if iq := w.set(phone, onNet, "<command xmlns='"+command.NS+"' node='network'/>"); iq.Type != "error" {
		t.Errorf("a network has networks: %s", dump(iq))
	}
}

// accountList returns what the command says of accounts.
func (d *dialogue) accountList() []string {
	d.Helper()
	var all []string
	if x := d.now.Child(form.NS, "x"); x != nil {
		for _, c := range x.Children {
			if c.Name == "field" {
				all = append(all, values(&c)...)
			}
		}
	}
	return all
}

// What accounts there are, and how they are.
func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	d := w.execute(phone, domain, "accounts")
	d.note("info", "You have no account here.")

	w.signUp(phone, domain, "nick", "juliet")
	w.signUp(phone, onNet, "nick", "juliet", "password", good)
	session := w.online(1)
	if err := session.Emit(); err != nil {
		t.Fatal(err)
	}
	d = w.execute(phone, domain, "accounts")
	d.is("completed")
	if diff := cmp.Diff([]string{domain + ": registered", network + ": registered, connected"}, d.accountList()); diff != "" {
		t.Error(diff)
	}
	d = w.execute(phone, onNet, "status")
	if diff := cmp.Diff([]string{network + ": registered, connected"}, d.accountList()); diff != "" {
		t.Error(diff)
	}
	session.Break(&transports.Error{Kind: transports.Credentials, Text: transports.Literal("Password expired.")})
	if got := w.heard(juliet); !strings.Contains(got, "Password expired.") {
		t.Errorf("heard %q", got)
	}
	d = w.execute(phone, onNet, "accounts")
	if diff := cmp.Diff([]string{network + ": not connected: Password expired."}, d.accountList()); diff != "" {
		t.Error(diff)
	}
	w.suspend()
	d = w.execute(phone, domain, "accounts")
	if diff := cmp.Diff([]string{network + ": suspended; register again to resume"}, d.accountList()); diff != "" {
		t.Error(diff)
	}
	d = w.execute(romeo, domain, "accounts")
	d.note("info", "You have no account here.")
}

// Removal by command asks first, and tells before it shows.
func TestUnregisterByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unregister := "<command xmlns='" + command.NS + "' node='unregister'/>"
	refused(t, w.set(phone, domain, unregister), "auth/registration-required/407")
	w.signUp(phone, domain, "username", "juliet", "password", good)
	w.presence(domain, juliet, "subscribe")

	d := w.execute(phone, domain, "unregister")
	d.is("executing", "confirm")
	d.took(d.turn("complete", fields("confirm", "0")))
	d.is("completed")
	d.note("info", "Nothing was removed.")
	if w.account(juliet, "") == nil {
		t.Fatal("removed without a yes")
	}
	d = w.execute(phone, domain, "unregister")
	w.online(1)
	w.barrier(phone)
	w.seen = append(w.seen, w.Drain(domain)...)
	id := w.ask("set", phone, domain, "<command xmlns='"+command.NS+"' node='unregister' sessionid='"+
		d.now.Attr("sessionid")+"' action='complete'>"+fields("confirm", "1")+"</command>")
	if first := w.Next(domain); first.Head().ID != id || first.Head().Type != "result" {
		t.Errorf("first came %s", dump(first))
	}
	w.presence(domain, juliet, "unsubscribe")
	w.presence(domain, juliet, "unsubscribed")
	w.presence(domain+"/gateway", juliet, "unavailable")
	if w.account(juliet, "") != nil {
		t.Error("an account is left")
	}
}

// On a gateway of networks it is said that all accounts go.
func TestUnregisterAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped)
	w.signUp(phone, onNet, "nick", "juliet")
	for to, want := range map[string]string{domain: "all your accounts", onNet: "your account with " + network} {
		d := w.execute(phone, to, "unregister")
		if got := d.now.Child(form.NS, "x").ChildText(form.NS, "instructions"); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

// Where commands are found, and by whom; a session belongs to one client.
// XEP-0050 §3
func TestCommandsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, settings(func(c *component.DomainConfig) { c.Admins = []jid.JID{jid.MustParse("romeo@example.org")} }),
		func(w *world) { w.with = addAdmin })
	nodes := func(from, to string) []string {
		iq := w.get(from, to, "<query xmlns='"+disco.NSItems+"' node='"+command.NS+"'/>")
		var all []string
		for _, it := range iq.Child(disco.NSItems, "query").Children {
			if it.Attr("jid") != to || it.Attr("name") == "" {
				t.Errorf("item %v", it)
			}
			all = append(all, it.Attr("node"))
		}
		return all
	}
	for _, tt := range []struct {
		from, to string
		want     []string
	}{
		{phone, domain, []string{"register", "network", "accounts", "unregister", "disconnect-from-irc-server", "get-irc-connection-info", "ping", "hello"}},
		{romeo, domain, []string{"register", "network", "accounts", "unregister", "stop", "disconnect-from-irc-server", "get-irc-connection-info", "users", "disconnect-user", "ping", "hello"}},
		{phone, onNet, []string{"register", "accounts", "unregister", "disconnect", "get-irc-connection-info"}},
	} {
		if d := cmp.Diff(tt.want, nodes(tt.from, tt.to)); d != "" {
			t.Errorf("%s at %s: %s", tt.from, tt.to, d)
		}
	}
	// By biboumi's names, too. IRC-B37, IRC-B38
	for at, names := range map[string][]string{domain: {"configure", "server-configure"}, onNet: {"configure"}} {
		for _, name := range names {
			iq := w.set(phone, at, "<command xmlns='"+command.NS+"' node='"+name+"'/>")
			if iq.Type != "result" || iq.Child(command.NS, "command").Attr("status") != "executing" {
				t.Errorf("%s at %s: %s", name, at, dump(iq))
			}
		}
	}
	stop := "<command xmlns='" + command.NS + "' node='stop'/>"
	refused(t, w.set(phone, domain, stop), "cancel/forbidden/403")
	if iq := w.set(romeo, domain, stop); iq.Type != "result" {
		t.Errorf("an administrator got %s", dump(iq))
	}
	refused(t, w.set(paris, domain, "<command xmlns='"+command.NS+"' node='register'/>"), "auth/forbidden/403")

	d := w.execute(phone, domain, "register")
	for from, want := range map[string]string{laptop: "bad-sessionid", romeo: "bad-sessionid"} {
		other := *d
		other.from = from
		e := refused(t, other.turn("next", fields("nick", "juliet")), "modify/bad-request/400")
		if e.App == nil || e.App.Name != want || e.App.Space != command.NS {
			t.Errorf("%s: %v", from, e.App)
		}
	}
	refused(t, d.turn("dance", ""), "modify/bad-request/400")
	refused(t, d.turn("prev", ""), "modify/bad-request/400")
	refused(t, d.turn("next", ""), "modify/bad-request/400")
	d.next("nick", "juliet")
	d.is("completed")
}

// addAdmin adds a command for administrators.
func addAdmin(c *component.Component) {
	c.Commands().Add(command.Command{
		Node: "stop", Name: transports.Literal("Stop"), Admin: true, Kinds: []transports.Kind{transports.Gateway}, Start: stopped,
	})
}

func stopped(context.Context, command.Call) (command.Step, error) {
	return command.Step{Note: transports.Literal("Stopped.")}, nil
}
