package registration

import (
	"context"
	"slices"

	"wherry/component/command"
	"wherry/transports"
)

// special returns the commands of the transports behind domains, each once: who
// runs one gets that of the domain.
func (r *Registration) special(domains []domain) []command.Command {
	var all []command.Command
	for _, d := range domains {
		for _, c := range commandsOf(d) {
			if slices.ContainsFunc(all, func(other command.Command) bool { return other.Node == c.Name }) {
				continue
			}
			all = append(all, command.Command{
				Node: c.Name, Kinds: []transports.Kind{transports.Gateway, transports.Network}, Name: c.Title, Admin: c.Sum != nil,
				Show: func(call command.Call) bool {
					return r.specialOf(call, c.Name) != nil && (call.To.Kind == transports.Gateway || c.Sum == nil && r.further(call))
				},
				Start: func(ctx context.Context, call command.Call) (command.Step, error) {
					return r.startSpecial(ctx, call, c.Name)
				},
			})
		}
	}
	return all
}

func commandsOf(d domain) []transports.Command {
	if d == nil {
		return nil
	}
	network, ok := d.Transport().(transports.Commander)
	if !ok {
		return nil
	}
	return network.Commands()
}

// specialOf returns a domain's own command of a name, or nil.
func (r *Registration) specialOf(call command.Call, name string) *transports.Command {
	for _, c := range commandsOf(r.domain(call.Domain)) {
		if c.Name == name {
			return &c
		}
	}
	return nil
}

// startSpecial asks what the command wants to know, and has it done.
func (r *Registration) startSpecial(ctx context.Context, call command.Call, name string) (command.Step, error) {
	p, err := r.caller(call)
	if err != nil {
		return command.Step{}, err
	}
	c := r.specialOf(call, name)
	switch {
	case c == nil:
		return command.Step{}, p.unknown()
	case c.Sum != nil:
		return p.sum(ctx, c)
	}
	do := func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		rec, err := p.file(ctx)
		switch {
		case err != nil:
			return command.Step{}, p.fail(err, transports.Form{})
		case !inForce(rec):
			return command.Step{}, p.unknown()
		}
		account, saved, err := p.d.Open(ctx, rec)
		if err != nil {
			return command.Step{}, p.fail(err, transports.Form{})
		}
		said, err := c.Do(ctx, account, saved, answered)
		if err != nil {
			return command.Step{}, p.again(err)
		}
		return command.Step{Note: said}, nil
	}
	if c.Form == nil {
		return do(ctx, call, nil)
	}
	return command.Step{Form: c.Form, Last: true, Next: do}, nil
}

// sum has a command tell of all accounts.
func (p *applicant) sum(ctx context.Context, c *transports.Command) (command.Step, error) {
	all, err := p.d.Holdings(ctx)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	said, err := c.Sum(ctx, all)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	return command.Step{Note: said}, nil
}
