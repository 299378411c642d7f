package component_test

import (
	"strings"
	"testing"

	"wherry/transports"
)

// Kick and ban by the user: the answer comes, and everyone sees it, with actor,
// reason and codes. XEP-0045 §7. IRC-M5, IRC-M7, IRC-B31, IRC-B32
func TestKickAndBan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ change, codes, item string }{
		{"role='none'", "307", "none/none"},
		{"affiliation='outcast'", "301", "outcast/none"},
	} {
		t.Run(tt.codes, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.together()
			if a := w.set(phone, room, "<query xmlns='"+nsAdmin+"'><item nick='romeo' "+tt.change+"><reason>out</reason></item></query>"); a.Type != "result" {
				t.Errorf("answer %s", dump(a))
			}
			for _, full := range []string{phone, laptop, romeo} {
				p := w.presence(room+"/romeo", full, "unavailable")
				want := tt.codes
				if full == romeo {
					want = "110 " + want
				}
				x := p.Child(nsUser, "x").Child(nsUser, "item")
				if codes(p) != want || item(p) != tt.item || x.Child(nsUser, "actor").Attr("nick") != "juliet" || x.ChildText(nsUser, "reason") != "out" {
					t.Errorf("%s sees %s", full, dump(p))
				}
			}
			w.barrier(romeo)
			w.silent(phone)
			w.say(romeo, room, "m1", "hello?")
			if m := w.message(room, romeo, "error"); fault(m) != "cancel/not-acceptable" {
				t.Errorf("said after that: %s", dump(m))
			}
			if tt.codes == "301" {
				list := w.get(phone, room, "<query xmlns='"+nsAdmin+"'><item affiliation='outcast'/></query>")
				if !strings.Contains(dump(list), "romeo") {
					t.Errorf("ban list %s", dump(list))
				}
				if a := w.set(phone, room, "<query xmlns='"+nsAdmin+"'><item affiliation='none' jid='romeo%"+network+"@"+domain+"'/></query>"); a.Type != "result" {
					t.Errorf("lifting the ban: %s", dump(a))
				}
				list = w.get(phone, room, "<query xmlns='"+nsAdmin+"'><item affiliation='outcast'/></query>")
				if list.Type != "result" || strings.Contains(dump(list), "romeo") {
					t.Errorf("ban list after that %s", dump(list))
				}
			}
			w.join(romeo, room, "romeo")
		})
	}
}

// Standing is set by role or affiliation, answered when the network did it, and
// shown. XEP-0045 §5. IRC-M6, IRC-M7, IRC-B29
func TestStanding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	for _, tt := range []struct{ change, want string }{
		{"role='moderator'", "member/moderator"},
		{"role='participant'", "member/participant"},
		{"affiliation='admin'", "admin/moderator"},
		{"affiliation='owner'", "owner/moderator"},
		{"affiliation='member'", "member/participant"},
		{"affiliation='none'", "none/participant"},
	} {
		if a := w.set(phone, room, "<query xmlns='"+nsAdmin+"'><item nick='romeo' "+tt.change+"/></query>"); a.Type != "result" {
			t.Errorf("%s: %s", tt.change, dump(a))
		}
		for _, full := range []string{phone, romeo} {
			if p := w.presence(room+"/romeo", full, ""); item(p) != tt.want {
				t.Errorf("%s: %s sees %s", tt.change, full, dump(p))
			}
		}
	}
	if a := w.set(romeo, room, "<query xmlns='"+nsAdmin+"'><item nick='juliet' role='none'/></query>"); fault(a) != "auth/forbidden" {
		t.Errorf("no operator: %s", dump(a))
	}
	if a := w.set(phone, room, "<query xmlns='"+nsAdmin+"'><item nick='nobody' role='none'/></query>"); fault(a) != "cancel/item-not-found" {
		t.Errorf("nobody: %s", dump(a))
	}
	list := w.get(romeo, room, "<query xmlns='"+nsAdmin+"'><item affiliation='admin'/></query>")
	if n := len(list.Payload[0].Children); n != 1 || list.Payload[0].Children[0].Attr("nick") != "juliet" {
		t.Errorf("list %s", dump(list))
	}
	if list := w.get(romeo, room, "<query xmlns='"+nsAdmin+"'><item affiliation='owner'/></query>"); list.Type != "result" || len(list.Payload[0].Children) != 0 {
		t.Errorf("an empty list %s", dump(list))
	}
	if a := w.get("juliet@example.org/balcony", room, "<query xmlns='"+nsAdmin+"'><item affiliation='owner'/></query>"); fault(a) != "cancel/not-acceptable" {
		t.Errorf("not joined: %s", dump(a))
	}
}

// Modes of the room are told, and found in its info. XEP-0045 §6.4. IRC-M12, IRC-B9
func TestModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	err := w.session("juliet").Emit(transports.RoomConfig{Room: address, Moderated: true, MembersOnly: true, Password: true, Hidden: true})
	if err != nil {
		t.Fatal(err)
	}
	if m := w.message(room, phone, "groupchat"); !strings.Contains(dump(m), "code='104'") || m.ID == "" {
		t.Errorf("told %s", dump(m))
	}
	w.message(room, laptop, "groupchat")
	w.silent(phone)
	info := dump(w.get(phone, room, "<query xmlns='http://jabber.org/protocol/disco#info'/>"))
	for _, f := range []string{"muc_moderated", "muc_membersonly", "muc_passwordprotected", "muc_hidden", "muc_semianonymous"} {
		if !strings.Contains(info, "'"+f+"'") {
			t.Errorf("no %s in %s", f, info)
		}
	}
	if strings.Contains(info, "nonanonymous'") && !strings.Contains(info, "semianonymous") {
		t.Errorf("clients would encrypt: %s", info)
	}
}

// People come, change and go. XEP-0045 §7. IRC-M18, IRC-B10
func TestPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.net.SetOccupant(address, transports.Occupant{Nick: "Nurse", Key: "angelica"})
	came := w.presence(room+"/Nurse", phone, "")
	if item(came) != "none/participant" || codes(came) != "" {
		t.Errorf("came: %s", dump(came))
	}
	w.net.SetOccupant(address, transports.Occupant{Nick: "Nurse", Key: "angelica", Rank: transports.Voice, Away: true})
	p := w.presence(room+"/Nurse", phone, "")
	if item(p) != "member/participant" || p.Child("", "show").Text != "away" {
		t.Errorf("changed: %s", dump(p))
	}
	const occ = "urn:xmpp:occupant-id:0"
	if a, b := came.Child(occ, "occupant-id").Attr("id"), p.Child(occ, "occupant-id").Attr("id"); a != b || a == "" || strings.Contains(a, "angelica") {
		t.Errorf("occupant-id %q, then %q", a, b)
	}
	for how, want := range map[transports.Departure]string{
		transports.Parted: "", transports.Quit: "", transports.Split: "333", transports.Kicked: "307", transports.Banned: "301",
	} {
		w.net.SetOccupant(address, transports.Occupant{Nick: "Nurse"})
		w.net.RemoveOccupant(address, "Nurse", how, "bye")
		p := w.presence(room+"/Nurse", phone, "unavailable")
		if codes(p) != want || p.Child("", "status").Text != "bye" {
			t.Errorf("left by %d: %s", how, dump(p))
		}
	}
}

// We ourselves are taken off: by a person the room is over, by the end of the
// connection it comes back. XEP-0045 §7. IRC-M5
func TestTakenOff(t *testing.T) {
	t.Parallel()
	for how, want := range map[transports.Departure]string{
		transports.Parted: "110", transports.Quit: "110 333", transports.Split: "110 333",
		transports.Kicked: "110 307", transports.Banned: "110 301", transports.Shutdown: "110 332",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.together()
			w.net.RemoveOccupant(address, "juliet", how, "bye")
			for _, full := range []string{phone, laptop} {
				if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != want {
					t.Errorf("told %s", dump(p))
				}
			}
			w.presence(room+"/juliet", romeo, "unavailable")
			if a := w.get(phone, room+"/juliet", "<ping xmlns='"+nsPing+"'/>"); fault(a) != "cancel/not-acceptable" {
				t.Errorf("self-ping: %s", dump(a))
			}
			w.silent(phone)
			w.join(phone, room, "juliet")
		})
	}
}
