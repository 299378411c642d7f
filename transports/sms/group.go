package sms

import (
	"slices"
	"strconv"
	"strings"

	"wherry/transports"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// Group returns the address of some numbers together, by the line that all of
// them are written to. Which lines are the account's own is not known here: see
// Address.
func (t *Transport) Group(all []transports.Address) (transports.Address, error) {
	var numbers []string
	via := ""
	for i, a := range all {
		p, err := phone.Parse(a.Name)
		if err != nil {
			return transports.Address{}, err
		}
		switch {
		case p.Kind == phone.Number:
			numbers = append(numbers, p.Name)
		case p.Kind == phone.Group:
			numbers = append(numbers, p.Members()...)
		default:
			return transports.Address{}, &transports.Error{Kind: transports.NotAllowed, Text: transports.T("%s can't be in a group text: only phone numbers can.", p.Title())}
		}
		if i > 0 && p.Via != via {
			return transports.Address{}, &transports.Error{Kind: transports.NotAllowed,
				Text: transports.T("A group text leaves from one of your numbers. Write to all of its people by the same one.")}
		}
		via = p.Via
	}
	p, err := t.together(numbers, nil)
	if err != nil {
		return transports.Address{}, err
	}
	return t.address(p.On(via)), nil
}

// together returns the peer of some numbers: a group, or where one is left
// without the account's own lines, that one. SMS has no larger groups, or other
// ones, than the provider carries.
func (t *Transport) together(numbers, own []string) (phone.Peer, error) {
	var others []string
	for _, n := range numbers {
		if !slices.Contains(own, n) && !slices.Contains(others, n) {
			others = append(others, n)
		}
	}
	refuse := func(text transports.Text) (phone.Peer, error) {
		return phone.Peer{}, &transports.Error{Kind: transports.NotAllowed, Text: text}
	}
	switch {
	case len(others) == 0:
		return refuse(transports.T("There is nobody but you in this group."))
	case len(others) == 1:
	case t.grouper == nil:
		return refuse(textGroup)
	case len(others) > t.about.MaxGroup, slices.ContainsFunc(others, func(n string) bool { return !strings.HasPrefix(n, t.about.GroupCode) }):
		return refuse(t.groupLimits())
	}
	p, ok := phone.Together(others)
	if !ok {
		return refuse(t.groupLimits())
	}
	return p, nil
}

// groupLimits says who can be in a group.
func (t *Transport) groupLimits() transports.Text {
	most := strconv.Itoa(t.about.MaxGroup)
	if t.about.GroupCode == "" {
		return transports.T("A group text reaches up to %s people. Write to fewer, or to each of them alone.", most)
	}
	return transports.T("A group text reaches up to %s people, all with numbers that begin with %s. Write to fewer, or to each of them alone.", most, t.about.GroupCode)
}

// chat returns the address of a group as the account sees it.
func (t *Transport) chat(a *account, g provider.Group) (transports.Address, error) {
	p, err := t.together(g.Members, a.lines)
	if err != nil {
		return transports.Address{}, err
	}
	if p = p.On(g.Line); p.Via == a.line {
		p = p.Default()
	}
	return t.address(p), nil
}

// groupKey names some people and the line that they text with, whatever the
// provider calls their group.
func groupKey(line string, members []string) string { return line + "," + strings.Join(members, ",") }
