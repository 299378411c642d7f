package component

import (
	"context"
	"strconv"

	"wherry/component/form"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
)

// The fields of a room's configuration: XEP-0045 §10.2, and what is the
// gateway's own.
const (
	fieldModerated   = "muc#roomconfig_moderatedroom"
	fieldMembersOnly = "muc#roomconfig_membersonly"
	fieldProtected   = "muc#roomconfig_passwordprotectedroom"
	fieldRoomSecret  = "muc#roomconfig_roomsecret"
	fieldMaxUsers    = "muc#roomconfig_maxusers"
	fieldSubject     = "muc#roomconfig_changesubject"
	fieldPublic      = "muc#roomconfig_publicroom"
	fieldPersistent  = "persistent"
	roomConfigType   = "http://jabber.org/protocol/muc#roomconfig"
)

// roomForm asks what a room is to be.
func roomForm(is transports.RoomConfig, persistent bool) transports.Form {
	limit := "0"
	if is.Limit > 0 {
		limit = strconv.Itoa(is.Limit)
	}
	yes := func(name string, value bool, label transports.Text) transports.Field {
		return transports.Field{Name: name, Kind: transports.Boolean, Value: strconv.FormatBool(value), Label: label}
	}
	return transports.Form{
		Title:        transports.T("Settings of %s", is.Room.Name),
		Instructions: transports.T("Only the operators of a channel can change it. To stay in it while you are away is up to you."),
		Fields: []transports.Field{
			yes(fieldPersistent, persistent, transports.T("Stay in the room when the last of your clients leaves it")),
			yes(fieldModerated, is.Moderated, transports.T("Only those with voice are heard")),
			yes(fieldMembersOnly, is.MembersOnly, transports.T("By invitation only")),
			yes(fieldProtected, is.Password, transports.T("A password is needed to join")),
			{Name: fieldRoomSecret, Kind: transports.Secret, Label: transports.T("Password"), Help: transports.T("Empty is the one that it has.")},
			{Name: fieldMaxUsers, Kind: transports.Integer, Min: 0, Max: 1 << 20, Value: limit, Label: transports.T("How many can be in it"), Help: transports.T("0 is any number.")},
			yes(fieldSubject, is.OpenSubject, transports.T("Everybody may change the subject")),
			yes(fieldPublic, !is.Hidden, transports.T("It is in the list of channels")),
		},
	}
}

// wantedConfig is what the answers to the form make of a room.
func wantedConfig(is transports.RoomConfig, answered transports.Settings) transports.RoomConfig {
	wanted := is
	set := func(name string, to *bool) {
		if v, ok := answered[name]; ok {
			*to = v == "true"
		}
	}
	set(fieldModerated, &wanted.Moderated)
	set(fieldMembersOnly, &wanted.MembersOnly)
	set(fieldProtected, &wanted.Password)
	set(fieldSubject, &wanted.OpenSubject)
	public := !is.Hidden
	set(fieldPublic, &public)
	wanted.Hidden = !public
	if n, err := strconv.Atoi(answered[fieldMaxUsers]); err == nil {
		wanted.Limit = n
	}
	return wanted
}

// roomOwnerGet shows what a room is (XEP-0045 §10.2).
func roomOwnerGet(_ context.Context, q *Query) (*stanza.Element, error) {
	r, _, err := q.user.liveRoom(q)
	if err != nil {
		return nil, err
	}
	e := stanza.E(muc.NSOwner, "query", form.Element(roomForm(r.view.Features(), r.persistent), roomConfigType, q.Lang))
	return &e, nil
}

// roomOwnerSet changes it: the network is asked for what differs. A channel is
// not the gateway's to destroy.
func roomOwnerSet(_ context.Context, q *Query) (*stanza.Element, error) {
	u := q.user
	r, a, err := u.liveRoom(q)
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
	is := r.view.Features()
	is.Room = r.addr
	asked := roomForm(is, r.persistent)
	answered, err := form.Parse(asked, x)
	if err != nil {
		return nil, &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	}
	for _, f := range asked.Fields {
		if value, ok := answered[f.Name]; ok {
			if err := form.CheckField(f, value, q.Lang); err != nil {
				return nil, err
			}
		}
	}
	wanted, secret := wantedConfig(is, answered), answered[fieldRoomSecret]
	if wanted.Password && !is.Password && secret == "" {
		return nil, &transports.Error{Kind: transports.Unfit, Text: transports.T("Say which password the room is to have.")}
	}
	stay := func(u *user) {
		if v, ok := answered[fieldPersistent]; ok {
			u.persistently(r, v == "true")
		}
	}
	if wanted == is && secret == "" {
		stay(u)
		return nil, nil
	}
	ts, ok := a.session.ts.(transports.Configurer)
	if !ok {
		return nil, &transports.Error{Kind: transports.Unsupported}
	}
	u.await(a.session, func(ctx context.Context) error { return ts.Configure(ctx, wanted, secret) }, func(u *user, err error) {
		if err == nil {
			stay(u)
		}
		u.answer(q, nil, err)
	})
	return nil, errLater
}

// persistently says whether a room is kept without seats.
func (u *user) persistently(r *room, on bool) {
	if r.persistent == on {
		return
	}
	r.persistent = on
	rec := store.Room{Name: r.addr.Name, Nick: r.view.Nick(), Password: r.password, Persistent: on}
	for _, s := range r.view.Seats() {
		rec.Resources = append(rec.Resources, s.JID.Resource)
	}
	u.persistRoom(r, func(ctx context.Context, st *store.Store, id int64) error {
		rec.AccountID = id
		return st.SaveRoom(ctx, rec)
	})
}
