package command_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/component/command"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

var (
	atGateway = []transports.Kind{transports.Gateway}
	user      = command.Call{From: jid.MustParse("ann@example.org/phone"), Domain: "gw.example.org"}
	admin     = command.Call{From: jid.MustParse("root@example.org/desk"), Domain: "gw.example.org", Admin: true}
)

// order is a dialogue of two forms: what, and how many; seven are too many.
func order(_ context.Context, _ command.Call) (command.Step, error) {
	first := &transports.Form{Fields: []transports.Field{
		{Name: "what", Label: transports.T("What"), Required: true},
		{Name: "pin", Kind: transports.Secret},
	}}
	second := &transports.Form{Fields: []transports.Field{
		{Name: "many", Label: transports.T("How many"), Kind: transports.Integer, Min: 1, Max: 9},
	}}
	return command.Step{Form: first, Next: func(_ context.Context, _ command.Call, got transports.Settings) (command.Step, error) {
		what := got["what"]
		return command.Step{Form: second, Last: true, Next: func(_ context.Context, _ command.Call, got transports.Settings) (command.Step, error) {
			switch got["many"] {
			case "7":
				return command.Step{}, &transports.FieldError{Field: "many", Err: &transports.Error{
					Kind: transports.NotAllowed, Text: transports.T("That is too many."),
				}}
			case "8":
				return command.Step{}, errors.New("out of order")
			}
			return command.Step{Note: transports.T("%s of %s.", got["many"], what)}, nil
		}}, nil
	}}, nil
}

func registry() *command.Registry {
	r := command.NewRegistry()
	r.Add(command.Command{Node: "order", Name: transports.T("Order"), Kinds: atGateway, Start: order})
	r.Add(command.Command{Node: "stop", Name: transports.T("Stop"), Kinds: atGateway, Admin: true,
		Start: func(context.Context, command.Call) (command.Step, error) {
			return command.Step{Form: &transports.Form{Fields: []transports.Field{
				{Name: "state", Kind: transports.Info, Value: "stopped"},
			}}}, nil
		}})
	r.Add(command.Command{Node: "room", Name: transports.T("Room"), Kinds: []transports.Kind{transports.Room}, Start: order})
	r.Add(command.Command{Node: "ghost", Name: transports.T("Ghost"), Kinds: atGateway, Start: order,
		Show: func(command.Call) bool { return false }})
	return r
}

// payload returns a <command/>; fields are names and values in turn.
func payload(node, sid, action string, fields ...string) *stanza.Element {
	e := stanza.E(command.NS, "command").With("node", node)
	if sid != "" {
		e = e.With("sessionid", sid)
	}
	if action != "" {
		e = e.With("action", action)
	}
	if fields != nil {
		x := stanza.E(form.NS, "x").With("type", "submit")
		for i := 0; i+1 < len(fields); i += 2 {
			x.Children = append(x.Children, stanza.E(form.NS, "field", stanza.T(form.NS, "value", fields[i+1])).With("var", fields[i]))
		}
		e.Children = append(e.Children, x)
	}
	return &e
}

func handle(t *testing.T, r *command.Registry, call command.Call, p *stanza.Element) *stanza.Element {
	t.Helper()
	e, err := r.Handle(context.Background(), call, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// refused checks that a payload is answered with an error.
func refused(t *testing.T, r *command.Registry, call command.Call, p *stanza.Element, want stanza.Condition, specific string) {
	t.Helper()
	_, err := r.Handle(context.Background(), call, p)
	var e *stanza.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s", err, want)
	}
	got := ""
	if e.App != nil {
		got = e.App.Name
	}
	if e.Condition != want || got != specific || e.Text == "" || e.Lang == "" || e.Code == 0 {
		t.Errorf("got %v and %q, want %s and %q", e, got, want, specific)
	}
}

// brief sums an answer up: status, notes, the names of what is asked, actions.
func brief(e *stanza.Element) string {
	words := []string{e.Attr("status")}
	for _, c := range e.Children {
		switch c.Name {
		case "note":
			words = append(words, c.Attr("type")+"="+c.Text)
		case "actions":
			words = append(words, "execute="+c.Attr("execute"))
			for _, a := range c.Children {
				words = append(words, a.Name)
			}
		case "x":
			words = append(words, c.Attr("type")+":")
			for _, f := range c.Children {
				words = append(words, f.Attr("var")+"="+f.ChildText(form.NS, "value"))
			}
		}
	}
	return strings.Join(words, " ")
}

func is(t *testing.T, e *stanza.Element, want string) {
	t.Helper()
	if got := brief(e); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDialogue(t *testing.T) {
	r := registry()
	e := handle(t, r, user, payload("order", "", "execute"))
	is(t, e, "executing execute=next next form: what= pin=")
	sid := e.Attr("sessionid")

	is(t, handle(t, r, user, payload("order", sid, "next", "pin", "1234")),
		"executing execute=next next error=What is missing. form: what= pin=")
	is(t, handle(t, r, user, payload("order", sid, "next", "what", "beer", "pin", "1234", "else", "1")),
		"executing execute=complete prev complete form: many=")
	is(t, handle(t, r, user, payload("order", sid, "prev")),
		"executing execute=next next form: what=beer pin=")
	handle(t, r, user, payload("order", sid, "", "what", "tea"))
	is(t, handle(t, r, user, payload("order", sid, "complete", "many", "lots")),
		"executing execute=complete prev complete error=How many must be a whole number. form: many=lots")
	is(t, handle(t, r, user, payload("order", sid, "complete", "many", "7")),
		"executing execute=complete prev complete error=How many: That is too many. form: many=7")
	is(t, handle(t, r, user, payload("order", sid, "complete", "many", "2")),
		"completed info=2 of tea.")
	refused(t, r, user, payload("order", sid, "complete", "many", "2"), stanza.NotAllowed, "session-expired")
}

func TestSessionsOfOne(t *testing.T) {
	r := registry()
	a := handle(t, r, user, payload("order", "", ""))
	b := handle(t, r, user, payload("buy", "", ""))
	if a.Attr("sessionid") == b.Attr("sessionid") {
		t.Fatal("two dialogues have one id")
	}
	is(t, handle(t, r, user, payload("order", a.Attr("sessionid"), "cancel")), "canceled")
	is(t, handle(t, r, user, payload("order", b.Attr("sessionid"), "next", "what", "tea")),
		"executing execute=complete prev complete form: many=")
}

func TestRefusals(t *testing.T) {
	r := registry()
	sid := handle(t, r, user, payload("order", "", "")).Attr("sessionid")
	other, elsewhere := user, user
	other.From.Resource = "tablet"
	elsewhere.Domain = "other.example.org"
	for _, c := range []struct {
		name      string
		call      command.Call
		payload   *stanza.Element
		condition stanza.Condition
		specific  string
	}{
		{"no such node", user, payload("sing", "", ""), stanza.ItemNotFound, ""},
		{"a node of rooms", user, payload("room", "", ""), stanza.ItemNotFound, ""},
		{"a node not shown", user, payload("ghost", "", ""), stanza.ItemNotFound, ""},
		{"a node of administrators", user, payload("stop", "", ""), stanza.Forbidden, ""},
		{"unknown action", user, payload("order", sid, "dance"), stanza.BadRequest, "bad-action"},
		{"no step before", user, payload("order", sid, "prev"), stanza.BadRequest, "bad-action"},
		{"no session", user, payload("order", "", "next"), stanza.BadRequest, "bad-sessionid"},
		{"invented session", user, payload("order", strings.Repeat("00", 32), "next"), stanza.BadRequest, "bad-sessionid"},
		{"odd session", user, payload("order", "☃", "next"), stanza.BadRequest, "bad-sessionid"},
		{"session of another resource", other, payload("order", sid, "next"), stanza.BadRequest, "bad-sessionid"},
		{"session of another domain", elsewhere, payload("order", sid, "next"), stanza.BadRequest, "bad-sessionid"},
		{"no form", user, payload("order", sid, "next"), stanza.BadRequest, "bad-payload"},
		{"another payload", user, &stanza.Element{Space: command.NS, Name: "commands"}, stanza.BadRequest, ""},
		{"none", user, nil, stanza.BadRequest, ""},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, r, c.call, c.payload, c.condition, c.specific) })
	}
}

func TestErrorEnds(t *testing.T) {
	r := registry()
	sid := handle(t, r, user, payload("order", "", "")).Attr("sessionid")
	handle(t, r, user, payload("order", sid, "next", "what", "tea"))
	if _, err := r.Handle(context.Background(), user, payload("order", sid, "next", "many", "8")); err == nil || err.Error() != "out of order" {
		t.Fatalf("got %v", err)
	}
	refused(t, r, user, payload("order", sid, "next", "many", "1"), stanza.NotAllowed, "session-expired")
}

func TestAdmin(t *testing.T) {
	r := registry()
	is(t, handle(t, r, admin, payload("stop", "", "")), "completed result: state=stopped")
	want := []command.Item{{Node: "order", Name: "Order"}, {Node: "stop", Name: "Stop"}}
	if d := cmp.Diff(want, r.Items(admin)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[:1], r.Items(user)); d != "" {
		t.Error(d)
	}
}

func TestExpiry(t *testing.T) {
	r := registry()
	now := time.Unix(0, 0)
	r.SetClock(func() time.Time { return now })
	sid := handle(t, r, user, payload("order", "", "")).Attr("sessionid")
	now = now.Add(command.Idle)
	handle(t, r, user, payload("order", sid, "next", "what", "tea"))
	now = now.Add(command.Idle + time.Second)
	refused(t, r, user, payload("order", sid, "next", "many", "1"), stanza.NotAllowed, "session-expired")
}

func TestOldestGoes(t *testing.T) {
	r := registry()
	now := time.Unix(0, 0)
	r.SetClock(func() time.Time { now = now.Add(time.Second); return now })
	first := handle(t, r, user, payload("order", "", "")).Attr("sessionid")
	second := handle(t, r, user, payload("order", "", "")).Attr("sessionid")
	for range command.PerUser - 1 {
		handle(t, r, user, payload("order", "", ""))
	}
	refused(t, r, user, payload("order", first, "next"), stanza.NotAllowed, "session-expired")
	is(t, handle(t, r, user, payload("order", second, "cancel")), "canceled")
}

func TestOneTurnAtATime(t *testing.T) {
	r := command.NewRegistry()
	reached, release := make(chan struct{}), make(chan struct{})
	r.Add(command.Command{Node: "slow", Kinds: atGateway, Start: func(context.Context, command.Call) (command.Step, error) {
		return command.Step{Next: func(context.Context, command.Call, transports.Settings) (command.Step, error) {
			close(reached)
			<-release
			return command.Step{Note: transports.T("Done.")}, nil
		}}, nil
	}})
	sid := handle(t, r, user, payload("slow", "", "")).Attr("sessionid")
	first := make(chan string)
	go func() {
		e, err := r.Handle(context.Background(), user, payload("slow", sid, "next"))
		if err != nil {
			first <- err.Error()
			return
		}
		first <- brief(e)
	}()
	<-reached
	impatient, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Handle(impatient, user, payload("slow", sid, "next")); err == nil {
		t.Error("two turns at once")
	}
	close(release)
	if got := <-first; got != "completed info=Done." {
		t.Error(got)
	}
}

func TestThen(t *testing.T) {
	var order []string
	now := func() { order = append(order, "f") }
	command.Call{}.Then(now)
	var later func()
	command.Call{After: func(f func()) { later = f }}.Then(now)
	order = append(order, "answer")
	later()
	command.Call{}.Then(nil)
	if d := cmp.Diff([]string{"f", "answer", "f"}, order); d != "" {
		t.Error(d)
	}
}

func TestAddTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a name was taken twice")
		}
	}()
	registry().Add(command.Command{Node: "buy", Kinds: atGateway})
}

func FuzzHandle(f *testing.F) {
	f.Add("order", "", "execute", "what", "tea")
	f.Add("buy", "sid", "next", "many", "1")
	f.Fuzz(func(t *testing.T, node, sid, action, name, value string) {
		r := registry()
		if sid == "sid" {
			sid = handle(t, r, user, payload("order", "", "")).Attr("sessionid")
		}
		e, err := r.Handle(context.Background(), user, payload(node, sid, action, name, value))
		var refused *stanza.Error
		if (e == nil) == (err == nil) || err != nil && !errors.As(err, &refused) {
			t.Errorf("got %v and %v", e, err)
		}
	})
}
