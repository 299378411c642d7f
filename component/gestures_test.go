package component_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	nsReact   = "urn:xmpp:reactions:0"
	nsReply   = "urn:xmpp:reply:0"
	nsRetract = "urn:xmpp:message-retract:1"
	nsModer   = "urn:xmpp:message-moderate:1"
	nsCorrect = "urn:xmpp:message-correct:0"
	nsStates  = "http://jabber.org/protocol/chatstates"
	nsMarkers = "urn:xmpp:chat-markers:0"
	allCan    = transports.CanReply | transports.CanReact | transports.CanRedact | transports.CanType | transports.CanRead | transports.CanEcho
)

// newAbleWorld returns a world whose network can do more, where Juliet's phone
// sits with the nurse.
func newAbleWorld(t *testing.T, can transports.Ability) *world {
	t.Helper()
	w := newWorld(t)
	w.net.SetAble(can)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.settled(phone, "juliet")
	w.Drain(domain)
	return w
}

// line has the nurse say something under an id of the network's, and returns its
// stanza-id.
func (w *world) line(id, text, replyTo string) *stanza.Message {
	w.Helper()
	err := w.session("juliet").Emit(transports.Received{Message: transports.Message{ID: id, Chat: address, Nick: "nurse", Text: text, ReplyTo: replyTo}})
	if err != nil {
		w.Fatal(err)
	}
	return w.message(room+"/nurse", phone, "groupchat")
}

func stanzaID(m *stanza.Message) string { return m.Child(nsSID, "stanza-id").Attr("id") }

// told sends a message of the phone's to the room, with a payload.
func (w *world) gesture(id, inside string) {
	w.Helper()
	w.send("<message type='groupchat' id='%s' from='%s' to='%s'>%s</message>", id, phone, room, inside)
}

// signs returns the signs of a message with reactions, and to which they are.
func signs(m *stanza.Message) (all, to string) {
	e := m.Child(nsReact, "reactions")
	if e == nil {
		return "none", ""
	}
	for _, c := range e.Children {
		all += c.Text
	}
	return all, e.Attr("id")
}

// A room has the features of what its network can do, no others. IRC-M19, IRC-M12
func TestGestureFeatures(t *testing.T) {
	t.Parallel()
	all := []string{nsReply, nsReact, nsRetract, nsModer, nsStates}
	for can, want := range map[transports.Ability][]string{allCan: all, transports.CanReact: {nsReact}, 0: nil} {
		info := dump(newAbleWorld(t, can).get(phone, room, "<query xmlns='http://jabber.org/protocol/disco#info'/>"))
		for _, feature := range all {
			if strings.Contains(info, "'"+feature+"'") != slices.Contains(want, feature) {
				t.Errorf("%b: %s is wrong in %s", can, feature, info)
			}
		}
	}
}

// Who looked at a room before its network was there is told to look again: only
// now it is known what can be done there. Who comes later saw it. XEP-0045 §10.2.1
func TestLookAgain(t *testing.T) {
	t.Parallel()
	const again = "code='104'"
	w := newWorld(t)
	w.net.SetAble(allCan)
	if info := dump(w.get(phone, room, "<query xmlns='"+nsInfo+"'/>")); strings.Contains(info, nsModer) {
		t.Errorf("known before there is a connection: %s", info)
	}
	w.join(phone, room, "juliet")
	if m := w.message(room, phone, "groupchat"); !strings.Contains(dump(m), again) {
		t.Errorf("not told to look again, but %s", dump(m))
	}
	w.settled(phone, "juliet")
	w.join(laptop, room, "juliet")
	w.settled(laptop, "juliet")
	w.silent(laptop)

	w = newWorld(t) // nothing more can be done here
	w.join(phone, room, "juliet")
	w.settled(phone, "juliet")
	w.silent(phone)
}

// A line is said when the network shows it, by its sender's id; one that the
// network never shows fails, with the connection or after a while. IRC-M3
func TestSaidWhenShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with(func(c *component.Component) { component.ShortenEchoes(c, 500*time.Millisecond) }))
	w.net.SetAble(allCan)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.message(room, phone, "groupchat") // what can be done here is known now
	w.say(phone, room, "m1", "one\ntwo")
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m1" || body(m) != "one\ntwo" {
		t.Errorf("said %s", dump(m))
	}
	w.net.SetSilent(true)
	w.say(phone, room, "m2", "three\nfour")
	w.net.AwaitCall(w, transporttest.OpSend, 3)
	shown := func(id string) {
		t.Helper()
		if err := w.session("juliet").Emit(transports.Status{Chat: address, ID: id, State: transports.Echoed}); err != nil {
			t.Fatal(err)
		}
		w.barrier(phone)
	}
	shown("4")
	for _, st := range w.rest(phone) {
		if st.Name() == "message" {
			t.Errorf("said before all was shown: %s", dump(st))
		}
	}
	shown("3")
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m2" {
		t.Errorf("said %s", dump(m))
	}
	w.say(phone, room, "m3", "five")
	if m := w.message(room, phone, "error"); m.ID != "m3" || fault(m) != "wait/remote-server-timeout" {
		t.Errorf("not shown: %s", dump(m))
	}
	w.say(phone, room, "m4", "six")
	w.net.AwaitCall(w, transporttest.OpSend, 5)
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	if m := w.message(room, phone, "error"); m.ID != "m4" || fault(m) != "wait/remote-server-timeout" {
		t.Errorf("with the connection: %s", dump(m))
	}
}

// Who leaves before a line was shown is told that it was.
func TestShownAfterLeaving(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	w.net.SetSilent(true)
	w.say(phone, room, "m1", "hello")
	w.net.AwaitCall(w, transporttest.OpSend, 0)
	w.send("<presence type='unavailable' from='%s' to='%s/juliet'/>", phone, room)
	w.presence(room+"/juliet", phone, "unavailable")
	if err := w.session("juliet").Emit(transports.Status{Chat: address, ID: "1", State: transports.Echoed}); err != nil {
		t.Fatal(err)
	}
	if m := w.message(room, phone, "error"); m.ID != "m1" || fault(m) != "cancel/not-acceptable" || !strings.Contains(dump(m), "Others have seen it") {
		t.Errorf("told %s", dump(m))
	}
}

// A line that the network refuses fails once.
func TestRefusedInsteadOfShown(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	w.net.SetSilent(true)
	w.say(phone, room, "m1", "hello")
	w.net.AwaitCall(w, transporttest.OpSend, 0)
	failed := transports.Status{Chat: address, ID: "1", State: transports.Failed, Err: &transports.Error{Kind: transports.Forbidden}}
	if err := w.session("juliet").Emit(failed); err != nil {
		t.Fatal(err)
	}
	if m := w.message(room, phone, "error"); m.ID != "m1" || fault(m) != "auth/forbidden" {
		t.Errorf("refused: %s", dump(m))
	}
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	for _, st := range w.shown(phone) {
		if st.Name() == "message" && st.Head().Type == "error" {
			t.Errorf("failed again: %s", dump(st))
		}
	}
}

// Who answers a line says which one, both ways: by the network's id where it has
// replies, else by the nick. What stands in the body for other clients does not
// go out. IRC-M19
func TestReplies(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	first := w.line("n1", "Who calls?", "")
	answer := func(w *world, id, to, text string) {
		w.gesture(id, "<body>&gt; Who calls?\n"+text+"</body><reply xmlns='"+nsReply+"' to='"+room+"/nurse' id='"+to+"'/>"+
			"<fallback xmlns='urn:xmpp:fallback:0' for='"+nsReply+"'><body start='0' end='13'/></fallback>")
	}
	answer(w, "m1", stanzaID(first), "Your mother.")
	if m := w.net.AwaitCall(w, transporttest.OpSend, 0).Message; m.Text != "Your mother." || m.ReplyTo != "n1" || m.ReplyBy != "nurse" {
		t.Errorf("sent %+v", m)
	}
	own := w.message(room+"/juliet", phone, "groupchat")
	if r := own.Child(nsReply, "reply"); r.Attr("id") != stanzaID(first) || body(own) != "> Who calls?\nYour mother." || own.Child("urn:xmpp:fallback:0", "fallback") == nil {
		t.Errorf("shown %s", dump(own))
	}
	if m := w.line("n2", "Madam?", transporttest.NetID("1")); m.Child(nsReply, "reply").Attr("id") != stanzaID(own) || m.Child(nsReply, "reply").Attr("to") != room+"/juliet" {
		t.Errorf("answered %s", dump(m))
	}
	if m := w.line("n3", "Madam?", "unknown"); m.Child(nsReply, "reply") != nil {
		t.Errorf("an answer to nothing: %s", dump(m))
	}
	answer(w, "m2", "long ago", "Yes.")
	if m := w.net.AwaitCall(w, transporttest.OpSend, 1).Message; m.Text != "nurse: Yes." || m.ReplyTo != "" {
		t.Errorf("to what is not known: %+v", m)
	}
	plain := newAbleWorld(t, 0)
	answer(plain, "m1", stanzaID(plain.line("n1", "Who calls?", "")), "Your mother.")
	answer(plain, "m2", "x", "Nurse, it is your mother.")
	for i, want := range []string{"nurse: Your mother.", "Nurse, it is your mother."} {
		if m := plain.net.AwaitCall(w, transporttest.OpSend, i).Message; m.Text != want || m.ReplyTo != "" {
			t.Errorf("without replies: %+v", m)
		}
	}
}

// A correction goes out marked, as an answer to what it corrects, and clients
// are shown it as one.
func TestCorrectionInARoom(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	w.say(phone, room, "m1", "helo")
	w.message(room+"/juliet", phone, "groupchat")
	w.gesture("m2", "<body>hello</body><replace xmlns='"+nsCorrect+"' id='m1'/>")
	if m := w.net.AwaitCall(w, transporttest.OpSend, 1).Message; m.Text != "* hello" || !m.Corrects || m.ReplyTo != transporttest.NetID("1") {
		t.Errorf("sent %+v", m)
	}
	if m := w.message(room+"/juliet", phone, "groupchat"); body(m) != "hello" || m.Child(nsCorrect, "replace").Attr("id") != "m1" {
		t.Errorf("shown %s", dump(m))
	}
}

// Reactions of others are shown with all that who reacted shows (XEP-0444 §4).
// IRC-M19
func TestReactionsOfOthers(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	line := w.line("n1", "hello", "")
	react := func(nick, to, sign string, removed bool) {
		t.Helper()
		if err := w.session("juliet").Emit(transports.Reacted{Chat: address, To: to, Nick: nick, Sign: sign, Removed: removed}); err != nil {
			t.Fatal(err)
		}
	}
	react("nurse", "unknown", "x", false)
	for _, tt := range []struct {
		nick, sign string
		removed    bool
		want       string
	}{
		{"nurse", "👍", false, "👍"}, {"nurse", "🎉", false, "👍🎉"}, {"romeo", "👍", false, "👍"}, {"nurse", "👍", true, "🎉"}, {"nurse", "🎉", true, ""},
	} {
		react(tt.nick, "n1", tt.sign, tt.removed)
		react(tt.nick, "n1", tt.sign, tt.removed) // again: nothing new
		m := w.message(room+"/"+tt.nick, phone, "groupchat")
		if all, to := signs(m); all != tt.want || to != stanzaID(line) || m.Child("", "body") != nil || m.Child("urn:xmpp:hints", "store") == nil {
			t.Errorf("%+v: %s", tt, dump(m))
		}
	}
	w.barrier(phone)
	w.silent(phone)
}

// The user's reactions go out as what was added and taken away, and come back to
// the user's clients. IRC-M19
func TestReactionsOfTheUser(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	id := stanzaID(w.line("n1", "hello", ""))
	calls := 0
	for i, tt := range []struct {
		says string
		want []string
	}{
		{"👍🎉", []string{"+👍", "+🎉"}}, {"🎉❤", []string{"-👍", "+❤"}}, {"🎉❤", nil}, {"", []string{"-🎉", "-❤"}},
	} {
		inside := ""
		for _, r := range tt.says {
			inside += "<reaction>" + string(r) + "</reaction>"
		}
		sent := "m" + string(rune('0'+i))
		w.gesture(sent, "<reactions xmlns='"+nsReact+"' id='"+id+"'>"+inside+"</reactions>")
		m := w.message(room+"/juliet", phone, "groupchat")
		if all, to := signs(m); all != tt.says || to != id || m.ID != sent {
			t.Errorf("shown %s", dump(m))
		}
		var got []string
		for _, c := range w.net.Calls(transporttest.OpReact)[calls:] {
			if c.Reaction.To != "n1" || c.Reaction.Chat != address {
				t.Errorf("asked %+v", c.Reaction)
			}
			got = append(got, map[bool]string{true: "-", false: "+"}[c.Reaction.Removed]+c.Reaction.Sign)
		}
		if calls += len(got); !slices.Equal(got, tt.want) {
			t.Errorf("%q: asked %v, want %v", tt.says, got, tt.want)
		}
	}
	w.net.Refuse(transporttest.OpReact, &transports.Error{Kind: transports.Forbidden})
	w.gesture("m8", "<reactions xmlns='"+nsReact+"' id='"+id+"'><reaction>x</reaction></reactions>")
	if m := w.message(room, phone, "error"); m.ID != "m8" || fault(m) != "auth/forbidden" {
		t.Errorf("refused: %s", dump(m))
	}
	w.gesture("m9", "<reactions xmlns='"+nsReact+"' id='nothing'><reaction>x</reaction></reactions>")
	if m := w.message(room, phone, "error"); m.ID != "m9" || fault(m) != "cancel/item-not-found" {
		t.Errorf("to nothing: %s", dump(m))
	}
	w = newAbleWorld(t, 0)
	w.gesture("m9", "<body>> hello\n👍</body><reactions xmlns='"+nsReact+"' id='x'><reaction>👍</reaction></reactions>")
	if m := w.message(room, phone, "error"); fault(m) != "cancel/feature-not-implemented" {
		t.Errorf("where there are none: %s", dump(m))
	}
	if n := w.net.Count(transporttest.OpSend); n != 0 {
		t.Errorf("%d lines were said for it", n)
	}
}

// Changes that come faster than the network answers, and such as it refuses
// halfway, leave what is shown and what the network was told the same; a new
// nick keeps them.
func TestQuickReactions(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	id := stanzaID(w.line("n1", "hello", ""))
	react := func(sent string, marks ...string) {
		inside := ""
		for _, r := range marks {
			inside += "<reaction>" + r + "</reaction>"
		}
		w.gesture(sent, "<reactions xmlns='"+nsReact+"' id='"+id+"'>"+inside+"</reactions>")
	}
	asked := func() (all []string) {
		for _, c := range w.net.Calls(transporttest.OpReact) {
			all = append(all, map[bool]string{true: "-", false: "+"}[c.Reaction.Removed]+c.Reaction.Sign)
		}
		return all
	}
	shown := func(want string) {
		t.Helper()
		if got, _ := signs(w.message(room+"/juliet", phone, "groupchat")); got != want {
			t.Errorf("shown %q, want %q", got, want)
		}
	}
	release := w.net.Stall(transporttest.OpReact)
	react("m1", "👍")
	w.net.AwaitCall(w, transporttest.OpReact, 0)
	react("m2", "❤")
	react("m3", "👍")
	w.barrier(phone)
	release()
	shown("👍")
	shown("❤")
	shown("👍")
	if got := asked(); !slices.Equal(got, []string{"+👍", "-👍", "+❤", "-❤", "+👍"}) {
		t.Errorf("asked %q", got)
	}
	w.net.Refuse(transporttest.OpReact, nil)
	w.net.Refuse(transporttest.OpReact, &transports.Error{Kind: transports.Forbidden})
	react("m4", "🎉")
	if m := w.message(room, phone, "error"); m.ID != "m4" {
		t.Errorf("refused: %s", dump(m))
	}
	shown("")
	if err := w.session("juliet").Emit(transports.Renamed{Room: address, Old: "juliet", New: "julia"}); err != nil {
		t.Fatal(err)
	}
	react("m5", "🎉")
	w.message(room+"/julia", phone, "groupchat")
	if err := w.session("juliet").Emit(transports.Renamed{Room: address, Old: "julia", New: "juliet"}); err != nil {
		t.Fatal(err)
	}
	react("m6", "🎉", "x")
	shown("🎉x")
	if got := asked()[5:]; !slices.Equal(got, []string{"-👍", "+🎉", "+🎉", "+x"}) {
		t.Errorf("asked %q", got)
	}
}

// What is taken back is told by who did it, and is shown to nobody any more.
// XEP-0424 §3, XEP-0425 §3, IRC-M19
func TestTakenBack(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	byItself, byOther := stanzaID(w.line("n1", "one", "")), stanzaID(w.line("n2", "two", ""))
	for _, ev := range []transports.Redacted{
		{Chat: address, ID: "n1", By: "nurse", Reason: "oops"}, {Chat: address, ID: "unknown", By: "nurse"}, {Chat: address, ID: "n2", By: "romeo"},
	} {
		if err := w.session("juliet").Emit(ev); err != nil {
			t.Fatal(err)
		}
	}
	m := w.message(room+"/nurse", phone, "groupchat")
	if r := m.Child(nsRetract, "retract"); r.Attr("id") != byItself || r.ChildText(nsRetract, "reason") != "oops" || r.Child(nsModer, "moderated") != nil {
		t.Errorf("by itself: %s", dump(m))
	}
	m = w.message(room, phone, "groupchat")
	if r := m.Child(nsRetract, "retract"); r.Attr("id") != byOther || r.Child(nsModer, "moderated").Attr("by") != room+"/romeo" {
		t.Errorf("by somebody else: %s", dump(m))
	}
	w.silent(phone)
	if got := lines(w.join(laptop, room, "juliet")); got != "" {
		t.Errorf("who comes later is shown %q", got)
	}
}

// IRC-M19
func TestTakeBack(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	w.say(phone, room, "m1", "oops")
	own := stanzaID(w.message(room+"/juliet", phone, "groupchat"))
	theirs := stanzaID(w.line("n1", "rude", ""))
	retract := func(id, what string) {
		t.Helper()
		w.gesture(id, "<retract xmlns='"+nsRetract+"' id='"+what+"'/><body>/me retracted</body>")
	}
	retract("m2", own)
	if c := w.net.AwaitCall(w, transporttest.OpRedact, 0); c.Text != transporttest.NetID("1") || c.Room != address {
		t.Errorf("asked %+v", c)
	}
	if m := w.message(room+"/juliet", phone, "groupchat"); m.ID != "m2" || m.Child(nsRetract, "retract").Attr("id") != own {
		t.Errorf("shown %s", dump(m))
	}
	retract("m3", theirs)
	if m := w.message(room, phone, "error"); m.ID != "m3" || fault(m) != "auth/forbidden" {
		t.Errorf("somebody else's: %s", dump(m))
	}
	moderate := func(id string) *stanza.IQ {
		return w.set(phone, room, "<moderate xmlns='"+nsModer+"' id='"+id+"'><retract xmlns='"+nsRetract+"'/><reason>rude</reason></moderate>")
	}
	w.net.Refuse(transporttest.OpRedact, &transports.Error{Kind: transports.Forbidden})
	if a := moderate(theirs); fault(a) != "auth/forbidden" {
		t.Errorf("refused: %s", dump(a))
	}
	if a := moderate("nothing"); fault(a) != "cancel/item-not-found" {
		t.Errorf("nothing: %s", dump(a))
	}
	if a := moderate(theirs); a.Type != "result" {
		t.Errorf("moderated: %s", dump(a))
	}
	if c := w.net.AwaitCall(w, transporttest.OpRedact, 2); c.Text != "n1" || c.Nick != "rude" {
		t.Errorf("asked %+v", c)
	}
	m := w.message(room, phone, "groupchat")
	if r := m.Child(nsRetract, "retract"); r.Attr("id") != theirs || r.Child(nsModer, "moderated").Attr("by") != room+"/juliet" || r.ChildText(nsRetract, "reason") != "rude" {
		t.Errorf("shown %s", dump(m))
	}
	if n := w.net.Count(transporttest.OpSend); n != 1 {
		t.Errorf("%d lines were said", n)
	}
	w.say(phone, room, "m4", "one\ntwo")
	w.net.AwaitCall(w, transporttest.OpSend, 2)
	retract("m5", stanzaID(w.message(room+"/juliet", phone, "groupchat")))
	for i, part := range []string{"2", "3"} {
		if c := w.net.AwaitCall(w, transporttest.OpRedact, 3+i); c.Text != transporttest.NetID(part) {
			t.Errorf("of a line in parts, asked %+v", c)
		}
	}
	w = newAbleWorld(t, 0)
	retract("m1", "x")
	if m := w.message(room, phone, "error"); fault(m) != "cancel/feature-not-implemented" {
		t.Errorf("where nothing can be: %s", dump(m))
	}
}

// Typing passes both ways, in rooms and to people; to the network not too often. IRC-M19
func TestTyping(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	for state, name := range map[transports.Typing]string{transports.Active: "composing", transports.Paused: "paused", transports.NotTyping: "active"} {
		for chat, from := range map[transports.Address][2]string{address: {room + "/nurse", phone}, person("nurse"): {"nurse%" + network + "@" + domain, juliet}} {
			if err := w.session("juliet").Emit(transports.Typed{Chat: chat, Nick: "nurse", State: state}); err != nil {
				t.Fatal(err)
			}
			typ := "groupchat"
			if chat != address {
				typ = "chat"
			}
			if m := w.message(from[0], from[1], typ); m.Child(nsStates, name) == nil || m.Child("urn:xmpp:hints", "no-store") == nil {
				t.Errorf("%s: %s", name, dump(m))
			}
		}
	}
	for range 3 {
		w.gesture("", "<composing xmlns='"+nsStates+"'/>")
	}
	w.gesture("", "<paused xmlns='"+nsStates+"'/>")
	w.gesture("", "<active xmlns='"+nsStates+"'/>")
	w.gesture("", "<active xmlns='"+nsStates+"'/>")
	w.send("<message type='chat' from='%s' to='nurse%%%s@%s'><active xmlns='%s'/></message>", phone, network, domain, nsStates)
	w.send("<message type='chat' from='%s' to='nurse%%%s@%s'><composing xmlns='%s'/></message>", phone, network, domain, nsStates)
	for i, want := range []transporttest.Call{
		{Room: address, Typing: transports.Active}, {Room: address, Typing: transports.Paused}, {Room: address, Typing: transports.NotTyping}, {Room: person("nurse"), Typing: transports.Active},
	} {
		if c := w.net.AwaitCall(w, transporttest.OpType, i); c.Room != want.Room || c.Typing != want.Typing {
			t.Errorf("call %d: %+v", i, c)
		}
	}
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpType); n != 4 {
		t.Errorf("told %d times", n)
	}
	w.silent(phone)
}

// How far the user has read is told by the time of the line (XEP-0333). IRC-M19
func TestDisplayedInARoom(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, allCan)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	err := w.session("juliet").Emit(transports.Received{Message: transports.Message{ID: "n1", Chat: address, Nick: "nurse", Text: "x", Time: at}})
	if err != nil {
		t.Fatal(err)
	}
	id := stanzaID(w.message(room+"/nurse", phone, "groupchat"))
	w.gesture("m1", "<displayed xmlns='"+nsMarkers+"' id='unknown'/>")
	w.gesture("m2", "<displayed xmlns='"+nsMarkers+"' id='"+id+"'/>")
	if c := w.net.AwaitCall(w, transporttest.OpRead, 0); c.Room != address || !c.Time.Equal(at) {
		t.Errorf("told %+v", c)
	}
	w.silent(phone)
}

// The user is away when all their clients in rooms are, in the last one's words,
// also on the next connection. IRC-M14
func TestAway(t *testing.T) {
	t.Parallel()
	w := newAbleWorld(t, 0)
	w.join(laptop, room, "juliet")
	show := func(full, inside string) {
		w.send("<presence from='%s' to='%s/juliet'>%s</presence>", full, room, inside)
	}
	show(phone, "<show>away</show><status>lunch</status>")
	show(laptop, "<show>chat</show>")
	show(laptop, "<show>xa</show>")
	show(laptop, "<show>xa</show>")
	show(phone, "")
	show(phone, "<show>dnd</show>")
	want := []string{"Away for a long time", "", "Busy"}
	for i, words := range want {
		if c := w.net.AwaitCall(w, transporttest.OpAway, i); c.Text != words {
			t.Errorf("call %d: %q, want %q", i, c.Text, words)
		}
	}
	show(phone, "")
	w.send("<presence type='unavailable' from='%s' to='%s/juliet'/>", phone, room) // the one who was there
	for i, words := range []string{"", "Away for a long time"} {
		if c := w.net.AwaitCall(w, transporttest.OpAway, 3+i); c.Text != words {
			t.Errorf("then call %d: %q, want %q", i, c.Text, words)
		}
	}
	w.barrier(phone)
	if n := w.net.Count(transporttest.OpAway); n != 5 {
		t.Errorf("told %d times", n)
	}
	w.net.Refuse(transporttest.OpAway, &transports.Error{Kind: transports.Unreachable})
	show(laptop, "<show>dnd</show>")
	w.net.AwaitCall(w, transporttest.OpAway, 5)
	w.barrier(laptop)
	show(laptop, "<show>dnd</show>") // it may not have arrived
	if c := w.net.AwaitCall(w, transporttest.OpAway, 6); c.Text != "Busy" {
		t.Errorf("told again: %q", c.Text)
	}
}

// What a network has to say about a room is shown in it, and kept nowhere.
func TestRemark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.join(phone, room, "juliet")
	err := w.session("juliet").Emit(transports.Told{Chat: address, ID: "gap", Text: transports.T("You are on too many networks at once.")})
	if err != nil {
		t.Fatal(err)
	}
	if m := w.message(room, phone, "groupchat"); body(m) != "You are on too many networks at once." || m.Child(nsSID, "stanza-id") != nil {
		t.Errorf("told %s", dump(m))
	}
	w.want(w.query(phone, room, ""))
}
