package component

import (
	"slices"
	"strings"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// nsAddress is of XEP-0033.
const nsAddress = "http://jabber.org/protocol/address"

// mostAddressed is how many one message may be addressed to.
const mostAddressed = 50

// addressee is one address of XEP-0033 §4.
type addressee struct {
	jid, uri string
	as       transports.PartyKind
}

// addressees returns whom a message is addressed to, without those to whom it
// was delivered already. It reports false where it is not addressed so.
func addressees(m *stanza.Message) (all []addressee, ok bool) {
	list := m.Child(nsAddress, "addresses")
	if list == nil {
		return nil, false
	}
	for i := range list.Children {
		e := &list.Children[i]
		if e.Space != nsAddress || e.Name != "address" || e.Attr("delivered") == "true" {
			continue
		}
		if as := slices.Index(partyTypes[:], e.Attr("type")); as >= 0 && as <= int(transports.PartyBcc) {
			all = append(all, addressee{e.Attr("jid"), e.Attr("uri"), transports.PartyKind(as)})
		}
	}
	return all, len(all) > 0 || len(list.Children) == 0
}

// multicast takes a message to several at once: those who may know of each
// other as one group, each other by itself. Where one address is wrong, nothing
// is sent. What is addressed by URI goes out from the account of a scope.
func (u *user) multicast(m *stanza.Message, scope transports.Scope, all []addressee) {
	if u.d.Transport().About().Parties {
		u.entrustAll(m, scope, all)
		return
	}
	lang := u.language(m.Lang)
	grouper, ok := u.d.Transport().(transports.Grouper)
	switch {
	case !ok:
		u.fail(m, &transports.Error{Kind: transports.Unsupported})
		return
	case len(all) == 0 || len(all) > mostAddressed:
		u.fail(m, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest})
		return
	}
	var open, alone []transports.Address
	for _, who := range all {
		addr, err := u.addressed(who, scope, lang)
		if err != nil {
			u.fail(m, err)
			return
		}
		if who.as == transports.PartyBcc {
			alone = append(alone, addr)
		} else {
			open = append(open, addr)
		}
	}
	if len(open) > 1 {
		group, err := grouper.Group(open)
		if err == nil {
			group, err = u.contactNamed(group.String(), "") // as it is for this user
		}
		if err != nil {
			u.fail(m, err)
			return
		}
		open = []transports.Address{group}
	}
	for _, to := range append(open, alone...) {
		u.entrust(m, to, u.language(m.Lang))
	}
}

// addressed returns the contact that an address names: a JID of ours, or a URI.
func (u *user) addressed(who addressee, scope transports.Scope, lang string) (transports.Address, error) {
	if who.jid == "" {
		_, text, ok := strings.Cut(who.uri, ":")
		if !ok {
			return transports.Address{}, &transports.Error{Kind: transports.Malformed}
		}
		text, _, _ = strings.Cut(text, "?")
		return u.contactNamed(text, scope)
	}
	j, err := jid.Parse(who.jid)
	if err != nil || j.Domain != u.d.Name() || j.Local == "" {
		return transports.Address{}, &transports.Error{Kind: transports.Malformed}
	}
	addr, err := u.contactNamed(jid.Text(j.Local), "")
	if err == nil {
		err = u.canonical(j, addr, lang)
	}
	return addr, err
}

func (u *user) contactNamed(text string, scope transports.Scope) (transports.Address, error) {
	in := u.routing()
	in.Scope = scope
	addr, err := u.d.Transport().Address(text, in)
	if err == nil && addr.Kind != transports.Contact {
		err = &transports.Error{Kind: transports.Malformed}
	}
	return addr, err
}
