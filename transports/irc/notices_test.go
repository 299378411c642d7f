package irc_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// spokenBy runs alice, who chose what is shown of the network's own words, and says
// what the network does at and after a log-in. It returns what is shown, a line
// each.
func spokenBy(t *testing.T, notices string) (all []string) {
	t.Helper()
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice", "server_notices": notices})
	conn := server.Accept()
	conn.Expect("CAP *")
	conn.Expect("NICK *")
	conn.Expect("USER *")
	conn.Send(
		":irc.test NOTICE * :*** Looking up your hostname...",
		":irc.test 001 alice :Welcome", ":irc.test 002 alice :Your host is irc.test", ":irc.test 251 alice :There are 5 users",
		":irc.test 375 alice :- message of the day", ":irc.test 372 alice :- be \x02nice\x02", ":irc.test 376 alice :End",
	)
	next[transports.Online](alice)
	conn.Send(
		":irc.test NOTICE alice :You are now hidden", ":irc.test 396 alice hidden.host :is now your host",
		":oper!o@h WALLOPS :coffee is ready", ":oper!o@h NOTICE $$*.test :the server restarts",
		":oper!o@h PRIVMSG $* :\x01VERSION\x01", ":irc.test 482 alice #room :You're not channel operator",
		":irc.test 321 alice Channel :Users", ":NickServ!s@services. NOTICE alice :This nick is registered. Please identify.",
		":ChanServ!s@services. NOTICE alice :Nobody asked for this.",
	)
	conn.Send("PING :barrier")
	conn.Expect("PONG barrier")
	alice.stop()
	<-alice.ended
	for len(alice.events) > 0 {
		if r, ok := (<-alice.events).(transports.Received); ok {
			if r.Message.Chat.Kind != transports.Network {
				t.Errorf("shown elsewhere: %+v", r.Message)
			}
			all = append(all, strings.Split(r.Message.Text, "\n")...)
		}
	}
	return all
}

// What a network itself says is shown as the user wants it: of its greeting and
// numbered replies nothing, unless they want it all. IRC-B23
func TestServerNotices(t *testing.T) {
	important := []string{"coffee is ready", "the server restarts", "This nick is registered. Please identify."}
	for notices, want := range map[string][]string{
		"":          important,
		"important": important,
		"none":      nil,
		"all": {
			"*** Looking up your hostname...", "Welcome", "Your host is irc.test", "There are 5 users", "- message of the day", "- be *nice*", "End",
			"You are now hidden", "hidden.host is now your host", "coffee is ready", "the server restarts",
			"This nick is registered. Please identify.", "Nobody asked for this.",
		},
	} {
		if got := spokenBy(t, notices); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%q: shown\n%q, want\n%q", notices, got, want)
		}
	}
	tr := plainly(irctest.Listen(t))
	var e *transports.FieldError
	if err := tr.CheckSettings(transports.Account{Scope: irctest.Host, Settings: transports.Settings{"nick": "a", "server_notices": "some"}}); !errors.As(err, &e) || e.Field != "server_notices" {
		t.Errorf("an odd choice: %v", err)
	}
}

// Who mutes the network is still answered, and hears of their channels by the
// services. IRC-B19
func TestServices(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice", "server_notices": "none"})
	conn := server.Accept()
	admit(conn, "server-time", "CHANTYPES=#")
	next[transports.Online](alice)
	letIn(alice, conn, "bob")
	conn.Send(":ChanServ!s@services. NOTICE alice :[#room] Welcome to the room")
	if m := await[transports.Received](alice).Message; m.Chat != channel("#room") || m.Text != "Welcome to the room" || m.Style != transports.Notice {
		t.Errorf("shown %+v", m)
	}
	if _, err := alice.Send(t.Context(), transports.Message{Chat: nick("nickserv"), Text: "help"}); err != nil {
		t.Fatal(err)
	}
	conn.Expect("PRIVMSG *")
	conn.Send(":NickServ!s@services. NOTICE alice :Ask me")
	if m := await[transports.Received](alice).Message; m.Chat.Kind != transports.Network || m.Text != "Ask me" {
		t.Errorf("answered %+v", m)
	}
	if _, err := alice.Send(t.Context(), transports.Message{Chat: transports.Address{Kind: transports.Network, Scope: irctest.Host}, Text: "ADMIN"}); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "ADMIN")
	conn.Send(":irc.test 256 alice :Administrative info")
	if m := await[transports.Received](alice).Message; m.Text != "Administrative info" {
		t.Errorf("answered %+v", m)
	}
}
