package component_test

import (
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// A contact's presence tells how its network writes the nick, where the address
// does not: as rooms do, else as the network told. XEP-0172
func TestNicknameOfContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("NURSE", "other")
	w.sub(juliet, nurse, "subscribe")
	w.barrier(phone)
	w.Drain(domain)
	next := func(want string) {
		t.Helper()
		st := w.Expect(domain, func(st stanza.Stanza) bool {
			return st.Name() == "presence" && st.Head().From.String() == nurse+"/gateway" && st.Head().To.String() == juliet
		})
		got := ""
		if e := st.(*stanza.Presence).Child("http://jabber.org/protocol/nick", "nick"); e != nil {
			got = e.Text
		}
		if got != want {
			t.Errorf("the nickname is %q, want %q, in %s", got, want, dump(st))
		}
	}
	w.join(phone, room, "juliet")
	next("") // nobody knows yet
	next("NURSE")
	at := transports.Address{Kind: transports.Contact, Scope: network, Name: "nurse"}
	for _, tt := range []struct {
		ev   transports.Available
		want string
	}{
		{transports.Available{Contact: at, Nick: "Nurse", Here: true}, "Nurse"},
		{transports.Available{Contact: at, Nick: "nurse", Here: true}, ""},
		{transports.Available{Contact: at}, ""},
	} {
		if err := w.session("juliet").Emit(tt.ev); err != nil {
			t.Fatal(err)
		}
		next(tt.want)
	}
}

// What a user calls themselves elsewhere is nothing to a room: the nick is that
// of the address. XEP-0045 §7.2, XEP-0172
func TestNicknameOfUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const nickname = "<nick xmlns='http://jabber.org/protocol/nick'>The Capulet</nick>"
	w.send("<presence from='%s' to='%s/juliet'><x xmlns='%s'/>%s</presence>", phone, room, nsMUC, nickname)
	w.shown(phone)
	if c := w.net.AwaitCall(t, transporttest.OpJoin, 0); c.Nick != "juliet" {
		t.Errorf("joined as %q", c.Nick)
	}
	w.send("<presence from='%s' to='%s/juliet'>%s</presence>", phone, room, nickname)
	w.silent(phone)
	if n := w.net.Count(transporttest.OpRename); n != 0 {
		t.Error("renamed")
	}
}
