package component_test

import (
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// roomForm returns the values of a room's form, and of what can be answered.
func (w *world) roomForm(full string) map[string]string {
	w.Helper()
	a := w.get(full, room, "<query xmlns='"+nsOwner+"'/>")
	if a.Type != "result" {
		w.Fatalf("no form: %s", dump(a))
	}
	return fieldsOf(a.Child(nsOwner, "query").Child(nsForm, "x"))
}

func fieldsOf(x *stanza.Element) map[string]string {
	values := map[string]string{}
	for _, f := range x.Children {
		if f.Name == "field" {
			values[f.Attr("var")] = f.ChildText(nsForm, "value")
		}
	}
	return values
}

// ownerSet submits a room's form.
func (w *world) ownerSet(full string, pairs ...string) *stanza.IQ {
	w.Helper()
	return w.set(full, room, "<query xmlns='"+nsOwner+"'>"+submitted(pairs...)+"</query>")
}

// What a user chooses for a room holds at once and at the next join, is kept, and
// is theirs alone. IRC-B39, IRC-B21, IRC-B34
func TestRoomChoices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.people("nurse")
	w.join(phone, room, "juliet")
	got := w.roomForm(phone)
	if got["record_history"] != "unset" || got["max_history_length"] != "" || got["persistent"] != "false" {
		t.Errorf("at first it is %v", got)
	}
	if a := w.ownerSet(phone, "mood", "low", "persistent", "true", "max_history_length", "2"); a.Type != "result" {
		t.Fatalf("refused: %s", dump(a))
	}
	if c := w.net.AwaitCall(t, transporttest.OpChoose, 0); c.Room != address || c.Chosen["mood"] != "low" {
		t.Errorf("the network is told %+v", c)
	}
	for _, form := range [][]string{{"record_history", "maybe"}, {"max_history_length", "501"}, {"max_history_length", "-1"}} {
		if a := w.ownerSet(phone, form...); fault(a) != "modify/jid-malformed" {
			t.Errorf("%v: %s", form, dump(a))
		}
	}
	for _, line := range []string{"one", "two", "three"} {
		w.net.Say(address, "nurse", line)
		w.sees(phone, line)
	}
	w.join(romeo, room, "romeo")
	if got := w.roomForm(romeo); got["mood"] != "" || got["persistent"] != "false" {
		t.Errorf("for another user it is %v", got)
	}
	w.restart()
	one, two := w.net.AwaitCall(t, transporttest.OpJoin, 2), w.net.AwaitCall(t, transporttest.OpJoin, 3)
	if one.Chosen["mood"] != "low" && two.Chosen["mood"] != "low" {
		t.Errorf("joined again by %+v and %+v", one, two)
	}
	past := func(inside string) (n int) {
		t.Helper()
		w.ask(phone, room, "juliet", inside)
		for _, st := range w.shown(phone) {
			if st.Name() == "message" && st.Child("", "body") != nil {
				n++
			}
		}
		return n
	}
	if n := past(""); n != 2 {
		t.Errorf("shown %d lines", n)
	}
	if n := past("<history maxstanzas='3'/>"); n != 3 {
		t.Errorf("shown %d lines to who asked for three", n)
	}
	if got := w.roomForm(phone); got["mood"] != "low" || got["persistent"] != "true" || got["max_history_length"] != "2" {
		t.Errorf("after a restart it is %v", got)
	}
	// Not any more: what is said is not kept for her, and what was is.
	if a := w.ownerSet(phone, "record_history", "false", "max_history_length", "", "mood", "", "persistent", "false"); a.Type != "result" {
		t.Fatalf("refused: %s", dump(a))
	}
	w.net.Say(address, "nurse", "four")
	w.sees(phone, "four")
	w.ownerSet(phone, "record_history", "unset")
	w.net.Say(address, "nurse", "five")
	w.sees(phone, "five")
	w.restart()
	if n := past("<history maxstanzas='50'/>"); n != 4 {
		t.Errorf("shown %d lines, want one, two, three and five", n)
	}
	w.stop()
	all, err := w.store.UserAccounts(t.Context(), domain, juliet)
	if err != nil || len(all) != 1 {
		t.Fatalf("accounts %v, %v", all, err)
	}
	kept, err := w.store.RoomSettings(t.Context(), all[0].ID)
	if err != nil || len(kept) != 1 || len(kept["#room"]) != 1 || kept["#room"]["persistent"] != "false" {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// What is chosen for no single room is what is for its network, or for all.
// IRC-B37, IRC-B38, IRC-B34
func TestRoomChoicesForMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.people("nurse")
	if err := w.domain().Register(t.Context(), account(map[string]string{
		"nick": "juliet", "persistent": "true", "record_history": "false", "max_history_length": "1",
	})); err != nil {
		t.Fatal(err)
	}
	on := account(map[string]string{"nick": "juliet", "record_history": "true", "persistent": "unset"})
	on.Scope = network
	if err := w.domain().Register(t.Context(), on); err != nil {
		t.Fatal(err)
	}
	w.net.AwaitCall(t, transporttest.OpRun, 0)
	w.Drain(domain)
	w.join(phone, room, "juliet")
	if got := w.roomForm(phone); got["persistent"] != "true" || got["record_history"] != "unset" || got["max_history_length"] != "" {
		t.Errorf("at first it is %v", got)
	}
	for _, line := range []string{"one", "two"} {
		w.net.Say(address, "nurse", line)
		w.sees(phone, line)
	}
	past := 0
	for _, st := range w.join(phone, room, "juliet") {
		if st.Name() == "message" && st.Child("", "body") != nil {
			past++
		}
	}
	if past != 1 {
		t.Errorf("shown %d lines", past)
	}
	w.ownerSet(phone, "persistent", "false")
	w.leave(phone)
	w.net.AwaitCall(t, transporttest.OpLeave, 0)
}

// The form of a room is a command, too: in full where one is in the room, of what
// is one's own else. IRC-B39
func TestConfigureRoomCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if e := w.run(phone, room, "configure"); stanza.ParseError(e).Condition != stanza.NotAcceptable {
		t.Errorf("before any use: %v", e)
	}
	w.join(phone, room, "juliet")
	fields := fieldsOf(w.run(phone, room, "configure").Child(nsForm, "x"))
	for _, name := range []string{"persistent", "record_history", "max_history_length", "mood", "muc#roomconfig_moderatedroom", "fake#modes"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("no field %s", name)
		}
	}
	fields = fieldsOf(w.run(laptop, room, "configure").Child(nsForm, "x"))
	if _, ok := fields["muc#roomconfig_moderatedroom"]; ok || fields["record_history"] != "unset" {
		t.Errorf("from outside: %v", fields)
	}
	if n := note(w.run(laptop, room, "configure", "persistent", "true", "mood", "high")); n != "The settings of #room are changed." {
		t.Errorf("said %q", n)
	}
	if c := w.net.AwaitCall(t, transporttest.OpChoose, 0); c.Chosen["mood"] != "high" {
		t.Errorf("told %+v", c)
	}
	if got := w.roomForm(phone); got["persistent"] != "true" {
		t.Errorf("then it is %v", got)
	}
	w.net.Refuse(transporttest.OpSetup, &transports.Error{Kind: transports.Forbidden, Text: transports.T("Only operators of %s may do that.", "#room")})
	if n := note(w.run(phone, room, "configure", "muc#roomconfig_membersonly", "true", "fake#modes", "+x")); n != "Not changed: By invitation only: Only operators of #room may do that." {
		t.Errorf("said %q", n)
	}
	if c := w.net.AwaitCall(t, transporttest.OpModes, 0); c.Text != "+x" {
		t.Errorf("asked %+v", c)
	}
	if list := dump(w.get(phone, room, "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>")); !strings.Contains(list, "node='configure'") {
		t.Errorf("the room's commands: %s", list)
	}
}

// A change that the network refuses is named, and keeps no other back. IRC-M8
func TestRoomConfigRefusedInPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	release := w.net.Stall(transporttest.OpSetup)
	w.net.Refuse(transporttest.OpSetup, nil)
	w.net.Refuse(transporttest.OpSetup, &transports.Error{Kind: transports.Forbidden, Text: transports.T("Only operators of %s may do that.", "#room")})
	release()
	a := w.ownerSet(phone, "muc#roomconfig_moderatedroom", "1", "muc#roomconfig_membersonly", "1", "muc#roomconfig_maxusers", "7", "persistent", "1")
	if fault(a) != "auth/forbidden" || !strings.Contains(dump(a), "Not changed: By invitation only: Only operators of #room may do that.<") {
		t.Errorf("told %s", dump(a))
	}
	got := w.roomForm(phone)
	for name, want := range map[string]string{
		"muc#roomconfig_moderatedroom": "true", "muc#roomconfig_membersonly": "false", "muc#roomconfig_maxusers": "7", "persistent": "true",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// What was chosen by who did not register stays when they leave, and what was
// kept by other versions counts. IRC-B36
func TestChoicesOfGuests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.join(phone, room, "juliet")
	w.ownerSet(phone, "mood", "low")
	w.leave(phone)
	w.gone("juliet")
	w.join(phone, room, "juliet")
	if c := w.net.AwaitCall(t, transporttest.OpJoin, 1); c.Chosen["mood"] != "low" {
		t.Errorf("joined again by %+v", c)
	}
	w.leave(phone)
	w.gone("juliet")
	w.stop()
	all, err := w.store.UserAccounts(t.Context(), domain, juliet)
	if err != nil || len(all) != 1 {
		t.Fatalf("accounts %v, %v", all, err)
	}
	kept := store.Room{AccountID: all[0].ID, Name: "#room", Nick: "juliet", Persistent: true}
	if err := w.store.SaveRoom(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	w.Disconnected(domain)
	w.start()
	w.connected(w.runs)
	if c := w.net.AwaitCall(t, transporttest.OpJoin, 2); c.Chosen["mood"] != "low" {
		t.Errorf("joined at the start by %+v", c)
	}
	w.join(phone, room, "juliet")
	w.ownerSet(phone, "mood", "high")
	if got := w.roomForm(phone); got["persistent"] != "true" {
		t.Errorf("another choice ends the stay: %v", got)
	}
}

// A line that is "/mode" and changes is no line: it is done on the network, shown
// to nobody but its client, and refused as a message is. Other slashes are words.
// IRC-B30
func TestModeLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	w.say(phone, room, "m1", "/mode +mb *!*@spam.example")
	if c := w.net.AwaitCall(t, transporttest.OpModes, 0); c.Text != "+mb *!*@spam.example" || c.Room != address {
		t.Errorf("asked %+v", c)
	}
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m1" || m.Child(nsSID, "stanza-id") != nil {
		t.Errorf("shown %s", dump(m))
	}
	w.silent(phone)
	w.say(phone, room, "m2", "/mode")
	w.message(room+"/juliet", phone, "groupchat")
	for _, full := range []string{phone, laptop} {
		if m := w.message(room, full, "groupchat"); body(m) != "+nt" {
			t.Errorf("answered %s", dump(m))
		}
	}
	w.net.Refuse(transporttest.OpModes, &transports.Error{Kind: transports.Forbidden})
	w.say(phone, room, "m3", "/mode -n")
	if m := w.message(room, phone, "error"); fault(m) != "auth/forbidden" || m.ID != "m3" {
		t.Errorf("refused by %s", dump(m))
	}
	w.silent(phone)
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d lines were said", n)
	}
	for _, words := range []string{"/modes", "/kick nurse", "/mode +m\nand more", " /mode +m", "//mode"} {
		id := w.id()
		w.say(phone, room, id, words)
		if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != id || body(m) != words {
			t.Errorf("%q is shown as %s", words, dump(m))
		}
	}
	if n := w.net.Count(transporttest.OpModes); n != 3 {
		t.Errorf("modes were changed %d times", n)
	}
}
