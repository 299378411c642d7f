package biboumi

import (
	"time"

	"wherry/component/subscription"
	"wherry/store"
)

// Write writes a plan. It is all of one transaction's, which may run it more
// than once.
func (p Plan) Write(t *store.Tx, domain string, now time.Time) error {
	for _, a := range p.Accounts {
		if err := p.writeAccount(t, a, domain, now); err != nil {
			return err
		}
	}
	for _, name := range p.Contacts {
		err := t.AddContact(store.Contact{
			Domain: domain, User: p.User, Name: name, Ours: uint8(subscription.Have), Theirs: 1, Asked: now,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p Plan) writeAccount(t *store.Tx, a *Account, domain string, now time.Time) error {
	id := a.ID
	if id == 0 {
		rec := store.Account{
			User: p.User, Domain: domain, Scope: string(a.Scope), Registered: true,
			Settings: a.Settings, Secrets: a.Secrets, Created: now,
		}
		if err := t.AddAccount(&rec); err != nil {
			return err
		}
		id = rec.ID
	}
	for _, r := range a.Rooms {
		if err := t.AddRoom(store.Room{AccountID: id, Name: r.Name, Nick: r.Nick, Persistent: true}); err != nil {
			return err
		}
	}
	for _, l := range a.Logs {
		log, err := t.Log(store.Log{Domain: domain, Host: string(a.Scope), Room: l.Room, Account: id})
		if err != nil {
			return err
		}
		for _, line := range l.Lines {
			line.Log = log
			if err := t.AddLine(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// Empty tells whether nothing is to be written.
func (p Plan) Empty() bool {
	for _, a := range p.Accounts {
		if a.ID == 0 || len(a.Rooms)+len(a.Logs) > 0 {
			return false
		}
	}
	return len(p.Contacts) == 0
}
