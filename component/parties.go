package component

import (
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// On networks where a message may name others who get it (see transports.Party) the
// addresses of XEP-0033 are just that, both ways.

// partyTypes are the kinds of parties as XEP-0033 §4.2 calls them.
var partyTypes = [...]string{
	transports.PartyTo: "to", transports.PartyCc: "cc", transports.PartyBcc: "bcc",
	transports.PartyAnswers: "replyto", transports.PartyAuthor: "ofrom",
}

// partiesMost is how many parties of a message that came are told.
const partiesMost = 20

// concerned returns the element that tells of parties, or nil where there are none.
func concerned(all []transports.Party, domain string) *stanza.Element {
	list := stanza.E(nsAddress, "addresses")
	for _, p := range all {
		if int(p.As) >= len(partyTypes) {
			continue
		}
		e := stanza.E(nsAddress, "address").With("type", partyTypes[p.As])
		switch j, err := address(domain, p.Address); {
		case p.URI != "":
			e = e.With("uri", p.URI)
		case err == nil && j.Local != "":
			e = e.With("jid", j.String())
		default:
			continue
		}
		if p.Name != "" {
			e = e.With("desc", p.Name)
		}
		if list.Children = append(list.Children, e); len(list.Children) == partiesMost {
			break
		}
	}
	if len(list.Children) == 0 {
		return nil
	}
	return &list
}

// entrustBesides takes a message to a contact that goes to others, too. Where the
// contact is among them it goes to exactly those.
func (u *user) entrustBesides(m *stanza.Message, to transports.Address, all []addressee) {
	parties, err := u.parties(m, to.Scope, all)
	if err == nil && parties[0].Address.Scope != to.Scope {
		err = errSeveralAccounts
	}
	if err != nil {
		u.fail(m, err)
		return
	}
	u.entrust(m, to, u.language(m.Lang), parties...)
}

// entrustAll takes a message that is to nobody but those whom it names: as one, in
// the chat with whom it answers, else with those whom it is to. Where nobody may know
// of the others, each gets one.
func (u *user) entrustAll(m *stanza.Message, scope transports.Scope, all []addressee) {
	parties, err := u.parties(m, scope, all)
	if err != nil {
		u.fail(m, err)
		return
	}
	var to, open []transports.Address
	for _, p := range parties {
		if p.As == transports.PartyTo {
			to = append(to, p.Address)
		}
		if p.Open() {
			open = append(open, p.Address)
		}
	}
	lang := u.language(m.Lang)
	switch {
	case len(open) == 0:
		for _, p := range parties {
			u.entrust(m, p.Address, lang)
		}
		return
	case len(to) == 0:
		to = open[:1]
	}
	chat := to[0]
	if grouper, ok := u.d.Transport().(transports.Grouper); ok && len(to) > 1 {
		if chat, err = grouper.Group(to); err == nil {
			chat, err = u.contactNamed(chat.String(), "") // as it is for this user
		}
		if err != nil {
			u.fail(m, err)
			return
		}
	}
	if known, ok := u.answeredIn(m, append(open, chat)); ok {
		chat = known
	}
	u.entrust(m, chat, lang, parties...)
}

var errSeveralAccounts = &transports.Error{Kind: transports.NotAllowed, Text: transports.T("Those people are contacts of several of your accounts.")}

// parties returns whom addresses name: all, at one account, or an error. What is
// addressed by URI is of the account of a scope.
func (u *user) parties(m *stanza.Message, scope transports.Scope, all []addressee) (parties []transports.Party, err error) {
	if len(all) == 0 || len(all) > mostAddressed {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	for _, who := range all {
		addr, err := u.addressed(who, scope, u.language(m.Lang))
		if err == nil && len(parties) > 0 && addr.Scope != parties[0].Address.Scope {
			err = errSeveralAccounts
		}
		if err != nil {
			return nil, err
		}
		parties = append(parties, transports.Party{As: who.as, Address: kept(addr)})
	}
	return parties, nil
}

// answeredIn returns the chat of some that has the message that m answers, or its
// thread.
func (u *user) answeredIn(m *stanza.Message, chats []transports.Address) (chat transports.Address, ok bool) {
	var msg transports.Message
	var p posted
	converse(m, &msg, &p)
	known := func(row store.Trail, err error) bool { return err == nil }
	for _, chat := range chats {
		a := u.accounts.of(chat.Scope)
		if a == nil || a.id.Load() == 0 {
			continue
		}
		for _, name := range stanzasOf(p.Answers) {
			if name != "" && known(u.d.c.conf.Store.TrailOfStanza(u.d.live, a.id.Load(), chat.String(), name)) {
				return chat, true
			}
		}
		if msg.Thread != "" && known(u.d.c.conf.Store.LastTrailShown(u.d.live, a.id.Load(), chat.String(), msg.Thread)) {
			return chat, true
		}
	}
	return transports.Address{}, false
}
