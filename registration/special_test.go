package registration_test

import (
	"context"
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

// run sends one turn of a command and returns the answer's payload.
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
