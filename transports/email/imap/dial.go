package imap

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"wherry/transports"
	"wherry/transports/email/hosts"
	"wherry/transports/email/xoauth2"
)

// Bounds on what a server may do about a command.
const (
	commandWithin = time.Minute // to answer it
	answerMost    = 8 << 20     // bytes of an answer that is not read as it comes
	streamMost    = 256 << 20   // bytes of one that is
)

// Dialer connects to servers. The zero Dialer is ready for use.
type Dialer struct {
	hosts.Dialer
	CommandWithin time.Duration // to answer a command; 0 is a minute
	AnswerMost    int64         // bytes of an answer that is not read as it comes; 0 is 8 MiB
}

// Login is by what a user shows who they are.
type Login struct {
	Username string
	Password string
	Token    string          // of OAuth 2.0; it is used where it is not empty
	Hint     transports.Text // what a user of this provider is told when it is refused; or nothing
}

// Client is a connection that is logged in, ready for commands.
type Client struct {
	*imapclient.Client
	*Link
	tap    *tap
	folder string // that is selected
}

// Dial connects to a server and logs in. The connection outlives ctx.
func (d *Dialer) Dial(ctx context.Context, h hosts.Host, l Login, o *imapclient.Options) (*Client, error) {
	most := d.AnswerMost
	if most == 0 {
		most = answerMost
	}
	conn, bound, err := d.Dialer.Dial(ctx, h, most)
	if err != nil {
		return nil, err
	}
	within := d.CommandWithin
	if within == 0 {
		within = commandWithin
	}
	greet, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	stop := context.AfterFunc(greet, func() { _ = conn.Close() })
	defer stop()
	hello := ""
	if h.TLS == hosts.StartTLS {
		if err := startTLS(conn); err != nil {
			_ = conn.Close()
			return nil, startFailure(greet, h, err)
		}
		if conn, err = d.Secure(greet, h, bound); err != nil {
			return nil, err
		}
		hello = "* OK secure\r\n"
	}
	link := &Link{host: h, within: within, bound: bound, most: most}
	if link.conn, err = hosts.NewLean(conn); err != nil {
		_ = conn.Close()
		return nil, hosts.Failure(h.Name, err)
	}
	c := link.attach(hello, o)
	if err := c.Client.WaitGreeting(); err != nil {
		_ = c.Close()
		return nil, greetingFailure(greet, h, err)
	}
	stop()
	if err := c.login(ctx, l); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// Do waits for a command, and closes the connection of a server that takes too
// long or says too much, or when ctx is done. Errors are Failure's.
func (c *Client) Do(ctx context.Context, wait func() error) error { return c.DoWithin(ctx, 0, wait) }

// DoWithin is Do for what takes so much longer than other commands.
func (c *Client) DoWithin(ctx context.Context, more time.Duration, wait func() error) error {
	ctx, cancel := context.WithTimeout(ctx, c.within+more)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	c.bound.Allow(c.most)
	err := wait()
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return Failure(c.host, err)
}

// login logs in, once.
func (c *Client) login(ctx context.Context, l Login) error {
	var refused error
	err := c.Do(ctx, func() error {
		caps := c.Caps()
		switch {
		case l.Token != "" && caps.Has(imap.AuthCap(sasl.OAuthBearer)):
			refused = c.Authenticate(sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: l.Username, Token: l.Token, Host: c.host.Name, Port: c.host.Port}))
		case l.Token != "" && caps.Has(imap.AuthCap(xoauth2.Mechanism)):
			refused = c.Authenticate(xoauth2.New(l.Username, l.Token))
		case l.Token != "":
			return c.noMechanism()
		case caps.Has(imap.AuthCap(sasl.Plain)):
			refused = c.Authenticate(sasl.NewPlainClient("", l.Username, l.Password))
		case caps.Has(imap.CapLoginDisabled):
			return c.noMechanism()
		default:
			refused = c.Login(l.Username, l.Password).Wait()
		}
		return refused
	})
	if e := transports.AsError(err); e != nil {
		var (
			said   *imap.Error
			token  *xoauth2.Error
			bearer *sasl.OAuthBearerError
		)
		if errors.As(refused, &token) || errors.As(refused, &bearer) {
			return &transports.Error{Kind: transports.Credentials, Text: transports.T("Your provider refused the log-in."), Err: errors.New("the token was refused")}
		}
		if errors.As(refused, &said) && said.Type == imap.StatusResponseTypeNo && e.Kind == transports.Forbidden {
			e.Kind, e.Text = transports.Credentials, transports.T("Your provider refused the log-in.")
		}
		if e.Kind == transports.Credentials && !l.Hint.IsZero() {
			e.Text = l.Hint
		}
		return e
	}
	return nil
}

func (c *Client) noMechanism() error {
	return &transports.Error{Kind: transports.Unsupported,
		Text: transports.T("%s offers no way to log in that this gateway knows.", c.host.Name)}
}
