package world

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
)

// policy is what Postfix asks about each recipient, by its protocol of policy
// servers: lines of name=value, ended by an empty one.
type policy struct {
	addr     string
	listener net.Listener
	done     sync.WaitGroup

	mu      sync.Mutex // guards what follows
	grey    map[string]bool
	seen    map[string]bool // sender and recipient
	refused map[string]bool
	conns   map[net.Conn]bool // nil when closed
}

func newPolicy(ip string) (*policy, error) {
	listener, err := net.Listen("tcp", address(ip, 0))
	if err != nil {
		return nil, fmt.Errorf("a policy server: %w", err)
	}
	p := &policy{
		addr: listener.Addr().String(), listener: listener,
		grey: make(map[string]bool), seen: make(map[string]bool), refused: make(map[string]bool),
		conns: make(map[net.Conn]bool),
	}
	p.done.Go(p.serve)
	return p, nil
}

func (p *policy) close() error {
	err := p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	p.done.Wait()
	return err
}

func (p *policy) greylist(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grey[address] = true
}

func (p *policy) refuse(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused[address] = true
}

func (p *policy) serve() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		if p.conns == nil {
			conn.Close()
		} else {
			p.conns[conn] = true
			p.done.Go(func() { p.talk(conn) })
		}
		p.mu.Unlock()
	}
}

func (p *policy) talk(conn net.Conn) {
	defer func() {
		conn.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, conn)
	}()
	question := make(map[string]string)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			question[name] = value
			continue
		}
		if _, err := fmt.Fprintf(conn, "action=%s\n\n", p.decide(question["sender"], question["recipient"])); err != nil {
			return
		}
		clear(question)
	}
}

// decide returns an action of Postfix's access(5).
func (p *policy) decide(sender, recipient string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	pair := sender + " " + recipient
	switch {
	case p.refused[recipient]:
		return "550 5.1.1 there is no mailbox of this name"
	case p.grey[recipient] && !p.seen[pair]:
		p.seen[pair] = true
		return "DEFER_IF_PERMIT 4.7.1 Greylisted, please try again later"
	}
	return "DUNNO"
}
