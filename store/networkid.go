package store

import (
	"context"
	"fmt"
)

// AddNetworkIDs notes under which ids the network knows a part of a message. An
// id that is there already is of this part from now on. The error is
// ErrNotFound where there is no such part.
func (t *Tx) AddNetworkIDs(account int64, chat string, ids []string, message int64, part int) error {
	for _, id := range ids {
		err := t.exec(`INSERT INTO network_id (account, chat, id, message, part) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account, chat, id) DO UPDATE SET message = $4, part = $5`, account, chat, id, message, part)
		if err != nil {
			return fmt.Errorf("add an id to %s: %w", Outgoing{Account: account, Message: message, Part: part}, err)
		}
	}
	return nil
}

// ByNetworkID returns the part of a message that the network knows under an
// id, or ErrNotFound.
func (t *Tx) ByNetworkID(account int64, chat, id string) (message int64, part int, err error) {
	err = t.find(`SELECT message, part FROM network_id WHERE account = $1 AND chat = $2 AND id = $3`,
		[]any{account, chat, id}, []any{&message, &part})
	if err != nil {
		return 0, 0, fmt.Errorf("find the message of a network id of account %d: %w", account, err)
	}
	return message, part, nil
}

// KnownNetworkID tells whether a message has an id of the network.
func (s *Store) KnownNetworkID(ctx context.Context, account int64, chat, id string) (bool, error) {
	var n int
	err := s.reads.QueryRowContext(ctx, bound(`SELECT COUNT(*) FROM network_id WHERE account = $1 AND chat = $2 AND id = $3`),
		account, chat, id).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for a network id of account %d: %w", account, err)
	}
	return n > 0, nil
}

// Waits tells whether a message of an account is not known to be sent; of one
// chat only where that is not empty.
func (t *Tx) Waits(account int64, chat string) (bool, error) {
	query, args := `SELECT COUNT(*) FROM (SELECT 1 AS one FROM outgoing WHERE account = $1 AND state < 3 LIMIT 1) AS some`, []any{account}
	if chat != "" {
		query, args = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM outgoing WHERE account = $1 AND chat = $2 AND state < 3 LIMIT 1) AS some`, []any{account, chat}
	}
	var n int
	if err := t.find(query, args, []any{&n}); err != nil {
		return false, fmt.Errorf("look whether account %d has something to send: %w", account, err)
	}
	return n > 0, nil
}
