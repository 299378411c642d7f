// Package xoauth2 logs in by an access token, as Google's and Microsoft's servers
// have it: the SASL mechanism XOAUTH2.
package xoauth2

import (
	"encoding/json"
	"errors"

	"github.com/emersion/go-sasl"
)

// Mechanism is the name of it.
const Mechanism = "XOAUTH2"

// Error tells that the server refused the token.
type Error struct {
	Status string // an HTTP status, "400" or "401"; empty where the server told none
}

func (e *Error) Error() string {
	if e.Status == "" {
		return "the token was refused"
	}
	return "the token was refused: status " + e.Status
}

// errValue tells that a name or token would end its field.
var errValue = errors.New("a name or token with control characters")

type client struct{ username, token string }

// New returns the client's side.
func New(username, token string) sasl.Client { return &client{username, token} }

func (c *client) Start() (string, []byte, error) {
	for _, s := range []string{c.username, c.token} {
		for _, b := range []byte(s) {
			if b < ' ' || b == 0x7f {
				return "", nil, errValue
			}
		}
	}
	return Mechanism, []byte("user=" + c.username + "\x01auth=Bearer " + c.token + "\x01\x01"), nil
}

// Next gets a challenge only where the token was refused: JSON that says why. It
// ends the exchange by an error of ours. An empty answer, which the protocol wants,
// the libraries send as "=", and the server's next error is about that.
func (c *client) Next(challenge []byte) ([]byte, error) {
	var told struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(challenge, &told); err != nil || len(told.Status) != 3 || told.Status < "100" || told.Status > "599" {
		told.Status = ""
	}
	return nil, &Error{Status: told.Status}
}
