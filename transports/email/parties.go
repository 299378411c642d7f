package email

import (
	"net/url"
	"slices"
	"strings"

	"wherry/transports"
	"wherry/transports/email/compose"
	"wherry/transports/email/message"
)

// partiesMost bounds the parties of a mail that came.
const partiesMost = 20

// addressAll says whom a mail goes to: its chat, and who else is named; where the
// chat is among these, exactly those.
func (s *Session) addressAll(d *draft, m transports.Message, t *trail, told bool) error {
	chat := members(m.Chat.Name)
	exactly := slices.ContainsFunc(m.Parties, func(p transports.Party) bool {
		return p.Open() && slices.ContainsFunc(members(p.Address.Name), func(name string) bool { return slices.Contains(chat, name) })
	})
	if err := s.address(d, m.Chat, t, told && !exactly); err != nil {
		return err
	}
	d.base = d.To
	if exactly && !d.list {
		d.To = nil
	}
	for _, p := range m.Parties {
		for _, name := range members(p.Address.Name) {
			if d.list && name == m.Chat.Name {
				continue // it is where the list takes it
			}
			to, err := s.spelled(name, t)
			if err != nil {
				return err
			}
			d.add(p.As, to)
		}
	}
	return nil
}

// add has somebody get a mail, who does not yet.
func (d *draft) add(as transports.PartyKind, one compose.Mailbox) {
	list := &d.To
	switch as {
	case transports.PartyCc:
		list = &d.Cc
	case transports.PartyBcc:
		list = &d.Bcc
	}
	for _, there := range [][]compose.Mailbox{d.To, d.Cc, d.Bcc} {
		if slices.ContainsFunc(there, func(m compose.Mailbox) bool { return strings.EqualFold(m.Addr, one.Addr) }) {
			return
		}
	}
	*list = append(slices.Clip(*list), one)
}

// besides returns who gets a mail besides its chat, and may be known.
func (d *draft) besides() (all []compose.Mailbox) {
	for _, one := range slices.Concat(d.To, d.Cc) {
		if !slices.Contains(d.base, one) {
			all = append(all, one)
		}
	}
	return all
}

// partiesOf returns whom a mail of somebody's concerns besides them and the user:
// nobody, where it went to the user alone.
func (s *Session) partiesOf(m *message.Mail, from message.Address, list *message.List) (all []transports.Party) {
	others := s.others(m, from)
	if len(others) == 0 {
		return nil
	}
	isTo := func(a message.Address) bool {
		return slices.ContainsFunc(m.To, func(to message.Address) bool { return strings.EqualFold(to.Spec, a.Spec) })
	}
	for _, a := range others {
		as := transports.PartyCc
		if isTo(a) {
			as = transports.PartyTo
		}
		all = append(all, s.party(as, a))
	}
	if list != nil {
		all = append([]transports.Party{s.party(transports.PartyAuthor, from)}, all...)
	}
	for _, a := range s.answersElsewhere(m, from, list) {
		all = append([]transports.Party{s.party(transports.PartyAnswers, a)}, all...)
	}
	return all[:min(len(all), partiesMost)]
}

// party returns somebody whom a mail concerns. Those who cannot be written to as a
// contact are known by their address.
func (s *Session) party(as transports.PartyKind, a message.Address) transports.Party {
	p := transports.Party{As: as, Address: s.person(a.Spec)}
	if a.Name != "" && a.Name != a.Spec {
		p.Name = shown(a)
	}
	if local, _, _ := strings.Cut(p.Address.Name, "@"); standsIn(local) {
		p.Address, p.URI = transports.Address{}, "mailto:"+url.PathEscape(a.Spec) // RFC 6068 §2
	}
	return p
}
