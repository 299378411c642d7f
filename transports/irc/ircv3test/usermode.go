package ircv3test

// userMode handles MODE for users: B marks a bot,
// https://ircv3.net/specs/extensions/bot-mode; i hides.
func (c *client) userMode(l *line) {
	if c.server.user(l.param(0)) != c {
		c.reply("502", "Cannot change mode for other users")
		return
	}
	if len(l.params) == 1 {
		text := "+"
		if c.bot {
			text += "B"
		}
		if c.invisible {
			text += "i"
		}
		c.reply("221", text)
		return
	}
	add, done := true, []change(nil)
	for _, mode := range []byte(l.param(1)) {
		field := map[byte]*bool{'B': &c.bot, 'i': &c.invisible}[mode]
		switch {
		case mode == '+' || mode == '-':
			add = mode == '+'
		case field == nil:
			c.reply("501", "Unknown MODE flag")
		case *field != add:
			*field = add
			done = append(done, change{add, mode, ""})
		}
	}
	if len(done) > 0 {
		c.send(c.from("MODE", append([]string{c.nick}, formatModes(done)...)...))
	}
}
