package command

import (
	"context"
	"slices"

	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// Registry holds the commands of the gateway and the dialogues that are under
// way. Add must not be called beside the other methods, which are safe for
// concurrent use.
type Registry struct {
	commands []*Command
	byName   map[string]*Command
}

// NewRegistry returns a Registry without commands.
func NewRegistry() *Registry {
	return &Registry{byName: make(map[string]*Command)}
}

// Add adds a command. It panics where one of its names is taken.
func (r *Registry) Add(c Command) {
	r.commands = append(r.commands, &c)
	for _, name := range append([]string{c.Node}, c.Aliases...) {
		if r.byName[name] != nil {
			panic("command: " + name + " added twice")
		}
		r.byName[name] = &c
	}
}

// Find returns the command of a node or an alias, whoever may use it.
func (r *Registry) Find(node string) (Command, bool) {
	c := r.byName[node]
	if c == nil {
		return Command{}, false
	}
	return *c, true
}

// Items lists the commands that the caller finds where they look.
func (r *Registry) Items(call Call) []Item {
	var items []Item
	for _, c := range r.commands {
		if c.shown(call) {
			items = append(items, Item{c.Node, text.In(call.Lang, c.Name)})
		}
	}
	return items
}

// Handle answers one payload of XEP-0050. Errors are *stanza.Error, or what
// the command itself failed with.
func (r *Registry) Handle(ctx context.Context, call Call, payload *stanza.Element) (*stanza.Element, error) {
	return nil, &stanza.Error{Condition: stanza.FeatureNotImplemented}
}

// at tells whether the command exists at an address of that kind.
func (c *Command) at(k transports.Kind) bool { return slices.Contains(c.Kinds, k) }

func (c *Command) shown(call Call) bool {
	return c.at(call.To.Kind) && (call.Admin || !c.Admin) && (c.Show == nil || c.Show(call))
}
