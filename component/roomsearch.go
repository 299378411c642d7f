package component

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"wherry/component/form"
	"wherry/component/stanza"
	"wherry/transports"
)

// nsSearch is the namespace of XEP-0055: Jabber Search.
const nsSearch = "jabber:iq:search"

// The fields of a search for rooms, and of what it finds.
const (
	searchName   = "name"
	searchTopic  = "topic"
	searchLeast  = "min_users"
	searchMost   = "max_users"
	foundUsers   = "users"
	searchUsers  = 1 << 20 // the most that can be asked for
	searchLength = 100     // of a part of a name or topic, in bytes
)

// searchQuestions asks which rooms are looked for.
func searchQuestions() transports.Form {
	users := func(name string, label transports.Text) transports.Field {
		return transports.Field{Name: name, Kind: transports.Integer, Min: 0, Max: searchUsers, Label: label}
	}
	return transports.Form{
		Title:        transports.T("Find channels"),
		Instructions: transports.T("Leave empty what does not matter."),
		Fields: []transports.Field{
			{Name: searchName, Label: transports.T("Part of the name")},
			{Name: searchTopic, Label: transports.T("Part of the subject")},
			users(searchLeast, transports.T("At least so many people")),
			users(searchMost, transports.T("At most so many people")),
		},
	}
}

// searchForm shows what can be searched by (XEP-0055 §2.1). It is a data form
// alone: none of the fields that the protocol has by itself means a room.
func searchForm(_ context.Context, q *Query) (*stanza.Element, error) {
	if !q.Domain.Transport().About().Rooms {
		return nil, &transports.Error{Kind: transports.Unsupported}
	}
	f := searchQuestions()
	e := stanza.E(nsSearch, "query",
		stanza.T(nsSearch, "instructions", translate(q.Lang, f.Instructions)), form.Element(f, nsSearch, q.Lang))
	return &e, nil
}

// searchRooms searches a network's rooms (XEP-0055 §2.2), in pages (XEP-0059):
// those that the user is in come first, then the largest.
func searchRooms(_ context.Context, q *Query) (*stanza.Element, error) {
	x := q.Payload.Child(form.NS, "x")
	if x == nil || !q.Domain.Transport().About().Rooms {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	asked := searchQuestions()
	answered, err := form.Parse(asked, x)
	if err != nil {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	if err := form.Check(asked, answered, q.Lang); err != nil {
		return nil, err
	}
	what := transports.RoomSearch{Name: cutText(answered[searchName], searchLength), Subject: cutText(answered[searchTopic], searchLength)}
	what.Least, _ = strconv.Atoi(answered[searchLeast])
	what.Most, _ = strconv.Atoi(answered[searchMost])
	u := q.user
	a, err := u.reach(q.To.Scope, q.From.Local, q.Lang)
	if err != nil {
		return nil, err
	}
	until := time.Now().Add(listWithin)
	u.whenOnline(a, listWithin, func(u *user, err error) {
		if err != nil {
			u.answer(q, nil, err)
			return
		}
		u.search(a, q, what, until)
	})
	return nil, errLater
}

// search asks the network, and answers.
func (u *user) search(a *account, q *Query, what transports.RoomSearch, until time.Time) {
	lister, ok := a.session.ts.(transports.Lister)
	if !ok {
		u.answer(q, nil, &transports.Error{Kind: transports.Unsupported})
		return
	}
	own := u.joinedRooms(a.scope)
	u.listPage(a, q, until, func(ctx context.Context) ([]transports.Listed, bool, error) {
		return searched(ctx, lister, what, own)
	}, func(found []transports.Listed, set stanza.Element) stanza.Element {
		return stanza.E(nsSearch, "query", u.searchResult(found, q.Lang), set)
	})
}

// joinedRooms returns the rooms of a network that the user is in, by name.
func (u *user) joinedRooms(scope transports.Scope) (own []transports.Listed) {
	for _, r := range u.rooms {
		if r.addr.Scope == scope && r.view.Live() {
			own = append(own, transports.Listed{Room: r.addr, Occupants: r.view.Len(), Subject: r.view.Subject().Text})
		}
	}
	slices.SortFunc(own, byName)
	return own
}

func byName(a, b transports.Listed) int { return cmp.Compare(a.Room.Name, b.Room.Name) }

// searched returns the rooms that a search finds: of own first, then others, the
// largest first.
func searched(ctx context.Context, ts transports.Lister, what transports.RoomSearch, own []transports.Listed) (found []transports.Listed, whole bool, err error) {
	mine := map[transports.Address]bool{}
	for _, l := range own {
		mine[l.Room] = true
		if what.Finds(l) {
			found = append(found, l)
		}
	}
	first := len(found)
	each := func(l transports.Listed) bool {
		if !mine[l.Room] && what.Finds(l) {
			found = append(found, l)
		}
		return true
	}
	if asks, ok := ts.(transports.RoomSearcher); ok {
		whole, err = asks.SearchRooms(ctx, what, each)
	} else {
		whole, err = ts.List(ctx, "", each)
	}
	slices.SortFunc(found[first:], func(a, b transports.Listed) int {
		return cmp.Or(cmp.Compare(b.Occupants, a.Occupants), byName(a, b))
	})
	return found, whole, err
}

// searchResult is what a search found, as XEP-0055 §4 has it.
func (u *user) searchResult(found []transports.Listed, lang string) stanza.Element {
	const longest = 200
	x := stanza.E(form.NS, "x",
		stanza.E(form.NS, "field", stanza.T(form.NS, "value", nsSearch)).With("var", "FORM_TYPE").With("type", "hidden"),
		stanza.E(form.NS, "reported",
			column("jid", "jid-single", translate(lang, transports.T("Address"))),
			column(searchName, "text-single", translate(lang, transports.T("Name"))),
			column(foundUsers, "text-single", translate(lang, transports.T("People"))),
			column(searchTopic, "text-single", translate(lang, transports.T("Subject"))),
		)).With("type", "result")
	for _, l := range found {
		j, err := address(u.d.Name(), l.Room)
		if err != nil {
			continue
		}
		x.Children = append(x.Children, stanza.E(form.NS, "item",
			cell("jid", j.String()), cell(searchName, l.Room.Name), cell(foundUsers, strconv.Itoa(l.Occupants)), cell(searchTopic, cutText(l.Subject, longest))))
	}
	return x
}

func column(name, kind, label string) stanza.Element {
	return stanza.E(form.NS, "field").With("var", name).With("type", kind).With("label", label)
}

func cell(name, value string) stanza.Element {
	return stanza.E(form.NS, "field", stanza.T(form.NS, "value", value)).With("var", name)
}
