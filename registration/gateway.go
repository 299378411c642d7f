package registration

import (
	"context"
	"strings"

	"wherry/component"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// nsGateway is the namespace of XEP-0100 §6: what a client shows where somebody
// adds a contact, and the JID that is meant by what they type there.
const nsGateway = "jabber:iq:gateway"

// prompt says what to type. XEP-0100 §6.2
func (r *Registration) prompt(_ context.Context, q *query) (*stanza.Element, error) {
	p, err := r.applicant(q.d, q.from, q.to, q.lang)
	if err != nil {
		return nil, err
	}
	about := p.d.Transport().About()
	e := stanza.E(nsGateway, "query",
		stanza.T(nsGateway, "desc", text.In(p.lang, about.Describe)),
		stanza.T(nsGateway, "prompt", text.In(p.lang, about.Prompt)))
	return &e, nil
}

// translate returns the JID that is meant by what was typed, and nothing else.
// XEP-0100 §6.3
func (r *Registration) translate(ctx context.Context, q *query) (*stanza.Element, error) {
	p, err := r.applicant(q.d, q.from, q.to, q.lang)
	if err != nil {
		return nil, err
	}
	typed := strings.TrimSpace(q.payload.ChildText(nsGateway, "prompt"))
	if typed == "" {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.NotAcceptable,
			Text: text.In(p.lang, transports.T("Please type an address.")), Lang: text.Of(p.lang)}
	}
	var j jid.JID
	err = form.CheckField(transports.Field{Label: p.d.Transport().About().Prompt}, typed, p.lang)
	if err == nil {
		j, err = p.address(ctx, typed)
	}
	if err != nil {
		return nil, p.notAnAddress(err)
	}
	e := stanza.E(nsGateway, "query", stanza.T(nsGateway, "jid", j.String()))
	return &e, nil
}

// address returns the JID of what was typed, in the eyes of the account at
// which it was asked, and of the default one.
func (p *applicant) address(ctx context.Context, typed string) (jid.JID, error) {
	own, err := p.file(ctx)
	if err != nil {
		return jid.JID{}, err
	}
	def, err := p.at("").file(ctx)
	if err != nil {
		return jid.JID{}, err
	}
	in := transports.Account{Scope: p.scope, Settings: shown(own), Default: shown(def)}
	a, err := p.d.Transport().Address(typed, in)
	if err != nil {
		return jid.JID{}, err
	}
	if a.Kind == transports.Network && p.further() {
		if err := p.has(ctx, a.Scope); err != nil {
			return jid.JID{}, err
		}
	}
	local, err := jid.Local(a.String())
	if err != nil {
		return jid.JID{}, &transports.Error{Kind: transports.Malformed, Err: err}
	}
	return jid.JID{Local: local, Domain: p.d.Name()}, nil
}

// notAnAddress is what is told of text that means nothing.
func (p *applicant) notAnAddress(err error) error {
	e := *component.StanzaError(err, p.lang)
	if e.Condition == stanza.JIDMalformed {
		e.Type, e.Condition = stanza.Modify, stanza.NotAcceptable
	}
	return &e
}
