package ircv3test

import (
	"slices"
	"strconv"
	"strings"
)

// maxList is how many masks a list holds; see MAXLIST.
const maxList = 60

// lists are the modes that are lists, with the numbers of an entry and the end.
var lists = map[byte]struct{ entry, end, name string }{
	'b': {"367", "368", "Ban"},
	'e': {"348", "349", "Exception"},
	'I': {"346", "347", "Invite"},
}

// mode handles MODE.
func (c *client) mode(l *line) {
	if !isChannel(l.param(0)) {
		c.userMode(l)
		return
	}
	if len(l.params) == 1 {
		if ch := c.server.channel(l.param(0)); ch == nil {
			c.reply("403", l.param(0), "No such channel")
		} else {
			c.tellModes(ch)
		}
		return
	}
	modes := strings.TrimLeft(l.param(1), "+")
	if len(l.params) == 2 && len(modes) == 1 {
		if kind, is := lists[modes[0]]; is {
			if ch := c.in(l.param(0)); ch != nil {
				c.tellList(ch, modes[0], kind.entry, kind.end, kind.name)
			}
			return
		}
	}
	if ch := c.rules(l.param(0)); ch != nil {
		c.changeModes(ch, c.from, l.param(1), l.params[2:])
	}
}

// tellModes tells all modes of a channel; the key only to who is in it.
func (c *client) tellModes(ch *channel) {
	modes, args := "+"+ch.modes, []string(nil)
	if ch.key != "" {
		modes += "k"
		if ch.of(c) != nil {
			args = append(args, ch.key)
		} else {
			args = append(args, "*")
		}
	}
	if ch.limit > 0 {
		modes, args = modes+"l", append(args, strconv.Itoa(ch.limit))
	}
	c.reply("324", append([]string{ch.name, modes}, args...)...)
	c.reply("329", ch.name, strconv.FormatInt(ch.created.Unix(), 10))
}

func (c *client) tellList(ch *channel, mode byte, entry, end, name string) {
	for _, e := range ch.lists[mode] {
		c.reply(entry, ch.name, e.mask, e.by, strconv.FormatInt(e.at.Unix(), 10))
	}
	c.reply(end, ch.name, "End of Channel "+name+" List")
}

// change is one mode that was changed.
type change struct {
	add  bool
	mode byte
	arg  string
}

// changeModes changes a channel's modes and tells all in it, in one MODE by
// whom from speaks for.
func (c *client) changeModes(ch *channel, from func(string, ...string) *message, modes string, args []string) {
	var done []change
	add := true
	for i := range len(modes) {
		if modes[i] == '+' || modes[i] == '-' {
			add = modes[i] == '+'
			continue
		}
		arg := ""
		if takesArg(modes[i], add) {
			if len(args) == 0 {
				continue
			}
			arg, args = args[0], args[1:]
		}
		if arg, ok := c.changeMode(ch, modes[i], add, arg); ok {
			done = append(done, change{add, modes[i], arg})
		}
	}
	if len(done) == 0 {
		return
	}
	m := from("MODE", append([]string{ch.name}, formatModes(done)...)...)
	m.id, m.at = c.server.newID(), c.server.now()
	ch.tell(m, nil, c.server.cfg.History)
}

// takesArg tells whether a mode has a parameter; see CHANMODES and PREFIX.
func takesArg(mode byte, add bool) bool {
	return strings.IndexByte(ranks+"beIk", mode) >= 0 || mode == 'l' && add
}

// formatModes writes changes: "+o-v", "alice", "bob".
func formatModes(done []change) []string {
	text, sign, args := "", byte(0), []string(nil)
	for _, d := range done {
		s := byte('-')
		if d.add {
			s = '+'
		}
		if s != sign {
			text, sign = text+string(s), s
		}
		text += string(d.mode)
		if d.arg != "" {
			args = append(args, d.arg)
		}
	}
	return append([]string{text}, args...)
}

// changeMode changes one mode. It returns the parameter that others are told,
// and whether anything changed.
func (c *client) changeMode(ch *channel, mode byte, add bool, arg string) (string, bool) {
	switch {
	case strings.IndexByte(ranks, mode) >= 0:
		return c.changeRank(ch, mode, add, arg)
	case lists[mode].entry != "":
		return c.changeList(ch, mode, add, fullMask(arg))
	case mode == 'k':
		if !add && ch.key == "" || add && (ch.key == arg || strings.Contains(arg, ",")) {
			return "", false
		}
		if ch.key = ""; add {
			ch.key = arg
		} else {
			arg = "*"
		}
		return arg, true
	case mode == 'l':
		n, err := strconv.Atoi(arg)
		if add && (err != nil || n <= 0) || !add && ch.limit == 0 {
			return "", false
		}
		ch.limit = n
		return arg, true
	case strings.IndexByte("imnpst", mode) >= 0:
		if ch.has(mode) == add {
			return "", false
		}
		ch.modes = strings.ReplaceAll(ch.modes, string(mode), "")
		if add {
			all := []byte(ch.modes + string(mode))
			slices.Sort(all)
			ch.modes = string(all)
		}
		return "", true
	}
	c.reply("472", string(mode), "is unknown mode char to me")
	return "", false
}

// changeRank gives or takes a rank; nobody gives one above their own.
func (c *client) changeRank(ch *channel, mode byte, add bool, nick string) (string, bool) {
	u := c.server.user(nick)
	if u == nil {
		c.reply("401", nick, "No such nick/channel")
		return "", false
	}
	m := ch.of(u)
	if m == nil {
		c.reply("441", nick, ch.name, "They aren't on that channel")
		return "", false
	}
	if c.registered && (add || c != u) && !ch.is(c, mode) {
		c.reply("482", ch.name, "You're not channel operator")
		return "", false
	}
	if strings.IndexByte(m.ranks, mode) >= 0 == add {
		return "", false
	}
	have := strings.ReplaceAll(m.ranks, string(mode), "")
	if add {
		have += string(mode)
	}
	m.ranks = ""
	for i := range len(ranks) {
		if strings.IndexByte(have, ranks[i]) >= 0 {
			m.ranks += string(ranks[i])
		}
	}
	return u.nick, true
}

func (c *client) changeList(ch *channel, mode byte, add bool, mask string) (string, bool) {
	same := func(e listed) bool { return c.server.fold(e.mask) == c.server.fold(mask) }
	has := slices.ContainsFunc(ch.lists[mode], same)
	switch {
	case has == add:
		return "", false
	case add && len(ch.lists[mode]) >= maxList:
		c.reply("478", ch.name, mask, "Channel list is full")
		return "", false
	case add:
		ch.lists[mode] = append(ch.lists[mode], listed{mask, c.by(), c.server.now()})
	default:
		ch.lists[mode] = slices.DeleteFunc(ch.lists[mode], same)
	}
	return mask, true
}

// by returns who set something: a user, or the server.
func (c *client) by() string {
	if !c.registered {
		return c.server.cfg.Name
	}
	return c.mask()
}
