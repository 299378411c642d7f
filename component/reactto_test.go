package component_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// reactsBy returns what a message reacts to, and by what.
func reactsBy(m *stanza.Message) (id, all string) {
	e := m.Child(nsReact, "reactions")
	var list []string
	for i := range e.Children {
		list = append(list, e.Children[i].Text)
	}
	return e.Attr("id"), strings.Join(list, " ")
}

// does is a message that does something to earlier ones.
func does(nick, id string, g transports.Gesture) transports.Message {
	m := mail(nick, id, "", "")
	m.Gesture = &g
	return m
}

// What a contact reacts by is shown at the message, all of it each time: to theirs, to
// the user's, and after a restart. Of a message that is not known in that chat it is
// the text that it says. MAIL-M3
func TestContactReacts(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	if m := w.get(phone, nurseNick, "<query xmlns='http://jabber.org/protocol/disco#info'/>"); !strings.Contains(dump(m), nsReact) {
		t.Errorf("%s", dump(m))
	}
	first := w.comes(mail("nurse", "a", "", ""))
	w.writes("nurse", "m1", "") // the network calls it 1
	reacts := func(id, to string, whole bool, signs ...string) *stanza.Message {
		t.Helper()
		return w.comes(does("nurse", id, transports.Gesture{Do: transports.React, To: []string{to}, Signs: signs, Whole: whole}))
	}
	for i, tt := range []struct {
		to    string
		whole bool
		signs []string
		want  string
		of    string
	}{
		{"a", false, []string{"👍"}, "👍", first.ID},
		{"a", false, []string{"❤"}, "👍 ❤", first.ID},
		{"1", true, []string{"👍"}, "👍", "m1"},
		{"a", false, []string{"❤"}, "👍 ❤", first.ID},
		{"1", true, nil, "", "m1"},
		{"a", true, []string{"☃"}, "☃", first.ID},
		{"a", false, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}, "1 2 3 4 5 6 7 8 9 10", first.ID},
	} {
		if i == 3 {
			w.restart()
		}
		m := reacts(fmt.Sprint("r", i), tt.to, tt.whole, tt.signs...)
		if id, all := reactsBy(m); id != tt.of || all != tt.want || m.Child("", "body") != nil || m.Child(nsHints, "store") == nil {
			t.Errorf("%d: %s", i, dump(m))
		}
	}
	for _, m := range []*stanza.Message{reacts("x", "unknown", false, "👍"), w.comes(does("friar", "y", transports.Gesture{Do: transports.React, To: []string{"a"}, Signs: []string{"👍"}}))} {
		if body, _ := m.Body(""); !strings.HasPrefix(body, "text of") || m.Child(nsReact, "reactions") != nil {
			t.Errorf("%s", dump(m))
		}
	}
	// Nobody answers a reaction by writing on.
	if sent := w.writes("friar", "m2", ""); string(sent.Trail) != "y" {
		t.Errorf("sent %+v", sent)
	}
}

// What a contact gives another text, or takes back, is so in the user's clients: of
// theirs only. Who answers what was corrected answers the message. MAIL-M2
func TestContactChanges(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	first := w.comes(mail("nurse", "a", "", ""))
	second := w.comes(mail("nurse", "b", "a", "a"))
	w.writes("nurse", "m1", "") // 1
	edit := func(nick, id, of string) *stanza.Message {
		t.Helper()
		return w.comes(does(nick, id, transports.Gesture{Do: transports.Edit, To: []string{of}, Text: "better"}))
	}
	m := edit("nurse", "e", "a")
	if body, _ := m.Body(""); body != "better" || m.Child(nsCorrect, "replace").Attr("id") != first.ID || threadOf(m) != threadOf(first) || m.Child(nsReply, "reply") != nil {
		t.Errorf("%s", dump(m))
	}
	for i, m := range []*stanza.Message{edit("nurse", "f", "1"), edit("friar", "g", "a"), edit("nurse", "h", "unknown")} {
		if body, _ := m.Body(""); !strings.HasPrefix(body, "text of") || m.Child(nsCorrect, "replace") != nil {
			t.Errorf("%d: %s", i, dump(m))
		}
	}
	for _, answered := range []string{"a", "e"} {
		if id, _ := replyOf(w.comes(mail("nurse", "to "+answered, answered, ""))); id != first.ID {
			t.Errorf("to %s: %s", answered, id)
		}
	}
	if sent := w.writes("nurse", "m2", answering(first.ID)); string(sent.Trail) != "a" {
		t.Errorf("sent %+v", sent)
	}
	if err := w.session("juliet").Emit(transports.Received{Message: does("nurse", "d", transports.Gesture{Do: transports.Delete, To: []string{"b", "1", "unknown", "a"}})}); err != nil {
		t.Fatal(err)
	}
	var gone []string
	for range 2 {
		m := w.heard("nurse")
		if body, _ := m.Body(""); body == "" || m.Child("urn:xmpp:fallback:0", "fallback").Attr("for") != nsRetract {
			t.Errorf("%s", dump(m))
		}
		gone = append(gone, m.Child(nsRetract, "retract").Attr("id"))
	}
	if !slices.Equal(gone, []string{second.ID, first.ID}) {
		t.Errorf("taken back: %v", gone)
	}
	m = w.comes(does("nurse", "n", transports.Gesture{Do: transports.Delete, To: []string{"1", "unknown"}}))
	if body, _ := m.Body(""); body != "text of n" {
		t.Errorf("%s", dump(m))
	}
}

// What the user reacts by goes out as a message does, with what they had set before,
// and whether the contact reacts, too. MAIL-M3
func TestUserReacts(t *testing.T) {
	t.Parallel()
	w := newTrailWorld(t)
	first := w.comes(mail("nurse", "a", "", ""))
	w.comes(mail("nurse", "b", "", ""))
	w.writes("nurse", "m1", "")
	react := func(id, to string, signs ...string) transports.Message {
		t.Helper()
		inside := ""
		for _, sign := range signs {
			inside += "<reaction>" + sign + "</reaction>"
		}
		before := w.net.Count(transporttest.OpSend)
		w.chat(phone, nurseNick, id, "<reactions xmlns='"+nsReact+"' id='"+to+"'>"+inside+"</reactions>"+
			"<body>fallback</body><fallback xmlns='urn:xmpp:fallback:0' for='"+nsReact+"'><body/></fallback>")
		m := w.net.AwaitCall(w, transporttest.OpSend, before).Message
		w.concluded()
		if m.Gesture == nil || m.Gesture.Do != transports.React || !slices.Equal(m.Gesture.Signs, signs) {
			t.Fatalf("sent %+v", m)
		}
		return m
	}
	if m := react("r1", first.ID, "👍"); m.ReplyTo != "a" || string(m.Trail) != "a" || m.Gesture.Knows || len(m.Gesture.Before) > 0 {
		t.Errorf("sent %+v, %+v", m, m.Gesture)
	}
	w.comes(does("nurse", "r", transports.Gesture{Do: transports.React, To: []string{"a"}, Signs: []string{"☃"}}))
	if m := react("r2", first.ID, "👍", "❤"); !m.Gesture.Knows || !slices.Equal(m.Gesture.Before, []string{"👍"}) {
		t.Errorf("sent %+v", m.Gesture)
	}
	if m := react("r3", "m1", "❤"); m.ReplyTo != "1" || len(m.Gesture.Before) > 0 {
		t.Errorf("sent %+v, %+v", m, m.Gesture)
	}
	w.restart()
	if m := react("r4", first.ID); !m.Gesture.Knows || !slices.Equal(m.Gesture.Before, []string{"👍", "❤"}) || m.ReplyTo != "a" {
		t.Errorf("sent %+v, %+v", m, m.Gesture)
	}
	if m := react("r5", "unknown", "👍"); m.ReplyTo != "" || m.Trail != nil {
		t.Errorf("sent %+v", m)
	}
	// The next message follows the last one that was said.
	if sent := w.writes("nurse", "m2", ""); string(sent.Trail) == "" || strings.Contains(string(sent.Trail), "👍") {
		t.Errorf("sent %+v", sent)
	}
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Unsupported})
	w.chat(phone, nurseNick, "r6", "<reactions xmlns='"+nsReact+"' id='m1'><reaction>👍</reaction></reactions>")
	if m := w.message(nurseNick, phone, "error"); m.ID != "r6" || stanza.ParseError(m.Child("", "error")).Condition != stanza.FeatureNotImplemented {
		t.Errorf("%s", dump(m))
	}
	many := strings.Repeat("<reaction>%d</reaction>", 11)
	w.chat(phone, nurseNick, "r7", "<reactions xmlns='"+nsReact+"' id='m1'>"+fmt.Sprintf(many, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)+"</reactions>")
	if m := w.message(nurseNick, phone, "error"); m.ID != "r7" {
		t.Errorf("%s", dump(m))
	}
}
