package registration_test

import (
	"context"
	"strings"
	"testing"

	"wherry/component/command"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// talented is a service with commands of its own.
type talented struct{ *service }

func (talented) Commands() []transports.Command {
	return []transports.Command{
		{Name: "usage", Title: transports.T("Show"), Do: func(_ context.Context, in transports.Account, _ transports.Saved, _ transports.Settings) (transports.Text, error) {
			return transports.Literal("Used by " + in.Settings["username"]), nil
		}},
		{Name: "totals", Title: transports.T("Sum"), Sum: func(_ context.Context, all []transports.Holding) (transports.Text, error) {
			said := ""
			for _, h := range all {
				said += h.User + " " + string(h.Saved["spent"]) + "\n"
			}
			return transports.Literal(said), nil
		}},
		{Name: "count", Title: transports.T("Count"), Form: &transports.Form{Fields: []transports.Field{{Name: "text", Label: transports.Literal("Text")}}},
			Do: func(_ context.Context, _ transports.Account, _ transports.Saved, answered transports.Settings) (transports.Text, error) {
				if answered["text"] == "" {
					return transports.Text{}, &transports.FieldError{Field: "text", Err: &transports.Error{Kind: transports.Malformed, Text: transports.Literal("Say something.")}}
				}
				return transports.Literal("It is " + answered["text"]), nil
			}},
	}
}

func commands(w *world) { w.conf.Transport = talented{w.net} }

// special sends one turn of a command and returns the answer's payload.
func (w *world) special(node, inside string) *stanza.Element {
	w.Helper()
	a := w.set(phone, domain, "<command xmlns='"+command.NS+"' node='"+node+"'"+inside)
	if a.Type != "result" {
		return a.Child("", "error")
	}
	return a.Child(command.NS, "command")
}

// A network's own commands are found and done like ours, by those who are
// registered.
func TestSpecialCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commands)
	if e := stanza.ParseError(w.special("usage", "/>")); e.Condition != stanza.RegistrationRequired {
		t.Errorf("a stranger gets %v", e)
	}
	w.signUp(phone, domain, "username", "juliet", "password", good)
	if got := w.special("usage", "/>"); got.ChildText(command.NS, "note") != "Used by juliet" || got.Attr("status") != "completed" {
		t.Errorf("got %v", got)
	}
	asked := w.special("count", "/>")
	session := asked.Attr("sessionid")
	if asked.Attr("status") != "executing" || session == "" {
		t.Fatalf("got %v", asked)
	}
	answer := " sessionid='" + session + "'>" + fields("text", "long") + "</command>"
	if got := w.special("count", answer); got.ChildText(command.NS, "note") != "It is long" {
		t.Errorf("got %v", got)
	}
	if e := stanza.ParseError(newWorld(t).special("usage", "/>")); e.Condition != stanza.ItemNotFound {
		t.Errorf("where there is none: %v", e)
	}
}

// A sum over all accounts is for administrators only.
func TestTotals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, commands)
	w.signUp(phone, domain, "username", "juliet", "password", good)
	if e := stanza.ParseError(w.special("totals", "/>")); e.Condition != stanza.Forbidden {
		t.Errorf("a user gets %v", e)
	}
	w = newWorld(t, commands, func(w *world) { w.conf.Admins = []jid.JID{jid.MustParse("admin@example.org")} })
	w.signUp(phone, domain, "username", "juliet", "password", good)
	a := w.set("admin@example.org/desk", domain, "<command xmlns='"+command.NS+"' node='totals'/>")
	if got := a.Child(command.NS, "command").ChildText(command.NS, "note"); got != "juliet@example.org \n" {
		t.Errorf("an administrator gets %q", got)
	}
}

// chatty is a service with a command on its contacts, in two turns.
type chatty struct{ *service }

func (chatty) Commands() []transports.Command {
	return []transports.Command{
		{Name: "usage", Title: transports.T("Show"), Do: talented{}.Commands()[0].Do},
		{Name: "repeat", Title: transports.Literal("Repeat"), At: transports.Contact, Begin: func(_ context.Context, at transports.Place) (transports.Turn, error) {
			if at.Chat.Name == "nobody" {
				return transports.Turn{}, &transports.Error{Kind: transports.NotFound, Text: transports.Literal("Nobody said anything.")}
			}
			f := &transports.Form{Title: transports.Literal("To " + at.Chat.Name), Fields: []transports.Field{{Name: "text", Label: transports.Literal("Text")}}}
			return transports.Turn{Form: f, Last: true, Next: func(_ context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
				if answered["text"] == "" {
					return transports.Turn{}, &transports.FieldError{Field: "text", Err: &transports.Error{Kind: transports.Malformed, Text: transports.Literal("Say something.")}}
				}
				m := transports.Message{ID: "again", Chat: at.Chat, Text: answered["text"]}
				return transports.Turn{Said: transports.Literal("Done."), Batch: transports.Batch{Events: []transports.Event{transports.Received{Message: m}}}}, nil
			}}, nil
		}},
	}
}

// A command on a contact is found there and nowhere else, asks and asks again, and
// has the core show what it brings.
func TestContactCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scoped, func(w *world) {
		about := w.net.About()
		about.Attended = false
		w.net.SetAbout(about)
		w.conf.Transport = chatty{w.net}
	})
	network := "irc.example.net"
	nurse := "nurse%" + network + "@" + domain
	at := func(to, node, inside string) *stanza.IQ {
		return w.set(phone, to, "<command xmlns='"+command.NS+"' node='"+node+"'"+inside)
	}
	if e := stanza.ParseError(at(nurse, "repeat", "/>").Child("", "error")); e.Condition != stanza.RegistrationRequired {
		t.Errorf("a stranger gets %v", e)
	}
	w.signUp(phone, network+"@"+domain, "nick", "juliet", "password", good)
	listed := func(to string) string {
		q := w.get(phone, to, "<query xmlns='http://jabber.org/protocol/disco#items' node='"+command.NS+"'/>").Payload[0]
		var nodes []string
		for _, it := range q.Children {
			nodes = append(nodes, it.Attr("node"))
		}
		return " " + strings.Join(nodes, " ") + " "
	}
	if got := listed(nurse); got != " repeat " {
		t.Errorf("on a contact: %s", got)
	}
	if got := listed(domain); !strings.Contains(got, " usage ") || strings.Contains(got, " repeat ") {
		t.Errorf("on the gateway: %s", got)
	}
	if e := stanza.ParseError(at(nurse, "usage", "/>").Child("", "error")); e.Condition != stanza.ItemNotFound {
		t.Errorf("the gateway's on a contact: %v", e)
	}
	if e := stanza.ParseError(at("nobody%"+network+"@"+domain, "repeat", "/>").Child("", "error")); e.Condition != stanza.ItemNotFound || e.Text != "Nobody said anything." {
		t.Errorf("refused: %v", e)
	}
	asked := at(nurse, "repeat", "/>").Child(command.NS, "command")
	if asked.Attr("status") != "executing" || asked.Child("jabber:x:data", "x").ChildText("jabber:x:data", "title") != "To nurse" {
		t.Fatalf("asked %v", asked)
	}
	session := " sessionid='" + asked.Attr("sessionid") + "'>"
	if again := at(nurse, "repeat", session+fields("text", "")+"</command>").Child(command.NS, "command"); again.Attr("status") != "executing" || !strings.Contains(again.ChildText(command.NS, "note"), "Say something.") {
		t.Errorf("asked again %v", again)
	}
	over := at(nurse, "repeat", session+fields("text", "nurse!")+"</command>").Child(command.NS, "command")
	if over.Attr("status") != "completed" || over.ChildText(command.NS, "note") != "Done." {
		t.Errorf("got %v", over)
	}
	m := w.Expect(domain, func(st stanza.Stanza) bool { return st.Name() == "message" && st.Head().From == jid.MustParse(nurse) })
	if got := m.Child("", "body").Text; got != "nurse!" {
		t.Errorf("shown %q", got)
	}
}
