package irctest

import (
	"slices"
	"strconv"
	"strings"
)

// marks are the marks of the standings q, a, o, h and v, highest first.
const marks = "~&@%+"

// changeModes changes a channel's modes, and tells all in it.
func (c *client) changeModes(ch *Channel, modes string, args []string) {
	next := func() string {
		if len(args) == 0 {
			return ""
		}
		arg := args[0]
		args = args[1:]
		return arg
	}
	add := true
	var done []string
	for i := range len(modes) {
		switch mode := modes[i]; mode {
		case '+', '-':
			add = mode == '+'
		default:
			if change := c.changeMode(ch, mode, add, next); change != "" {
				done = append(done, change)
			}
		}
	}
	for _, change := range done {
		ch.tell(":"+c.source()+" MODE "+ch.Name+" "+change, nil)
	}
}

// changeMode changes one mode. It returns what others are told, or nothing.
func (c *client) changeMode(ch *Channel, mode byte, add bool, next func() string) string {
	change := "-" + string(mode)
	if add {
		change = "+" + string(mode)
	}
	switch i := strings.IndexByte("qaohv", mode); {
	case i >= 0:
		nick := next()
		member := c.net.users[strings.ToLower(nick)]
		if _, in := ch.members[member]; !in {
			c.numeric("441", nick, ch.Name, "They aren't on that channel")
			return ""
		}
		ch.members[member] = withMark(ch.members[member], marks[i], add)
		return change + " " + member.nick
	case mode == 'b':
		mask := next()
		ch.Bans = slices.DeleteFunc(ch.Bans, func(m string) bool { return m == mask })
		if add {
			ch.Bans = append(ch.Bans, mask)
		}
		return change + " " + mask
	case mode == 'k':
		key := next()
		if ch.Key = ""; add {
			ch.Key = key
		}
		return change + " " + key
	case mode == 'l':
		if ch.Limit = 0; add {
			ch.Limit, _ = strconv.Atoi(next())
			return change + " " + strconv.Itoa(ch.Limit)
		}
		return change
	case mode == 'i':
		ch.Invite = add
		return change
	}
	ch.Modes = strings.ReplaceAll(ch.Modes, string(mode), "")
	if add {
		ch.Modes += string(mode)
	}
	return change
}

// withMark adds a mark to somebody's marks, or takes it away.
func withMark(have string, mark byte, add bool) string {
	var out strings.Builder
	for i := range len(marks) {
		has := strings.IndexByte(have, marks[i]) >= 0
		if marks[i] == mark && add || marks[i] != mark && has {
			out.WriteByte(marks[i])
		}
	}
	return out.String()
}
