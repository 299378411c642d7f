package component

import (
	"context"
	"fmt"
	"slices"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/subscription"
	"wherry/store"
	"wherry/transports"
)

// Where users can have further accounts (see transports.About.Further), each is an
// account like the default one: it connects by itself, its JID (its label at the
// domain) has presence that tells how it is, and its contacts are its own. The
// gateway's own JID stands for the default account.

// further tells whether users can have further accounts here.
func (d *Domain) further() bool { return !d.Transport().About().Further.IsZero() }

// mayUseFurther is mayUse of one of several accounts, which may not be there.
func (u *user) mayUseFurther(a *account, scope transports.Scope, lang string) *stanza.Error {
	switch {
	case a != nil && !a.rec.Suspended.IsZero():
		return u.unregisteredAt(u.d.accountName(scope), lang)
	case a != nil && a.rec.Registered:
		return nil
	case scope == "" || len(u.accounts) == 0:
		return u.unregistered(lang)
	}
	return refuse(stanza.Cancel, stanza.ItemNotFound, lang, transports.T("You have no account %s here.", u.d.accountName(scope)))
}

// accountName is what one of several accounts of a user is called: its address.
func (d *Domain) accountName(scope transports.Scope) string {
	if scope == "" {
		return d.Name()
	}
	return string(scope) + "@" + d.Name()
}

// upstream returns what an account in force is called upstream, or where it has no name there,
// its scope.
func (d *Domain) upstream(a *account) string {
	if network, ok := d.Transport().(transports.AccountNamer); ok && a.rec.Suspended.IsZero() {
		if name := network.AccountName(a.rec.Settings); name != "" {
			return name
		}
	}
	return string(a.scope)
}

// TwiceError tells that a user has an account upstream already.
type TwiceError struct{ Scope transports.Scope } // of the account by which they have it

func (e *TwiceError) Error() string {
	return fmt.Sprintf("the user has this as account %q", string(e.Scope))
}

// twice returns a *TwiceError where a user has an account's upstream by another
// account.
func (d *Domain) twice(ctx context.Context, network transports.Distinguisher, a store.Account) error {
	wanted := network.Distinct(allSettings(a))
	all, err := d.c.conf.Store.UserAccounts(ctx, d.Name(), a.User)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Scope == a.Scope || !other.Registered || !other.Suspended.IsZero() {
			continue
		}
		for _, had := range network.Distinct(allSettings(other)) {
			if slices.Contains(wanted, had) {
				return &TwiceError{transports.Scope(other.Scope)}
			}
		}
	}
	return nil
}

// introduceAccount has the JID of a further account ask to be in the user's roster.
func (u *user) introduceAccount(scope transports.Scope) {
	if c, err := u.contact(transports.Address{Kind: transports.Network, Scope: scope}); err == nil {
		c.apply(subscription.Want)
	}
}

// unregisterFurther removes one of a user's accounts with its contacts.
func (d *Domain) unregisterFurther(ctx context.Context, who jid.JID, a store.Account) (after func(), err error) {
	all, err := d.Accounts(ctx, who)
	if err != nil {
		return nil, err
	}
	if len(all) == 1 {
		return d.Unregister(ctx, who, "")
	}
	scope := transports.Scope(a.Scope)
	var gone []*contact
	err = d.writeAbandoning(ctx, who, []int64{a.ID}, func(u *user) {
		u.dropAccount(scope)
		for name, c := range u.contacts {
			if c.addr.Scope == scope && c.addr.Kind != transports.Gateway {
				gone = append(gone, c)
				delete(u.contacts, name)
			}
		}
	}, func(t *store.Tx) error {
		for _, c := range gone {
			if err := t.RemoveContact(d.Name(), who.String(), c.addr.String()); err != nil {
				return err
			}
		}
		return t.RemoveAccount(a.ID)
	})
	if err != nil {
		return nil, err
	}
	return func() {
		d.post(who, func(u *user) {
			for _, c := range gone {
				if u.contacts[c.addr.String()] == nil { // else it came back meanwhile
					c.forget()
				}
			}
			u.showNetwork(scope)
		})
	}, nil
}

// accountAvailability tells how one of several accounts looks to the user now.
func (u *user) accountAvailability(scope transports.Scope) (here bool, show, status string) {
	a := u.accounts.of(scope)
	switch {
	case a == nil:
		return scope == "", "", "" // the gateway is there in any case
	case !a.rec.Suspended.IsZero():
		return true, "xa", u.text(suspendedText)
	case a.problem != nil:
		return true, "dnd", u.text(a.problem.Text)
	case !a.online():
		return true, "away", u.text(transports.T("Not connected at the moment. It is tried again."))
	}
	return true, "", ""
}
