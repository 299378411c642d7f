// Package mds implements XEP-0490: Message Displayed Synchronization. Clients of a
// user tell each other, by a node of the user's own, up to where chats were read.
package mds

import (
	"strings"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// NS is the name of the node, and the namespace of its payloads. Notify is the
// feature of those who want to be told of what is published there (XEP-0163 §4).
const (
	NS     = "urn:xmpp:mds:displayed:0"
	Notify = NS + "+notify"
)

// Namespaces of the payloads around.
const (
	NSPubSub  = "http://jabber.org/protocol/pubsub"
	NSOwner   = NSPubSub + "#owner"
	nsEvent   = NSPubSub + "#event"
	nsOptions = NSPubSub + "#publish-options"
	nsForm    = "jabber:x:data"
	nsSID     = "urn:xmpp:sid:0"
)

// Item tells up to where a room was read.
type Item struct {
	Chat jid.JID // the room, bare
	ID   string  // the stanza-id that the room gave the last message that was read
}

// Publish is the request that publishes an item, by which nobody but the user may
// read the node (XEP-0490 §4.2).
func Publish(i Item) stanza.Element {
	chat := i.Chat.String()
	sid := stanza.E(nsSID, "stanza-id").With("by", chat).With("id", i.ID)
	option := func(name, value string) stanza.Element {
		return stanza.E(nsForm, "field", stanza.T(nsForm, "value", value)).With("var", name)
	}
	return stanza.E(NSPubSub, "pubsub",
		stanza.E(NSPubSub, "publish", stanza.E(NSPubSub, "item", stanza.E(NS, "displayed", sid)).With("id", chat)).With("node", NS),
		stanza.E(NSPubSub, "publish-options", stanza.E(nsForm, "x",
			option("FORM_TYPE", nsOptions).With("type", "hidden"),
			option("pubsub#persist_items", "true"),
			option("pubsub#max_items", "max"),
			option("pubsub#send_last_published_item", "never"),
			option("pubsub#access_model", "whitelist"),
		).With("type", "submit")))
}

// Get is the request for the item of a chat.
func Get(chat jid.JID) stanza.Element {
	return stanza.E(NSPubSub, "pubsub",
		stanza.E(NSPubSub, "items", stanza.E(NSPubSub, "item").With("id", chat.String())).With("node", NS))
}

// Result reads the answer to Get.
func Result(pubsub *stanza.Element) []Item { return items(pubsub.Child(NSPubSub, "items"), NSPubSub) }

// Event reads what a message tells of the node (XEP-0060 §7.1.2.1).
func Event(m *stanza.Message) []Item {
	return items(m.Child(nsEvent, "event").Child(nsEvent, "items"), nsEvent)
}

// Admit is the request that lets somebody see what is published (XEP-0060 §8.9.2).
func Admit(who jid.JID) stanza.Element {
	return stanza.E(NSOwner, "pubsub", stanza.E(NSOwner, "affiliations",
		stanza.E(NSOwner, "affiliation").With("jid", who.String()).With("affiliation", "member")).With("node", NS))
}

// Subscribe is the request of somebody to be told of it (XEP-0060 §6.1).
func Subscribe(who jid.JID) stanza.Element {
	return stanza.E(NSPubSub, "pubsub", stanza.E(NSPubSub, "subscribe").With("node", NS).With("jid", who.String()))
}

// itemsMost is how many items of one stanza are read.
const itemsMost = 1000

func items(in *stanza.Element, space string) (all []Item) {
	if in.Attr("node") != NS {
		return nil
	}
	for i := range in.Children {
		e := &in.Children[i]
		sid := e.Child(NS, "displayed").Child(nsSID, "stanza-id")
		chat, err := jid.Parse(e.Attr("id"))
		if e.Space != space || e.Name != "item" || sid.Attr("id") == "" || err != nil || !chat.IsBare() || len(all) == itemsMost {
			continue
		}
		if by, err := jid.Parse(sid.Attr("by")); err == nil && by == chat { // else it is no room's
			all = append(all, Item{Chat: chat.Clone(), ID: strings.Clone(sid.Attr("id"))})
		}
	}
	return all
}
