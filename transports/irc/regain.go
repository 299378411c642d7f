package irc

import (
	"slices"
	"strings"
	"time"
)

// claim is how far we are with getting the nick that we would rather have back.
type claim struct {
	timer  *time.Timer   // to ask for it again; nil while nothing is to be
	wait   time.Duration // the last one's
	step   claimStep
	polled bool // ISON was sent, and not answered yet
	spied  bool // MONITOR tells of it
}

// claimStep is what is waited for.
type claimStep uint8

const (
	unclaimed   claimStep = iota
	identifying           // NickServ is told who we are
	regaining             // it was asked to give us the nick
	ghosting              // it was asked to put out who has it
	waiting               // it did what it can: until whoever has it leaves it
)

// pollMost bounds the waits between two questions whether a nick is free.
const pollMost = 15 * time.Minute

// claimNick begins to get the wanted nick back, where it is ours by an account:
// whoever has it may be ourselves, on a connection that was lost.
func (c *conn) claimNick() {
	who := &c.s.who
	switch {
	case c.wanted == "" || c.s.trial || c.bouncer: // that is there under its own nick
		return
	case who.wantsSASL():
		c.askRegain()
	case who.nickserv != "" && c.secure():
		c.claim.step = identifying
	default:
		return
	}
	if c.claim.spied = c.net.monitor > 0; c.claim.spied {
		c.send("MONITOR", "+", c.wanted)
		return
	}
	c.askAgain()
}

// loggedIn handles RPL_LOGGEDIN.
func (c *conn) loggedIn(*line) {
	if c.claim.step == identifying {
		c.askRegain()
	}
}

// askRegain has NickServ give us the nick, as Atheme does that.
func (c *conn) askRegain() {
	c.claim.step = regaining
	c.send("PRIVMSG", "NickServ", "REGAIN "+c.wanted)
}

// askGhost has NickServ put out whoever has the nick. Older services want the
// password for that, which they have been told before.
func (c *conn) askGhost() {
	c.claim.step = ghosting
	command := "GHOST " + c.wanted
	if password := c.s.who.nickserv; password != "" && c.secure() && !c.s.who.wantsSASL() {
		command += " " + password
	}
	c.send("PRIVMSG", "NickServ", command)
}

// claimed tells whether a line of ours, shown by the server, is what NickServ was told here.
func (c *conn) claimed(l *line, body string) bool {
	return c.claim.step != unclaimed && lower(l.param(0)) == "nickserv" &&
		(strings.HasPrefix(body, "REGAIN ") || strings.HasPrefix(body, "GHOST "))
}

// What NickServ says: that it takes us for who we are, that nobody has the nick,
// that it does not know a command, and what is about that it was asked.
var (
	acceptances = []string{"now identified", "you are identified", "identified for", "successfully identified", "password accepted", "now recognized", "now recognised", "now logged in"}
	absences    = []string{"not online", "not in use", "isn't in use", "isn't currently", "is not currently"}
	unknowns    = []string{"invalid command", "unknown command", "no such command"}
	matters     = append([]string{"ghost", "regain", "killed", "denied", "authorized", "authorised"}, unknowns...)
)

// nickServSays takes what NickServ says to our claim of a nick, and tells whether
// it is that: then nobody needs to read it.
func (c *conn) nickServSays(l *line, body string) bool {
	nick, _ := splitSource(l.source)
	if c.claim.step == unclaimed || lower(nick) != "nickserv" || !isService(l.source) || !c.isMe(l.param(0)) {
		return false
	}
	body = strings.ToLower(plain(scanCodes(body)))
	says := func(words []string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(body, word) })
	}
	if c.claim.step == identifying {
		switch {
		case refuses(body):
			c.claim.step = waiting
		case says(acceptances):
			c.askRegain()
		}
		return false
	}
	if c.claim.step == waiting || says(acceptances) || !says(matters) && !strings.Contains(body, strings.ToLower(c.wanted)) {
		return false
	}
	refused := !says(absences) && (refuses(body) || says(unknowns) || strings.Contains(body, "not "))
	switch {
	case refused && c.claim.step == regaining:
		c.askGhost()
	default:
		c.claim.step = waiting
		if !refused {
			c.send("NICK", c.wanted)
		}
	}
	return true
}

// regain asks for the wanted nick when whoever had it leaves it.
func (c *conn) regain(freed string) {
	if c.wanted != "" && c.fold(freed) == c.fold(c.wanted) {
		c.send("NICK", c.wanted)
	}
}

// freed handles what MONITOR says of nicks that nobody has.
func (c *conn) freed(nicks ...string) {
	for _, nick := range nicks {
		if nick, _ := splitSource(nick); c.claim.spied {
			c.regain(nick)
		}
	}
}

// isOn handles RPL_ISON: who of those that were asked for is there.
func (c *conn) isOn(l *line) {
	if !c.claim.polled {
		return
	}
	c.claim.polled = false
	there := slices.ContainsFunc(strings.Fields(l.last()), func(nick string) bool { return c.fold(nick) == c.fold(c.wanted) })
	if c.wanted != "" && !there {
		c.send("NICK", c.wanted)
	}
}

// nickRefused handles the refusal of a nick that nobody waits for: it is asked for
// again later, where nothing else tells when.
func (c *conn) nickRefused(l *line) {
	if c.claim.step != unclaimed && l.verb != "433" && l.verb != "432" {
		c.askAgain()
	}
}

// askAgain has the nick asked for again after a while.
func (c *conn) askAgain() {
	if c.claim.timer != nil {
		return
	}
	c.claim.wait = min(max(2*c.claim.wait, c.s.t.times.nick), pollMost)
	c.claim.timer = time.AfterFunc(c.claim.wait, c.pollNick)
}

// pollNick asks for the nick, or whether it is free.
func (c *conn) pollNick() {
	c.mu.Lock()
	if c.claim.timer == nil || c.wanted == "" {
		c.mu.Unlock()
		return
	}
	c.claim.timer = nil
	verb := "NICK"
	if !c.claim.spied {
		verb, c.claim.polled = "ISON", true
		c.askAgain()
	}
	line, err := appendLine(nil, verb, c.wanted)
	c.mu.Unlock()
	if err == nil {
		_ = c.out.post(line) // a connection that is gone needs none
	}
}

// hasWanted ends the claim where we have the nick.
func (c *conn) hasWanted() {
	if c.wanted == "" || !c.isMe(c.wanted) {
		return
	}
	if c.claim.spied && (c.watched == nil || c.watched.asked[c.fold(c.wanted)] == none) {
		c.send("MONITOR", "-", c.wanted)
	}
	c.unclaim()
	c.wanted = ""
}

// unclaim gives up the claim. It is called with mu held.
func (c *conn) unclaim() {
	if c.claim.timer != nil {
		c.claim.timer.Stop()
	}
	c.claim = claim{}
}
