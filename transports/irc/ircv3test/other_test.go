package ircv3test_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/ergochat/irc-go/ircevent"
	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports/irc/ircv3test"
)

// A client that others wrote understands the server: capabilities, SASL, labels
// and batches in both directions.
func TestOtherClient(t *testing.T) {
	t.Parallel()
	n := ircv3test.Start(t, ircv3test.Config{Accounts: map[string]string{"alice": "secret"}, AccountRequired: true})
	client := &ircevent.Connection{
		Server: net.JoinHostPort("127.0.0.1", strconv.Itoa(n.Port())),
		Nick:   "alice", User: "alice", UseSASL: true, SASLLogin: "alice", SASLPassword: "secret",
		RequestCaps: []string{"message-tags", "server-time", "batch", "labeled-response", "echo-message", "draft/chathistory", "draft/multiline", "account-tag"},
	}
	welcome := make(chan ircmsg.Message, 1)
	client.AddConnectCallback(func(m ircmsg.Message) { welcome <- m })
	if err := client.Connect(); err != nil {
		t.Fatal(err)
	}
	go client.Loop()
	defer client.Quit()
	<-welcome
	caps, tokens := client.AcknowledgedCaps(), client.ISupport()
	if len(caps) != 9 || !strings.HasPrefix(caps["draft/multiline"], "max-bytes=") || tokens["CHATHISTORY"] != "100" || tokens["NETWORK"] != "TestNet" {
		t.Errorf("capabilities %q, tokens %q", caps, tokens)
	}
	join, err := client.GetLabeledResponse(nil, "JOIN", "#room")
	if err != nil || len(join.Items) != 3 || join.Items[0].Command != "JOIN" || join.Items[2].Command != "366" {
		t.Fatalf("join: %+v, %v", join, err)
	}
	bob := n.Puppet("bob")
	bob.Join("#room")
	id := bob.Multiline("#room", "one", "two")
	said, err := client.GetLabeledResponse(nil, "PRIVMSG", "#room", "three")
	if err != nil || said.Command != "PRIVMSG" {
		t.Fatalf("echo: %+v, %v", said, err)
	}
	if _, account := said.GetTag("account"); account != "alice" {
		t.Errorf("echo: %+v", said)
	}
	var lines []ircmsg.Message
	for _, text := range []string{"a", "b"} {
		lines = append(lines, ircmsg.MakeMessage(nil, "", "PRIVMSG", "#room", text))
	}
	echo, err := client.GetLabeledResponseForBatch(lines, nil, "draft/multiline", "#room")
	if err != nil || len(echo.Items) != 2 || echo.Items[1].Params[1] != "b" {
		t.Fatalf("multiline: %+v, %v", echo, err)
	}
	page, err := client.GetLabeledResponse(nil, "CHATHISTORY", "LATEST", "#room", "*", "10")
	if err != nil || page.Params[1] != "chathistory" || len(page.Items) != 3 {
		t.Fatalf("history: %+v, %v", page, err)
	}
	if _, first := page.Items[0].GetTag("msgid"); first != id || len(page.Items[0].Items) != 2 {
		t.Errorf("history begins with %+v", page.Items[0])
	}
}
