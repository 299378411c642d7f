package oauth

import (
	"encoding/json"
	"errors"
	"time"
)

// Token is what logs in, and what gets the next one.
type Token struct {
	Access  Secret
	Refresh Secret // empty where the provider gives none
	Expires time.Time
}

// early is how long before its end a token is renewed.
const early = 5 * time.Minute

// Due tells whether a token is to be renewed.
func (t Token) Due(now time.Time) bool { return !now.Before(t.Expires.Add(-early)) }

// kept is a token as it is stored, where that is sealed.
type kept struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires"`
}

// Encode returns a token to be stored. It holds the secrets.
func (t Token) Encode() []byte {
	b, err := json.Marshal(kept{string(t.Access), string(t.Refresh), t.Expires.UTC()})
	if err != nil {
		panic(err) // no value of these types does that but a time far from ours
	}
	return b
}

// Decode reads what Encode wrote.
func Decode(b []byte) (Token, error) {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil || k.Access == "" && k.Refresh == "" {
		return Token{}, errors.New("no token was stored") // an error of the parser may quote it
	}
	return Token{Secret(k.Access), Secret(k.Refresh), k.Expires}, nil
}
