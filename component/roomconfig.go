package component

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"wherry/component/form"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// The fields of a room's configuration, XEP-0045 §10.2. What is the gateway's own
// stands in roomchoice.go.
const (
	fieldModerated   = "muc#roomconfig_moderatedroom"
	fieldMembersOnly = "muc#roomconfig_membersonly"
	fieldProtected   = "muc#roomconfig_passwordprotectedroom"
	fieldRoomSecret  = "muc#roomconfig_roomsecret"
	fieldMaxUsers    = "muc#roomconfig_maxusers"
	fieldSubject     = "muc#roomconfig_changesubject"
	fieldPublic      = "muc#roomconfig_publicroom"
	fieldModes       = "#modes" // behind the network's name: "irc#modes"
	roomConfigType   = "http://jabber.org/protocol/muc#roomconfig"
)

// roomForm asks what the user wants of a room, and where they are in what it is
// to be.
func (u *user) roomForm(addr transports.Address, r *room) transports.Form {
	f := transports.Form{Title: transports.T("Settings of %s", addr.Name), Fields: u.choiceForm(addr)}
	if r == nil || !r.view.Live() {
		return f
	}
	f.Instructions = transports.T("Only the operators of a channel can change it. To stay in it while you are away is up to you.")
	f.Fields = append(f.Fields, kindForm(r.view.Features())...)
	if a := u.accounts.of(addr.Scope); a.online() {
		if _, ok := a.session.ts.(transports.Moder); ok {
			f.Fields = append(f.Fields, transports.Field{
				Name: u.d.Transport().About().Name + fieldModes, Kind: transports.Line, Label: transports.T("Changes of modes"),
				Help: transports.T("As on the network, such as +c-n or +b nick!*@*."),
			})
		}
	}
	return f
}

// kindForm asks what kind of room a room is to be.
func kindForm(is transports.RoomConfig) []transports.Field {
	limit := "0"
	if is.Limit > 0 {
		limit = strconv.Itoa(is.Limit)
	}
	yes := func(name string, value bool, label transports.Text) transports.Field {
		return transports.Field{Name: name, Kind: transports.Boolean, Value: strconv.FormatBool(value), Label: label}
	}
	return []transports.Field{
		yes(fieldModerated, is.Moderated, transports.T("Only those with voice are heard")),
		yes(fieldMembersOnly, is.MembersOnly, transports.T("By invitation only")),
		yes(fieldProtected, is.Password, transports.T("A password is needed to join")),
		{Name: fieldRoomSecret, Kind: transports.Secret, Label: transports.T("Password"), Help: transports.T("Empty is the one that it has.")},
		{Name: fieldMaxUsers, Kind: transports.Integer, Min: 0, Max: 1 << 20, Value: limit, Label: transports.T("How many can be in it"), Help: transports.T("0 is any number.")},
		yes(fieldSubject, is.OpenSubject, transports.T("Everybody may change the subject")),
		yes(fieldPublic, !is.Hidden, transports.T("It is in the list of channels")),
	}
}

// roomChange is one change that the network is asked for.
type roomChange struct {
	label transports.Text
	do    func(context.Context) error
}

// roomRefusal is a change that the network refused.
type roomRefusal struct {
	label transports.Text
	err   error
}

// roomChanges returns the changes that answers to a roomForm ask of the network,
// each by itself, so that one which is refused keeps no other back.
func (u *user) roomChanges(a *account, r *room, asked transports.Form, answered transports.Settings) (changes []roomChange, err error) {
	if r == nil || !r.view.Live() || !a.online() {
		return nil, nil
	}
	addr, ts := r.addr, a.session.ts
	state := r.view.Features() // as far as it was changed
	state.Room = addr
	configurer, configures := ts.(transports.Configurer)
	for _, f := range asked.Fields {
		value, ok := answered[f.Name]
		if f.Name == u.d.Transport().About().Name+fieldModes {
			if moder, can := ts.(transports.Moder); can && strings.TrimSpace(value) != "" {
				changes = append(changes, roomChange{f.Label, func(ctx context.Context) error {
					_, err := moder.SetModes(ctx, addr, value)
					return err
				}})
			}
			continue
		}
		change := kindChange(f.Name, value)
		if !ok || change == nil || value == f.Value || !configures {
			continue
		}
		secret := ""
		switch f.Name {
		case fieldProtected:
			if secret = answered[fieldRoomSecret]; value == "true" && secret == "" {
				return nil, &transports.Error{Kind: transports.Unfit, Text: transports.T("Say which password the room is to have.")}
			}
		case fieldRoomSecret:
			if was := r.view.Features().Password; !was || answered[fieldProtected] == "false" {
				continue // it has none, or is given one with the change before
			}
			secret = value
		}
		changes = append(changes, roomChange{f.Label, func(ctx context.Context) error {
			next := state
			change(&next)
			if next == state && secret == "" {
				return nil
			}
			err := configurer.Configure(ctx, next, secret)
			if err == nil {
				state = next
			}
			return err
		}})
	}
	return changes, nil
}

// kindChange returns what an answer makes of a room, or nil where it is nothing.
func kindChange(name, value string) func(*transports.RoomConfig) {
	yes := value == "true"
	switch name {
	case fieldModerated:
		return func(c *transports.RoomConfig) { c.Moderated = yes }
	case fieldMembersOnly:
		return func(c *transports.RoomConfig) { c.MembersOnly = yes }
	case fieldProtected:
		return func(c *transports.RoomConfig) { c.Password = yes }
	case fieldSubject:
		return func(c *transports.RoomConfig) { c.OpenSubject = yes }
	case fieldPublic:
		return func(c *transports.RoomConfig) { c.Hidden = !yes }
	case fieldMaxUsers:
		if n, err := strconv.Atoi(value); err == nil {
			return func(c *transports.RoomConfig) { c.Limit = n }
		}
	case fieldRoomSecret:
		return func(*transports.RoomConfig) {} // the password is not part of that
	}
	return nil
}

// configureRoom does what was answered to a roomForm: what the user wants is so
// at once, and the network is asked for the rest. done is called once, with what
// it refused.
func (u *user) configureRoom(addr transports.Address, asked transports.Form, answered transports.Settings, lang string, done func(*user, []roomRefusal)) error {
	for _, f := range asked.Fields {
		if value, ok := answered[f.Name]; ok {
			if err := form.CheckField(f, value, lang); err != nil {
				return err
			}
		}
	}
	a := u.accounts.of(addr.Scope)
	if a == nil {
		return &transports.Error{Kind: transports.Absent, Text: transports.T("You are not in %s.", addr.Name)}
	}
	changes, err := u.roomChanges(a, u.rooms.of(addr), asked, answered)
	if err == nil {
		err = u.choose(a, addr, answered)
	}
	switch {
	case err != nil:
		return err
	case len(changes) == 0:
		done(u, nil)
		return nil
	}
	var refused []roomRefusal
	u.await(a.session, func(ctx context.Context) error {
		for _, c := range changes {
			if err := c.do(ctx); err != nil {
				refused = append(refused, roomRefusal{c.label, err})
			}
		}
		return nil
	}, func(u *user, err error) {
		if err != nil {
			refused = append(refused[:len(refused):len(refused)], roomRefusal{transports.T("The rest"), err})
		}
		done(u, refused)
	})
	return nil
}

// refusals returns the one error that names all that the network refused.
func refusals(refused []roomRefusal, lang string) *stanza.Error {
	var all []string
	for _, r := range refused {
		all = append(all, translate(lang, r.label)+": "+StanzaError(r.err, lang).Text)
	}
	e := *StanzaError(refused[0].err, lang)
	e.Text = translate(lang, transports.T("Not changed: %s", strings.Join(all, " ")))
	return &e
}

// roomOwnerGet shows what a room is (XEP-0045 §10.2).
func roomOwnerGet(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r, _, err := u.liveRoom(q)
	if err != nil {
		return nil, err
	}
	e := stanza.E(muc.NSOwner, "query", form.Element(u.roomForm(r.addr, r), roomConfigType, q.Lang))
	return &e, nil
}

// roomOwnerSet changes it: the network is asked for what differs. A channel is
// not the gateway's to destroy.
func roomOwnerSet(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r, _, err := u.liveRoom(q)
	if err != nil {
		return nil, err
	}
	if q.Payload.Child(muc.NSOwner, "destroy") != nil {
		return nil, &stanza.Error{Type: stanza.Cancel, Condition: stanza.NotAllowed}
	}
	x := q.Payload.Child(form.NS, "x")
	if x == nil {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	if form.Cancelled(x) {
		return nil, nil
	}
	asked := u.roomForm(r.addr, r)
	answered, err := form.Parse(asked, x)
	if err != nil {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	err = u.configureRoom(r.addr, asked, answered, q.Lang, func(u *user, refused []roomRefusal) {
		var err error
		if len(refused) > 0 {
			err = refusals(refused, q.Lang)
		}
		u.answer(q, nil, err)
	})
	if err != nil {
		return nil, err
	}
	return nil, errLater
}

// persistently says whether a room is kept without seats.
func (u *user) persistently(r *room, on bool) {
	if r.persistent == on {
		return
	}
	r.persistent = on
	rec := store.Room{Name: r.addr.Name, Nick: cmp.Or(r.view.Nick(), u.wantedNick(r)), Password: r.password, Persistent: on}
	for _, s := range r.view.Seats() {
		rec.Resources = append(rec.Resources, s.JID.Resource)
	}
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		rec.AccountID = id
		return st.SaveRoom(ctx, rec)
	})
}
