//go:build record

package clients

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wherry/component/stanza"
)

// script is a dialogue whose one half is written here: what a client sends. The
// other half is what the gateway answers, to be looked at by who records it.
type script struct {
	*stage
	jid   string
	lines []Line
	pings int
}

func newScript(t *testing.T, resource string) *script {
	t.Helper()
	s := &script{stage: newStage(t, newBareShore(t)), jid: user + "/" + resource}
	for _, line := range []string{"JOIN " + channel, "TOPIC " + channel + " :Ships and sheep", "PRIVMSG " + channel + " :Any news of the Mary?"} {
		s.does("bert", line)
	}
	s.does("carl", "JOIN "+channel)
	return s
}

func (s *script) step(name string) { s.lines = append(s.lines, Line{Kind: Step, Text: name}) }

func (s *script) does(who, line string) {
	s.t.Helper()
	s.sea.does(who, line)
	s.lines = append(s.lines, Line{Kind: Does, Who: who, Text: line})
	s.settle()
}

func (s *script) hears(who, pattern string) {
	s.t.Helper()
	s.sea.hears(who, pattern)
	s.lines = append(s.lines, Line{Kind: Hears, Who: who, Text: pattern})
}

// says has the client send a stanza; note tells where that is known from. "@" in
// it is the room, "{a text}" the stanza-id of the line of that text.
func (s *script) says(note, text string) {
	s.t.Helper()
	text = strings.ReplaceAll(text, "@", room)
	for _, l := range s.lines {
		if id := l.Stanza.Child("urn:xmpp:sid:0", "stanza-id"); l.Kind == Got && id != nil {
			text = strings.ReplaceAll(text, "{"+l.Stanza.ChildText("", "body")+"}", id.Attr("id"))
		}
	}
	e, _, err := parse(strings.NewReader(text))
	if err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	*e = e.With("from", s.jid)
	s.lines = append(s.lines, Line{Kind: Sent, Stanza: *e, Note: note})
	s.send(*e)
	s.settle()
}

// settle takes what comes until nothing more does for a while.
func (s *script) settle() {
	s.t.Helper()
	for quiet := 0; quiet < 3; quiet++ {
		time.Sleep(50 * time.Millisecond) // nothing tells that nothing comes
		s.pings++
		id := fmt.Sprintf("settle%d", s.pings)
		s.shore.send(stanza.E("", "iq", stanza.E("urn:xmpp:ping", "ping")).
			With("type", "get").With("id", id).With("from", "watch@"+domain+"/x").With("to", gateway))
		for {
			e := s.shore.next()
			if e.Attr("id") == id {
				break
			}
			if e.Attr("to") == s.jid {
				s.lines, quiet = append(s.lines, Line{Kind: Got, Stanza: e}), 0
			}
		}
	}
}

func (s *script) keep(name, client, source, note string) {
	s.t.Helper()
	d := &Dialogue{Client: client, Source: source, Note: note, Lines: s.lines}
	d.Normalize(name)
	if !s.t.Failed() {
		if err := d.Write(filepath.Join("testdata", name+".xml")); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Gajim and its library nbxmpp, as Debian 12 has them.
func TestRecordGajim(t *testing.T) {
	const (
		muc     = "gajim/common/modules/muc.py:"
		message = "gajim/common/modules/message.py:"
		info    = `<iq type="get" to="@" id="%s"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`
		join    = `<presence to="@/alice" id="%s"><x xmlns="http://jabber.org/protocol/muc"><history maxchars="0"/></x>` +
			`<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://gajim.org" ver="bTUVE/vDdUBYRkkHqVOxnbDvT1s="/></presence>`
		mam = `<iq type="set" to="@" id="%s"><query xmlns="urn:xmpp:mam:2" queryid="%[1]sq"><x xmlns="jabber:x:data" type="submit">` +
			`<field type="hidden" var="FORM_TYPE"><value>urn:xmpp:mam:2</value></field>%s</x><set xmlns="http://jabber.org/protocol/rsm"><max>70</max>%s</set></query></iq>`
		say = `<message type="groupchat" to="@" id="%s"><body>%s</body>%s<origin-id xmlns="urn:xmpp:sid:0" id="%[1]s"/>` +
			`<active xmlns="http://jabber.org/protocol/chatstates"/><markable xmlns="urn:xmpp:chat-markers:0"/></message>`
	)
	s := newScript(t, "gajim")
	s.step("join")
	s.says(muc+"277, nbxmpp/modules/muc/muc.py:433", fmt.Sprintf(info, "d1"))
	s.says(muc+"323-332", fmt.Sprintf(join, "j1"))
	s.says(muc+"867-870, gajim/common/modules/mam.py:376-378 (from a day ago), nbxmpp/modules/mam.py:123-173",
		fmt.Sprintf(mam, "m1", `<field type="text-single" var="start"><value>2020-01-01T00:00:00Z</value></field>`, ""))
	s.step("say")
	s.says(message+"359-363", `<message type="groupchat" to="@" id="s1"><composing xmlns="http://jabber.org/protocol/chatstates"/><no-store xmlns="urn:xmpp:hints"/></message>`)
	s.says(message+"305-367", fmt.Sprintf(say, "s2", "She came in at dawn.", ""))
	s.hears("bert", "* PRIVMSG "+channel+" :She came in at dawn.")
	s.step("hear, with a reaction and a reply from IRC, which Gajim 1.7.3 does not know")
	s.does("bert", "PRIVMSG "+channel+" :Then we sail at noon.")
	s.does("bert", "@+draft/reply={She came in at dawn.};+draft/react=🎉 TAGMSG "+channel)
	s.does("bert", "@+draft/reply={She came in at dawn.} PRIVMSG "+channel+" :At last!")
	s.step("correct")
	s.says(message+"305-367", fmt.Sprintf(say, "s3", "I shall be late.", ""))
	s.says(message+"314-316", fmt.Sprintf(say, "s4", "I shall be there.", `<replace xmlns="urn:xmpp:message-correct:0" id="s3"/>`))
	s.hears("bert", "* PRIVMSG "+channel+" :*I shall be there.*")
	s.step("kick")
	s.does("", "MODE "+channel+" +o alice")
	s.says("nbxmpp/modules/muc/util.py:103-111", `<iq type="set" to="@" id="k1"><query xmlns="http://jabber.org/protocol/muc#admin"><item nick="carl" role="none"><reason>no ads here</reason></item></query></iq>`)
	s.hears("bert", "* KICK "+channel+" carl *no ads here")
	s.step("moderate")
	s.does("bert", "PRIVMSG "+channel+" :Cheap rum! Buy now!")
	s.says("nbxmpp/modules/muc/moderation.py, _make_retract_request; Gajim does so only in rooms with urn:xmpp:message-moderate:0, which ours do not have",
		`<iq type="set" to="@" id="r1"><apply-to xmlns="urn:xmpp:fasten:0" id="{Cheap rum! Buy now!}"><moderate xmlns="urn:xmpp:message-moderate:0"><retract xmlns="urn:xmpp:message-retract:0"/></moderate></apply-to></iq>`)
	s.step("subject")
	s.says("nbxmpp/modules/muc/muc.py:514-517", `<message type="groupchat" to="@" id="t1"><subject>The Mary sails at noon</subject></message>`)
	s.hears("bert", "* TOPIC "+channel+" *The Mary sails at noon")
	s.step("away")
	s.says(muc+"370-374", `<presence type="unavailable" to="@/alice" id="u1"/>`)
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.does("bert", "PRIVMSG "+channel+" :Where is Alice?")
	s.step("join by bookmark, and catch up")
	s.says(muc+"277", fmt.Sprintf(info, "d2"))
	s.says(muc+"323-332", fmt.Sprintf(join, "j2"))
	s.says("gajim/common/modules/mam.py:382-387 (behind the last it has), nbxmpp/modules/mam.py:149-155", fmt.Sprintf(mam, "m2", "", "<after>{She came in at dawn.}</after>"))
	s.says("the same, where the archive has lost that one: gajim/common/modules/mam.py:470-477 asks again from a day ago", fmt.Sprintf(mam, "m3", "", "<after>28482-98726-73623</after>"))
	s.keep("gajim", "Gajim 1.7.3, nbxmpp 4.2.2", "read", "Read in the source of Debian's gajim 1.7.3-2 and python3-nbxmpp 4.2.2-2; each stanza has file and line.\nThe answers are the gateway's.")
}

// Dino, as Debian 12 has it.
func TestRecordDino(t *testing.T) {
	const (
		module   = "xmpp-vala/src/module/xep/0045_muc/module.vala:"
		manager  = "libdino/src/service/muc_manager.vala:"
		info     = `<iq type="get" to="@" id="%s"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`
		join     = `<presence to="@/alice" id="%s"><x xmlns="http://jabber.org/protocol/muc"><history maxchars="0"/></x></presence>`
		standing = `<iq type="get" to="@" id="%s"><query xmlns="http://jabber.org/protocol/muc#admin"><item affiliation="%s"/></query></iq>`
		mam      = `<iq type="set" to="@" id="%s"><query xmlns="urn:xmpp:mam:2" queryid="%[1]sq"><x xmlns="jabber:x:data" type="submit">` +
			`<field var="FORM_TYPE" type="hidden"><value>urn:xmpp:mam:2</value></field><field var="start"><value>%s</value></field></x>` +
			`<set xmlns="http://jabber.org/protocol/rsm"><max>20</max><before/></set></query></iq>`
		active = `<active xmlns="http://jabber.org/protocol/chatstates"/>`
	)
	s := newScript(t, "dino")
	enter := func(n string) {
		s.says(module+"111, 423", fmt.Sprintf(info, "i"+n))
		s.says(module+"87-112, "+manager+"75-79", fmt.Sprintf(join, "j"+n))
		for _, affiliation := range []string{"member", "admin", "owner"} {
			s.says(module+"355-357, 462-468", fmt.Sprintf(standing, affiliation+n, affiliation))
		}
	}
	s.step("join")
	s.says(manager+"75", fmt.Sprintf(info, "d1"))
	enter("1")
	s.says(manager+"107-109, libdino/src/service/history_sync.vala:189-210, xmpp-vala/src/module/xep/0313_2_message_archive_management.vala:42-71",
		fmt.Sprintf(mam, "m1", "1970-01-01T00:00:00Z"))
	s.step("say")
	s.says("libdino/src/service/chat_interaction.vala:248-256", `<message type="groupchat" to="@" id="s1"><composing xmlns="http://jabber.org/protocol/chatstates"/></message>`)
	s.says("libdino/src/service/message_processor.vala:414-456", `<message type="groupchat" to="@" id="s2"><body>She came in at dawn.</body>`+active+`</message>`)
	s.hears("bert", "* PRIVMSG "+channel+" :She came in at dawn.")
	s.step("hear, and have read")
	s.does("bert", "PRIVMSG "+channel+" :Then we sail at noon.")
	s.says("libdino/src/service/chat_interaction.vala:220-228", `<message type="groupchat" to="@" id="s3"><displayed xmlns="urn:xmpp:chat-markers:0" id="{Then we sail at noon.}"/></message>`)
	s.step("reaction and reply from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.};+draft/react=🎉 TAGMSG "+channel)
	s.does("bert", "@+draft/reply={She came in at dawn.} PRIVMSG "+channel+" :At last!")
	s.step("react")
	s.says("xmpp-vala/src/module/xep/0444_reactions.vala:14-28, libdino/src/service/reactions.vala:86-88",
		`<message type="groupchat" to="@" id="s4"><reactions xmlns="urn:xmpp:reactions:0" id="{Then we sail at noon.}"><reaction>👍</reaction></reactions><store xmlns="urn:xmpp:hints"/></message>`)
	s.hears("bert", "*draft/react=👍* TAGMSG "+channel)
	s.says("the same, taken back", `<message type="groupchat" to="@" id="s5"><reactions xmlns="urn:xmpp:reactions:0" id="{Then we sail at noon.}"/><store xmlns="urn:xmpp:hints"/></message>`)
	s.hears("bert", "*draft/unreact=👍* TAGMSG "+channel)
	s.step("reply")
	s.says("libdino/src/service/message_processor.vala:432-433, 483-501, xmpp-vala/src/module/xep/0461_replies.vala:15-21, 0428_fallback_indication.vala:28-39",
		`<message type="groupchat" to="@" id="s6"><reply xmlns="urn:xmpp:reply:0" to="@/bert" id="{Then we sail at noon.}"/>`+
			`<fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:reply:0"><body start="0" end="24"/></fallback><body>&gt; Then we sail at noon.
I shall be there.</body>`+active+`</message>`)
	s.hears("bert", "*draft/reply=* PRIVMSG "+channel+" :I shall be there.")
	s.step("kick")
	s.does("", "MODE "+channel+" +o alice")
	s.says(module+"187-221", `<iq type="set" to="@" id="k1"><query xmlns="http://jabber.org/protocol/muc#admin"><item nick="carl" role="none"/></query></iq>`)
	s.hears("bert", "* KICK "+channel+" carl *")
	s.step("subject")
	s.says(module+"140-146", `<message type="groupchat" to="@" id="t1"><subject>The Mary sails at noon</subject></message>`)
	s.hears("bert", "* TOPIC "+channel+" *The Mary sails at noon")
	s.step("self-ping")
	s.says("xmpp-vala/src/module/xep/0410_muc_self_ping.vala:3-4, "+manager+"654-675", `<iq type="get" to="@/alice" id="p1"><ping xmlns="urn:xmpp:ping"/></iq>`)
	s.step("away")
	s.says(module+"128-134", `<presence type="unavailable" to="@/alice" id="u1"/>`)
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.does("bert", "PRIVMSG "+channel+" :Where is Alice?")
	s.step("self-ping, when out")
	s.says("as above; anything but a result and two conditions is not joined, and Dino joins again: 0410_muc_self_ping.vala:6-15", `<iq type="get" to="@/alice" id="p2"><ping xmlns="urn:xmpp:ping"/></iq>`)
	s.step("join by bookmark, and catch up")
	enter("2")
	s.says("libdino/src/service/history_sync.vala:196-200: from five minutes before the last it has", fmt.Sprintf(mam, "m2", "2020-01-01T00:00:00Z"))
	s.keep("dino", "Dino 0.4.2", "read", "Read in the source of Dino 0.4.2, which Debian 12 has; each stanza has file and line. The answers are the gateway's.")
}

// Conversations, as it is known to behave: it is in no package here.
func TestRecordConversations(t *testing.T) {
	const (
		info = `<iq type="get" to="@" id="%s"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`
		join = `<presence to="@/alice" id="%s"><x xmlns="http://jabber.org/protocol/muc"><history %s/></x>` +
			`<c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://conversations.im" ver="aMlJIrbmXqbWjlGRkqUlWnwHrUs="/></presence>`
		mam = `<iq type="set" to="@" id="%s"><query xmlns="urn:xmpp:mam:2" queryid="%[1]sq"><x xmlns="jabber:x:data" type="submit">` +
			`<field var="FORM_TYPE" type="hidden"><value>urn:xmpp:mam:2</value></field><field var="start"><value>%s</value></field></x>` +
			`<set xmlns="http://jabber.org/protocol/rsm"><max>50</max>%s</set></query></iq>`
		ping = `<iq type="get" to="@/alice" id="%s"><ping xmlns="urn:xmpp:ping"/></iq>`
	)
	s := newScript(t, "conversations")
	s.step("join")
	s.says("it looks at the room before it joins", fmt.Sprintf(info, "d1"))
	s.says("it wants no history where there is an archive; without 110 and a subject the join is unfinished", fmt.Sprintf(join, "j1", `maxchars="0"`))
	s.says("it catches up from the archive alone", fmt.Sprintf(mam, "m1", "2020-01-01T00:00:00Z", "<before/>"))
	s.says("it shows a room's picture", `<iq type="get" to="@" id="v1"><vCard xmlns="vcard-temp"/></iq>`)
	s.step("say")
	s.says("", `<message type="groupchat" to="@" id="s1"><composing xmlns="http://jabber.org/protocol/chatstates"/><no-store xmlns="urn:xmpp:hints"/></message>`)
	s.says("", `<message type="groupchat" to="@" id="s2"><body>She came in at dawn.</body><origin-id xmlns="urn:xmpp:sid:0" id="s2"/><active xmlns="http://jabber.org/protocol/chatstates"/></message>`)
	s.hears("bert", "* PRIVMSG "+channel+" :She came in at dawn.")
	s.step("hear, and have read")
	s.does("bert", "PRIVMSG "+channel+" :Then we sail at noon.")
	s.says("", `<message type="groupchat" to="@" id="s3"><displayed xmlns="urn:xmpp:chat-markers:0" id="{Then we sail at noon.}"/><store xmlns="urn:xmpp:hints"/></message>`)
	s.step("reaction and reply from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.};+draft/react=🎉 TAGMSG "+channel)
	s.does("bert", "@+draft/reply={She came in at dawn.} PRIVMSG "+channel+" :At last!")
	s.step("react")
	s.says("reactions are tied to the occupant-id, and point at the room's stanza-id", `<message type="groupchat" to="@" id="s4"><reactions xmlns="urn:xmpp:reactions:0" id="{Then we sail at noon.}"><reaction>👍</reaction></reactions><store xmlns="urn:xmpp:hints"/></message>`)
	s.hears("bert", "*draft/react=👍* TAGMSG "+channel)
	s.step("reply")
	s.says("", `<message type="groupchat" to="@" id="s5"><body>&gt; Then we sail at noon.
I shall be there.</body><reply xmlns="urn:xmpp:reply:0" to="@/bert" id="{Then we sail at noon.}"/><fallback xmlns="urn:xmpp:fallback:0" for="urn:xmpp:reply:0"><body start="0" end="24"/></fallback><origin-id xmlns="urn:xmpp:sid:0" id="s5"/></message>`)
	s.hears("bert", "*draft/reply=* PRIVMSG "+channel+" :I shall be there.")
	s.step("moderate")
	s.does("", "MODE "+channel+" +o alice")
	s.does("carl", "PRIVMSG "+channel+" :Cheap rum! Buy now!")
	s.says("", `<iq type="set" to="@" id="r1"><moderate xmlns="urn:xmpp:message-moderate:1" id="{Cheap rum! Buy now!}"><retract xmlns="urn:xmpp:message-retract:1"/></moderate></iq>`)
	s.hears("bert", "* REDACT "+channel+" *")
	s.step("kick")
	s.says("", `<iq type="set" to="@" id="k1"><query xmlns="http://jabber.org/protocol/muc#admin"><item nick="carl" role="none"/></query></iq>`)
	s.hears("bert", "* KICK "+channel+" carl *")
	s.step("self-ping, after a while of silence")
	s.says("", fmt.Sprintf(ping, "p1"))
	s.step("the phone is off")
	s.says("", `<presence type="unavailable" to="@/alice" id="u1"/>`)
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.does("bert", "PRIVMSG "+channel+" :Where is Alice?")
	s.step("self-ping, when out: it joins again by itself")
	s.says("not-acceptable is what it joins again for", fmt.Sprintf(ping, "p2"))
	s.says("", fmt.Sprintf(join, "j2", `maxchars="0"`))
	s.says("", fmt.Sprintf(mam, "m2", "2020-01-01T00:00:00Z", "<after>{At last!}</after>"))
	s.keep("conversations", "Conversations", "behaviour", "Conversations is in no package that is reached here: this is how it is known to behave. The answers are the gateway's.")
}
