package ircv3test

import "unicode/utf8"

// command is something a client may say.
type command struct {
	do     func(*client, *line)
	params int    // at least
	early  bool   // before it is let in
	cap    string // that must be negotiated, or the command is unknown
}

var commands = map[string]command{
	"AUTHENTICATE": {(*client).authenticate, 1, true, "sasl"},
	"AWAY":         {(*client).setAway, 0, true, ""},
	"BATCH":        {(*client).openOrClose, 1, false, ""},
	"BOUNCER":      {(*client).bouncer, 1, true, "soju.im/bouncer-networks"},
	"CAP":          {(*client).capability, 1, true, ""},
	"CHATHISTORY":  {(*client).chathistory, 0, false, "draft/chathistory"},
	"INVITE":       {(*client).invite, 2, false, ""},
	"ISON":         {(*client).ison, 1, false, ""},
	"JOIN":         {(*client).join, 1, false, ""},
	"KICK":         {(*client).kick, 2, false, ""},
	"LIST":         {(*client).list, 0, false, ""},
	"MARKREAD":     {(*client).markRead, 0, false, ""},
	"MODE":         {(*client).mode, 1, false, ""},
	"MONITOR":      {(*client).monitor, 1, false, ""},
	"MOTD":         {func(c *client, _ *line) { c.motd() }, 0, false, ""},
	"NAMES":        {(*client).namesCommand, 0, false, ""},
	"NICK":         {(*client).rename, 0, true, ""},
	"NOTICE":       {(*client).say, 0, false, ""},
	"PART":         {(*client).part, 1, false, ""},
	"PASS":         {(*client).password, 1, true, ""},
	"PING":         {(*client).ping, 1, true, ""},
	"PONG":         {(*client).nothing, 0, true, ""},
	"PRIVMSG":      {(*client).say, 0, false, ""},
	"QUIT":         {(*client).goodbye, 0, true, ""},
	"REDACT":       {(*client).redact, 2, false, "draft/message-redaction"},
	"REGISTER":     {(*client).registerAccount, 3, true, ""},
	"SETNAME":      {(*client).setName, 1, false, ""},
	"TAGMSG":       {(*client).say, 0, false, "message-tags"},
	"TOPIC":        {(*client).topic, 1, false, ""},
	"USER":         {(*client).userCommand, 4, true, ""},
	"USERHOST":     {(*client).userhost, 1, false, ""},
	"VERIFY":       {(*client).verifyAccount, 2, true, ""},
	"WHO":          {(*client).who, 0, false, ""},
	"WHOIS":        {(*client).whois, 1, false, ""},
}

// handle handles one line of a client.
func (c *client) handle(text string) {
	l, err := parseLine(text)
	if err != nil {
		return
	}
	c.spoke, c.intercept = c.server.now(), false
	c.labelled(&l, func() { c.dispatch(&l, text) })
}

func (c *client) dispatch(l *line, text string) {
	if c.server.cfg.UTF8Only && !utf8.ValidString(text) {
		c.fail(l.verb, "INVALID_UTF8", "Message rejected, your IRC software MUST use UTF-8 encoding on this network")
		return
	}
	if c.inBatch(l) || c.intercepted(l.verb, text) {
		return
	}
	cmd, known := commands[l.verb]
	switch {
	case !known || cmd.cap != "" && !c.caps[cmd.cap]:
		c.reply("421", l.verb, "Unknown command")
	case !c.registered && !cmd.early:
		c.reply("451", "You have not registered")
	case len(l.params) < cmd.params:
		c.reply("461", l.verb, "Not enough parameters")
	default:
		cmd.do(c, l)
	}
}

func (c *client) nothing(*line) {}

func (c *client) ping(l *line) { c.send(c.server.by("PONG", c.server.cfg.Name, l.param(0))) }
