package ircv3test_test

import (
	"strings"
	"testing"

	"wherry/transports/irc/ircv3test"
)

// multiline: "Batch types", "Fallback", "Labeled response with echo-message".
func TestMultiline(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{MultilineMax: 40, MultilineRows: 4})
	w := login(t, n, "alice", "batch message-tags labeled-response echo-message draft/multiline draft/chathistory")
	plain := login(t, n, "plain", "message-tags")
	n.Puppet("bob").Join("#room")
	for _, c := range []*wire{w, plain} {
		c.send("JOIN #room")
		c.until("* 366 *")
	}
	w.next()
	w.send("@label=L;+a=1;drop BATCH +123 draft/multiline #room", "@batch=123 PRIVMSG #room hello", "@batch=123 PRIVMSG #room :",
		"@batch=123 privmsg #room :how is ", "@batch=123;draft/multiline-concat PRIVMSG #room :everyone?", "BATCH -123")
	id := w.expect(
		"@label=L;msgid=<id>;+a=1 :alice!alice@client.test BATCH +<b> draft/multiline #room",
		"@batch=<b> :alice!alice@client.test PRIVMSG #room :hello",
		"@batch=<b> :alice!alice@client.test PRIVMSG #room :",
		"@batch=<b> :alice!alice@client.test PRIVMSG #room :how is ",
		"@batch=<b>;draft/multiline-concat :alice!alice@client.test PRIVMSG #room :everyone?",
		":irc.test BATCH -<b>",
	)["id"]
	plain.expect(
		"@msgid="+id+";+a=1 :alice!alice@client.test PRIVMSG #room :hello",
		":alice!alice@client.test PRIVMSG #room :how is ",
		":alice!alice@client.test PRIVMSG #room :everyone?",
	)
	w.send("CHATHISTORY LATEST #room * 1")
	w.expect(":irc.test BATCH +<h> chathistory #room", "@batch=<h>;msgid="+id+";+a=1 :alice!* BATCH +<b> draft/multiline #room",
		"@batch=<b> *:hello", "@batch=<b> *:", "@batch=<b> *", "@batch=<b>;draft/multiline-concat *", "@batch=<h> :irc.test BATCH -<b>", ":irc.test BATCH -<h>")
	// "Errors"; client-batch "Errors".
	for _, c := range []struct {
		want  string
		lines []string
	}{
		{"MULTILINE_INVALID_TARGET #room #bar :*", []string{"@batch=x PRIVMSG #bar hello"}},
		{"MULTILINE_MAX_BYTES 40 :*", []string{"@batch=x PRIVMSG #room :" + strings.Repeat("x", 20), "@batch=x PRIVMSG #room :" + strings.Repeat("x", 20)}},
		{"MULTILINE_MAX_LINES 4 :*", []string{"@batch=x PRIVMSG #room a", "@batch=x PRIVMSG #room a", "@batch=x PRIVMSG #room a", "@batch=x PRIVMSG #room a", "@batch=x PRIVMSG #room a"}},
		{"MULTILINE_INVALID :*concatenated blank line", []string{"@batch=x PRIVMSG #room a", "@batch=x;draft/multiline-concat PRIVMSG #room :"}},
		{"MULTILINE_INVALID :*blank lines only", []string{"@batch=x PRIVMSG #room :", "@batch=x PRIVMSG #room :"}},
		{"MULTILINE_INVALID :*", []string{"@batch=x PRIVMSG #room a", "@batch=x NOTICE #room a", "@batch=x NOTICE #room a"}},
		{"MULTILINE_INVALID :*", []string{"@batch=x JOIN #bar"}},
		{"MULTILINE_INVALID :*", []string{"@batch=x;+a=1 PRIVMSG #room a"}},
	} {
		w.send("@label=bad BATCH +x draft/multiline #room")
		w.send(c.lines...)
		w.send("BATCH -x")
		w.expect("@label=bad :irc.test FAIL BATCH " + c.want)
	}
	w.send("BATCH +y z/foo #room", "@batch=y PRIVMSG #room :x", "BATCH -y", "BATCH +a_b draft/multiline #room", "BATCH -a_b", "BATCH -none")
	w.expect(":irc.test FAIL BATCH UNKNOWN_TYPE y z/foo :*", ":irc.test FAIL BATCH INVALID_REFTAG a_b :*", ":irc.test FAIL BATCH INVALID_REFTAG -none :*")
	plain.send("BATCH +x draft/multiline #room")
	plain.expect(":irc.test FAIL BATCH UNKNOWN_TYPE x draft/multiline :*")
	plain.quiet()
	w.quiet()
}

// batches/netsplit, and the members that it takes away and gives back.
func TestSplit(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{})
	w, plain := login(t, n, "alice", "batch extended-join"), login(t, n, "plain", "")
	bob, carol := n.Puppet("bob"), n.Puppet("carol")
	bob.Join("#a", "#b")
	carol.Join("#a")
	for _, c := range []*wire{w, plain} {
		c.send("JOIN #a,#b")
		c.until("* 366 * #b *")
	}
	w.expect(":plain!*", ":plain!*")
	n.Split("irc.hub", "other.host", "bob", "carol")
	w.expect(":irc.test BATCH +<b> netsplit irc.hub other.host", "@batch=<b> :bob!puppet@puppet.test QUIT :irc.hub other.host", "@batch=<b> :carol!puppet@puppet.test QUIT :irc.hub other.host", ":irc.test BATCH -<b>")
	plain.expect(":bob!puppet@puppet.test QUIT :irc.hub other.host", ":carol!*")
	bob.Say("#a", "nobody hears it")
	n.Netjoin("irc.hub", "other.host", "bob", "carol")
	w.expect(":irc.test BATCH +<b> netjoin irc.hub other.host", "@batch=<b> :bob!puppet@puppet.test JOIN #a * :bob the puppet", "@batch=<b> :bob!puppet@puppet.test JOIN #b *",
		"@batch=<b> :carol!puppet@puppet.test JOIN #a *", ":irc.test BATCH -<b>", ":irc.test MODE #a +o bob", ":irc.test MODE #b +o bob")
	plain.expect(":bob!*JOIN #a", ":bob!*JOIN #b", ":carol!*JOIN #a")
}

// The bouncer-networks extension: "BIND subcommand", "LISTNETWORKS subcommand",
// "Network notifications".
func TestBouncer(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{
		Accounts: map[string]string{"alice": "x"},
		Networks: []ircv3test.BouncerNetwork{{ID: "1", Attributes: map[string]string{"name": "My Net", "state": "connected"}}, {ID: "2", Attributes: map[string]string{"name": "Two"}}},
	})
	w := dial(t, n)
	w.send("CAP REQ :sasl soju.im/bouncer-networks batch", "NICK alice", "USER a 0 * :A", "BOUNCER BIND 1", "AUTHENTICATE PLAIN", "AUTHENTICATE "+b64("\x00alice\x00x"), "BOUNCER BIND 9", "BOUNCER BIND 1", "CAP END")
	w.expect(":irc.test CAP * ACK *", ":irc.test FAIL BOUNCER ACCOUNT_REQUIRED BIND :*", "AUTHENTICATE +", ":irc.test 900 *", ":irc.test 903 *", ":irc.test FAIL BOUNCER INVALID_NETID BIND 9 :*")
	w.until("* BOUNCER_NETID=1 *")
	w.until("* 422 *")
	w.send("BOUNCER LISTNETWORKS", "BOUNCER BIND 1", "BOUNCER FOO")
	w.expect(":irc.test BATCH +<b> soju.im/bouncer-networks", "@batch=<b> :irc.test BOUNCER NETWORK 1 name=My\\sNet;state=connected", "@batch=<b> :irc.test BOUNCER NETWORK 2 name=Two", ":irc.test BATCH -<b>",
		":irc.test FAIL BOUNCER REGISTRATION_IS_COMPLETED BIND :*", ":irc.test FAIL BOUNCER UNKNOWN_COMMAND FOO :*")
	if n.Bound("alice") != "1" {
		t.Error("not bound")
	}
	told := login(t, n, "told", "batch soju.im/bouncer-networks soju.im/bouncer-networks-notify")
	told.expect(":irc.test BATCH +<b> *", "*NETWORK 1 *", "*NETWORK 2 *", "* BATCH -<b>")
	n.SetNetwork(ircv3test.BouncerNetwork{ID: "2", Attributes: map[string]string{"state": "connecting"}})
	n.RemoveNetwork("1")
	told.expect(":irc.test BOUNCER NETWORK 2 state=connecting", ":irc.test BOUNCER NETWORK 1 *")
	w.quiet()
}
