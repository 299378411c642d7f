package registration

import (
	"context"

	"wherry/component"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// Namespaces of the payloads.
const (
	nsRegister = "jabber:iq:register"
	nsOOB      = "jabber:x:oob"
)

// query is one request by iq.
type query struct {
	d       domain
	from    jid.JID
	to      transports.Address
	payload *stanza.Element
	lang    string
	after   func(func()) // has something done when the answer is on its way
}

// queried makes a handler of a component from one of ours.
func queried(handle func(context.Context, *query) (*stanza.Element, error)) component.Handler {
	return func(ctx context.Context, q *component.Query) (*stanza.Element, error) {
		return handle(ctx, &query{q.Domain, q.From, q.To, q.Payload, q.Lang, q.After})
	}
}

// notOffered answers where there is nothing to register with.
func notOffered(_ context.Context, q *component.Query) (*stanza.Element, error) {
	return nil, &stanza.Error{
		Condition: stanza.ServiceUnavailable, Code: stanza.LegacyCode(stanza.ServiceUnavailable),
		Text: text.In(q.Lang, transports.T("There is nothing to register with here.")), Lang: text.Of(q.Lang),
	}
}

// get answers what registration asks for, and what is on file. XEP-0077 §3.1
func (r *Registration) get(ctx context.Context, q *query) (*stanza.Element, error) {
	p, err := r.applicant(q.d, q.from, q.to, q.lang)
	if err != nil {
		return nil, err
	}
	a, old, err := p.begin(ctx)
	if err != nil {
		return nil, p.fail(err, transports.Form{})
	}
	r.open.take(p.party())
	e := p.asking(a)
	if inForce(old) {
		e.Children = append([]stanza.Element{stanza.E(nsRegister, "registered")}, e.Children...)
	}
	return e, nil
}

// asking returns the query that puts the questions of an application.
func (p *applicant) asking(a *application) *stanza.Element {
	e := stanza.E(nsRegister, "query")
	if !a.form.Instructions.IsZero() {
		e.Children = append(e.Children, stanza.T(nsRegister, "instructions", text.In(p.lang, a.form.Instructions)))
	} else {
		e.Children = append(e.Children, stanza.T(nsRegister, "instructions", text.In(p.lang, transports.T("Please fill in the form."))))
	}
	e.Children = append(e.Children, plainFields(a.form)...)
	e.Children = append(e.Children, form.Element(a.form, nsRegister, p.lang))
	return &e
}

// set signs up, changes or removes. XEP-0077 §3.1, §3.2, §3.3
func (r *Registration) set(ctx context.Context, q *query) (*stanza.Element, error) {
	p, err := r.applicant(q.d, q.from, q.to, q.lang)
	if err != nil {
		return nil, err
	}
	if q.payload.Child(nsRegister, "remove") != nil {
		return nil, r.unregister(ctx, p, q)
	}
	x := q.payload.Child(form.NS, "x")
	if form.Cancelled(x) {
		r.open.take(p.party())
		return nil, nil
	}
	a, resumed, err := p.resume(ctx, q.payload, x)
	if err != nil {
		return nil, p.fail(err, transports.Form{})
	}
	var out outcome
	answered, err := p.submitted(ctx, a, q.payload, x)
	if err == nil {
		out, err = p.apply(ctx, a, answered)
	}
	if err != nil {
		if resumed {
			r.open.put(p.party(), a) // another answer may do
		}
		return nil, p.fail(err, a.form)
	}
	return p.answer(out)
}

// resume returns the application that a submission belongs to: one that asked
// for more, where nothing was submitted but what it asks, else a new one.
func (p *applicant) resume(ctx context.Context, q, x *stanza.Element) (a *application, resumed bool, err error) {
	if a, ok := p.reg.open.take(p.party()); ok && answersTo(a.form, names(q, x)) {
		return a, true, nil
	}
	a, _, err = p.begin(ctx)
	return a, false, err
}

// names returns the names of all that was submitted, in a form or without.
func names(q, x *stanza.Element) []string {
	if x != nil {
		return form.Names(x)
	}
	var names []string
	for i := range q.Children {
		names = append(names, q.Children[i].Name)
	}
	return names
}

func answersTo(f transports.Form, names []string) bool {
	asked := make(map[string]bool)
	for _, field := range f.Fields {
		asked[field.Name] = true
	}
	for _, name := range names {
		if !asked[name] {
			return false
		}
	}
	return true
}

// answer tells how a set went. Where more is asked, the result carries it.
func (p *applicant) answer(out outcome) (*stanza.Element, error) {
	switch {
	case out.pending:
		e := stanza.E(nsRegister, "query", stanza.T(nsRegister, "instructions", text.In(p.lang, p.success(out))))
		return &e, nil
	case out.more == nil:
		return nil, nil
	case !p.reg.open.put(p.party(), out.more):
		return nil, p.busy()
	case out.link == nil:
		return p.asking(out.more), nil
	}
	// A redirection is instructions and an address. XEP-0077 §5
	oob := stanza.E(nsOOB, "x", stanza.T(nsOOB, "url", out.link.URL))
	if desc := text.In(p.lang, out.link.Text); desc != "" {
		oob.Children = append(oob.Children, stanza.T(nsOOB, "desc", desc))
	}
	e := stanza.E(nsRegister, "query", stanza.T(nsRegister, "instructions", p.linked(*out.link)), oob)
	return &e, nil
}

// unregister removes, and has the presences follow the answer. XEP-0077 §3.2,
// XEP-0100 §4.3
func (r *Registration) unregister(ctx context.Context, p *applicant, q *query) error {
	if len(q.payload.Children) > 1 {
		return p.refuse(stanza.BadRequest, transports.T("A removal cannot be combined with anything else."))
	}
	registered, err := p.registered(ctx)
	if err != nil {
		return p.fail(err, transports.Form{})
	}
	if !registered {
		return p.unknown()
	}
	r.open.take(p.party())
	after, err := p.remove(ctx)
	if err != nil {
		return p.fail(err, transports.Form{})
	}
	if after != nil {
		q.after(after)
	}
	return nil
}

// registered tells whether there is something to remove: the account, or any
// at all where it is the default one that takes the others with it.
func (p *applicant) registered(ctx context.Context) (bool, error) {
	all, err := p.d.Accounts(ctx, p.user)
	for _, a := range all {
		if a.Registered && (p.scope == "" || a.Scope == string(p.scope)) {
			return true, nil
		}
	}
	return false, err
}
