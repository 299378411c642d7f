package irc

import (
	"errors"
	"slices"
	"strings"
	"unique"

	"wherry/transports"
)

// shared is a text that many connections of a gateway hold: stored once.
type shared = unique.Handle[string]

var nothing = unique.Make("")

// user is somebody who is in a channel with us.
type user struct {
	nick    string
	key     string // the folded nick
	mask    string // user@host, where known
	account shared // where known
	away    bool
	bot     bool
	rooms   uint16 // how many of ours they are in
}

// newUser returns somebody. Their names are in one text: a channel may have
// thousands of members, of whom few are in a channel with another of our users.
func newUser(nick, mask string) *user {
	text := nick + mask
	return &user{nick: text[:len(nick)], mask: text[len(nick):], account: nothing}
}

// at takes in a user@host, where it is known and another.
func (u *user) at(mask string) {
	if mask != "" && mask != u.mask {
		u.mask = strings.Clone(mask)
	}
}

// who returns who somebody is across nicks, as Occupant.Key.
func (u *user) who() string {
	if account := u.account.Value(); account != "" {
		return account
	}
	return u.mask
}

// channel is a channel we are in, or go to.
type channel struct {
	key     string // the folded name
	name    string // as the network writes it
	address transports.Address
	members map[*user]standing
	subject *transports.Subject // while joining, where there is one
	ban     *ban                // the last one set
	word    string              // its password, where one is set and known
	topics  uint32              // how often the topic changed
	modes   uint32              // how often its modes did
	config  config
	gap     *gap // while it is fetched what was said before
	fresh   bool // we joined it, and its members are not known yet
	joining bool // the list of members is not complete
	leaving bool // we asked to leave
}

// quiet tells that nobody is to hear of what happens in the channel.
func (ch *channel) quiet() bool { return ch.joining || ch.leaving }

// channels are channels in the order of their keys. Most users are in few, so
// that a map would be mostly empty.
type channels []*channel

func (cs channels) search(key string) (int, bool) {
	return slices.BinarySearchFunc(cs, key, func(ch *channel, key string) int { return strings.Compare(ch.key, key) })
}

// find returns the channel of a folded name, or nil.
func (cs channels) find(key string) *channel {
	if i, ok := cs.search(key); ok {
		return cs[i]
	}
	return nil
}

// add puts in a channel whose key is in no other.
func (cs *channels) add(ch *channel) {
	i, _ := cs.search(ch.key)
	*cs = slices.Insert(*cs, i, ch)
}

// remove takes out a channel.
func (cs *channels) remove(ch *channel) {
	if i, ok := cs.search(ch.key); ok && (*cs)[i] == ch {
		*cs = slices.Delete(*cs, i, i+1)
	}
}

// standing is the set of somebody's standings in a channel: bit i is
// isupport.prefixes[i].
type standing uint8

// ban is a ban and who set it.
type ban struct{ mask, by string }

// rank returns the highest rank of a standing.
func (s *isupport) rank(st standing) transports.Rank {
	top := transports.Plain
	for i, p := range s.prefixes {
		if st&(1<<i) != 0 {
			top = max(top, p.rank)
		}
	}
	return top
}

// marks reads the marks before a name in 353: "@+nick" is a standing and nick.
func (s *isupport) marks(name string) (standing, string) {
	var st standing
next:
	for name != "" {
		for i, p := range s.prefixes {
			if name[0] == p.mark {
				st |= 1 << i
				name = name[1:]
				continue next
			}
		}
		break
	}
	return st, name
}

// occupant returns a member as the core knows it.
func (c *conn) occupant(ch *channel, u *user, st standing) transports.Occupant {
	rank := c.net.rank(st)
	return transports.Occupant{
		Nick: u.nick,
		Key:  u.who(),
		Mask: u.mask,
		Rank: rank,
		Away: u.away,
		Mute: ch.config.moderated && rank < transports.Voice,
		Bot:  u.bot,

		Account: u.account != nothing,
	}
}

// member returns one occupant as a list.
func (c *conn) member(ch *channel, u *user) []transports.Occupant {
	return []transports.Occupant{c.occupant(ch, u, ch.members[u])}
}

// fold returns the spelling of a name that stands for all on this network.
func (c *conn) fold(name string) string { return c.net.mapping.fold(name) }

// isMe tells whether a nick is ours.
func (c *conn) isMe(nick string) bool { return nick != "" && c.fold(nick) == c.fold(c.nick) }

// channelOf returns a channel we are in or go to, or nil.
func (c *conn) channelOf(name string) *channel { return c.channels.find(c.fold(name)) }

// at returns the channel of an address, or nil.
func (c *conn) at(chat transports.Address) *channel {
	if chat.Kind != transports.Room {
		return nil
	}
	return c.channelOf(chat.Name)
}

// userOf returns somebody who is in a channel with us, or nil.
func (c *conn) userOf(nick string) *user { return c.users[c.fold(nick)] }

// Bounds of what a server may tell of: no real user sees as much.
const (
	maxUsers    = 250_000
	maxChannels = 1000
)

// errCrowd ends a connection whose server tells of more than anybody can see.
var errCrowd = &transports.Error{
	Kind: transports.Unreachable,
	Text: transports.T("The connection to the network broke."),
	Err:  errors.New("more users or channels than can be"),
}

// enter puts somebody into a channel.
func (c *conn) enter(ch *channel, nick, mask string, st standing) *user {
	u := c.userOf(nick)
	if u == nil {
		if len(c.users) == maxUsers {
			c.end(errCrowd)
		}
		u = newUser(nick, mask)
		u.key = c.fold(u.nick)
		c.users[u.key] = u
	}
	u.at(mask)
	if _, in := ch.members[u]; !in {
		u.rooms++
	}
	ch.members[u] = st
	return u
}

// leave takes somebody out of a channel.
func (c *conn) leave(ch *channel, u *user) {
	if _, in := ch.members[u]; !in {
		return
	}
	delete(ch.members, u)
	if u.rooms--; u.rooms == 0 {
		delete(c.users, u.key)
		delete(c.reals, u)
	}
}

// drop forgets a channel.
func (c *conn) drop(ch *channel) {
	for u := range ch.members {
		c.leave(ch, u)
	}
	c.channels.remove(ch)
}

// contact returns the address of somebody by their nick, or the network's where
// no address could be made of it.
func (c *conn) contact(nick string) transports.Address {
	if !validNick(nick) {
		return transports.Address{Kind: transports.Network, Scope: c.s.scope}
	}
	return transports.Address{Kind: transports.Contact, Scope: c.s.scope, Name: lower(nick)}
}

// refold follows a network that tells late which names are one.
func (c *conn) refold() {
	users := c.users
	c.users = make(map[string]*user, len(users))
	for _, u := range users {
		u.key = c.fold(u.nick)
		if other := c.users[u.key]; other != nil { // cannot be, but was told
			for _, ch := range c.channels {
				delete(ch.members, other)
			}
		}
		c.users[u.key] = u
	}
	channels := c.channels
	c.channels = nil
	for _, ch := range channels {
		ch.key = c.fold(ch.name)
		if c.channels.find(ch.key) == nil {
			c.channels.add(ch)
		}
	}
}
