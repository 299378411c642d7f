package submit

import (
	"bytes"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"wherry/transports"
	"wherry/transports/email/hosts"
	"wherry/transports/email/status"
	"wherry/transports/email/xoauth2"
)

// Login is by what a user shows who they are: a password or an access token.
type Login struct {
	Username string
	Password string
	Token    string          // of OAuth 2.0; it is used where it is not empty
	Hint     transports.Text // what a user of this provider is told when it is refused; or nothing
}

// errMechanism tells that the server has no way to log in that we have.
var errMechanism = errors.New("no mechanism in common")

// mechanism chooses how to log in, by what the server offers. It is called behind
// TLS only.
func (l Login) mechanism(c *smtp.Client, h hosts.Host) (sasl.Client, error) {
	offers := c.SupportsAuth
	switch {
	case strings.ContainsRune(l.Username+l.Password+l.Token, 0):
		return nil, &transports.Error{Kind: transports.Malformed, Text: transports.T("A user name or password cannot have such characters.")}
	case l.Token != "" && offers(sasl.OAuthBearer):
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: l.Username, Token: l.Token, Host: h.Name, Port: h.Port}), nil
	case l.Token != "" && offers(xoauth2.Mechanism):
		return xoauth2.New(l.Username, l.Token), nil
	case l.Token != "":
	case offers(sasl.Plain):
		return sasl.NewPlainClient("", l.Username, l.Password), nil
	case offers(sasl.Login):
		return &loginClient{username: l.Username, password: l.Password}, nil
	}
	return nil, &transports.Error{Kind: transports.Unsupported, Err: errMechanism,
		Text: transports.T("%s offers no way to log in that this gateway knows.", h.Name)}
}

// auth logs in.
func (l Login) auth(c *smtp.Client, h hosts.Host) error {
	m, err := l.mechanism(c, h)
	if err != nil {
		return err
	}
	return l.failure(h, c.Auth(m))
}

// failure returns why a log-in failed. What the server said is not in it: it may
// be anybody's, and echo what we said.
func (l Login) failure(h hosts.Host, err error) error {
	var (
		reply   *smtp.SMTPError
		token   *xoauth2.Error
		bearer  *sasl.OAuthBearerError
		refused *transports.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &token), errors.As(err, &bearer):
		refused = status.Refusal{Reply: 535, Login: true}.Error()
	case errors.As(err, &reply):
		refused = status.Refusal{Reply: reply.Code, Code: enhanced(reply), Login: true}.Error()
	default:
		return hosts.Failure(h.Name, err)
	}
	if refused.Kind == transports.Credentials && !l.Hint.IsZero() {
		refused.Text = l.Hint
	}
	return refused
}

func enhanced(e *smtp.SMTPError) status.Code {
	if c := status.Code(e.EnhancedCode); c[0] == e.Code/100 {
		return c
	}
	return status.Code{}
}

// loginClient is the client's side of LOGIN. Servers ask in many words, and some
// ask for the name though it was given.
type loginClient struct {
	username, password string
	said               int
}

func (c *loginClient) Start() (string, []byte, error) { return sasl.Login, nil, nil }

func (c *loginClient) Next(challenge []byte) ([]byte, error) {
	c.said++
	switch {
	case c.said == 1 && !bytes.HasPrefix(bytes.ToLower(challenge), []byte("pass")):
		return []byte(c.username), nil
	case c.said == 2:
		return []byte(c.password), nil
	}
	return nil, sasl.ErrUnexpectedServerChallenge
}
