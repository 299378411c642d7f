package mds_test

import (
	"slices"
	"testing"

	"wherry/component/jid"
	"wherry/component/mds"
	"wherry/component/stanza"
)

const nsEvent = mds.NSPubSub + "#event"

// item is an item of a node, as a server tells of it.
func item(space, chat, by, id string) stanza.Element {
	sid := stanza.E("urn:xmpp:sid:0", "stanza-id").With("by", by).With("id", id)
	return stanza.E(space, "item", stanza.E(mds.NS, "displayed", sid)).With("id", chat)
}

// Only what rooms say of themselves is read, and only of this node.
func TestItems(t *testing.T) {
	const room = "#room@irc.example"
	all := []stanza.Element{
		item(nsEvent, room, room, "1"),
		item(nsEvent, "romeo@example.org", "juliet@example.org", "2"), // a chat, by the user's server
		item(nsEvent, room+"/nurse", room+"/nurse", "3"),
		item(nsEvent, room, "other@irc.example", "4"),
		item(nsEvent, "@@", "@@", "5"),
		item(nsEvent, room, room, ""),
		item(mds.NSPubSub, room, room, "6"),
		stanza.E(nsEvent, "retract").With("id", room),
		item(nsEvent, "#2@irc.example", "#2@irc.example", "7"),
	}
	event := func(node string) *stanza.Message {
		return &stanza.Message{Payload: []stanza.Element{stanza.E(nsEvent, "event", stanza.E(nsEvent, "items", all...).With("node", node))}}
	}
	want := []mds.Item{{Chat: jid.MustParse(room), ID: "1"}, {Chat: jid.MustParse("#2@irc.example"), ID: "7"}}
	if got := mds.Event(event(mds.NS)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := mds.Event(event("urn:other")); got != nil {
		t.Errorf("of another node: %v", got)
	}
	if got := mds.Event(&stanza.Message{}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	result := stanza.E(mds.NSPubSub, "pubsub", stanza.E(mds.NSPubSub, "items", all...).With("node", mds.NS))
	if got := mds.Result(&result); len(got) != 1 || got[0].ID != "6" {
		t.Errorf("got %v", got)
	}
	if got := mds.Result(nil); got != nil {
		t.Errorf("of no answer: %v", got)
	}
}

// What is published reads as what is told of it.
func TestPublish(t *testing.T) {
	want := mds.Item{Chat: jid.MustParse("#room@irc.example"), ID: "x"}
	e := mds.Publish(want)
	publish := e.Child(mds.NSPubSub, "publish")
	result := stanza.E(mds.NSPubSub, "pubsub", stanza.E(mds.NSPubSub, "items", publish.Children...).With("node", publish.Attr("node")))
	if got := mds.Result(&result); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
	get := mds.Get(want.Chat)
	if items := get.Child(mds.NSPubSub, "items"); items.Attr("node") != mds.NS || items.Child(mds.NSPubSub, "item").Attr("id") != "#room@irc.example" {
		t.Errorf("asks for %+v", get)
	}
}
