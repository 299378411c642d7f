package component

import (
	"context"

	"wherry/component/jid"
	"wherry/transports"
)

// enables takes in what can be done by an account's connection.
func (u *user) enables(a *account, can transports.Ability) {
	a.can = can
	key := u.party(a.scope)
	if can &= transports.CanEnrol | transports.CanConfirm; can != 0 {
		u.d.enrols.Store(key, can)
	} else {
		u.d.enrols.Delete(key)
	}
}

// Enrols tells which of CanEnrol and CanConfirm a user can have done now on the
// network of a scope.
func (d *Domain) Enrols(who jid.JID, scope transports.Scope) transports.Ability {
	can, _ := d.enrols.Load(who.Bare().String() + " " + string(scope))
	ability, _ := can.(transports.Ability)
	return ability
}

// Enroller returns what makes accounts for a user on the network of a scope. The
// error tells why it cannot.
func (d *Domain) Enroller(ctx context.Context, who jid.JID, scope transports.Scope) (transports.Enroller, error) {
	var found transports.Enroller
	var refusal error = &transports.Error{Kind: transports.Unreachable}
	err := d.do(ctx, who.Bare(), func(u *user) {
		a := u.accounts.of(scope)
		if !a.online() {
			return
		}
		if ts, ok := a.session.ts.(transports.Enroller); ok {
			found, refusal = ts, nil
		} else {
			refusal = &transports.Error{Kind: transports.Unsupported}
		}
	})
	if err != nil {
		return nil, err
	}
	return found, refusal
}
