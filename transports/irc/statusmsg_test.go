package irc_test

import (
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// What is said to the operators of a channel says so, and is said so.
func TestStatusmsg(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	alice := enter(t, plainly(n), "alice")
	await[transports.Able](alice)
	room := channel("#room")
	alice.join(room)
	bob := n.Puppet("bob")
	bob.Do("JOIN #room")
	await[transports.Entered](alice)
	n.Mode("#room", "+v", "bob")
	await[transports.Changed](alice)
	bob.Do("PRIVMSG @#room :psst")
	if m := await[transports.Received](alice).Message; m.Chat != room || m.To != "@" || !m.Apart || m.Text != "psst" {
		t.Errorf("received %+v", m)
	}
	sent, err := alice.Send(t.Context(), transports.Message{Chat: room, To: "+", Text: "all of you"})
	if err != nil || !sent.Echoes {
		t.Fatalf("%+v, %v", sent, err)
	}
	if st := await[transports.Status](alice); st.State != transports.Echoed || st.ID != sent.IDs[0] || st.Chat != room {
		t.Errorf("status %+v", st)
	}
	n.AwaitTold(bob, "*PRIVMSG +#room :all of you")
	for to, ok := range map[string]bool{"@": true, "+": true, "": false, "x": false, "@+": false, "@#room": false} {
		if alice.Circle(to) != ok {
			t.Errorf("Circle(%q) is %v", to, !ok)
		}
	}
	_, err = alice.Send(t.Context(), transports.Message{Chat: room, To: "!", Text: "nobody"})
	wantKind(t, err, transports.Unsupported)
	long := alice.Split(transports.Message{Chat: room, To: "@", Text: strings.Repeat("words and ", 100)})
	for _, part := range long {
		if part.To != "@" {
			t.Errorf("a part is for all: %+v", part)
		}
	}
}

// A refusal of such a line means it, and it is written as the channel's lines are.
func TestStatusmsgRefused(t *testing.T) {
	t.Parallel()
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Expect("CAP *")
	conn.Expect("NICK *")
	conn.Expect("USER *")
	conn.Send(":irc.test CAP * LS :")
	conn.Expect("CAP END")
	conn.Send(":irc.test 001 alice :Hello", ":irc.test 005 alice CHANTYPES=#& PREFIX=(ov)@+ STATUSMSG=@+ :are supported", ":irc.test 422 alice :No MOTD")
	await[transports.Online](alice)
	conn.Send(":alice!a@h JOIN #room", ":irc.test 353 alice = #room :alice", ":irc.test 366 alice #room :End")
	await[transports.Joined](alice)
	conn.Expect("MODE *")
	alice.Choose(channel("#room"), transports.Settings{"encoding_out": "koi8-r"})
	for _, name := range []string{"@#room", "#room"} {
		sent, err := alice.Send(t.Context(), transports.Message{Chat: channel("#room"), To: "@", Text: "psst я"})
		if err != nil {
			t.Fatal(err)
		}
		conn.Expect("PRIVMSG @#room :psst \xd1")
		conn.Send(":irc.test 482 alice " + name + " :You're not a channel operator")
		if st := await[transports.Status](alice); st.State != transports.Failed || st.ID != sent.IDs[0] || st.Err.Kind != transports.Forbidden {
			t.Errorf("status %+v", st)
		}
	}
}
