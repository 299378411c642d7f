package irc

import (
	"strings"
)

// handlers handle the lines of a server by their command, also during a log-in
// where it has no use of its own for them.
var handlers = map[string]func(*conn, *line){
	"ACCOUNT":  (*conn).accountChanged,
	"ACK":      (*conn).acknowledged,
	"AWAY":     (*conn).awayChanged,
	"CAP":      (*conn).capsChanged,
	"CHGHOST":  (*conn).hostChanged,
	"ERROR":    (*conn).closedByServer,
	"FAIL":     (*conn).standardFail,
	"INVITE":   (*conn).invited,
	"JOIN":     (*conn).joined,
	"KICK":     (*conn).kicked,
	"MARKREAD": (*conn).markedRead,
	"MODE":     (*conn).modeChanged,
	"NICK":     (*conn).renamed,
	"NOTICE":   (*conn).noticed,
	"PART":     (*conn).parted,
	"PING":     (*conn).pinged,
	"PONG":     (*conn).ponged,
	"PRIVMSG":  (*conn).spoken,
	"QUIT":     (*conn).hasQuit,
	"REDACT":   (*conn).redacted,
	"REGISTER": (*conn).enrolled,
	"SETNAME":  (*conn).nameChanged,
	"TAGMSG":   (*conn).tagged,
	"TOPIC":    (*conn).topicChanged,
	"VERIFY":   (*conn).enrolled,
}

// numerics handle the numbered replies that mean something to us.
var numerics = map[string]func(*conn, *line){
	"004": (*conn).serverInfo,
	"005": (*conn).supports,
	"303": (*conn).isOn,         // RPL_ISON
	"315": (*conn).endOfWho,     // RPL_ENDOFWHO
	"322": (*conn).listed,       // RPL_LIST
	"323": (*conn).endOfList,    // RPL_LISTEND
	"324": (*conn).channelModes, // RPL_CHANNELMODEIS
	"332": (*conn).topic,        // RPL_TOPIC
	"333": (*conn).topicSetter,  // RPL_TOPICWHOTIME
	"341": (*conn).inviting,     // RPL_INVITING
	"346": (*conn).listEntry,    // RPL_INVITELIST
	"347": (*conn).listEnded,    // RPL_ENDOFINVITELIST
	"348": (*conn).listEntry,    // RPL_EXCEPTLIST
	"349": (*conn).listEnded,    // RPL_ENDOFEXCEPTLIST
	"353": (*conn).names,        // RPL_NAMREPLY
	"354": (*conn).whoIs,        // RPL_WHOSPCRPL
	"366": (*conn).endOfNames,   // RPL_ENDOFNAMES
	"367": (*conn).banListed,    // RPL_BANLIST
	"368": (*conn).endOfBans,    // RPL_ENDOFBANLIST
	"429": (*conn).awayRefused,  // ERR_TOOMANYAWAY of ircd-hybrid
	"463": (*conn).banned,       // ERR_NOPERMFORHOST
	"465": (*conn).banned,       // ERR_YOUREBANNEDCREEP
	"470": (*conn).forwarded,    // ERR_LINKCHANNEL
	"728": (*conn).listEntry,    // RPL_QUIETLIST
	"729": (*conn).listEnded,    // RPL_ENDOFQUIETLIST
	"730": (*conn).monitored,    // RPL_MONONLINE
	"731": (*conn).monitored,    // RPL_MONOFFLINE
	"734": (*conn).unmonitored,  // ERR_MONLISTFULL
	"900": (*conn).loggedIn,     // RPL_LOGGEDIN
}

// numeric handles a numbered reply.
func (c *conn) numeric(l *line) {
	switch handler := numerics[l.verb]; {
	case handler != nil:
		handler(c, l)
	case l.verb[0] == '4' || l.verb[0] == '5' || l.verb == "696" || !failures[l.verb].text.IsZero():
		c.failed(l)
	}
}

func (c *conn) pinged(l *line) { c.send("PONG", l.last()) }

func (c *conn) serverInfo(l *line) {
	version := strings.ToLower(l.param(2))
	c.bouncer = c.bouncer || strings.Contains(version, "znc") || strings.Contains(version, "soju") || strings.Contains(version, "bouncer")
}

func (c *conn) supports(l *line) {
	if len(l.params) < 3 {
		return
	}
	net := *c.net
	net.update(l.params[1 : len(l.params)-1])
	refold := net.mapping != c.net.mapping
	c.setNet(&net)
	if refold {
		c.refold()
	}
	c.tellAbilities()
}

// setNet takes what the network told of itself. All who are there share it.
func (c *conn) setNet(net *isupport) {
	c.s.utf8.Store(net.utf8)
	if c.net = net; c.reg == nil {
		c.net = c.s.t.share(c.s.who.host, net)
	}
}
