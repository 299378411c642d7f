package component

import (
	"context"
	"sort"
	"strconv"
	"strings"
	"time"

	"wherry/component/disco"
	"wherry/component/jid"
	"wherry/component/mam"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

func translate(lang string, t transports.Text) string { return text.In(lang, t) }

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// roomInfo adds what a room is like to what rooms are (XEP-0045 §6.4). Of one
// that the user is not in, only that it is a room is known.
func (u *user) roomInfo(info disco.Info, addr transports.Address) disco.Info {
	info.Identities = []disco.Identity{{Category: "conference", Type: u.d.Transport().About().Name, Name: addr.Name}}
	form := disco.Form{Type: muc.NSInfo, Fields: []disco.Field{{Var: "muc#roomconfig_roomname", Values: []string{addr.Name}}}}
	is := func(yes bool, feature, otherwise string) {
		if !yes {
			feature = otherwise
		}
		info.Features = append(info.Features, feature)
	}
	var f transports.RoomConfig
	if r := u.rooms.of(addr); r != nil {
		f = r.view.Features()
		form.Fields = append(form.Fields,
			disco.Field{Var: "muc#roominfo_occupants", Values: []string{strconv.Itoa(r.view.Len())}},
			disco.Field{Var: "muc#roominfo_subject", Values: []string{r.view.Subject().Text}})
	}
	// Rooms never say nonanonymous together with membersonly: clients take such
	// a room for one where encryption works.
	info.Features = append(info.Features, "muc_semianonymous", "muc_persistent")
	if u.d.conf.Load().RecordHistory {
		info.Features = append(info.Features, mam.NS, mam.NSExtended)
	}
	is(f.MembersOnly, "muc_membersonly", "muc_open")
	is(f.Moderated, "muc_moderated", "muc_unmoderated")
	is(f.Hidden, "muc_hidden", "muc_public")
	is(f.Password, "muc_passwordprotected", "muc_unsecured")
	info.Forms = append(info.Forms, form)
	info.Features = append(info.Features, gestures(u.accounts.of(addr.Scope))...)
	return info
}

// roomNick answers which nick the user has in a room (XEP-0045 §6.6).
func (u *user) roomNick(q *Query) (*stanza.Element, error) {
	info := disco.Info{}
	if r := u.rooms.of(q.To); r != nil && r.view.Live() {
		info.Identities = []disco.Identity{{Category: "conference", Type: "text", Name: r.view.Nick()}}
	}
	e := info.Element(muc.NodeNick)
	return &e, nil
}

// items lists a user's networks, or the rooms of one that they are in.
func (u *user) items(at transports.Address) []disco.Item {
	var items []disco.Item
	add := func(a transports.Address, name string) {
		if j, err := address(u.d.Name(), a); err == nil {
			items = append(items, disco.Item{JID: j.String(), Name: name})
		}
	}
	if at.Kind == transports.Gateway {
		for _, a := range u.accounts {
			if a.scope != "" && a.rec.Suspended.IsZero() {
				add(transports.Address{Kind: transports.Network, Scope: a.scope}, u.d.upstream(a))
			}
		}
	}
	for _, r := range u.rooms {
		if r.addr.Scope == at.Scope {
			add(r.addr, r.addr.Name)
		}
	}
	sort.Slice(items, func(i, j int) bool { return items[i].JID < items[j].JID })
	return items
}

// roomAdminGet lists who has some standing in a room (XEP-0045 §9.5 and the
// like): those banned from the network's list, the others from those present.
func roomAdminGet(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r, a, err := u.liveRoom(q)
	if err != nil {
		return nil, err
	}
	item := q.Payload.Child(muc.NSAdmin, "item")
	if item == nil {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	affiliation, role := item.Attr("affiliation"), item.Attr("role")
	if affiliation == "outcast" {
		return nil, u.outcasts(q, a, r)
	}
	result := stanza.E(muc.NSAdmin, "query")
	r.view.Each(func(o transports.Occupant) {
		hasAffiliation, hasRole := muc.Standing(o.Rank, o.Mute)
		if affiliation != "" && affiliation == hasAffiliation || affiliation == "" && role == hasRole {
			e := stanza.E(muc.NSAdmin, "item").With("affiliation", hasAffiliation).With("role", hasRole).With("nick", o.Nick)
			if j, err := address(u.d.Name(), transports.Address{Kind: transports.Contact, Scope: q.To.Scope, Name: o.Nick}); err == nil {
				e = e.With("jid", j.String())
			}
			result.Children = append(result.Children, e)
		}
	})
	sort.Slice(result.Children, func(i, j int) bool {
		return result.Children[i].Attr("nick") < result.Children[j].Attr("nick")
	})
	return &result, nil
}

// outcasts asks the network who is banned, and answers when it said so.
func (u *user) outcasts(q *Query, a *account, r *room) error {
	result := stanza.E(muc.NSAdmin, "query")
	ok := u.request(a, func(ctx context.Context, rs transports.Rooms) error {
		banned, err := rs.Outcasts(ctx, r.addr)
		for _, b := range banned {
			e := stanza.E(muc.NSAdmin, "item").With("affiliation", "outcast")
			if j, err := address(u.d.Name(), transports.Address{Kind: transports.Contact, Scope: r.addr.Scope, Name: b.Mask}); err == nil {
				e = e.With("jid", j.String())
			}
			result.Children = append(result.Children, e)
		}
		return err
	}, func(u *user, err error) { u.answer(q, &result, err) })
	if !ok {
		return &transports.Error{Kind: transports.Unreachable}
	}
	return errLater
}

// roomAdminSet changes the standing of occupants (XEP-0045 §8, §9). It is
// answered when the network did it.
func roomAdminSet(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r, a, err := u.liveRoom(q)
	if err != nil {
		return nil, err
	}
	var all []transports.Moderation
	for i := range q.Payload.Children {
		item := &q.Payload.Children[i]
		if item.Space != muc.NSAdmin || item.Name != "item" {
			continue
		}
		m, err := u.moderation(r, item)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	ok := u.request(a, func(ctx context.Context, rs transports.Rooms) error {
		for _, m := range all {
			if err := rs.Moderate(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}, func(u *user, err error) { u.answer(q, nil, err) })
	if !ok {
		return nil, &transports.Error{Kind: transports.Unreachable}
	}
	return nil, errLater
}

// moderation reads one item of a change of standing.
func (u *user) moderation(r *room, item *stanza.Element) (transports.Moderation, error) {
	m := transports.Moderation{Room: r.addr, Nick: item.Attr("nick"), Reason: item.ChildText(muc.NSAdmin, "reason")}
	if m.Nick == "" {
		j, err := jid.Parse(item.Attr("jid"))
		if err != nil {
			return m, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
		}
		m.Nick, _, _ = strings.Cut(jid.Text(j.Local), "%"+string(r.addr.Scope))
	}
	if o, ok := r.view.Find(m.Nick); ok {
		m.Nick = o.Nick
	}
	affiliation, role := item.Attr("affiliation"), item.Attr("role")
	_, present := r.view.Find(m.Nick)
	switch {
	case affiliation == "outcast":
		m.Do = transports.Ban
	case role == "none":
		m.Do = transports.Kick
	case affiliation == "none" && !present:
		m.Do = transports.Unban
	default:
		rank, ok := muc.Rank(affiliation, role)
		if !ok {
			return m, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
		}
		m.Do, m.Rank = transports.SetRank, rank
	}
	return m, nil
}

// liveRoom returns the room of a query whose sender sits in it. There are clients
// that ask as soon as they have asked to join: their query comes again when the
// join has its answer.
func (u *user) liveRoom(q *Query) (*room, *account, error) {
	r := u.rooms.of(q.To)
	if !r.seats(q.From) {
		return nil, nil, &transports.Error{Kind: transports.Absent}
	}
	a := u.accounts.of(q.To.Scope)
	if j := r.joiner(q.From); j != nil && !r.view.Live() && len(j.asked) < askedBound {
		j.asked = append(j.asked, q.IQ)
		return nil, nil, errLater
	}
	if !r.view.Live() || a == nil {
		return nil, nil, &transports.Error{Kind: transports.Unreachable}
	}
	return r, a, nil
}
