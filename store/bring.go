package store

import "fmt"

// AddAccount adds an account within a transaction, and sets its ID. The error
// is ErrExists where there is one of the same domain, user and scope. Its
// Created must be set.
func (t *Tx) AddAccount(a *Account) error {
	if err := t.store.insertAccount(t, a); err != nil {
		return fmt.Errorf("add the account of %s on %s, scope %q: %w", a.User, a.Domain, a.Scope, err)
	}
	return nil
}

// AddRoom keeps a room without resources within a transaction, in place of the
// one of the same account and name.
func (t *Tx) AddRoom(room Room) error {
	if err := t.store.upsertRoom(t, room); err != nil {
		return fmt.Errorf("add %s: %w", room, err)
	}
	return nil
}

// AddContact adds a contact within a transaction, unless there is one of the
// same domain, user and name.
func (t *Tx) AddContact(c Contact) error {
	err := t.exec(`INSERT INTO contact (domain, jid, name, ours, theirs, asked) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (domain, jid, name) DO NOTHING`, c.Domain, c.User, c.Name, c.Ours, c.Theirs, millis(c.Asked))
	if err != nil {
		return fmt.Errorf("add contact %q of %s on %s: %w", c.Name, c.User, c.Domain, err)
	}
	return nil
}
