package twiliotest

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"time"
)

// Account is an account at Twilio.
type Account struct {
	SID    string // AC…
	Owner  string // the SID of the account it is a subaccount of; default itself
	Name   string
	Token  string // authenticates, and signs webhooks
	Second string // authenticates until it is promoted; signs nothing
	Status string // active, suspended, closed; default active
	Type   string // Full, Trial; default Full
	// Verified are the only phones a Trial account can text.
	Verified []string
	// Regions are the beginnings of numbers that may be texted, "+1"; none: all.
	Regions []string
	// GroupMMS lets the account have group texts, by the API of Conversations.
	GroupMMS bool
	created  time.Time
}

// Key is an API key.
type Key struct {
	SID     string // SK…
	Secret  string
	Account string
	Kind    KeyKind // default Standard
	Allow   []Op    // what a Restricted key may do
}

// KeyKind is what an API key is good for.
type KeyKind string

// The kinds of Key.
const (
	Main       KeyKind = "Main"       // everything
	Standard   KeyKind = "Standard"   // everything but the account itself
	Restricted KeyKind = "Restricted" // what Allow lists
)

// AddAccount adds an account, or replaces the one with its SID. What is empty
// is made up; the account is returned as it is then.
func (s *Server) AddAccount(a Account) Account {
	fill(&a.SID, NewSID("AC"))
	fill(&a.Owner, a.SID)
	fill(&a.Token, NewSID(""))
	fill(&a.Status, "active")
	fill(&a.Type, "Full")
	fill(&a.Name, "Account "+a.SID)
	a.Verified, a.Regions = slices.Clone(a.Verified), slices.Clone(a.Regions)
	a.created = s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[a.SID] = &a
	return a
}

// AddKey adds an API key to an account. What is empty is made up.
func (s *Server) AddKey(k Key) Key {
	fill(&k.SID, NewSID("SK"))
	fill(&k.Secret, NewSID(""))
	if k.Kind == "" {
		k.Kind = Standard
	}
	k.Allow = slices.Clone(k.Allow)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[k.SID] = &k
	return k
}

// RemoveKey revokes an API key.
func (s *Server) RemoveKey(sid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, sid)
}

// Promote makes the second token of an account its token, as the console does
// at the end of a rotation. The old one is good for nothing then.
func (s *Server) Promote(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[account]; a != nil && a.Second != "" {
		a.Token, a.Second = a.Second, ""
	}
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// authorize finds the account of a path and whether the request may do op
// there. The caller holds mu.
func (s *Server) authorize(r *http.Request, op Op, account string) (*Account, *refusal) {
	user, password, ok := r.BasicAuth()
	if !ok || password == "" {
		return nil, refuse(20003, "")
	}
	var own *Account
	if k := s.keys[user]; k != nil {
		if !same(k.Secret, password) {
			return nil, refuse(20003, "")
		}
		own = s.accounts[k.Account]
		switch {
		case own == nil, op == OpAccount && k.Kind != Main, account != "" && account != own.SID:
			return nil, refuse(20003, "")
		case k.Kind == Restricted && !slices.Contains(k.Allow, op):
			return nil, refuse(70051, "")
		}
	} else if own = s.accounts[user]; own == nil || !same(own.Token, password) && !(own.Second != "" && same(own.Second, password)) {
		return nil, refuse(20003, "")
	}
	if account == "" {
		account = own.SID
	}
	a := s.accounts[account]
	if a == nil || a != own && a.Owner != own.SID {
		return nil, refuse(20404, r.URL.Path)
	}
	if a.Status != "active" && op != OpAccount {
		return nil, refuse(20003, "")
	}
	return a, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// accountBody is an account as the API shows it.
type accountBody struct {
	SID          string            `json:"sid"`
	AuthToken    string            `json:"auth_token"`
	FriendlyName string            `json:"friendly_name"`
	Owner        string            `json:"owner_account_sid"`
	Status       string            `json:"status"`
	Type         string            `json:"type"`
	DateCreated  string            `json:"date_created"`
	DateUpdated  string            `json:"date_updated"`
	URI          string            `json:"uri"`
	Subresources map[string]string `json:"subresource_uris"`
}

func (s *Server) showAccount(_ *http.Request, a *Account, _ []string) answer {
	made := a.created.UTC().Format(time.RFC1123Z)
	base := s.cfg.Prefix + version + "/Accounts/" + a.SID
	return answer{status: http.StatusOK, body: accountBody{
		SID: a.SID, AuthToken: a.Token, FriendlyName: a.Name, Owner: a.Owner, Status: a.Status, Type: a.Type,
		DateCreated: made, DateUpdated: made, URI: base + ".json",
		Subresources: map[string]string{
			"messages":               base + "/Messages.json",
			"incoming_phone_numbers": base + "/IncomingPhoneNumbers.json",
		},
	}}
}
