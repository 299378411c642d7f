package ircv3test_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

// everything is what a client of today asks for, without times and ids.
const everything = "account-notify account-tag away-notify chghost extended-join invite-notify multi-prefix setname userhost-in-names"

// extended-join, account-notify, account-tag (an ACCOUNT has the one before), away-notify, chghost, setname.
func TestNotifications(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	alice, plain := login(t, n, "alice", everything), login(t, n, "plain", "")
	alice.send("JOIN #room")
	alice.until("* 366 *")
	plain.send("JOIN #room")
	plain.until("* 366 *")
	alice.expect(":plain!plain@client.test JOIN #room * :Real plain")
	bob := n.Puppet("bob")
	bob.Account("bobby")
	bob.Away("lunch")
	bob.Join("#room")
	// away-notify: "as well as when a user joins and has an away message set".
	alice.expect("@account=bobby :bob!puppet@puppet.test JOIN #room bobby :bob the puppet", "@account=bobby :bob!puppet@puppet.test AWAY :lunch")
	plain.expect(":bob!puppet@puppet.test JOIN #room")
	bob.Away("")
	bob.Account("")
	bob.Account("robert")
	bob.Realname("Bruce Wayne")
	bob.Say("#room", "hi")
	alice.expect(
		"@account=bobby :bob!puppet@puppet.test AWAY",
		"@account=bobby :bob!puppet@puppet.test ACCOUNT *",
		":bob!puppet@puppet.test ACCOUNT robert",
		"@account=robert :bob!puppet@puppet.test SETNAME :Bruce Wayne",
		"@account=robert :bob!puppet@puppet.test PRIVMSG #room :hi",
	)
	plain.expect(":bob!puppet@puppet.test PRIVMSG #room :hi")
	n.Mode("#room", "+v", "bob")
	alice.expect(":irc.test MODE #room +v bob")
	plain.expect(":irc.test MODE #room +v bob")
	bob.Host("b", "ckyard")
	alice.expect("@account=robert :bob!puppet@puppet.test CHGHOST b ckyard")
	// chghost: "Fallback when the chghost capability has not been negotiated".
	plain.expect(":bob!puppet@puppet.test QUIT :Changing hostname", ":bob!b@ckyard JOIN #room", ":irc.test MODE #room +v bob")
	bob.Rename("rob")
	bob.Part("#room", "gone")
	alice.expect("@account=robert :bob!b@ckyard NICK rob", "@account=robert :rob!b@ckyard PART #room :gone")
	bob.Join("#room")
	bob.Quit("bye")
	alice.expect("@account=robert :rob!b@ckyard JOIN #room robert :Bruce Wayne", "@account=robert :rob!b@ckyard QUIT :bye")
	// One's own: account-notify and chghost tell it, away-notify does not.
	alice.send("AWAY :tea", "AWAY", "SETNAME :Al", "SETNAME :"+strings.Repeat("x", 151))
	alice.expect(":irc.test 306 alice :*", ":irc.test 305 alice :*", ":alice!alice@client.test SETNAME :Al", ":irc.test FAIL SETNAME INVALID_REALNAME :*")
	n.SetAccount("alice", "al")
	n.SetHost("alice", "u", "h.test")
	alice.expect(":irc.test 900 alice alice!alice@client.test al :*", ":alice!alice@client.test ACCOUNT al", "@account=al :alice!alice@client.test CHGHOST u h.test")
	n.Standard("alice", "WARN", "*", "ODD", "Something is odd")
	alice.expect(":irc.test WARN * ODD :Something is odd")
	alice.quiet()
}

// multi-prefix, userhost-in-names, no-implicit-names.
func TestNames(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	bob := n.Puppet("bob")
	bob.Join("#room")
	n.Mode("#room", "+v", "bob")
	for _, c := range []struct{ nick, caps, want string }{
		{"a1", "multi-prefix userhost-in-names", "@+bob!puppet@puppet.test a1!a1@client.test"},
		{"a2", "multi-prefix", "@+bob a1 a2"},
		{"a3", "", "@bob a1 a2 a3"},
	} {
		w := login(t, n, c.nick, c.caps)
		w.send("JOIN #room")
		w.expect(":"+c.nick+"!*JOIN #room", ":irc.test 353 "+c.nick+" = #room :"+c.want, ":irc.test 366 "+c.nick+" #room :*")
	}
	w := login(t, n, "b1", "no-implicit-names")
	w.send("JOIN #room")
	w.expect(":b1!b1@client.test JOIN #room")
	w.quiet()
	w.send("NAMES #room")
	w.expect(":irc.test 353 b1 = #room :@bob a1 a2 a3 b1", ":irc.test 366 *")
	if got := n.Members("#room"); !slices.Equal(got, []string{"a1", "a2", "a3", "b1", "@+bob"}) {
		t.Errorf("members: %q", got)
	}
}

// invite-notify, and what +i, +k, +l and +b refuse.
func TestDoors(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w := login(t, n, "alice", "invite-notify")
	for i, c := range []struct{ modes, arg, code string }{
		{"+i", "", "473"}, {"+k", "key", "475"}, {"+b", "alice!*@*", "474"}, {"+b", "*@client.test", "474"}, {"+l", "1", "471"},
	} {
		room := fmt.Sprintf("#room%d", i)
		p := n.Puppet(fmt.Sprintf("op%d", i))
		p.Join(room)
		n.Mode(room, c.modes, strings.Fields(c.arg)...)
		w.send("JOIN " + room)
		w.expect(":irc.test " + c.code + " alice " + room + " :Cannot join channel (" + c.modes + ")")
		p.Invite("alice", room)
		w.expect(":" + p.Nick() + "!puppet@puppet.test INVITE alice " + room)
		w.send("JOIN " + room)
		w.until("* 366 *")
	}
	w.send("JOIN bad", "JOIN #new key", "MODE #new +k key2", "MODE #new")
	w.until("*403 alice bad *")
	w.until("* MODE #new +k key2")
	w.expect(":irc.test 324 alice #new +ntk key2", ":irc.test 329 alice #new *")
	bob, carol := n.Puppet("bob"), n.Puppet("carol")
	bob.Do("JOIN #new key2")
	bob.Invite("carol", "#new")
	w.expect(":bob!puppet@puppet.test JOIN #new", ":bob!puppet@puppet.test INVITE carol #new")
	carol.Join("#new")
	w.expect(":carol!puppet@puppet.test JOIN #new")
	w.send("INVITE carol #new", "INVITE nobody #new", "KICK #new carol :out", "KICK #new carol")
	w.expect(":irc.test 443 alice carol #new :*", ":irc.test 401 alice nobody :*", ":alice!alice@client.test KICK #new carol :out", ":irc.test 441 alice carol #new :*")
	n.AwaitTold(carol, "*KICK #new carol :out")
}

// monitor, extended-monitor.
func TestMonitor(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Monitor: 2})
	w := login(t, n, "alice", "extended-monitor away-notify account-notify chghost setname")
	n.Puppet("carol")
	w.send("MONITOR + bob,carol", "MONITOR + dave", "MONITOR L", "MONITOR S")
	w.expect(
		":irc.test 730 alice :carol!puppet@puppet.test", ":irc.test 731 alice :bob",
		":irc.test 734 alice 2 dave :Monitor list is full.",
		":irc.test 732 alice :bob,carol", ":irc.test 733 alice :End of MONITOR list",
		":irc.test 730 alice :carol!puppet@puppet.test", ":irc.test 731 alice :bob",
	)
	bob := n.Puppet("bob")
	bob.Away("out")
	bob.Account("b")
	bob.Realname("B")
	bob.Host("u", "h")
	bob.Quit("")
	w.expect(":irc.test 730 alice :bob!puppet@puppet.test",
		":bob!puppet@puppet.test AWAY :out", ":bob!puppet@puppet.test ACCOUNT b", ":bob!puppet@puppet.test SETNAME :B", ":bob!puppet@puppet.test CHGHOST u h",
		":irc.test 731 alice :bob")
	w.send("MONITOR - bob", "MONITOR C", "MONITOR L", "ISON carol nobody", "USERHOST carol")
	w.expect(":irc.test 733 *", ":irc.test 303 alice :carol", ":irc.test 302 alice :carol=+puppet@puppet.test")
	n.Puppet("bob")
	w.quiet()
}

// whox, bot-mode, and what else is asked of users and channels.
func TestQueries(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w := login(t, n, "alice", "message-tags multi-prefix")
	bob := n.Puppet("bob")
	bob.Bot()
	bob.Account("robo")
	bob.Join("#room")
	bob.Topic("#room", "news of today")
	bob.Away("off")
	w.send("WHO #room %tcuhnfar,42", "WHO bob %na", "WHO bob", "WHO nobody")
	w.expect(
		":irc.test 354 alice 42 #room puppet puppet.test bob GB@ robo :bob the puppet", ":irc.test 315 alice #room :*",
		":irc.test 354 alice bob robo", ":irc.test 315 alice bob :*",
		":irc.test 352 alice * puppet puppet.test irc.test bob GB :0 bob the puppet", ":irc.test 315 alice bob :*",
		":irc.test 315 alice nobody :*",
	)
	w.send("WHOIS bob", "WHOIS nobody")
	w.expect(
		":irc.test 311 alice bob puppet puppet.test * :bob the puppet", ":irc.test 319 alice bob :@#room", ":irc.test 312 alice bob irc.test :*",
		":irc.test 330 alice bob robo :is logged in as", ":irc.test 335 alice bob :is a Bot on TestNet", ":irc.test 301 alice bob :off",
		":irc.test 317 alice bob <idle> <since> :*", ":irc.test 318 alice bob :*",
		":irc.test 401 alice nobody :*", ":irc.test 318 alice nobody :*",
	)
	// bot-mode: "The bot tag".
	bob.Say("alice", "beep")
	w.expect("@msgid=*;bot :bob!puppet@puppet.test PRIVMSG alice :beep")
	w.send("PRIVMSG bob :hi", "MODE alice +B", "MODE alice", "MODE bob +B")
	w.expect(":irc.test 301 alice bob :off", "@bot :alice!alice@client.test MODE alice +B", ":irc.test 221 alice +B", ":irc.test 502 *")
	carol := n.Puppet("carol")
	carol.Join("#room", "#other", "#secret")
	n.Mode("#secret", "+s")
	w.send("LIST", "LIST >1", "LIST #o*", "LIST !#room", "TOPIC #room")
	w.expect(
		":irc.test 321 *", ":irc.test 322 alice #other 1 :", ":irc.test 322 alice #room 2 :news of today", ":irc.test 323 *",
		":irc.test 321 *", ":irc.test 322 alice #room 2 :*", ":irc.test 323 *",
		":irc.test 321 *", ":irc.test 322 alice #other 1 :", ":irc.test 323 *",
		":irc.test 321 *", ":irc.test 322 alice #other 1 :", ":irc.test 323 *",
		":irc.test 442 alice #room :*",
	)
	w.send("JOIN #room")
	w.expect("@*JOIN #room", ":irc.test 332 alice #room :news of today", ":irc.test 333 alice #room bob!puppet@puppet.test <at>", ":irc.test 353 *", ":irc.test 366 *")
	w.send("TOPIC #room :mine")
	w.expect(":irc.test 482 alice #room :*")
}

// Modes and their lists; STATUSMSG; +m and +n.
func TestModes(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w := login(t, n, "alice", "")
	bob, carol := n.Puppet("bob"), n.Puppet("carol")
	w.send("JOIN #room")
	w.until("* 366 *")
	bob.Join("#room")
	carol.Join("#room")
	w.expect(":bob!*", ":carol!*")
	w.send("MODE #room +ov-n+bb bob carol nick @host", "MODE #room b", "MODE #room +xq alice", "MODE #room +e a!b@c", "MODE #room e", "MODE #room +I", "MODE #room -b nick!*@*", "MODE #room +l 5")
	w.expect(
		":alice!alice@client.test MODE #room +ov-n+bb bob carol nick!*@* *!@host",
		":irc.test 367 alice #room nick!* alice!alice@client.test <at>", ":irc.test 367 *", ":irc.test 368 alice #room :*",
		":irc.test 472 alice x :*",
		":irc.test 482 alice #room :*",
		":alice!alice@client.test MODE #room +e a!b@c", ":irc.test 348 alice #room a!b@c *", ":irc.test 349 alice #room :*", ":irc.test 347 alice #room :*",
		":alice!alice@client.test MODE #room -b nick!*", ":alice!alice@client.test MODE #room +l 5",
	)
	w.send("PRIVMSG @#room :ops", "PRIVMSG #room :all")
	n.AwaitTold(bob, "*PRIVMSG @#room :ops")
	n.AwaitTold(carol, "*PRIVMSG #room :all")
	if slices.ContainsFunc(carol.Told(), func(s string) bool { return strings.Contains(s, ":ops") }) {
		t.Error("who has a voice only reads what is for operators")
	}
	dave := n.Puppet("dave")
	dave.Say("#room", "from outside") // -n
	w.expect(":dave!puppet@puppet.test PRIVMSG #room :from outside")
	n.Mode("#room", "+mn")
	w.expect(":irc.test MODE #room +mn")
	dave.Join("#room")
	dave.Say("#room", "silent")
	carol.Say("#room", "spoken")
	w.expect(":dave!*JOIN #room", ":carol!puppet@puppet.test PRIVMSG #room :spoken")
	n.AwaitTold(dave, "*404 dave #room :*")
}
