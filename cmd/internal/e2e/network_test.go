package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Each network with each server.
func networks(t *testing.T, test func(*testing.T, *harbour, *network)) {
	onEach(t, func(t *testing.T, h *harbour) {
		for _, n := range h.networks() {
			t.Run(n.Kind, func(t *testing.T) { test(t, h, n) })
		}
	})
}

// The channels of a network are listed, also for who is not there yet. XEP-0045
// §6.3, IRC-B8
func TestChannelList(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 2)
		crew[0].Send("TOPIC " + channel + " :Rum and ropes")
		crew[0].Sync()
		p := h.passenger(t)
		answer := p.Ask("get", n.jid(), `<query xmlns="http://jabber.org/protocol/disco#items"><set xmlns="http://jabber.org/protocol/rsm"><max>500</max></set></query>`)
		found := false
		for _, item := range answer.Child("query").All("item") {
			if item.Attr("jid") == n.room(channel) {
				found = true
				if item.Attr("name") != channel+" (2): Rum and ropes" {
					t.Errorf("listed as %q", item.Attr("name"))
				}
			}
		}
		if !found {
			t.Errorf("%s is not in the list: %v", channel, answer)
		}
		search := `<query xmlns="jabber:iq:search"><x xmlns="jabber:x:data" type="submit">` +
			world.XML(`<field var="name"><value>%s</value></field>`, strings.ToUpper(channel[1:])) +
			`<field var="topic"><value>ROPES</value></field><field var="min_users"><value>2</value></field></x></query>`
		if a := p.Ask("set", n.jid(), search); len(a.Child("query").Child("x").All("item")) != 1 || !strings.Contains(a.String(), n.room(channel)) {
			t.Errorf("found %v", a)
		}
	})
}

// A message to the network is a line to its server, whose answer comes back. IRC-B24
func TestRawLines(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		p, nick := h.passenger(t), fresh("al")
		p.join(n.room(channel), nick)
		p.tell(n.jid(), "WHOIS "+crew[0].Nick)
		p.Expect("what the server says", func(e *world.Element) bool {
			return e.Name() == "message" && e.From() == n.jid() && strings.Contains(e.Body(), crew[0].Nick)
		})
		p.tell(n.jid(), "PRIVMSG "+channel+" :said raw")
		crew[0].Hear(nick, channel, "said raw")
		id := p.tell(n.jid(), "QUIT :bye")
		e := p.Expect("the refusal", func(e *world.Element) bool { return e.Type() == "error" && e.ID() == id })
		if e.Condition() != "not-allowed" {
			t.Errorf("refused by %v", e)
		}
	})
}

// What program somebody uses is asked of it, and what the gateway is of the
// gateway. XEP-0092, IRC-B25
func TestVersions(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		bert := crew[0]
		p, nick := h.passenger(t), fresh("al")
		p.join(n.room(channel), nick)
		bert.Send("PRIVMSG " + nick + " :\x01VERSION\x01")
		bert.Expect("the version", func(l world.Line) bool {
			return l.Command() == "NOTICE" && l.Nick() == nick && strings.HasPrefix(l.Param(1), "\x01VERSION Wherry")
		})
		asked := make(chan bool)
		go func() {
			defer close(asked)
			bert.Expect("the question", func(l world.Line) bool {
				return l.Command() == "PRIVMSG" && l.Nick() == nick && l.Param(1) == "\x01VERSION\x01"
			})
			bert.Send("NOTICE " + nick + " :\x01VERSION sextant 3.2 on brass\x01")
		}()
		q := p.Ask("get", n.room(channel)+"/"+bert.Nick, `<query xmlns="jabber:iq:version"/>`).Child("query")
		<-asked
		if q.Child("name").Text != "sextant" || q.Child("version").Text != "3.2" || q.Child("os").Text != "on brass" {
			t.Errorf("the version is %v", q)
		}
	})
}

// An operator changes a channel by the room's form. XEP-0045 §10.2, IRC-M8
func TestChannelSettings(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel := fresh("#cabin")
		p, nick := h.passenger(t), fresh("al")
		p.join(n.room(channel), nick)
		bert := sailor(t, n, fresh("bert"))
		bert.Join(channel)
		set := func(fields ...string) *world.Element {
			form := `<x xmlns="jabber:x:data" type="submit">`
			for i := 0; i < len(fields); i += 2 {
				form += world.XML(`<field var="muc#roomconfig_%s"><value>%s</value></field>`, fields[i], fields[i+1])
			}
			return p.Ask("set", n.room(channel), `<query xmlns="http://jabber.org/protocol/muc#owner">`+form+`</x></query>`)
		}
		if a := set("moderatedroom", "1", "maxusers", "7", "passwordprotectedroom", "1", "roomsecret", "sesame"); a.Type() != "result" {
			t.Fatalf("not changed: %v", a)
		}
		for _, mode := range []string{"+m", "+k", "+l"} { // in the order of the form
			changed := bert.Expect("the modes", func(l world.Line) bool { return l.Command() == "MODE" && l.Param(1) == mode })
			if mode == "+k" && !strings.Contains(string(changed), "sesame") {
				t.Errorf("changed by %s", changed)
			}
		}
		form := p.Ask("get", n.room(channel), `<query xmlns="http://jabber.org/protocol/muc#owner"/>`).String()
		if strings.Contains(form, "sesame") {
			t.Errorf("the form shows the password: %s", form)
		}
		if a := set("passwordprotectedroom", "0", "maxusers", "0"); a.Type() != "result" {
			t.Errorf("not changed back: %v", a)
		}
		bert.Expect("the modes", func(l world.Line) bool { return l.Command() == "MODE" && strings.Contains(l.Param(1), "-") })
		other := sailor(t, n, fresh("carl"))
		other.Join(channel) // without a password
	})
}

// Modes as IRC writes them: by a line that others are not shown, and by the form,
// which names what is refused. IRC-B30, IRC-B39
func TestModeLines(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel := fresh("#deck")
		p, nick := h.passenger(t), fresh("al")
		p.join(n.room(channel), nick)
		bert := sailor(t, n, fresh("bert"))
		bert.Join(channel)
		p.say(n.room(channel), "/mode +b *!*@spam.example")
		bert.Expect("the ban", func(l world.Line) bool {
			return l.Command() == "MODE" && l.Param(1) == "+b" && l.Param(2) == "*!*@spam.example"
		})
		p.hear(n.room(channel)+"/"+nick, "/mode +b *!*@spam.example")
		p.say(n.room(channel), "/mode +b")
		p.Expect("the bans", func(e *world.Element) bool {
			return e.Name() == "message" && e.From() == n.room(channel) && strings.HasPrefix(e.Body(), "*!*@spam.example")
		})
		form := `<query xmlns="http://jabber.org/protocol/muc#owner"><x xmlns="jabber:x:data" type="submit">` +
			`<field var="irc#modes"><value>+o nobody</value></field><field var="muc#roomconfig_moderatedroom"><value>1</value></field>` +
			`<field var="encoding_in"><value>koi8-r</value></field></x></query>`
		a := p.Ask("set", n.room(channel), form)
		if a.Type() != "error" || !strings.Contains(a.String(), "Changes of modes: ") || strings.Contains(a.String(), "Only those with voice") {
			t.Errorf("answered by %v", a)
		}
		bert.Expect("the modes", func(l world.Line) bool { return l.Command() == "MODE" && l.Param(1) == "+m" })
		p.say(n.room(channel), "/mode +v "+bert.Nick)
		bert.Expect("voice", func(l world.Line) bool { return l.Command() == "MODE" && l.Param(1) == "+v" })
		bert.Send("PRIVMSG " + channel + " :\xd0\xd2\xc9")
		p.hear(n.room(channel)+"/"+bert.Nick, "при")
		for _, l := range bert.Received() {
			if l.Command() == "PRIVMSG" && strings.Contains(l.Param(1), "/mode") {
				t.Errorf("others are shown %s", l)
			}
		}
	})
}
