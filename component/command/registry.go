package command

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// Registry holds the commands of the gateway and the dialogues that are under
// way. Add must not be called beside the other methods, which are safe for
// concurrent use.
type Registry struct {
	commands []*Command
	byName   map[string][]*Command // one at each kind of address
	sessions sessions
}

// NewRegistry returns a Registry without commands.
func NewRegistry() *Registry {
	r := &Registry{byName: make(map[string][]*Command)}
	r.sessions.now = time.Now
	r.sessions.byID = make(map[string]*session)
	rand.Read(r.sessions.key[:])
	return r
}

// Add adds a command. It panics where one of its names is taken at an address of
// the same kind.
func (r *Registry) Add(c Command) {
	for _, name := range append([]string{c.Node}, aliases[c.Node]...) {
		for _, kind := range c.Kinds {
			if r.at(name, kind) != nil {
				panic("command: " + name + " added twice")
			}
		}
		r.byName[name] = append(r.byName[name], &c)
	}
	r.commands = append(r.commands, &c)
}

// Find returns the command that a node or an alias names at a kind of address,
// whoever may use it.
func (r *Registry) Find(node string, at transports.Kind) (Command, bool) {
	c := r.at(node, at)
	if c == nil {
		return Command{}, false
	}
	return *c, true
}

func (r *Registry) at(node string, kind transports.Kind) *Command {
	for _, c := range r.byName[node] {
		if slices.Contains(c.Kinds, kind) {
			return c
		}
	}
	return nil
}

// Items lists the commands that the caller finds where they look, in the order
// in which they were added.
func (r *Registry) Items(call Call) []Item {
	var items []Item
	for _, c := range r.commands {
		if c.Found(call) {
			items = append(items, Item{c.Node, text.In(call.Lang, c.Called(call)), c.Quiet})
		}
	}
	return items
}

// Found tells whether the caller finds the command where they look.
func (c Command) Found(call Call) bool { return c.exists(call) && (call.Admin || !c.Admin) }

func (c Command) exists(call Call) bool {
	return slices.Contains(c.Kinds, call.To.Kind) && (c.Show == nil || c.Show(call))
}

// Handle answers one payload of XEP-0050: it begins a dialogue, or goes on
// with one. Errors are *stanza.Error, or what the command itself failed with.
func (r *Registry) Handle(ctx context.Context, call Call, payload *stanza.Element) (*stanza.Element, error) {
	if payload == nil || payload.Space != NS || payload.Name != "command" {
		return nil, refuse(call.Lang, stanza.BadRequest, "")
	}
	if lang := payload.Lang(); lang != "" {
		call.Lang = lang
	}
	c, err := r.allowed(call, payload.Attr("node"))
	if err != nil {
		return nil, err
	}
	action := payload.Attr("action")
	switch action {
	case "":
		action = execute
	case execute, cancel, prev, next, complete:
	default:
		return nil, refuse(call.Lang, stanza.BadRequest, "bad-action")
	}
	sid := payload.Attr("sessionid")
	switch {
	case sid != "":
		return r.goOn(ctx, call, c, sid, action, payload.Child(nsForm, "x"))
	case action == execute, action == complete:
		return r.begin(ctx, call, c)
	}
	return nil, refuse(call.Lang, stanza.BadRequest, "bad-sessionid")
}

// allowed returns the command of a node, where the caller may use it.
func (r *Registry) allowed(call Call, node string) (*Command, error) {
	c := r.at(node, call.To.Kind)
	switch {
	case c == nil || !c.exists(call):
		return nil, refuse(call.Lang, stanza.ItemNotFound, "")
	case c.Admin && !call.Admin:
		return nil, refuse(call.Lang, stanza.Forbidden, "")
	}
	return c, nil
}

func (r *Registry) begin(ctx context.Context, call Call, c *Command) (*stanza.Element, error) {
	step, err := c.Start(ctx, call)
	if err != nil {
		return nil, err
	}
	id := r.sessions.mint(call, c.Node)
	if step.Next == nil {
		return done(id, c.Node, call.Lang, step), nil
	}
	s := &session{id: id, node: c.Node, lang: call.Lang, owner: call.User(), steps: []Step{step}}
	s.turn = make(chan struct{}, 1)
	if !r.sessions.add(s) {
		return nil, refuse(call.Lang, stanza.ResourceConstraint, "")
	}
	return s.ask(transports.Text{}), nil
}

// goOn walks a dialogue one turn further, or back, or ends it.
func (r *Registry) goOn(ctx context.Context, call Call, c *Command, sid, action string, x *stanza.Element) (*stanza.Element, error) {
	s, err := r.sessions.find(call, c.Node, sid)
	if err != nil {
		return nil, err
	}
	call.Lang = s.lang
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, refuse(s.lang, stanza.UnexpectedRequest, "")
	}
	if s.ended {
		return nil, refuse(s.lang, stanza.NotAllowed, "session-expired")
	}
	switch action {
	case cancel:
		r.sessions.end(s)
		return cancelled(s), nil
	case prev:
		if !s.back() {
			return nil, refuse(s.lang, stanza.BadRequest, "bad-action")
		}
		return s.ask(transports.Text{}), nil
	}
	return r.forward(ctx, call, s, x)
}
