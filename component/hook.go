package component

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
)

// hookRetry is when a network whose call could not be taken may call again.
const hookRetry = 30 * time.Second

// Hook takes a call of a network's to the URL of one account. key is the part
// of that URL which names the account; whoever does not know it learns nothing.
// What the call brings is committed before the reply is given.
func (c *Component) Hook(ctx context.Context, domain, key string, r transports.Request) transports.Reply {
	d := c.domains[domain]
	if d == nil {
		return transports.Reply{Status: http.StatusNotFound}
	}
	return d.hook(ctx, key, r)
}

func (d *Domain) hook(ctx context.Context, key string, r transports.Request) transports.Reply {
	network, ok := d.Transport().(transports.Webhook)
	if !ok {
		return transports.Reply{Status: http.StatusNotFound}
	}
	if !d.ready.Load() || d.closing.Load() {
		return later()
	}
	rec, err := d.hooked(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return transports.Reply{Status: http.StatusNotFound}
	case err != nil:
		d.log.Error("look up the account of a call", "err", err)
		return later()
	case !rec.Suspended.IsZero():
		return later() // it may be taken up again; what came is asked for then
	}
	who, err := jid.Parse(rec.User)
	if err != nil {
		return transports.Reply{Status: http.StatusNotFound}
	}
	d.busy.add()
	defer d.busy.done()
	var batch transports.Batch
	var reply transports.Reply
	err = d.guard(func() error {
		batch, reply = network.Webhook(ctx, d.accountOf(rec), r)
		return nil
	})
	if err != nil {
		return transports.Reply{Status: http.StatusInternalServerError}
	}
	if len(batch.Events) == 0 && len(batch.Saves) == 0 {
		return reply
	}
	all, err := d.commit(ctx, rec.User, rec.ID, false, batch)
	if err != nil {
		d.log.Error("the store does not take what a call brought", "err", err)
		return later()
	}
	d.post(who, func(u *user) {
		var s *session
		if a := u.accounts.of(transports.Scope(rec.Scope)); a != nil {
			s = a.session
		}
		u.came(s, transports.Scope(rec.Scope), all)
	})
	return reply
}

func later() transports.Reply {
	return transports.Reply{Status: http.StatusServiceUnavailable, After: hookRetry}
}

// hooked returns the account that the key of a hook names, or store.ErrNotFound.
func (d *Domain) hooked(ctx context.Context, key string) (store.Account, error) {
	number, _, ok := strings.Cut(key, "-")
	id, err := strconv.ParseInt(number, 36, 64)
	if !ok || err != nil || id <= 0 {
		return store.Account{}, store.ErrNotFound
	}
	rec, err := d.c.conf.Store.AccountByID(ctx, id)
	if err != nil {
		return rec, err
	}
	if rec.Domain != d.Name() || !rec.Registered || subtle.ConstantTimeCompare([]byte(key), []byte(d.hookKey(rec))) != 1 {
		return store.Account{}, store.ErrNotFound
	}
	return rec, nil
}

// hookKey names an account in its hook: by its number, which is never used
// twice, and 160 bits that nobody guesses.
func (d *Domain) hookKey(rec store.Account) string {
	h := hmac.New(sha256.New, d.key)
	number := strconv.FormatInt(rec.ID, 36)
	h.Write([]byte(strings.Join([]string{"hook", d.Name(), rec.User, number}, "\x00")))
	return number + "-" + idAlphabet.EncodeToString(h.Sum(nil)[:20])
}

// hookURL is where the network calls for an account; empty where it does not.
func (d *Domain) hookURL(rec store.Account) string {
	if d.c.conf.HookURL == "" || rec.ID == 0 {
		return ""
	}
	if _, ok := d.Transport().(transports.Webhook); !ok {
		return ""
	}
	return d.c.conf.HookURL + "/" + d.Name() + "/" + d.hookKey(rec)
}

// Open returns what a transport may know of a stored account of a network
// without scopes, and what its sessions saved.
func (d *Domain) Open(ctx context.Context, rec store.Account) (transports.Account, transports.Saved, error) {
	saved, err := d.c.conf.Store.Saves(ctx, rec.ID)
	if err != nil {
		return transports.Account{}, nil, err
	}
	return d.accountOf(rec), saved, nil
}

// accountOf is what a transport may know of a stored account of a network
// without scopes.
func (d *Domain) accountOf(rec store.Account) transports.Account {
	settings := allSettings(rec)
	return transports.Account{
		Key:   keyed(d.key, "account", d.Name(), rec.User, rec.Scope),
		Owner: keyed(d.key, "owner", rec.User),
		Scope: transports.Scope(rec.Scope), Hook: d.hookURL(rec),
		Settings: settings, Default: settings,
	}
}
