package irc

import (
	"strings"

	"wherry/transports"
)

// registration is a log-in under way, RFC 2812 §3.1 with capabilities and SASL.
type registration struct {
	tries      int // alternates asked for
	offered    caps
	mechanisms string
	requests   int // of capabilities, unanswered
	single     bool
	sasl       sasl
	saslError  error   // why we gave up on it
	identified bool    // SASL succeeded
	welcomed   bool    // the server takes us
	choice     *choice // of the bouncer's networks, while they are asked for
	greeting   string  // what it says of itself, where the user wants to see it
}

// register sends the first lines. All but the answers to the server's go out at once.
func (c *conn) register() {
	who := &c.s.who
	c.tellAddress()
	c.send("CAP", "LS", "302")
	if who.pass != "" {
		c.send("PASS", who.pass)
	}
	c.send("NICK", who.nick)
	c.send("USER", ident(who.username), "0", "*", who.realname)
}

// registering handles a line that means something only during the log-in.
func (c *conn) registering(l *line) bool {
	handler := registrars[l.verb]
	if handler != nil {
		handler(c, l)
	}
	return handler != nil
}

// registrars handle the lines of a log-in.
var registrars = map[string]func(*conn, *line){
	"CAP":          (*conn).negotiate,
	"FAIL":         (*conn).registerFailed,
	"BOUNCER":      (*conn).networkTold,
	"PONG":         (*conn).networksTold,
	"AUTHENTICATE": (*conn).authenticate,
	"001":          (*conn).welcome,
	"376":          (*conn).welcomed, // RPL_ENDOFMOTD
	"422":          (*conn).welcomed, // ERR_NOMOTD
	"432":          (*conn).badNick,
	"433":          (*conn).takenNick,
	"436":          (*conn).takenNick,
	"437":          (*conn).takenNick,
	"464":          (*conn).badPass,
	"465":          (*conn).banned,
	"463":          (*conn).banned,
	"902":          (*conn).saslFailed, // ERR_NICKLOCKED
	"903":          (*conn).saslDone,
	"904":          (*conn).saslFailed,
	"905":          (*conn).saslFailed,
	"906":          (*conn).saslFailed,
	"907":          (*conn).saslDone, // ERR_SASLALREADY
	"908":          func(c *conn, l *line) { c.reg.mechanisms = strings.ToUpper(l.param(1)) },
	"PRIVMSG":      func(*conn, *line) {}, // the servers' talk before they let us in
	"NOTICE":       func(*conn, *line) {},
}

// negotiate handles CAP.
func (c *conn) negotiate(l *line) {
	switch strings.ToUpper(l.param(1)) {
	case "LS":
		if c.reason != nil || c.harden(l.last()) {
			return
		}
		c.reg.offered |= parseCaps(l.last())
		c.logsIn = c.reg.offered&capSASL != 0
		c.capValues(l.last())
		if m := saslMechanisms(l.last()); m != "" {
			c.reg.mechanisms = m
		}
		if l.param(2) != "*" || len(l.params) < 4 {
			c.requestCaps()
		}
	case "ACK":
		c.caps |= parseCaps(l.last())
		c.capsAnswered()
	case "NAK":
		if !c.reg.single { // the list was refused as a whole
			c.reg.single = true
			for _, name := range parseCaps(l.last()).names() {
				c.send("CAP", "REQ", name)
				c.reg.requests++
			}
		}
		c.capsAnswered()
	case "NEW", "DEL":
		c.capsChanged(l)
	}
}

// requestCaps asks for what the server offers and we use.
func (c *conn) requestCaps() {
	want := c.reg.offered
	if !c.s.who.wantsSASL() {
		want &^= capSASL
	}
	if c.s.who.network == "" {
		want &^= capNetworks
	}
	if want == 0 {
		c.negotiated()
		return
	}
	c.reg.requests++
	c.send("CAP", "REQ", strings.Join(want.names(), " "))
}

func (c *conn) capsAnswered() {
	if c.reg.requests--; c.reg.requests == 0 {
		c.negotiated()
	}
}

// negotiated goes on when it is known which capabilities we have.
func (c *conn) negotiated() {
	switch {
	case !c.s.who.wantsSASL():
		c.ready()
	default:
		c.logIn()
	}
}

func (c *conn) welcome(l *line) {
	if c.s.who.wantsSASL() && !c.reg.identified {
		c.end(c.noSASL())
		return
	}
	c.setClock(l)
	c.reg.welcomed = true
	c.nick = strings.Clone(l.param(0))
	if wanted := c.s.who.nick; !c.isMe(wanted) {
		c.wanted = wanted
	}
}

// welcomed is the end of a log-in.
func (c *conn) welcomed(*line) {
	if !c.reg.welcomed || c.reg.choice != nil || c.choosing() {
		return
	}
	greeting := c.reg.greeting
	c.reg = nil
	c.s.welcome, c.s.turned = true, 0
	c.net = c.s.t.share(c.s.who.host, c.net)
	_ = c.link.socket.SetReadDeadline(c.heard.Add(c.s.t.times.idle))
	c.s.online(c)
	c.event(transports.Online{Name: c.nick})
	c.tellAbilities()
	c.showGreeting(greeting)
	c.greet()
	c.claimNick()
	if words := c.s.words(); words != "" {
		c.send("AWAY", words)
	}
	c.begun()
}

func (c *conn) badPass(l *line) {
	c.end(fieldError(fieldPass, transports.Credentials, transports.T("The network refused the server password: %s", l.words())))
}

// ident returns the user name of RFC 2812 §1.1 nearest to name.
func ident(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		if c := name[i]; isAlphanumeric(c) || strings.IndexByte("-_.", c) >= 0 {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return "user"
	}
	return string(out)
}
