package component_test

import (
	"strings"
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	nsOwner = "http://jabber.org/protocol/muc#owner"
	nsForm  = "jabber:x:data"
)

// fields makes a submitted form of names and values.
func submitted(pairs ...string) string {
	out := "<x xmlns='" + nsForm + "' type='submit'>"
	for i := 0; i+1 < len(pairs); i += 2 {
		out += "<field var='" + pairs[i] + "'><value>" + stanza.EscapeAttr(pairs[i+1]) + "</value></field>"
	}
	return out + "</x>"
}

// What a room is stands in a form, and what is changed there is asked of the
// network, no more. XEP-0045 §10.2, IRC-M8, IRC-B36, IRC-B39
func TestRoomConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	is := transports.RoomConfig{Room: address, Moderated: true, Hidden: true, Limit: 5, Password: true}
	if err := w.session("juliet").Emit(is); err != nil {
		t.Fatal(err)
	}
	get := func() map[string]string {
		t.Helper()
		a := w.get(phone, room, "<query xmlns='"+nsOwner+"'/>")
		values := map[string]string{}
		for _, f := range a.Child(nsOwner, "query").Child(nsForm, "x").Children {
			if f.Name == "field" {
				values[strings.TrimPrefix(f.Attr("var"), "muc#roomconfig_")] = f.ChildText(nsForm, "value")
			}
		}
		return values
	}
	got := get()
	for name, want := range map[string]string{
		"FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig", "moderatedroom": "1", "membersonly": "0", "publicroom": "0",
		"maxusers": "5", "passwordprotectedroom": "1", "roomsecret": "", "changesubject": "0", "persistent": "0",
	} {
		if got[name] != want && !(want == "1" && got[name] == "true" || want == "0" && got[name] == "false") {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	set := func(form string) *stanza.IQ {
		return w.set(phone, room, "<query xmlns='"+nsOwner+"'>"+form+"</query>")
	}
	for _, form := range []string{submitted(), "<x xmlns='" + nsForm + "' type='cancel'/>", submitted("muc#roomconfig_maxusers", "5", "unknown", "x")} {
		if a := set(form); a.Type != "result" {
			t.Errorf("%s: %s", form, dump(a))
		}
	}
	if n := w.net.Count(transporttest.OpSetup); n != 0 {
		t.Errorf("asked %d times for nothing", n)
	}
	a := set(submitted("muc#roomconfig_moderatedroom", "0", "muc#roomconfig_publicroom", "1", "muc#roomconfig_maxusers", "0", "muc#roomconfig_roomsecret", "sesame", "persistent", "true"))
	if a.Type != "result" {
		t.Errorf("changed: %s", dump(a))
	}
	want := is
	for i, change := range []func(*transports.RoomConfig){
		func(c *transports.RoomConfig) { c.Moderated = false }, func(*transports.RoomConfig) {},
		func(c *transports.RoomConfig) { c.Limit = 0 }, func(c *transports.RoomConfig) { c.Hidden = false },
	} {
		change(&want)
		secret := ""
		if i == 1 {
			secret = "sesame"
		}
		if c := w.net.AwaitCall(w, transporttest.OpSetup, i); c.Config != want || c.Text != secret {
			t.Errorf("asked %+v, want %+v", c.Config, want)
		}
	}
	if got := get(); got["maxusers"] != "0" || got["persistent"] != "1" && got["persistent"] != "true" {
		t.Errorf("then it is %v", got)
	}
	w.net.Refuse(transporttest.OpSetup, &transports.Error{Kind: transports.Forbidden})
	for form, want := range map[string]string{
		submitted("muc#roomconfig_membersonly", "1"): "auth/forbidden",
		submitted("muc#roomconfig_maxusers", "many"): "modify/jid-malformed",
		"<destroy/>": "cancel/not-allowed",
		"":           "modify/bad-request",
		"<x xmlns='" + nsForm + "' type='form'/>": "modify/bad-request",
	} {
		if a := set(form); fault(a) != want {
			t.Errorf("%s: %s, want %s", form, dump(a), want)
		}
	}
	if a := w.set("juliet@example.org/balcony", room, "<query xmlns='"+nsOwner+"'>"+submitted()+"</query>"); fault(a) != "cancel/not-acceptable" {
		t.Errorf("from outside: %s", dump(a))
	}
	w.leave(phone)
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpLeave); n != 0 {
		t.Error("the room is left though it is to be kept")
	}
	w.join(laptop, room, "juliet")
	if a := w.set(laptop, room, "<query xmlns='"+nsOwner+"'>"+submitted("persistent", "0")+"</query>"); a.Type != "result" {
		t.Errorf("no more: %s", dump(a))
	}
	w.leave(laptop)
	w.net.AwaitCall(w, transporttest.OpLeave, 0)
}

// leave has a resource leave the room.
func (w *world) leave(full string) {
	w.Helper()
	w.send("<presence type='unavailable' from='%s' to='%s/juliet'/>", full, room)
}
