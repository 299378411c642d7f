package component_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/command"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const admin = "admin@example.org/desk"

// run runs a command with answers, none or those of its one form, and returns
// what it said at last.
func (w *world) run(full, to, node string, answers ...string) *stanza.Element {
	w.Helper()
	a := w.set(full, to, "<command xmlns='"+command.NS+"' node='"+node+"'/>")
	if a.Type != "result" || len(answers) == 0 {
		if a.Type != "result" {
			return a.Child("", "error")
		}
		return a.Child(command.NS, "command")
	}
	session := a.Child(command.NS, "command").Attr("sessionid")
	a = w.set(full, to, "<command xmlns='"+command.NS+"' node='"+node+"' sessionid='"+session+"'>"+submitted(answers...)+"</command>")
	return a.Child(command.NS, "command")
}

func note(e *stanza.Element) string { return e.ChildText(command.NS, "note") }

// shownText returns all that a form shows.
func shownText(e *stanza.Element) string {
	var all []string
	for _, f := range e.Child(nsForm, "x").Children {
		all = append(all, f.Attr("label"), f.Text)
		for _, v := range f.Children {
			all = append(all, v.Text)
		}
	}
	return strings.Join(all, " ")
}

func newOperatedWorld(t *testing.T, builds ...build) *world {
	return newWorld(t, append(builds, settings(func(c *component.DomainConfig) { c.Admins = []jid.JID{jid.MustParse("admin@example.org")} }))...)
}

// A user sees how they are connected, and leaves a network until they use it
// again: rooms end, clients know, and nothing comes back by itself. IRC-B37, IRC-B38
func TestDisconnect(t *testing.T) {
	t.Parallel()
	w := newOperatedWorld(t)
	if n := note(w.run(phone, domain, "get-irc-connection-info")); n != "You are connected to no network." {
		t.Errorf("before: %q", n)
	}
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	for _, at := range []string{domain, network + "@" + domain} {
		if got := shownText(w.run(phone, at, "get-irc-connection-info")); !strings.Contains(got, network) || !strings.Contains(got, "#room, with laptop, phone") || !strings.Contains(got, "Since ") {
			t.Errorf("at %s: %q", at, got)
		}
	}
	if n := note(w.run(phone, network+"@"+domain, "disconnect")); n != "Disconnected from 1 networks." {
		t.Errorf("said %q", n)
	}
	for _, full := range []string{phone, laptop} {
		if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != "110" {
			t.Errorf("%s is shown %s", full, dump(p))
		}
	}
	w.barrier(phone)
	if n := note(w.run(phone, network+"@"+domain, "disconnect")); n != "There was no such connection." {
		t.Errorf("again: %q", n)
	}
	w.say(phone, room, "m1", "hello?")
	if m := w.message(room, phone, "error"); fault(m) != "cancel/not-acceptable" {
		t.Errorf("said after that: %s", dump(m))
	}
	w.join(phone, room, "juliet") // until used again
	if n := note(w.run(phone, domain, "disconnect-from-irc-server", "irc-servers", network)); n != "Disconnected from 1 networks." {
		t.Errorf("by the gateway: %q", n)
	}
	w.presence(room+"/juliet", phone, "unavailable")
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpRun); n != 2 {
		t.Errorf("%d connections were made", n)
	}
}

// An administrator sees who is connected, and disconnects them; nobody else does. IRC-B37
func TestDisconnectUser(t *testing.T) {
	t.Parallel()
	w := newOperatedWorld(t)
	w.join(phone, room, "juliet")
	w.join(romeo, room, "romeo")
	for _, node := range []string{"users", "disconnect-user"} {
		if e := stanza.ParseError(w.run(phone, domain, node)); e.Condition != stanza.Forbidden {
			t.Errorf("%s for a user: %v", node, e)
		}
	}
	if got := shownText(w.run(admin, domain, "users")); !strings.Contains(got, "juliet@example.org: "+network) || !strings.Contains(got, "romeo@") || !strings.Contains(got, "connections: 2") {
		t.Errorf("users: %q", got)
	}
	if n := note(w.run(admin, domain, "disconnect-user", "jids", juliet)); n != "Disconnected from 1 networks." {
		t.Errorf("said %q", n)
	}
	w.presence(room+"/juliet", phone, "unavailable")
	w.net.AwaitCall(w, transporttest.OpRun, 1)
	if got := shownText(w.run(admin, domain, "users")); strings.Contains(got, "juliet@") || !strings.Contains(got, "romeo@") {
		t.Errorf("users then: %q", got)
	}
}

// Who leaves may say why; an administrator may take a user off one network. What
// is shown of a connection says how fast the network answers. IRC-B37
func TestDisconnectFrom(t *testing.T) {
	t.Parallel()
	w := newOperatedWorld(t)
	const other = "irc.example.com"
	w.join(phone, room, "juliet")
	w.join(phone, "#room%"+other+"@"+domain, "juliet")
	if got := shownText(w.run(phone, domain, "get-irc-connection-info")); !strings.Contains(got, "It answers within 42ms.") {
		t.Errorf("shown %q", got)
	}
	w.net.Refuse(transporttest.OpProbe, &transports.Error{Kind: transports.Unreachable})
	if got := shownText(w.run(phone, network+"@"+domain, "connection")); !strings.Contains(got, "It does not answer.") {
		t.Errorf("shown %q", got)
	}
	if n := note(w.run(phone, domain, "disconnect-from-irc-server", "irc-servers", other, "quit-message", "so long")); n != "Disconnected from 1 networks." {
		t.Errorf("said %q", n)
	}
	if c := w.net.AwaitCall(t, transporttest.OpQuit, 0); c.Text != "so long" {
		t.Errorf("left by %+v", c)
	}
	w.presence("#room%"+other+"@"+domain+"/juliet", phone, "unavailable")
	w.join(phone, "#room%"+other+"@"+domain, "juliet")

	e := w.run(admin, domain, "disconnect-from-irc-server", "jid", juliet)
	form, session := e.Child(nsForm, "x"), e.Attr("sessionid")
	if got := shownText(e); !strings.Contains(got, "Words to leave by") || form.Attr("type") != "form" {
		t.Errorf("asked %q", got)
	}
	a := w.set(admin, domain, "<command xmlns='"+command.NS+"' node='disconnect-from-irc-server' sessionid='"+session+"'>"+submitted("irc-servers", network, "quit-message", "orders")+"</command>")
	if n := note(a.Child(command.NS, "command")); n != "Disconnected from 1 networks." {
		t.Errorf("said %q", n)
	}
	w.presence(room+"/juliet", phone, "unavailable")
	if c := w.net.AwaitCall(t, transporttest.OpQuit, 1); c.Text != "orders" {
		t.Errorf("left by %+v", c)
	}
	if got := shownText(w.run(phone, domain, "get-irc-connection-info")); !strings.Contains(got, other) || strings.Contains(got, network) {
		t.Errorf("then: %q", got)
	}
	if n := note(w.run(admin, domain, "disconnect-user", "jids", juliet, "quit-message", "enough")); n != "Disconnected from 1 networks." {
		t.Errorf("said %q", n)
	}
	if c := w.net.AwaitCall(t, transporttest.OpQuit, 2); c.Text != "enough" {
		t.Errorf("left by %+v", c)
	}
	if n := note(w.run(admin, domain, "disconnect-from-irc-server")); n != "Nobody is connected." {
		t.Errorf("said %q", n)
	}
}

// The commands that have biboumi's names are found by them, each where it was.
// IRC-B37, IRC-B38, IRC-B39
func TestBiboumisNames(t *testing.T) {
	t.Parallel()
	w := newOperatedWorld(t, with(func(c *component.Component) { c.HandleReload(func() error { return nil }) }))
	w.join(phone, room, "juliet")
	for node, at := range map[string][]string{
		"ping": {domain}, "hello": {domain}, "reload": {domain}, "disconnect-user": {domain}, "disconnect-from-irc-server": {domain},
		"get-irc-connection-info": {domain, network + "@" + domain}, "configure": {room},
	} {
		for _, to := range at {
			who := admin
			if to == room {
				who = phone // who is in it
			}
			if e := w.run(who, to, node); e.Name == "error" {
				t.Errorf("%s at %s: %v", node, to, stanza.ParseError(e))
			}
		}
	}
	if n := note(w.run(phone, domain, "ping")); n != "Pong." {
		t.Errorf("ping: %q", n)
	}
	if n := note(w.run(phone, domain, "hello", "nickname", "Jules")); n != "Hello Jules!" {
		t.Errorf("hello: %q", n)
	}
	if e := w.run(phone, domain, "configure"); stanza.ParseError(e).Condition != stanza.ItemNotFound {
		t.Errorf("the room's command at the gateway: %v", e)
	}
}

// An administrator has the configuration read again, and hears of mistakes. IRC-B37, IRC-B45
func TestReloadCommand(t *testing.T) {
	t.Parallel()
	var fault error
	w := newOperatedWorld(t, with(func(c *component.Component) { c.HandleReload(func() error { return fault }) }))
	if n := note(w.run(admin, domain, "reload")); !strings.HasPrefix(n, "The configuration was read again.") {
		t.Errorf("said %q", n)
	}
	fault = errors.New("line 3 is wrong")
	if n := note(w.run(admin, domain, "reload")); n != "The configuration stays as it was: line 3 is wrong" {
		t.Errorf("said %q", n)
	}
	if e := stanza.ParseError(w.run(phone, domain, "reload")); e.Condition != stanza.Forbidden {
		t.Errorf("a user: %v", e)
	}
	if e := stanza.ParseError(newOperatedWorld(t).run(admin, domain, "reload")); e.Condition != stanza.ItemNotFound {
		t.Errorf("where it cannot be: %v", e)
	}
}
