package irc

import (
	"strconv"
	"strings"

	"wherry/transports"
)

// modeChange is one change of a MODE: +o nick, -m.
type modeChange struct {
	add  bool
	mode byte
	arg  string // of modes that have one here
}

// parseModes reads the parameters of a MODE behind its target, by what the
// server told of its modes: which take a parameter, and when.
func (s *isupport) parseModes(params []string) []modeChange {
	if len(params) == 0 {
		return nil
	}
	var changes []modeChange
	add, args := true, params[1:]
	for i := range len(params[0]) {
		switch mode := params[0][i]; mode {
		case '+', '-':
			add = mode == '+'
		default:
			change := modeChange{add: add, mode: mode}
			if s.takesArg(mode, add) && len(args) > 0 {
				change.arg, args = args[0], args[1:]
			}
			changes = append(changes, change)
		}
	}
	return changes
}

func (s *isupport) takesArg(mode byte, add bool) bool {
	return s.prefixIndex(mode) >= 0 || strings.IndexByte(s.listModes, mode) >= 0 ||
		strings.IndexByte(s.keyModes, mode) >= 0 || add && strings.IndexByte(s.setModes, mode) >= 0
}

// prefixIndex returns the place of a standing by its mode, or -1.
func (s *isupport) prefixIndex(mode byte) int {
	for i, p := range s.prefixes {
		if p.mode == mode {
			return i
		}
	}
	return -1
}

// modeChanged handles MODE of a channel; our own modes mean nothing to us.
func (c *conn) modeChanged(l *line) {
	ch := c.channelOf(l.param(0))
	if ch == nil {
		return
	}
	by, _ := splitSource(l.source)
	ch.modes++
	before := ch.config
	touched := make([]*user, 0, 4)
	for _, change := range c.net.parseModes(l.params[1:]) {
		if u := c.changeMember(ch, change); u != nil {
			touched = append(touched, u)
			continue
		}
		ch.apply(change)
		if change.mode == 'b' && change.add {
			ch.ban = &ban{mask: change.arg, by: by}
		}
	}
	if ch.quiet() {
		return
	}
	if ch.config != before {
		c.configChanged(ch, before)
	}
	if len(touched) > 0 {
		c.event(transports.Changed{Room: ch.address, Occupants: c.members(ch, touched), By: by})
	}
}

// changeMember applies a change of somebody's standing. It returns nil for
// other changes.
func (c *conn) changeMember(ch *channel, change modeChange) *user {
	i := c.net.prefixIndex(change.mode)
	if i < 0 {
		return nil
	}
	u := c.userOf(change.arg)
	if u == nil {
		return nil
	}
	st, in := ch.members[u]
	if !in {
		return nil
	}
	if change.add {
		ch.members[u] = st | 1<<i
	} else {
		ch.members[u] = st &^ (1 << i)
	}
	return u
}

func (c *conn) members(ch *channel, users []*user) []transports.Occupant {
	occupants := make([]transports.Occupant, 0, len(users))
	for i, u := range users {
		if i > 0 && users[i-1] == u {
			continue
		}
		occupants = append(occupants, c.occupant(ch, u, ch.members[u]))
	}
	return occupants
}

// configChanged tells of a channel's new modes, and of those who are heard no
// more or again.
func (c *conn) configChanged(ch *channel, before config) {
	c.event(ch.config.roomConfig(ch.address))
	if ch.config.moderated == before.moderated {
		return
	}
	var plain []transports.Occupant
	for u, st := range ch.members {
		if c.net.rank(st) < transports.Voice {
			plain = append(plain, c.occupant(ch, u, st))
		}
	}
	if len(plain) > 0 {
		c.event(transports.Changed{Room: ch.address, Occupants: plain})
	}
}

// config is a channel's modes, as far as a room knows them.
type config struct {
	moderated, invite, key, secret, private, topicLock bool
	limit                                              int32
}

// apply applies a change of the channel's own modes.
func (ch *channel) apply(change modeChange) {
	ch.config.apply(change)
	if change.mode == 'k' {
		ch.word = ""
		if change.add && change.arg != "*" {
			ch.word = strings.Clone(change.arg)
		}
	}
}

func (cfg *config) apply(change modeChange) {
	switch change.mode {
	case 'm':
		cfg.moderated = change.add
	case 'i':
		cfg.invite = change.add
	case 'k':
		cfg.key = change.add
	case 's':
		cfg.secret = change.add
	case 'p':
		cfg.private = change.add
	case 't':
		cfg.topicLock = change.add
	case 'l':
		cfg.limit = 0
		if n, err := strconv.ParseInt(change.arg, 10, 32); err == nil && change.add && n > 0 {
			cfg.limit = int32(n)
		}
	}
}

func (cfg *config) roomConfig(room transports.Address) transports.RoomConfig {
	return transports.RoomConfig{
		Room:        room,
		Moderated:   cfg.moderated,
		MembersOnly: cfg.invite,
		Password:    cfg.key,
		Hidden:      cfg.secret || cfg.private,
		OpenSubject: !cfg.topicLock,
		Limit:       int(cfg.limit),
	}
}

// channelModes handles RPL_CHANNELMODEIS: all modes of a channel.
func (c *conn) channelModes(l *line) {
	ch := c.channelOf(l.param(1))
	if ch == nil || len(l.params) < 3 {
		return
	}
	c.modesSaid(l)
	c.listEnded(l)
	before := ch.config
	ch.config, ch.word = config{}, ""
	for _, change := range c.net.parseModes(l.params[2:]) {
		ch.apply(change)
	}
	if !ch.quiet() {
		c.configChanged(ch, before)
	}
}

// banListed handles RPL_BANLIST.
func (c *conn) banListed(l *line) {
	r := c.find("MODE", c.fold(l.param(1)))
	if c.modesSaid(l) || r == nil || len(r.bans) == maxBans {
		return
	}
	by, _ := splitSource(l.param(3))
	r.bans = append(r.bans, transports.Outcast{
		Mask: strings.Clone(l.param(2)), By: strings.Clone(by), Time: unixTime(l.param(4)),
	})
}

// maxBans is how many entries of a ban list are kept.
const maxBans = 2000

// endOfBans handles RPL_ENDOFBANLIST.
func (c *conn) endOfBans(l *line) {
	c.listEnded(l)
	if r := c.find("MODE", c.fold(l.param(1))); r != nil && !r.lists {
		c.complete(r, nil)
	}
}
