package world

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// XMPPConfig says which XMPP server is wanted.
type XMPPConfig struct {
	Domain     string            // of the users; default "example.test"
	Components map[string]string // component domain → secret
	Users      map[string]string // local part → password

	// Archive has the server keep every message (XEP-0313), and those for users
	// who are offline (XEP-0160).
	Archive bool
	// SQL has ejabberd keep its data in SQLite, which survives SIGKILL, and not
	// in Mnesia. Prosody has its own files.
	SQL bool
	// Upload has the server take files (XEP-0363), also from components.
	Upload bool
	// Privileged has the server let components send messages in users' names
	// (XEP-0356), and Prosody also make requests about PEP.
	Privileged bool
	// Web has Prosody take clients in browsers (RFC 7395), and have what whole
	// client programs ask of their server: PEP, bookmarks, vCards.
	Web bool
}

// uploadURL is where the server's upload service is found.
func (c *XMPPConfig) uploadURL(port int) string {
	if !c.Upload {
		return ""
	}
	return "http://" + address("127.0.0.1", port) + "/"
}

// XMPP is an XMPP server. Clients reach it without TLS: it listens on loopback.
type XMPP struct {
	*Server
	Kind          string // "prosody" or "ejabberd"
	Domain        string
	Addr          string // for clients
	ComponentAddr string // for components
	UploadURL     string // under which files are found; empty without Upload
	WebSocket     string // URL for clients in browsers; empty without Web

	addUser func(name, password string) error
}

// AddUser makes an account; an account of that name gets the new password.
func (x *XMPP) AddUser(name, password string) error {
	if err := x.addUser(name, password); err != nil {
		return fmt.Errorf("add user %s to %s: %w", name, x.Kind, err)
	}
	return nil
}

func (x *XMPP) addUsers(users map[string]string) error {
	for name, password := range users {
		if err := x.AddUser(name, password); err != nil {
			return err
		}
	}
	return nil
}

// speaksXMPP returns a readiness check: the server opens a stream to a client.
func speaksXMPP(addr, domain string) func(context.Context) error {
	return func(ctx context.Context) error {
		return poll(ctx, often, func() error { return greet(ctx, addr, domain) })
	}
}

func greet(ctx context.Context, addr, domain string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	fmt.Fprintf(conn, "<?xml version='1.0'?><stream:stream to='%s' version='1.0' xmlns='jabber:client' "+
		"xmlns:stream='http://etherx.jabber.org/streams'>", domain)
	in := bufio.NewReader(conn)
	for {
		tag, err := in.ReadString('>')
		switch {
		case err != nil:
			return fmt.Errorf("no stream: %w", err)
		case strings.Contains(tag, "stream:error"):
			return fmt.Errorf("stream refused: %s", tag)
		case strings.Contains(tag, "mechanisms"):
			fmt.Fprint(conn, "</stream:stream>")
			return nil
		}
	}
}

func (c *XMPPConfig) defaults() {
	if c.Domain == "" {
		c.Domain = "example.test"
	}
}
