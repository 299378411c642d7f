package ircv3test_test

import (
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

const modern = "message-tags server-time batch labeled-response echo-message draft/chathistory draft/message-redaction"

// Tags, ids, echo and labels: message-tags "Client-only tags", message-ids,
// echo-message, labeled-response.
func TestMessages(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	alice := login(t, n, "alice", modern)
	alice.send("@label=j1 JOIN #room")
	alice.expect(
		"@label=j1;time=* :irc.test BATCH +<b> labeled-response",
		"@batch=<b>;time=*;msgid=* :alice!alice@client.test JOIN #room",
		"@batch=<b>;time=* :irc.test 353 alice = #room :@alice",
		"@batch=<b>;time=* :irc.test 366 alice #room :End of /NAMES list",
		"@time=* :irc.test BATCH -<b>",
	)
	bob := n.Puppet("bob")
	bob.Join("#room")
	alice.expect("@time=*;msgid=* :bob!puppet@puppet.test JOIN #room")
	id := bob.Say("#room", "hello")
	alice.expect("@time=*;msgid=" + id + " :bob!puppet@puppet.test PRIVMSG #room :hello")
	alice.send("@label=m1;+a/b=c\\sd;drop=1 PRIVMSG #room :hi")
	got := alice.expect("@label=m1;time=*;msgid=<id>;+a/b=c\\sd :alice!alice@client.test PRIVMSG #room :hi")
	if line := n.AwaitTold(bob, "*PRIVMSG #room :hi"); !strings.Contains(line, ";msgid="+got["id"]+";") || strings.Contains(line, "drop") {
		t.Errorf("bob is told %q", line)
	}
	if line := n.Await("alice", "*PRIVMSG*"); line != "@label=m1;+a/b=c\\sd;drop=1 PRIVMSG #room :hi" {
		t.Errorf("await: %q", line)
	}
	alice.send("@label=p1 PONG x")
	alice.expect("@label=p1;time=* :irc.test ACK")
	alice.send("@label=e1 PRIVMSG nobody :x")
	alice.expect("@label=e1;time=* :irc.test 401 alice nobody :No such nick/channel")
	// What one sends to oneself: the label is on the echo alone.
	alice.send("@label=s1 PRIVMSG alice :self")
	alice.expect("@time=*;msgid=<i> :alice!alice@client.test PRIVMSG alice :self", "@label=s1;time=*;msgid=<i> :alice!alice@client.test PRIVMSG alice :self")
	bob.React("#room", id, "👍")
	alice.expect("@time=*;msgid=*;+draft/reply=" + id + ";+draft/react=👍 :bob!puppet@puppet.test TAGMSG #room")
	bob.Type("#room", "active")
	alice.expect("@time=*;msgid=*;+typing=active :bob!puppet@puppet.test TAGMSG #room")
	reply := bob.Reply("#room", id, "again")
	alice.expect("@time=*;msgid=" + reply + ";+draft/reply=" + id + " :bob!puppet@puppet.test PRIVMSG #room :again")
	bob.Redact("#room", reply, "oops")
	alice.expect("@time=* :bob!puppet@puppet.test REDACT #room " + reply + " :oops")
	alice.send("@label=h1 CHATHISTORY LATEST #room * 10")
	alice.expect(
		"@label=h1;time=* :irc.test BATCH +<b> chathistory #room",
		"@batch=<b>;time=*;msgid="+id+" :bob!puppet@puppet.test PRIVMSG #room :hello",
		"@batch=<b>;time=*;msgid="+got["id"]+";+a/b=c\\sd :alice!alice@client.test PRIVMSG #room :hi",
		"@time=* :irc.test BATCH -<b>",
	)
	alice.quiet()
}

// What puppets can say, and what is no message; "&" begins a channel and is a
// mark of STATUSMSG.
func TestPuppets(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{ReplyTag: "+reply"})
	w := login(t, n, "alice", "message-tags")
	bob := n.Puppet("bob")
	bob.Join("#room", "&local")
	w.send("JOIN #room,&local")
	w.until("* 366 * &local *")
	id := bob.Notice("#room", "note")
	w.expect("@msgid=" + id + " :bob!puppet@puppet.test NOTICE #room :note")
	bob.Act("&local", "waves")
	w.expect("@msgid=* :bob!puppet@puppet.test PRIVMSG &local :\x01ACTION waves\x01")
	bob.Unreact("#room", id, "a b")
	w.expect("@msgid=*;+reply=" + id + ";+draft/unreact=a\\sb :bob!puppet@puppet.test TAGMSG #room")
	w.send("PRIVMSG", "PRIVMSG #room", "PRIVMSG #room,bob,nobody :all", "PRIVMSG &#room :to admins", "PRIVMSG #none :x", "NAMES #none", "MODE #room +t")
	w.expect(":irc.test 411 *", ":irc.test 412 *", ":irc.test 401 alice nobody :*", ":irc.test 403 alice #none :*", ":irc.test 366 alice #none :*", ":irc.test 482 alice #room :*")
	n.AwaitTold(bob, "*PRIVMSG #room :all")
	n.AwaitTold(bob, "*PRIVMSG bob :all")
	bob.Kick("#room", "alice", "out with you")
	w.expect("@msgid=* :bob!puppet@puppet.test KICK #room alice :out with you")
	bob.Quit("bye")
	if bob.Say("#room", "from beyond") != "" {
		t.Error("a puppet that has left speaks")
	}
	w.expect("@msgid=* :bob!puppet@puppet.test QUIT :bye")
	w.quiet()
}
