package email

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wherry/transports"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/imap"
	"wherry/transports/email/oauth"
)

// tokenMark begins what stands for a password in the settings of an account that
// logs in by a token: no password has such a character.
const tokenMark = "\x00oauth\x00"

// saveToken is the name of a save: the token that came after that of the settings.
const saveToken = "oauth"

// grant is a log-in by a code that waits for its user, in their browser.
type grant struct {
	provider oauth.Provider
	device   oauth.Device
}

// grants are those that wait, by who asked and for which address: nobody can end
// another's. They are few, and end by themselves. It is safe for concurrent use.
type grants struct {
	mu  sync.Mutex
	all map[[2]string]*grant
}

// grantsMost bounds how many wait.
const grantsMost = 1000

// of returns the grant that waits for somebody, or nil.
func (g *grants) of(owner, address string) *grant {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.all, func(_ [2]string, one *grant) bool { return !time.Now().Before(one.device.Expires) })
	return g.all[[2]string{owner, address}]
}

// put keeps a grant, or with nil forgets one. It reports false where too many wait.
func (g *grants) put(owner, address string, one *grant) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if one == nil {
		delete(g.all, [2]string{owner, address})
		return true
	}
	if len(g.all) >= grantsMost {
		return false
	}
	if g.all == nil {
		g.all = make(map[[2]string]*grant)
	}
	g.all[[2]string{owner, address}] = one
	return true
}

// OAuth is a provider at which users log in by their browser.
type OAuth struct {
	oauth.Provider
	Hosts []string // IMAP servers that are its, besides those that are known
}

// tokens returns the provider by whose tokens mail is had from a server, if the
// configuration has it.
func (t *Transport) tokens(p *autoconfig.Provider, host string) (oauth.Provider, bool) {
	for _, o := range t.oauth {
		if p != nil && p.ID == o.ID || slices.Contains(o.Hosts, host) {
			return o.Provider, true
		}
	}
	return oauth.Provider{}, false
}

// grant brings a log-in by a code on its way, or to its end: then the settings
// have the token. Before, the answer is the link to follow.
func (t *Transport) grant(ctx context.Context, owner string, p oauth.Provider, settings transports.Settings) (*transports.Link, error) {
	address := settings[fieldAddress]
	if one := t.grants.of(owner, address); one != nil {
		token, err := t.client.Poll(ctx, one.provider, one.device)
		switch {
		case err == nil:
			t.grants.put(owner, address, nil)
			settings[fieldPassword] = tokenMark + string(token.Encode())
			return nil, nil
		case errors.Is(err, oauth.ErrPending), errors.Is(err, oauth.ErrSlowDown):
			return link(one), nil
		case transports.AsError(err).Temporary():
			return nil, err
		}
		t.grants.put(owner, address, nil)
		return nil, err
	}
	device, err := t.client.Start(ctx, p)
	if err != nil {
		return nil, err
	}
	one := &grant{provider: p, device: device}
	if !t.grants.put(owner, address, one) {
		return nil, &transports.Error{Kind: transports.Busy}
	}
	return link(one), nil
}

// tryToken logs in by the token that an account has, or where it has none that is
// good, has the user log in by their browser.
func (t *Transport) tryToken(ctx context.Context, owner string, p oauth.Provider, settings transports.Settings, try func(token string) error) (transports.Answer, error) {
	if token, ok := readToken(settings[fieldPassword]); ok && t.grants.of(owner, settings[fieldAddress]) == nil {
		err := error(nil)
		if token.Due(time.Now()) {
			if token, err = t.client.Refresh(ctx, p, token); err == nil {
				settings[fieldPassword] = tokenMark + string(token.Encode())
			}
		}
		if err == nil {
			err = try(string(token.Access))
		}
		switch {
		case err == nil:
			return kept(settings), nil
		case transports.AsError(err).Kind != transports.Credentials:
			return transports.Answer{}, err
		}
	}
	l, err := t.grant(ctx, owner, p, settings)
	if err != nil || l != nil {
		return transports.Answer{Link: l}, err
	}
	token, _ := readToken(settings[fieldPassword])
	if err := try(string(token.Access)); err != nil {
		return transports.Answer{}, blamed(err)
	}
	return kept(settings), nil
}

// byToken tells whether an account logs in by a token.
func byToken(settings transports.Settings) bool {
	return strings.HasPrefix(settings[fieldPassword], tokenMark)
}

func link(g *grant) *transports.Link {
	return &transports.Link{URL: g.device.URL, Code: g.device.UserCode,
		Text: transports.T("Open this page, log in at %s and enter the code. Then submit again here.", g.provider.Name)}
}

// readToken returns the token that a password stands for.
func readToken(password string) (token oauth.Token, ok bool) {
	kept, ok := strings.CutPrefix(password, tokenMark)
	if !ok {
		return token, false
	}
	token, err := oauth.Decode([]byte(kept))
	return token, err == nil
}

// key is the token of an account that logs in by one. It is safe for concurrent use.
type key struct {
	provider oauth.Provider
	mu       sync.Mutex
	token    oauth.Token
}

// newKey returns the token of an account, or nil where it has a password. One that
// was saved later than the settings counts.
func (t *Transport) newKey(a *account, saved transports.Saved) (*key, error) {
	token, ok := readToken(a.password)
	if !ok {
		return nil, nil
	}
	p, ok := t.tokens(autoconfig.ByHost(a.receive.Name), a.receive.Name)
	if !ok {
		return nil, &transports.Error{Kind: transports.Unsupported, Text: transports.T("This gateway no longer logs in at %s by a browser.", a.receive.Name)}
	}
	if later, err := oauth.Decode(saved[saveToken]); err == nil && later.Expires.After(token.Expires) {
		token = later
	}
	return &key{provider: p, token: token}, nil
}

func (k *key) get() oauth.Token {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.token
}

// renew gets the next token where that is due, or in any case, and saves it before
// it is used: the one before may count no more. Only Run's goroutine calls it.
func (s *Session) renew(ctx context.Context, emit emitter, anyway bool) error {
	if s.token == nil {
		return nil
	}
	token := s.token.get()
	if !anyway && !token.Due(time.Now()) {
		return nil
	}
	next, err := s.t.client.Refresh(ctx, s.token.provider, token)
	if err != nil {
		return err
	}
	if err := emit(ctx, transports.Batch{Saves: []transports.Save{{Name: saveToken, Value: next.Encode(), Secret: true}}}); err != nil {
		return err
	}
	s.token.mu.Lock()
	s.token.token = next
	s.token.mu.Unlock()
	return nil
}

// fresh waits until the account's token, if it has one, is good for a while.
func (s *Session) fresh(ctx context.Context) error {
	if s.token == nil || !s.token.get().Due(time.Now()) {
		return nil
	}
	return s.do(ctx, func(ctx context.Context, _ *imap.Client) error { return s.renew(ctx, s.emit, false) })
}
