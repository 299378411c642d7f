package sms

import (
	"slices"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// Address reads who is meant: in the spelling that addresses have, or as a
// person types a number. What is typed without a country is of the region that
// the account names, else of its default line. The account's own lines are no
// members of a group: it is the same without them.
func (t *Transport) Address(text string, in transports.Account) (transports.Address, error) {
	if in.Settings == nil {
		in.Settings = in.Default
	}
	a := t.account(in)
	p, err := phone.Read(text, a.region)
	if err != nil {
		return transports.Address{}, err
	}
	switch {
	case p.Via != "" && p.Via == a.line:
		p = p.Default()
	case p.Via != "" && len(a.lines) > 0 && !slices.Contains(a.lines, p.Via):
		return transports.Address{}, &transports.Error{Kind: transports.NotAllowed, Text: notYours(p.Via)}
	}
	if p.Kind == phone.Group {
		via := p.Via
		if p, err = t.together(p.Members(), a.lines); err != nil {
			return transports.Address{}, err
		}
		p = p.On(via)
	}
	return t.address(p), nil
}

var textGroup = transports.T("A text to several people at once cannot be sent from here. Write to each of them.")

func notYours(line string) transports.Text {
	return transports.T("%s is not one of your numbers. Add it to them by registering again, or write without it.", line)
}

// address returns the address of a peer, in the spelling of the gateway.
func (t *Transport) address(p phone.Peer) transports.Address {
	name := p.String()
	if t.cfg.Soprani {
		name = p.Soprani()
	}
	return transports.Address{Kind: transports.Contact, Name: name}
}

// peer returns the other side of an item, as the account sees it.
func (a *account) peer(item provider.Item) phone.Peer {
	p := phone.From(item.Peer, item.Line).On(item.Line)
	if p.Via == a.line {
		return p.Default()
	}
	return p
}

// route returns how to reach an address: the peer, and the line to go by.
func (a *account) route(to transports.Address) (p phone.Peer, line string, err error) {
	if p, err = phone.Parse(to.Name); err != nil {
		return p, "", err
	}
	line = a.line
	if p.Via != "" {
		line = p.Via
	}
	if !slices.Contains(a.lines, line) {
		return p, "", &transports.Error{Kind: transports.Unfit, Text: notYours(line)}
	}
	return p, line, nil
}
