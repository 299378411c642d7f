package component_test

import (
	"fmt"
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// let asks for what two people need to talk, and clears the table.
func (w *world) together() {
	w.Helper()
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	w.join(romeo, room, "romeo")
	w.calm()
}

// calm waits until all is said, and forgets it.
func (w *world) calm() {
	w.Helper()
	w.settled(romeo, "romeo")
	w.settled(phone, "juliet")
	w.Drain(domain)
}

// item returns the item of a room's presence as "affiliation/role nick".
func item(st stanza.Stanza) string {
	x := st.Child(nsUser, "x")
	if x == nil {
		return ""
	}
	e := x.Child(nsUser, "item")
	return strings.TrimSpace(e.Attr("affiliation") + "/" + e.Attr("role") + " " + e.Attr("nick"))
}

// A line is reflected once to each resource of the sender, with its id, its
// origin-id, and no stanza-id but the room's; others see the same line once.
// IRC-M3.
func TestGroupchat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.send("<message type='groupchat' id='m1' from='%s' to='%s'><body>hello</body>"+
		"<origin-id xmlns='%s' id='o1'/><stanza-id xmlns='%s' id='forged' by='%s'/>"+
		"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/><x xmlns='%s'/></message>", phone, room, nsSID, nsSID, room, nsUser)
	var ids []string
	for _, full := range []string{phone, laptop} {
		m := w.message(room+"/juliet", full, "groupchat")
		if m.ID != "m1" || body(m) != "hello" || m.Child(nsSID, "origin-id").Attr("id") != "o1" {
			t.Errorf("reflected %s", dump(m))
		}
		var stanzaIDs, occupants []string
		for _, e := range m.Payload {
			switch e.Name {
			case "stanza-id":
				stanzaIDs = append(stanzaIDs, e.Attr("by")+" "+e.Attr("id"))
			case "occupant-id":
				occupants = append(occupants, e.Attr("id"))
			}
		}
		if len(stanzaIDs) != 1 || !strings.HasPrefix(stanzaIDs[0], room+" ") || strings.Contains(stanzaIDs[0], "forged") {
			t.Errorf("stanza-ids %q", stanzaIDs)
		}
		if len(occupants) != 1 || occupants[0] == "forged" {
			t.Errorf("occupant-ids %q", occupants)
		}
		ids = append(ids, stanzaIDs...)
	}
	if ids[0] != ids[1] {
		t.Errorf("one line, two ids: %q", ids)
	}
	if m := w.message(room+"/juliet", romeo, "groupchat"); body(m) != "hello" || m.Child(nsSID, "stanza-id") == nil {
		t.Errorf("the other sees %s", dump(m))
	}
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// A line that goes upstream in several parts is reflected once, in whole; a
// chat state not at all. IRC-M3.
func TestGroupchatInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.say(phone, room, "m1", "one\ntwo\nthree")
	for _, full := range []string{phone, laptop} {
		if m := w.message(room+"/juliet", full, "groupchat"); body(m) != "one\ntwo\nthree" || m.ID != "m1" {
			t.Errorf("reflected %s", dump(m))
		}
	}
	for _, want := range []string{"one", "two", "three"} {
		if m := w.message(room+"/juliet", romeo, "groupchat"); body(m) != want {
			t.Errorf("the other sees %s", dump(m))
		}
	}
	w.send("<message type='groupchat' id='m2' from='%s' to='%s'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", phone, room)
	w.send("<message type='groupchat' id='m3' from='%s' to='%s'><body/></message>", phone, room)
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// Lines keep their order, whoever says them.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	const n = 100
	for i := range n {
		w.say(phone, room, fmt.Sprint("m", i), fmt.Sprint("line ", i))
	}
	for _, full := range []string{phone, romeo} {
		for i := range n {
			if m := w.message(room+"/juliet", full, "groupchat"); body(m) != fmt.Sprint("line ", i) {
				t.Fatalf("%s sees %q as line %d", full, body(m), i)
			}
		}
	}
}

// What cannot be said is refused with the same id. IRC-M3.
func TestGroupchatRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	other := "#other%" + network + "@" + domain
	for _, tt := range []struct{ from, to, want string }{
		{"juliet@example.org/balcony", room, "cancel/not-acceptable"},
		{phone, other, "cancel/not-acceptable"},
		{phone, room + "/romeo", "modify/bad-request"},
		{phone, nurse, "modify/bad-request"},
		{phone, domain, "modify/bad-request"},
		{"stranger@elsewhere.example/x", room, "auth/forbidden"},
	} {
		id := w.id()
		w.say(tt.from, tt.to, id, "hello")
		if m := w.message(tt.to, tt.from, "error"); fault(m) != tt.want || m.ID != id {
			t.Errorf("%s to %s: %s", tt.from, tt.to, dump(m))
		}
	}
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Forbidden, Text: transports.T("You are muted.")})
	w.say(phone, room, "muted", "hello")
	if m := w.message(room, phone, "error"); fault(m) != "auth/forbidden" || m.ID != "muted" || !strings.Contains(dump(m), "You are muted.") {
		t.Errorf("refused by the network: %s", dump(m))
	}
	w.settled(romeo, "romeo")
	w.silent(phone)
}

// A network that is down: rooms are told 110 and 333, lines fail at once; when
// it is back the rooms are joined and shown again. IRC-M5, design section 5.
func TestNetworkDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.together()
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	for _, full := range []string{phone, laptop} {
		if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != "110 333" {
			t.Errorf("told %s", dump(p))
		}
	}
	w.say(phone, room, "m1", "hello")
	m := w.message(room, phone, "error")
	if fault(m) != "wait/remote-server-timeout" || m.ID != "m1" {
		t.Errorf("said while down: %s", dump(m))
	}
	if p := w.get(phone, room+"/juliet", "<ping xmlns='"+nsPing+"'/>"); fault(p) != "cancel/not-acceptable" {
		t.Errorf("self-ping while down: %s", dump(p))
	}
	for _, full := range []string{phone, laptop} {
		all := w.shown(full)
		if own := all[len(all)-2]; codes(own) != "110" {
			t.Errorf("shown %s", dump(own))
		}
	}
	w.say(phone, room, "m2", "back")
	w.message(room+"/juliet", phone, "groupchat")
	w.message(room+"/juliet", laptop, "groupchat")
	if m := w.message(room+"/juliet", romeo, "groupchat"); body(m) != "back" {
		t.Errorf("the other sees %s", dump(m))
	}
}

// A join that the network refuses has one answer, from the nick that was asked
// for. IRC-M1; XEP-0045 §7.2.
func TestJoinRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, want := range map[transports.ErrorKind]string{
		transports.PasswordWant: "auth/not-authorized",
		transports.Uninvited:    "auth/registration-required",
		transports.Forbidden:    "auth/forbidden",
		transports.Full:         "wait/service-unavailable",
		transports.NotFound:     "cancel/item-not-found",
		transports.Malformed:    "modify/jid-malformed",
		transports.Busy:         "wait/resource-constraint",
		transports.Conflict:     "cancel/conflict",
		transports.Unreachable:  "wait/remote-server-timeout",
		transports.Internal:     "wait/internal-server-error",
	} {
		w.net.Refuse(transporttest.OpJoin, &transports.Error{Kind: kind, Text: transports.T("Because.")})
		w.ask(phone, room, "juliet", "")
		p := w.presence(room+"/juliet", phone, "error")
		if fault(p) != want || p.Child(nsMUC, "x") == nil || !strings.Contains(dump(p), "Because.") {
			t.Errorf("%s: %s", kind, dump(p))
		}
		w.silent(phone)
	}
	w.join(phone, room, "juliet")
}

// Joins that need no network to be refused.
func TestJoinRefusedHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ from, to, want string }{
		{phone, room, "modify/jid-malformed"}, // no nick. XEP-0045 §7.2.1
		{phone, "nonsense@" + domain + "/juliet", "modify/jid-malformed"},
		{"stranger@elsewhere.example/x", room + "/juliet", "auth/forbidden"},
	} {
		w.send("<presence id='j' from='%s' to='%s'><x xmlns='%s'/></presence>", tt.from, tt.to, nsMUC)
		if p := w.presence(tt.to, tt.from, "error"); fault(p) != tt.want || p.ID != "j" {
			t.Errorf("%s: %s", tt.to, dump(p))
		}
	}
	w.silent(phone)
	if calls := w.net.Calls(); len(calls) != 0 {
		t.Errorf("the network was asked: %v", calls)
	}
}

// A room whose address may be written shortly is found under its one right
// address only: the client is told which.
func TestJoinUnderAnotherAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.domain().Register(t.Context(), account(map[string]string{"nick": "juliet", "network": network})); err != nil {
		t.Fatal(err)
	}
	w.barrier(phone)
	w.Drain(domain)
	short := "#room@" + domain
	w.ask(phone, short, "juliet", "")
	if p := w.presence(short+"/juliet", phone, "error"); fault(p) != "cancel/gone" || !strings.Contains(dump(p), ">xmpp:"+room+"<") {
		t.Errorf("told %s", dump(p))
	}
}

// Presence without a muc payload never joins. IRC-M14.
func TestNoImplicitJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send("<presence from='%s' to='%s/juliet'><show>away</show></presence>", phone, room)
	if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "cancel/not-acceptable" {
		t.Errorf("told %s", dump(p))
	}
	w.send("<presence type='unavailable' from='%s' to='%s/juliet'/>", phone, room)
	w.silent(phone)
	if calls := w.net.Calls(); len(calls) != 0 {
		t.Errorf("the network was asked: %v", calls)
	}
}

// Who joins while joined gets all again. XEP-0045 §7.2
func TestRejoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.net.Say(address, "nurse", "before")
	w.settled(phone, "juliet")
	w.Drain(domain)
	for inside, want := range map[string]string{
		"":                          "~before ",
		"<history maxstanzas='0'/>": "",
		"<history maxchars='3'/>":   "",
		"<history maxchars='6'/>":   "~before ",
		"<history since='2000-01-01T00:00:00Z'/>": "~before ",
		"<history since='2100-01-01T00:00:00Z'/>": "",
		"<history seconds='3600'/>":               "~before ",
	} {
		w.ask(phone, room, "juliet", inside)
		all := w.shown(phone)
		if got := lines(all); got != want || codes(all[1]) != "110" {
			t.Errorf("%s: shown %q", inside, got)
		}
	}
	w.silent(phone)
}

// Leaving is answered to who leaves; the last one leaves the network's room.
// IRC-M2, IRC-M5.
func TestLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	leave := func(full, status string) {
		w.send("<presence type='unavailable' from='%s' to='%s'>%s</presence>", full, room, status)
		if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != "110" {
			t.Errorf("told %s", dump(p))
		}
	}
	leave(laptop, "") // to the bare room: design section 9
	w.settled(phone, "juliet")
	w.silent(phone)
	leave(phone, "<status>good night</status>")
	if p := w.presence(room+"/juliet", romeo, "unavailable"); p.Child("", "status") == nil || p.Child("", "status").Text != "good night" || codes(p) != "" {
		t.Errorf("the other sees %s", dump(p))
	}
	if c := w.net.AwaitCall(t, transporttest.OpLeave, 0); c.Text != "good night" {
		t.Errorf("left with %q", c.Text)
	}
	w.say(phone, room, "m1", "hello")
	w.message(room, phone, "error")
	w.join(phone, room, "juliet")
}

// Change of nick: 303 with the new one, then the new presence. IRC-M5.
func TestRename(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.send("<presence from='%s' to='%s/jule'/>", phone, room)
	for _, full := range []string{phone, laptop} {
		old := w.presence(room+"/juliet", full, "unavailable")
		if codes(old) != "303 110" || !strings.HasSuffix(item(old), " jule") {
			t.Errorf("the old nick: %s", dump(old))
		}
		if p := w.presence(room+"/jule", full, ""); codes(p) != "110" {
			t.Errorf("the new nick: %s", dump(p))
		}
	}
	old := w.presence(room+"/juliet", romeo, "unavailable")
	if codes(old) != "303" || !strings.HasSuffix(item(old), " jule") {
		t.Errorf("the other sees %s", dump(old))
	}
	if p := w.presence(room+"/jule", romeo, ""); codes(p) != "" {
		t.Errorf("the other sees %s", dump(p))
	}
	w.silent(phone)
	// Joining again under the new nick is no surprise to the client.
	all := w.join(phone, room, "jule")
	if own := all[len(all)-2]; codes(own) != "110" {
		t.Errorf("own presence: %s", dump(own))
	}
	// A nick that is taken.
	w.send("<presence id='r' from='%s' to='%s/romeo'/>", phone, room)
	if p := w.presence(room+"/romeo", phone, "error"); fault(p) != "cancel/conflict" || p.ID != "r" {
		t.Errorf("a nick that is taken: %s", dump(p))
	}
	w.settled(phone, "jule")
	w.silent(phone)
}

// Kick and ban by the user: the answer comes, and everyone sees it, with
// actor, reason and codes. IRC-M5, IRC-M7.
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

// Standing is set by role or affiliation, answered when the network did it,
// and shown. IRC-M6, IRC-M7.
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
	if a := w.get(phone, room, "<query xmlns='http://jabber.org/protocol/muc#owner'/>"); fault(a) != "cancel/not-allowed" {
		t.Errorf("configuration: %s", dump(a))
	}
}

// The subject: asked for, shown to all from who set it, with its time to those
// who come later; a refusal is an error on the message. IRC-M9.
func TestSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.send("<message type='groupchat' id='s1' from='%s' to='%s'><subject>Verona</subject></message>", phone, room)
	for _, full := range []string{phone, laptop, romeo} {
		m := w.message(room+"/juliet", full, "groupchat")
		if s, _, _ := m.Subject(); s != "Verona" || m.Child("", "body") != nil {
			t.Errorf("%s sees %s", full, dump(m))
		}
		if full == phone && m.ID != "s1" {
			t.Errorf("reflected under another id: %s", dump(m))
		}
	}
	w.silent(phone)
	all := w.join(laptop, room, "juliet")
	last := all[len(all)-1].(*stanza.Message)
	if s, _, _ := last.Subject(); s != "Verona" || last.From.Resource != "juliet" || last.Child(nsDelay, "delay") == nil {
		t.Errorf("who joins sees %s", dump(last))
	}
	w.net.Refuse(transporttest.OpSubject, &transports.Error{Kind: transports.Forbidden})
	w.send("<message type='groupchat' id='s2' from='%s' to='%s'><subject>Mantua</subject></message>", romeo, room)
	if m := w.message(room, romeo, "error"); fault(m) != "auth/forbidden" || m.ID != "s2" {
		t.Errorf("refused: %s", dump(m))
	}
	w.silent(phone)
}

// Self-ping: joined a result, not joined not-acceptable; another's nick is
// asked on the network, an unknown one is not there. XEP-0410, IRC-M13.
func TestSelfPing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	const ping = "<ping xmlns='" + nsPing + "'/>"
	for _, tt := range []struct{ from, to, want string }{
		{phone, room + "/juliet", ""},
		{laptop, room + "/juliet", ""},
		{"juliet@example.org/balcony", room + "/juliet", "cancel/not-acceptable"},
		{phone, "#other%" + network + "@" + domain + "/juliet", "cancel/not-acceptable"},
		{phone, room + "/nobody", "cancel/item-not-found"},
		{phone, room + "/romeo", ""},
		{phone, room, ""},
	} {
		if a := w.get(tt.from, tt.to, ping); fault(a) != tt.want {
			t.Errorf("%s to %s: %s", tt.from, tt.to, dump(a))
		}
	}
	if c := w.net.Calls(transporttest.OpPing); len(c) != 1 || c[0].Room.Name != "romeo" {
		t.Errorf("the network was asked %v", c)
	}
}

// A bounce of room traffic takes its resource out of the rooms: one of our own
// presence's odd address does not. IRC-M15, G2-C5.
func TestGhost(t *testing.T) {
	t.Parallel()
	conditions := []string{"gone", "item-not-found", "recipient-unavailable", "redirect", "remote-server-not-found",
		"remote-server-timeout", "jid-malformed", "service-unavailable"}
	for _, c := range append(conditions, "bad-request", "presence jid-malformed") {
		t.Run(c, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.together()
			condition, isPresence := strings.CutPrefix(c, "presence ")
			name := "message"
			if isPresence {
				name = "presence"
			}
			w.send("<%s type='error' id='x' from='%s' to='%s/romeo'><error type='cancel'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></%s>",
				name, laptop, room, condition, name)
			w.silent(phone)
			w.say(romeo, room, "m1", "hello")
			w.message(room+"/romeo", romeo, "groupchat")
			w.message(room+"/romeo", phone, "groupchat")
			if isPresence || c == "bad-request" {
				w.message(room+"/romeo", laptop, "groupchat")
			}
			w.settled(phone, "juliet")
			w.silent(romeo)
		})
	}
}

// Modes of the room are told, and found in its info. IRC-M12.
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

// People come, change and go. IRC-M5, IRC-M6.
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
// connection it comes back. IRC-M5.
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
