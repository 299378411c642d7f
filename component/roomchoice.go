package component

import (
	"context"
	"maps"
	"strconv"
	"strings"

	"wherry/component/muc"
	"wherry/store"
	"wherry/transports"
)

// The fields of what a user may choose for a room, as biboumi calls them. More
// are the transport's.
const (
	fieldPersistent = "persistent"
	fieldRecord     = "record_history"
	fieldLength     = "max_history_length"
)

// unset is the value of a choice that was not made.
const unset = "unset"

// Bounds of what is chosen for rooms.
const (
	lengthMost = 500 // lines at a join
	chosenMost = 500 // rooms of an account for which something was chosen
)

// choiceForm asks what the user wants of a room. None of it is the network's.
func (u *user) choiceForm(addr transports.Address) []transports.Field {
	chosen := u.chosen(addr)
	record := chosen[fieldRecord]
	if record == "" {
		record = unset
	}
	fields := []transports.Field{
		{Name: fieldPersistent, Kind: transports.Boolean, Value: strconv.FormatBool(u.staysIn(addr)),
			Label: transports.T("Stay in the room when the last of your clients leaves it")},
		{Name: fieldRecord, Kind: transports.Choice, Value: record, Label: transports.T("Keep for you what is said"),
			Help: transports.T("Nothing is kept where the gateway keeps nothing."),
			Options: []transports.Option{
				{Value: unset, Label: transports.T("As usual")},
				{Value: "true", Label: transports.T("Yes")},
				{Value: "false", Label: transports.T("No")},
			}},
		{Name: fieldLength, Kind: transports.Integer, Min: 0, Max: lengthMost, Value: chosen[fieldLength],
			Label: transports.T("Lines that are shown when you join"),
			Help:  transports.T("Where your client does not say it; as usual if empty.")},
	}
	if network, ok := u.d.Transport().(transports.RoomFormer); ok {
		fields = append(fields, network.RoomForm(chosen)...)
	}
	return fields
}

// chosen returns what the user chose for a room.
func (u *user) chosen(addr transports.Address) transports.Settings {
	if a := u.accounts.of(addr.Scope); a != nil {
		return a.chosen[addr.Name]
	}
	return nil
}

// staysIn tells whether the user stays in a room without clients.
func (u *user) staysIn(addr transports.Address) bool {
	if r := u.rooms.of(addr); r != nil {
		return r.persistent
	}
	return u.stays(addr, false)
}

// wish is what the user chose for a room, else for its network, else for all.
func (u *user) wish(addr transports.Address, field string) string {
	if chosen := u.chosen(addr)[field]; chosen != "" {
		return chosen
	}
	for _, scope := range [...]transports.Scope{addr.Scope, ""} {
		if a := u.accounts.of(scope); a != nil {
			if s := a.rec.Settings[field]; s != "" && s != unset {
				return s
			}
		}
	}
	return ""
}

// stays is what is chosen of that for the room; else it stays so if it was, or if
// that is chosen for more or holds for all.
func (u *user) stays(addr transports.Address, was bool) bool {
	if yes := u.chosen(addr)[fieldPersistent]; yes != "" {
		return yes == "true"
	}
	if yes := u.wish(addr, fieldPersistent); yes != "" && !was {
		return yes == "true"
	}
	return was || u.d.conf.Load().Persistent
}

// records tells whether what is said in a room is kept for the user.
func (u *user) records(addr transports.Address) bool {
	return u.d.conf.Load().RecordHistory && u.wish(addr, fieldRecord) != "false"
}

// shows returns how many lines of the past are shown in a room at a join.
func (u *user) shows(addr transports.Address) int {
	if wish := u.wish(addr, fieldLength); wish != "" {
		if n, err := strconv.Atoi(wish); err == nil && n >= 0 {
			return min(n, lengthMost)
		}
	}
	return historyLines
}

// wishes puts what the user chose in place of what their client left open.
func (u *user) wishes(addr transports.Address, wish muc.History) muc.History {
	if wish == (muc.History{Stanzas: -1, Chars: -1}) && u.wish(addr, fieldLength) != "" {
		wish.Stanzas = u.shows(addr)
	}
	return wish
}

// choose takes over what was answered to a choiceForm, keeps it, and has it hold
// from now on.
func (u *user) choose(a *account, addr transports.Address, answered transports.Settings) error {
	addr = kept(addr)
	chosen := maps.Clone(a.chosen[addr.Name])
	if chosen == nil {
		chosen = transports.Settings{}
	}
	for _, f := range u.choiceForm(addr) {
		value, ok := answered[f.Name]
		switch {
		case !ok, value == f.Value: // as it is, whether chosen or not
		case value == "" || value == unset:
			delete(chosen, f.Name)
		default:
			chosen[f.Name] = strings.Clone(value)
		}
	}
	if maps.Equal(chosen, a.chosen[addr.Name]) {
		return nil
	}
	if a.chosen[addr.Name] == nil && len(a.chosen) >= chosenMost {
		return &transports.Error{Kind: transports.Busy, Text: transports.T("You have settings for too many rooms.")}
	}
	if a.chosen == nil {
		a.chosen = map[string]transports.Settings{}
	}
	if a.chosen[addr.Name] = chosen; len(chosen) == 0 {
		delete(a.chosen, addr.Name)
	}
	u.saveAccount(a)
	name, kept := addr.Name, maps.Clone(chosen)
	u.persist(func(ctx context.Context, st *store.Store) error {
		if id := a.id.Load(); id != 0 {
			return st.SaveRoomSettings(ctx, id, name, kept)
		}
		return nil
	})
	u.chose(a, addr)
	return nil
}

// chose has what is chosen hold.
func (u *user) chose(a *account, addr transports.Address) {
	if a.session != nil {
		if ts, ok := a.session.ts.(transports.Chooser); ok {
			ts.Choose(addr, maps.Clone(u.chosen(addr)))
		}
	}
	r := u.rooms.of(addr)
	if r == nil {
		return
	}
	u.persistently(r, u.stays(addr, r.persistent))
	r.view.Remember(max(historyLines, u.shows(addr)))
	if r.view.Live() && u.records(addr) != (r.log != nil) {
		u.openLog(a, r, transports.Joined{Config: r.view.Features()})
	}
}

// loadChosen takes up what the store has.
func (u *user) loadChosen(a *account) {
	all, err := u.d.c.conf.Store.RoomSettings(u.d.live, a.id.Load())
	if err != nil {
		u.log().Error("load room settings", "err", err)
		return
	}
	if len(all) > 0 {
		a.chosen = make(map[string]transports.Settings, len(all))
	}
	for room, settings := range all {
		a.chosen[room] = settings
	}
}
