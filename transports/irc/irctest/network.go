package irctest

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/ergochat/irc-go/ircmsg"
)

// Network is a server with users and channels. Its exported fields are to be
// set before the first client comes.
type Network struct {
	*Server
	Caps     string            // offered, "sasl=PLAIN server-time"
	Accounts map[string]string // passwords by account, for SASL
	Password string            // of the server; empty is none

	mu       sync.Mutex // guards all below
	users    map[string]*client
	channels map[string]*Channel
}

// Channel is a channel of a Network. It is changed by Network.Channel only.
type Channel struct {
	Name    string
	Topic   string
	Key     string
	Invite  bool
	Limit   int
	Bans    []string
	Modes   string             // other modes: "mnt"
	members map[*client]string // their marks: "@+"
}

// client is one connection, or a puppet without one.
type client struct {
	net     *Network
	conn    net.Conn // nil for a puppet
	nick    string
	user    string
	account string
	caps    map[string]bool
	waiting bool // for the end of the negotiation
	pass    string
	welcome bool
	seen    chan string // what a puppet is told; nil for others
}

// NewNetwork returns a network without TLS.
func NewNetwork(t testing.TB) *Network { return serve(Listen(t)) }

// NewTLSNetwork returns a network with TLS for host.
func NewTLSNetwork(t testing.TB, host string) *Network { return serve(ListenTLS(t, host)) }

func serve(s *Server) *Network {
	n := &Network{
		Server:   s,
		Caps:     "multi-prefix userhost-in-names extended-join account-notify away-notify chghost cap-notify",
		users:    make(map[string]*client),
		channels: make(map[string]*Channel),
	}
	go func() {
		for conn := s.accept(); conn != nil; conn = s.accept() {
			go n.handle(conn)
		}
	}()
	return n
}

// Channel makes a channel, or changes one.
func (n *Network) Channel(name string, change func(*Channel)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(n.channel(name))
}

func (n *Network) channel(name string) *Channel {
	key := strings.ToLower(name)
	if n.channels[key] == nil {
		n.channels[key] = &Channel{Name: name, Modes: "nt", members: make(map[*client]string)}
	}
	return n.channels[key]
}

// Drop closes the connection of whoever has a nick, and tells whether somebody
// had it.
func (n *Network) Drop(nick string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	u := n.users[strings.ToLower(nick)]
	if u == nil || u.conn == nil {
		return false
	}
	_ = u.conn.Close()
	return true
}

// Tell sends a line to whoever has a nick, as the server would.
func (n *Network) Tell(nick, line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if u := n.users[strings.ToLower(nick)]; u != nil {
		u.send(line)
	}
}

// Puppet is a user that a test speaks for.
type Puppet struct {
	c *client
	// Lines are those that the puppet is sent.
	Lines <-chan string
}

// Puppet makes a user.
func (n *Network) Puppet(nick string) *Puppet {
	seen := make(chan string, 4096)
	c := &client{net: n, nick: nick, user: "puppet", welcome: true, seen: seen}
	n.mu.Lock()
	n.users[strings.ToLower(nick)] = c
	n.mu.Unlock()
	return &Puppet{c: c, Lines: seen}
}

// Do makes the puppet send a line.
func (p *Puppet) Do(line string) { p.c.line(line) }

// handle serves one connection.
func (n *Network) handle(conn net.Conn) {
	c := &client{net: n, conn: conn, caps: make(map[string]bool)}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		c.line(lines.Text())
	}
	n.mu.Lock()
	c.quit("Connection closed")
	n.mu.Unlock()
	_ = conn.Close()
}

// line handles one line of a client.
func (c *client) line(text string) {
	m, err := ircmsg.ParseLine(text)
	if err != nil {
		return
	}
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	command, known := commands[m.Command]
	switch {
	case !known:
		c.numeric("421", m.Command, "Unknown command")
	case len(m.Params) < command.params:
		c.numeric("461", m.Command, "Not enough parameters")
	case !c.welcome && !command.early:
		c.numeric("451", "You have not registered")
	default:
		command.do(c, append(m.Params, make([]string, 4)...))
	}
}

// send sends a line to a client. What it cannot take at once is lost.
func (c *client) send(line string) {
	if c.seen != nil {
		select {
		case c.seen <- line:
		default:
		}
		return
	}
	_, _ = fmt.Fprintf(c.conn, "%s\r\n", line)
}

// numeric sends a numbered reply.
func (c *client) numeric(code string, params ...string) {
	nick := c.nick
	if nick == "" {
		nick = "*"
	}
	last := len(params) - 1
	params[last] = ":" + params[last]
	c.send(":irc.test " + code + " " + nick + " " + strings.Join(params, " "))
}

func (c *client) source() string { return c.nick + "!" + c.user + "@host.test" }

// shared sends a line to all who share a channel with c, and to c.
func (c *client) shared(line string) {
	told := map[*client]bool{c: true}
	c.send(line)
	for _, ch := range c.net.channels {
		if _, in := ch.members[c]; !in {
			continue
		}
		for other := range ch.members {
			if !told[other] {
				told[other] = true
				other.send(line)
			}
		}
	}
}

// tell sends a line to all in a channel but one.
func (ch *Channel) tell(line string, but *client) {
	for c := range ch.members {
		if c != but {
			c.send(line)
		}
	}
}

// quit takes a client out of the network.
func (c *client) quit(reason string) {
	key := strings.ToLower(c.nick)
	if c.net.users[key] != c {
		return
	}
	c.shared(":" + c.source() + " QUIT :" + reason)
	for _, ch := range c.net.channels {
		delete(ch.members, c)
	}
	delete(c.net.users, key)
}

// register lets a client in that said all it must.
func (c *client) register() {
	if c.welcome || c.waiting || c.nick == "" || c.user == "" {
		return
	}
	if c.net.Password != c.pass {
		c.numeric("464", "Password incorrect")
		c.send("ERROR :Closing link: bad password")
		_ = c.conn.Close()
		return
	}
	c.welcome = true
	for _, line := range Greeting(c.nick) {
		c.send(line)
	}
}

// authenticate checks a SASL PLAIN response.
func (c *client) authenticate(response string) {
	raw, _ := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(raw), "\x00")
	if len(parts) == 3 && c.net.Accounts[parts[1]] != "" && c.net.Accounts[parts[1]] == parts[2] {
		c.account = parts[1]
		c.numeric("900", "*", c.account, "You are now logged in as "+c.account)
		c.numeric("903", "SASL authentication successful")
		return
	}
	c.numeric("904", "SASL authentication failed")
}
