package imaptest

import (
	"strings"

	"wherry/transports/email/mailtest"
)

// state is what a client must have done before a command.
type state int

const (
	early    state = iota // nothing
	authed                // logged in
	selected              // selected a mailbox
)

// handler does what a command asks and returns its answer without the tag.
type handler struct {
	from state
	need string // the capability that it comes with
	do   func(*conn, *command) (string, error)
}

var handlers map[string]handler

func init() {
	handlers = map[string]handler{
		"CAPABILITY":   {early, "", (*conn).capability},
		"NOOP":         {early, "", (*conn).noop},
		"LOGOUT":       {early, "", (*conn).logout},
		"ID":           {early, "ID", (*conn).id},
		"STARTTLS":     {early, "", (*conn).startTLS},
		"LOGIN":        {early, "", (*conn).login},
		"AUTHENTICATE": {early, "", (*conn).authenticate},
		"ENABLE":       {authed, "ENABLE", (*conn).enable},
		"NAMESPACE":    {authed, "NAMESPACE", (*conn).namespace},
		"LIST":         {authed, "", (*conn).list},
		"LSUB":         {authed, "", (*conn).list},
		"CREATE":       {authed, "", (*conn).create},
		"SUBSCRIBE":    {authed, "", (*conn).noop},
		"SELECT":       {authed, "", (*conn).selectBox},
		"EXAMINE":      {authed, "", (*conn).selectBox},
		"STATUS":       {authed, "", (*conn).status},
		"APPEND":       {authed, "", (*conn).appendMail},
		"IDLE":         {authed, "IDLE", (*conn).idle},
		"CHECK":        {selected, "", (*conn).noop},
		"CLOSE":        {selected, "", (*conn).closeBox},
		"UNSELECT":     {selected, "UNSELECT", (*conn).unselect},
		"FETCH":        {selected, "", (*conn).fetch},
		"SEARCH":       {selected, "", (*conn).search},
		"STORE":        {selected, "", (*conn).storeFlags},
		"COPY":         {selected, "", (*conn).copyMail},
		"MOVE":         {selected, "MOVE", (*conn).moveMail},
		"EXPUNGE":      {selected, "", (*conn).expunge},
	}
}

// do does a command, right or not.
func (c *conn) do(cmd *command) (string, error) {
	h, known := handlers[cmd.name]
	c.s.mu.Lock()
	at := early
	if c.user != nil {
		at = authed
	}
	if c.box != nil {
		at = selected
	}
	c.s.mu.Unlock()
	switch {
	case !known, h.need != "" && at > early && !c.s.has(h.need):
		return "BAD unknown command", nil
	case at < h.from:
		return "BAD not now", nil
	}
	reply, err := h.do(c, cmd)
	if err == nil {
		c.s.mu.Lock()
		if c.tells(cmd) {
			c.put(c.sync())
		}
		c.s.mu.Unlock()
	}
	return reply, err
}

// tells whether a command's answer may tell what changed: not where the client
// counts on sequence numbers, RFC 3501 §7.4.1. The caller holds mu.
func (c *conn) tells(cmd *command) bool {
	switch cmd.name {
	case "IDLE":
		return c.box == nil || !c.box.deaf
	case "FETCH", "STORE", "SEARCH":
		return cmd.uid
	}
	return true
}

func (c *conn) capabilities() string {
	c.s.mu.Lock()
	in := c.user != nil
	c.s.mu.Unlock()
	d := c.s.cfg.Dialect
	if in {
		return strings.Join(d.After, " ")
	}
	if c.s.Security() != mailtest.StartTLS || c.Secure() {
		return strings.Join(d.Before, " ")
	}
	var caps []string
	for _, capability := range d.Before {
		if !strings.HasPrefix(capability, "AUTH=") {
			caps = append(caps, capability)
		}
	}
	return strings.Join(append(caps, "STARTTLS", "LOGINDISABLED"), " ")
}

func (c *conn) capability(*command) (string, error) {
	c.say("* CAPABILITY %s", c.capabilities())
	return "OK done", nil
}

func (c *conn) noop(*command) (string, error) { return "OK done", nil }

func (c *conn) logout(*command) (string, error) {
	c.say("* BYE bye")
	return "OK done", nil
}

func (c *conn) id(*command) (string, error) {
	if fields := c.s.cfg.Dialect.ID; fields != "" {
		c.say("* ID (%s)", fields)
	} else {
		c.say("* ID NIL")
	}
	return "OK done", nil
}

func (c *conn) startTLS(*command) (string, error) {
	if c.s.Security() != mailtest.StartTLS || c.Secure() {
		return "BAD there is no TLS to start", nil
	}
	return "OK begin now", nil
}

func (c *conn) enable(cmd *command) (string, error) {
	var enabled []string
	for _, a := range cmd.args {
		if c.s.has(a.text) {
			enabled = append(enabled, strings.ToUpper(a.text))
		}
	}
	c.say("* ENABLED %s", strings.Join(enabled, " "))
	return "OK done", nil
}
