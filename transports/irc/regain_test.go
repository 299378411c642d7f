package irc_test

import (
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// Who is logged in by SASL gets their nick back from NickServ, and nobody has to
// read what it says to that.
func TestRegainByServices(t *testing.T) {
	t.Parallel()
	n := ircv3test.StartTLS(t, ircv3test.Config{Accounts: map[string]string{"alice": "sesame"}}, irctest.Host)
	services, holder := n.Puppet("NickServ"), n.Puppet("alice")
	alice := live(t, secured(n), transports.Settings{"nick": "alice", "sasl_password": "sesame"})
	if e := await[transports.Online](alice); e.Name != "alice_" {
		t.Fatalf("online as %s", e.Name)
	}
	n.AwaitTold(services, "*PRIVMSG NickServ :REGAIN alice")
	holder.Do("NICK Guest1")
	services.Do("NOTICE alice_ :\x02alice\x02 has been regained.")
	n.Await("alice", "MONITOR - alice")
	alice.join(channel("#room"))
	if got := alice.Describe()[1].Args[0]; got != "alice" {
		t.Errorf("our nick is %s", got)
	}
	for len(alice.events) > 0 {
		if e, ok := (<-alice.events).(transports.Received); ok {
			t.Errorf("the user has to read %q", e.Message.Text)
		}
	}
}

// claimer logs in as alice_, who has a password for NickServ, with these tokens of
// ISUPPORT; alice is somebody else's.
func claimer(t *testing.T, tokens string) (*life, *irctest.Conn) {
	t.Helper()
	server := irctest.ListenTLS(t, irctest.Host)
	tr := irc.New(irc.Config{TLSPorts: []int{server.Port()}, CAs: server.CAs(), AllowPrivateHosts: true, ThrottleLimit: -1})
	tr.HurryNick(20 * time.Millisecond)
	tr.HurryQuit(100 * time.Millisecond)
	alice := live(t, tr, transports.Settings{"nick": "alice", "nickserv_password": "sesame"})
	conn := server.Accept()
	conn.Expect("CAP LS 302")
	conn.Expect("NICK alice")
	conn.Expect("USER *")
	conn.Send(":irc.test CAP * LS :", ":irc.test 433 * alice :Nickname is already in use")
	conn.Expect("CAP END")
	conn.Expect("NICK alice_")
	conn.Send(":irc.test 001 alice_ :Welcome", ":irc.test 005 alice_ "+tokens+" :are supported", ":irc.test 422 alice_ :No MOTD")
	conn.Expect("PRIVMSG NickServ :IDENTIFY alice sesame")
	await[transports.Online](alice)
	return alice, conn
}

const nickServ = ":NickServ!services@services.test NOTICE alice_ :"

// Services that do not know REGAIN are asked to put out who has the nick, once
// they know who we are.
func TestGhost(t *testing.T) {
	t.Parallel()
	_, conn := claimer(t, "MONITOR=10")
	conn.Expect("MONITOR + alice")
	conn.Send(nickServ+"This nickname is registered. Please choose another.", nickServ+"Password accepted - you are now recognized.")
	conn.Expect("PRIVMSG NickServ :REGAIN alice")
	conn.Send(nickServ+"You have no new memos.", nickServ+"Unknown command \x02REGAIN\x02. \"/msg NickServ HELP\" for help.")
	conn.Expect("PRIVMSG NickServ :GHOST alice sesame")
	conn.Send(nickServ + "Ghost with your nick has been killed.")
	conn.Expect("NICK alice")
	conn.Send(":irc.test 437 alice_ alice :Nick/channel is temporarily unavailable")
	conn.Expect("NICK alice") // again, a while later
	conn.Send(":alice_!a@host.test NICK :alice")
	conn.Expect("MONITOR - alice")
}

// Where services do not help, the nick is taken when it is free: the network tells,
// or is asked. RFC 2812 §4.9
func TestNickWatched(t *testing.T) {
	t.Parallel()
	t.Run("monitor", func(t *testing.T) {
		t.Parallel()
		_, conn := claimer(t, "MONITOR=10")
		conn.Expect("MONITOR + alice")
		conn.Send(":irc.test 730 alice_ :alice!a@host.test", nickServ+"Password incorrect.", ":irc.test 731 alice_ :alice")
		conn.Expect("NICK alice")
		conn.Send(":irc.test 433 alice_ alice :Nickname is already in use", ":irc.test 731 alice_ :alice")
		conn.Expect("NICK alice")
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		_, conn := claimer(t, "MONITOR=10")
		conn.Expect("MONITOR + alice")
		conn.Send(":irc.test 900 alice_ alice_!a@host.test alice :You are now logged in as alice")
		conn.Expect("PRIVMSG NickServ :REGAIN alice")
		conn.Send(nickServ + "You are now identified for \x02alice\x02.")
		conn.Send(nickServ + "\x02alice\x02 is not a registered nickname.")
		conn.Expect("PRIVMSG NickServ :GHOST alice sesame")
		conn.Send(nickServ+"Access denied.", ":irc.test 731 alice_ :alice")
		conn.Expect("NICK alice")
	})
	t.Run("ison", func(t *testing.T) {
		t.Parallel()
		_, conn := claimer(t, "CHANTYPES=#")
		conn.Expect("ISON alice")
		conn.Send(":irc.test 303 alice_ :Alice")
		conn.Expect("ISON alice")
		conn.Send(":irc.test 303 alice_ :")
		conn.Expect("NICK alice")
	})
}

// Who takes another nick by themselves does not want the old one back.
func TestClaimGivenUp(t *testing.T) {
	t.Parallel()
	alice, conn := claimer(t, "MONITOR=10")
	conn.Expect("MONITOR + alice")
	renamed := make(chan error, 1)
	go func() { renamed <- alice.Rename(t.Context(), channel("#room"), "alix") }()
	conn.Expect("NICK alix")
	conn.Expect("PING *")
	conn.Send(":alice_!a@host.test NICK :alix")
	if err := <-renamed; err != nil {
		t.Fatal(err)
	}
	conn.Send(":irc.test 731 alix :alice", ":irc.test PING :fence")
	conn.Expect("PONG fence")
}
