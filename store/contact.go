package store

import (
	"context"
	"fmt"
	"time"
)

// Contact is what two sides of a subscription know of each other. The server
// keeps only the user's half; this is ours. The numbers of the states are the
// caller's; 0 is none.
type Contact struct {
	Domain string // of the component
	User   string // bare JID
	Name   string // the contact's address as text; empty: the gateway itself
	Ours   uint8  // our subscription to the user's presence
	Theirs uint8  // the user's to the contact's
	Asked  time.Time
}

const selectContacts = `SELECT domain, jid, name, ours, theirs, asked FROM contact WHERE `

// Contacts returns the contacts of a user on a domain, by name.
func (s *Store) Contacts(ctx context.Context, domain, user string) ([]Contact, error) {
	contacts, err := collect(ctx, s.reads, scanContact, selectContacts+`domain = $1 AND jid = $2 ORDER BY name`, domain, user)
	if err != nil {
		return nil, fmt.Errorf("read the contacts of %s on %s: %w", user, domain, err)
	}
	return contacts, nil
}

// contactPage is how many contacts EachContact reads at a time.
const contactPage = 500

// EachContact calls do with each contact of a domain, by user and name, and
// ends at its first error. The store may be written to meanwhile.
func (s *Store) EachContact(ctx context.Context, domain string, do func(Contact) error) error {
	var last Contact
	// The first page also takes the contacts before which there is nothing.
	compare := ">="
	for {
		page, err := collect(ctx, s.reads, scanContact, selectContacts+
			`domain = $1 AND (jid, name) `+compare+` ($2, $3) ORDER BY jid, name LIMIT $4`,
			domain, last.User, last.Name, contactPage)
		if err != nil {
			return fmt.Errorf("read the contacts of %s: %w", domain, err)
		}
		for _, contact := range page {
			if err := do(contact); err != nil {
				return err
			}
		}
		if len(page) < contactPage {
			return nil
		}
		last, compare = page[len(page)-1], ">"
	}
}

func scanContact(rows scanner) (c Contact, err error) {
	var asked int64
	err = rows.Scan(&c.Domain, &c.User, &c.Name, &c.Ours, &c.Theirs, &asked)
	c.Asked = fromMillis(asked)
	return c, err
}

// SaveContact keeps a contact in place of the one of the same domain, user and
// name. One whose states are both 0 is removed.
func (s *Store) SaveContact(ctx context.Context, c Contact) error {
	err := s.Update(ctx, func(t *Tx) error {
		if c.Ours == 0 && c.Theirs == 0 {
			return t.RemoveContact(c.Domain, c.User, c.Name)
		}
		return t.exec(`INSERT INTO contact (domain, jid, name, ours, theirs, asked) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (domain, jid, name) DO UPDATE SET ours = $4, theirs = $5, asked = $6`,
			c.Domain, c.User, c.Name, c.Ours, c.Theirs, millis(c.Asked))
	})
	if err != nil {
		return fmt.Errorf("save contact %q of %s on %s: %w", c.Name, c.User, c.Domain, err)
	}
	return nil
}

// RemoveContact removes what stands between a user and a contact, if anything does.
func (t *Tx) RemoveContact(domain, user, name string) error {
	return t.exec(`DELETE FROM contact WHERE domain = $1 AND jid = $2 AND name = $3`, domain, user, name)
}
