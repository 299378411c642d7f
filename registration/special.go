package registration

import (
	"context"
	"slices"

	"wherry/component/command"
	"wherry/store"
	"wherry/transports"
)

// special returns the commands of the transports behind domains, each once: who
// runs one gets that of the domain.
func (r *Registration) special(domains []domain) []command.Command {
	var all []command.Command
	for _, d := range domains {
		for _, c := range commandsOf(d) {
			if slices.ContainsFunc(all, func(other command.Command) bool { return other.Node == c.Name && other.Kinds[0] == c.At }) {
				continue
			}
			all = append(all, command.Command{
				Node: c.Name, Kinds: places(c), Name: c.Title, Admin: c.Sum != nil,
				Show: func(call command.Call) bool {
					return r.specialOf(call, c.Name) != nil && (call.To.Kind != transports.Network || c.Sum == nil && r.further(call))
				},
				Start: func(ctx context.Context, call command.Call) (command.Step, error) {
					return r.startSpecial(ctx, call, c.Name)
				},
			})
		}
	}
	return all
}

// places returns where a command is found: that of an account also at a further one.
func places(c transports.Command) []transports.Kind {
	if c.At == transports.Gateway {
		return []transports.Kind{transports.Gateway, transports.Network}
	}
	return []transports.Kind{c.At}
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

// specialOf returns a domain's own command of a name where it is called, or nil.
func (r *Registration) specialOf(call command.Call, name string) *transports.Command {
	for _, c := range commandsOf(r.domain(call.Domain)) {
		if c.Name == name && slices.Contains(places(c), call.To.Kind) {
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
	case c.Begin != nil:
		return p.dialogue(ctx, call, c.Begin)
	case c.Form == nil:
		return p.once(ctx, c, nil)
	}
	return command.Step{Form: c.Form, Last: true, Next: func(ctx context.Context, _ command.Call, answered transports.Settings) (command.Step, error) {
		return p.once(ctx, c, answered)
	}}, nil
}

// once has a command done that does it all at once.
func (p *applicant) once(ctx context.Context, c *transports.Command, answered transports.Settings) (command.Step, error) {
	rec, err := p.present(ctx)
	if err != nil {
		return command.Step{}, err
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

// present returns the account on file, if it is in force.
func (p *applicant) present(ctx context.Context) (store.Account, error) {
	rec, err := p.file(ctx)
	switch {
	case err != nil:
		return rec, p.fail(err, transports.Form{})
	case !inForce(rec):
		return rec, p.unknown()
	}
	return rec, nil
}

// take is a turn of a network's command, at a place.
type take func(context.Context, transports.Place) (transports.Turn, error)

// dialogue has a turn of a network's command taken.
func (p *applicant) dialogue(ctx context.Context, call command.Call, take take) (command.Step, error) {
	rec, err := p.present(ctx)
	if err != nil {
		return command.Step{}, err
	}
	at, err := p.d.Place(ctx, rec, call.To)
	if err != nil {
		return command.Step{}, p.fail(err, transports.Form{})
	}
	t, err := take(ctx, at)
	if err == nil {
		err = p.d.Fulfil(ctx, rec, t)
	}
	if err != nil {
		return command.Step{}, p.again(err)
	}
	step := command.Step{Form: t.Form, Note: t.Said, Last: t.Last}
	if t.Next != nil {
		step.Next = func(ctx context.Context, call command.Call, answered transports.Settings) (command.Step, error) {
			return p.dialogue(ctx, call, func(ctx context.Context, at transports.Place) (transports.Turn, error) {
				return t.Next(ctx, at, answered)
			})
		}
	}
	return step, nil
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
