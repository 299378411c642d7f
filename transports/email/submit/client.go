package submit

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/emersion/go-smtp"

	"wherry/transports"
	"wherry/transports/email/hosts"
	"wherry/transports/email/status"
)

// Bounds on what a server may take.
const (
	commandWithin = time.Minute     // to answer a command
	submitWithin  = 5 * time.Minute // to answer the end of a mail
	quitWithin    = 5 * time.Second
	repliesMost   = 1 << 20 // bytes of what it says while we log in, or send a mail
)

// helloName is how we call ourselves. Where the gateway runs is nobody's business.
const helloName = "[127.0.0.1]"

// Dialer connects to servers. The zero Dialer is ready for use.
type Dialer struct {
	hosts.Dialer
	CommandWithin time.Duration // to answer a command; 0 is a minute
	SubmitWithin  time.Duration // to answer the end of a mail; 0 is five minutes
}

// Client is a connection that is logged in. One goroutine uses it at a time.
type Client struct {
	smtp   *smtp.Client
	bound  *hosts.Bounded // what it says
	host   hosts.Host
	begun  bool // something was said of a mail that did not end
	broken bool // nothing more is to be said on it
}

// Dial connects to a server and logs in. Nothing is said of the user before the
// server's certificate was verified.
func (d *Dialer) Dial(ctx context.Context, h hosts.Host, l Login) (*Client, error) {
	conn, bound, err := d.Dialer.Dial(ctx, h, repliesMost)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	c, err := d.greet(conn, h)
	if err == nil {
		c.bound = bound
		if err = l.auth(c.smtp, h); err == nil {
			return c, nil
		}
		_ = c.smtp.Close()
	}
	_ = conn.Close()
	if cause := ctx.Err(); cause != nil {
		return nil, &transports.Error{Kind: transports.Unreachable, Text: transports.T("%s does not answer.", h.Name), Err: cause}
	}
	return nil, err
}

// greet brings a connection to the point where it is secure and both sides have
// greeted.
func (d *Dialer) greet(conn net.Conn, h hosts.Host) (*Client, error) {
	var c *smtp.Client
	if h.TLS == hosts.StartTLS {
		var err error
		if c, err = startTLS(conn, d.TLSConfig(h)); err != nil {
			return nil, startFailure(h, err)
		}
	} else {
		c = smtp.NewClient(conn)
	}
	c.CommandTimeout, c.SubmissionTimeout = d.CommandWithin, d.SubmitWithin
	if c.CommandTimeout == 0 {
		c.CommandTimeout = commandWithin
	}
	if c.SubmissionTimeout == 0 {
		c.SubmissionTimeout = submitWithin
	}
	if err := c.Hello(helloName); err != nil {
		return nil, refusedGreeting(h, err)
	}
	if _, secure := c.TLSConnectionState(); !secure {
		return nil, noTLS(h)
	}
	return &Client{smtp: c, host: h}, nil
}

// startTLS makes a connection secure by a command. It ends within a minute.
func startTLS(conn net.Conn, config *tls.Config) (*smtp.Client, error) {
	guard := time.AfterFunc(commandWithin, func() { _ = conn.Close() })
	defer guard.Stop()
	return smtp.NewClientStartTLS(conn, config)
}

// startFailure returns why a connection was not made secure.
func startFailure(h hosts.Host, err error) error {
	var (
		reply   *smtp.SMTPError
		dropped net.Error
	)
	if errors.As(err, &reply) {
		return refusedGreeting(h, err)
	}
	if errors.As(err, &dropped) || ended(err) {
		return hosts.Failure(h.Name, err)
	}
	return noTLS(h) // the library has no error of its own for that
}

func noTLS(h hosts.Host) error {
	return &transports.Error{Kind: transports.Unsupported, Err: errors.New("no STARTTLS"),
		Text: transports.T("%s offers no secure connection on that port. Your password was not sent.", h.Name)}
}

// refusedGreeting returns why a server does not talk to us: its words are not
// shown, since it may be no mail server at all.
func refusedGreeting(h hosts.Host, err error) error {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		return hosts.Failure(h.Name, err)
	}
	kind := transports.Forbidden
	if reply.Temporary() {
		kind = transports.Busy
	}
	return &transports.Error{Kind: kind, Err: errors.New("greeting: " + replyText(reply)),
		Text: transports.T("%s does not let this gateway in.", h.Name)}
}

// replyText returns a reply without its words.
func replyText(e *smtp.SMTPError) string {
	return status.Refusal{Reply: e.Code, Code: enhanced(e)}.Error().Code
}

// MaxSize returns how large a mail may be, in bytes; 0 where the server does not
// tell.
func (c *Client) MaxSize() int64 {
	n, _ := c.smtp.MaxMessageSize()
	return int64(n)
}

// Reports tells whether the server reports what becomes of a mail (RFC 3461).
func (c *Client) Reports() bool {
	ok, _ := c.smtp.Extension("DSN")
	return ok
}

// Usable tells whether another mail can be sent by this connection.
func (c *Client) Usable() bool { return !c.broken }

// Close takes leave of the server, for a few seconds at most.
func (c *Client) Close() error {
	if !c.broken {
		c.broken = true
		c.smtp.CommandTimeout = quitWithin
		if err := c.smtp.Quit(); err == nil {
			return nil
		}
	}
	return c.smtp.Close()
}
