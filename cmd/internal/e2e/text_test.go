package e2e

import (
	"fmt"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// texts holds a specimen of each class of runes that XML and IRC can both
// carry. They are to arrive as they are.
var texts = map[string]string{
	"markup":         `<body a="b">&amp; 'quoted' ]]> <!-- no --> &#x0;`,
	"latin":          "Größe, œuvre, ñandú, Łódź",
	"greek":          "Ὀδυσσεύς",
	"rtl":            "שלום עולם, مرحبا",
	"bidi controls":  "a\u202eb\u202c c\u2066d\u2069",
	"combining":      "e\u0301a\u0308 Z\u0351\u036b",
	"han":            "漢字かな交じり文",
	"hangul":         "한글 ㄱㅏ",
	"emoji":          "👩‍👩‍👧‍👦 🏴‍☠️ ☃️ 👍🏽",
	"astral":         "𝔘𝔫𝔦 𐍈 𠜎",
	"zero width":     "a\u200bb\u200cc\u200dd\u2060e\u00adf",
	"bom inside":     "a\ufeffb",
	"private use":    "\ue000 \U000f0000",
	"noncharacters":  "\ufdd0 \U0001fffe \U0010ffff",
	"replacement":    "\ufffd",
	"line separator": "a\u2028b\u2029c",
	"nbsp":           "a\u00a0b\u3000c",
	"c1":             "a\u0085b\u009fc",
	"colon":          ": :leading colon",
	"slash":          "a / not a command",
	"percent":        "100%s %d %n",
	"backslash":      `\20 \5c \x00`,
}

// odd holds what arrives changed, or not at all. The streams must live.
var odd = map[string]string{
	"controls":      "a\x01b\x02c\x03d\x04e\x05f\x06g\x07h\x08i\x0bj\x0ck\x0el\x0fm\x10n\x11o\x12p\x13q\x14r\x15s\x16t\x17u\x18v\x19w\x1ax\x1by\x1cz\x1d0\x1e1\x1f2\x7f3",
	"colours":       "\x0304,08red on yellow\x03 \x04ff0000hex\x04 \x16reverse\x16",
	"nonchar fffe":  "a\ufffeb\uffffc",
	"latin-1":       "caf\xe9 \x80uro \x93quoted\x94",
	"broken utf-8":  "\xc3\x28 \xe2\x82 \xf0\x9f\x98 \xff\xfe",
	"surrogates":    "\xed\xa0\x80 \xed\xbf\xbf",
	"overlong":      "\xc0\xaf \xe0\x80\xaf",
	"beyond":        "\xf4\x90\x80\x80",
	"ctcp unended":  "\x01ACTION waves",
	"ctcp odd":      "\x01\x01 \x01VERSION\x01",
	"only controls": "\x02\x02\x0f",
}

// Words of every kind pass through both servers, from either side.
func TestTexts(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		for _, n := range h.networks() {
			channel, crew := chatroom(t, n, 1)
			p, nick, room := h.passenger(t), fresh("al"), n.room(channel)
			p.join(room, nick)
			for class, text := range texts {
				crew[0].Say(channel, text)
				e := p.Expect("a line of IRC, "+class, lineOf(room+"/"+crew[0].Nick))
				if e.Body() != text {
					t.Errorf("%s, %s from IRC: %q, want %q", n.Kind, class, e.Body(), text)
				}
				id := p.say(room, text)
				if got := said(crew[0].Expect("a line of XMPP, "+class, spokenBy(nick))); got != text {
					t.Errorf("%s, %s to IRC: %q, want %q", n.Kind, class, got, text)
				}
				e = p.Expect("the reflection, "+class, func(e *world.Element) bool { return e.ID() == id })
				if e.Body() != text {
					t.Errorf("%s, %s reflected: %q, want %q", n.Kind, class, e.Body(), text)
				}
			}
		}
	})
}

func lineOf(from string) func(*world.Element) bool {
	return func(e *world.Element) bool {
		return e.Name() == "message" && e.Type() == "groupchat" && e.From() == from && e.Has("body")
	}
}

func spokenBy(nick string) func(world.Line) bool {
	return func(l world.Line) bool { return l.Command() == "PRIVMSG" && l.Nick() == nick }
}

func said(l world.Line) string { return l.Param(1) }

// Whatever IRC can put into a line, a topic, a part, quit or kick reason: the
// streams live, and what comes after arrives.
func TestOddTexts(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		for _, n := range []*network{h.ng, h.insp} {
			channel, crew := chatroom(t, n, 1)
			p, nick, room := h.passenger(t), fresh("al"), n.room(channel)
			p.join(room, nick)
			for class, text := range both(texts, odd) {
				visitor := sailor(t, n, fresh("vi"))
				visitor.Join(channel)
				crew[0].Say(channel, text)
				crew[0].Send("NOTICE "+channel+" :"+text, "TOPIC "+channel+" :"+text, "AWAY :"+text, "AWAY")
				visitor.Send("PART "+channel+" :"+text, "JOIN "+channel)
				crew[0].Send("KICK "+channel+" "+visitor.Nick+" :"+text, "PRIVMSG "+nick+" :"+text, "INVITE "+nick+" "+channel)
				visitor.Send("QUIT :" + text)
				alive := fresh("alive ")
				crew[0].Say(channel, alive)
				e := p.Expect("to hear after "+class, func(e *world.Element) bool { return e.Body() == alive })
				if !strings.HasPrefix(e.From(), room) {
					t.Errorf("%s: %v", class, e)
				}
			}
		}
	})
}

func both(a, b map[string]string) map[string]string {
	all := make(map[string]string, len(a)+len(b))
	for name, text := range a {
		all[name] = text
	}
	for name, text := range b {
		all[name] = text
	}
	return all
}

// Whatever XMPP can put into a nick, a subject, a status or an address: each
// request is answered, and the streams live.
func TestOddRequests(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		channel, crew := chatroom(t, h.ng, 1)
		p, nick, room := h.passenger(t), fresh("al"), h.ng.room(channel)
		p.join(room, nick)
		for class, text := range texts {
			p.Sendf(`<message to="%s" type="groupchat" id="%s"><subject>%s</subject></message>`, room, world.NewID(), text)
			p.Sendf(`<presence to="%s"><status>%s</status><show>away</show></presence>`, room+"/"+nick, text)
			p.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body><thread>%s</thread></message>`, h.ng.contact(crew[0].Nick), text, text, text)
			p.Sendf(`<message to="%s" type="groupchat" id="%s"><x xmlns="http://jabber.org/protocol/muc#user"><invite to="%s"><reason>%s</reason></invite></x></message>`,
				room, world.NewID(), h.ng.contact(crew[0].Nick), text)
			alive := fresh("alive ")
			p.say(room, alive)
			crew[0].Expect("a line after "+class, func(l world.Line) bool { return l.Command() == "PRIVMSG" && l.Param(1) == alive })
		}
		p.Sync(ngGateway)
	})
}

// An account whose name newer rules of JIDs forbid is a user like any other.
func TestSnowman(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		if err := h.xmpp.AddUser("☃", password); err != nil {
			t.Fatal(err)
		}
		p := h.device(t, "☃", "phone")
		if answer := p.Ask("get", ngGateway, `<ping xmlns="urn:xmpp:ping"/>`); answer.Type() != "result" {
			t.Errorf("ping: %v", answer)
		}
		id := p.tell(ngGateway, "help")
		e := p.Expect("an answer to a message", func(e *world.Element) bool { return e.Name() == "message" && e.From() != "" })
		if e.ID() == id && e.Type() == "error" {
			t.Logf("answered by an error: %v", e)
		}
		channel, crew := chatroom(t, h.ng, 1)
		nick := fresh("snow")
		p.join(h.ng.room(channel), nick)
		p.say(h.ng.room(channel), "brr")
		crew[0].Hear(nick, channel, "brr")
	})
}

// Long and many-lined words are cut for IRC, and shown once. IRC-B16
func TestLongLines(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		channel, crew := chatroom(t, h.ng, 1)
		p, nick, room := h.passenger(t), fresh("al"), h.ng.room(channel)
		p.join(room, nick)
		long := strings.Repeat("Größe漢字👍 ", 100)
		id := p.say(room, "first\n\nthird\n"+long)
		var heard []string
		for total := 0; total < len(strings.TrimSpace(long)); {
			line := crew[0].Expect("a part", spokenBy(nick))
			if len(line)+2 > 512 {
				t.Errorf("a line of %d bytes", len(line)+2)
			}
			if strings.ContainsRune(said(line), '\ufffd') {
				t.Errorf("cut within a rune: %q", said(line))
			}
			heard = append(heard, said(line))
			if len(heard) > 2 {
				total += len(said(line)) + 1
			}
		}
		if fmt.Sprint(heard[:2]) != "[first third]" {
			t.Errorf("heard %q", heard)
		}
		e := p.Expect("the reflection", func(e *world.Element) bool { return e.ID() == id })
		if !strings.HasPrefix(e.Body(), "first\n") {
			t.Errorf("reflected: %v", e)
		}
		p.Sync(ngGateway)
		if got := len(p.count(func(e *world.Element) bool { return e.ID() == id })); got != 1 {
			t.Errorf("reflected %d times", got)
		}
	})
}
