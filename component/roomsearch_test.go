package component_test

import (
	"strings"
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// Rooms are found by parts of their names and subjects and by how many are there,
// in pages: those of the user's first, then the largest. XEP-0055, IRC-B8
func TestRoomSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const nsSearch = "jabber:iq:search"
	at := func(name string) transports.Address {
		return transports.Address{Kind: transports.Room, Scope: network, Name: name}
	}
	for name, nicks := range map[string][]string{"#go": {"a"}, "#go-nuts": {"a", "b", "c"}, "#gophers": {"a", "b"}, "#rust": {"a", "b"}} {
		for _, n := range nicks {
			w.net.SetOccupant(at(name), transports.Occupant{Nick: n})
		}
	}
	w.join(phone, room, "juliet")
	w.join(phone, "#go%"+network+"@"+domain, "juliet")
	ask := w.get(phone, network+"@"+domain, "<query xmlns='"+nsSearch+"'/>")
	for _, name := range []string{"name", "topic", "min_users", "max_users"} {
		if !strings.Contains(dump(ask), "var='"+name+"'") {
			t.Errorf("%s is not asked for: %s", name, dump(ask))
		}
	}
	find := func(rsm string, pairs ...string) *stanza.IQ {
		t.Helper()
		return w.set(phone, network+"@"+domain, "<query xmlns='"+nsSearch+"'>"+submitted(pairs...)+rsm+"</query>")
	}
	found := func(a *stanza.IQ) string {
		t.Helper()
		if a.Type != "result" {
			t.Fatalf("refused: %s", dump(a))
		}
		var names []string
		for _, item := range a.Child(nsSearch, "query").Child(nsForm, "x").Children {
			if item.Name == "item" {
				f := fieldsOf(&item)
				if f["jid"] != f["name"]+"%"+network+"@"+domain {
					t.Errorf("%s is at %s", f["name"], f["jid"])
				}
				names = append(names, f["name"]+" "+f["users"])
			}
		}
		return strings.Join(names, ", ")
	}
	if got := found(find("", "name", "GO")); got != "#go 2, #go-nuts 3, #gophers 2" {
		t.Errorf("found %s", got)
	}
	if c := w.net.AwaitCall(t, transporttest.OpSearch, 0); c.Search != (transports.RoomSearch{Name: "GO"}) {
		t.Errorf("asked for %+v", c.Search)
	}
	if got := found(find("", "min_users", "2", "max_users", "2")); got != "#go 2, #gophers 2, #rust 2" {
		t.Errorf("found %s", got)
	}
	if got := found(find("", "topic", "nothing such")); got != "" {
		t.Errorf("found %s", got)
	}
	if got := found(find("<set xmlns='http://jabber.org/protocol/rsm'><max>1</max><after>#go</after></set>", "name", "go")); got != "#go-nuts 3" {
		t.Errorf("found %s", got)
	}
	for _, a := range []*stanza.IQ{find("", "min_users", "many"), find("", "max_users", "-1")} {
		if fault(a) != "modify/jid-malformed" {
			t.Errorf("told %s", dump(a))
		}
	}
	if a := w.set(phone, network+"@"+domain, "<query xmlns='"+nsSearch+"'/>"); fault(a) != "modify/bad-request" {
		t.Errorf("told %s", dump(a))
	}
	w.net.Refuse(transporttest.OpSearch, &transports.Error{Kind: transports.Busy})
	if a := find("", "name", "go"); fault(a) != "wait/resource-constraint" {
		t.Errorf("told %s", dump(a))
	}
	if info := dump(w.get(phone, network+"@"+domain, "<query xmlns='http://jabber.org/protocol/disco#info'/>")); !strings.Contains(info, nsSearch) {
		t.Errorf("it is not told that there is a search: %s", info)
	}
}
