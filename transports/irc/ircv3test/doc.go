// Package ircv3test has an IRC server for tests that knows IRCv3. Server is the
// server itself, which a program may run too; Network is one that ends with its
// test and waits for what clients say; Puppet is a user that the test speaks
// for. What it says follows https://ircv3.net/irc/ and, for the rest,
// https://modern.ircdocs.horse.
//
//	network := ircv3test.Start(t, ircv3test.Config{Accounts: map[string]string{"alice": "secret"}})
//	connect(network.Port())                       // what is tested
//	network.Await("alice", "JOIN #room")          // has been answered now
//	bob := network.Puppet("bob")
//	bob.Join("#room")
//	id := bob.Say("#room", "hello")
//	network.Await("alice", "@*+draft/react=👍* TAGMSG #room")
//	bob.Reply("#room", id, "and another thing")
//	bob.Type("#room", "active")
//	network.RemoveCap("sasl")                     // CAP DEL
//	network.Split("a.test", "b.test", "bob")      // a netsplit batch
//	network.Hold("alice")                         // the server says nothing for now
//	network.Release("alice")
//	network.Drop("alice")
package ircv3test
