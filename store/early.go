package store

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// PutEarlyStatus keeps what the network told of an id that no message has yet.
// The error is ErrNotFound where there is no such account.
func (t *Tx) PutEarlyStatus(account int64, chat, id string, status []byte) error {
	number, err := t.number()
	if err == nil {
		err = t.exec(`INSERT INTO early_status (account, chat, id, number, came, status) VALUES ($1, $2, $3, $4, $5, $6)`,
			account, chat, id, number, millis(time.Now()), append([]byte{}, status...))
	}
	if err != nil {
		return fmt.Errorf("keep an early status of account %d: %w", account, err)
	}
	return nil
}

type earlyStatus struct {
	number int64
	status []byte
}

// TakeEarlyStatuses removes what the network told of some ids, and returns it
// in the order it came.
func (t *Tx) TakeEarlyStatuses(account int64, chat string, ids []string) ([][]byte, error) {
	var found []earlyStatus
	for _, id := range ids {
		ofID, err := t.takeEarly(account, chat, id)
		if err != nil {
			return nil, fmt.Errorf("take the early statuses of account %d: %w", account, err)
		}
		found = append(found, ofID...)
	}
	slices.SortFunc(found, func(a, b earlyStatus) int { return cmp.Compare(a.number, b.number) })
	var statuses [][]byte
	for _, early := range found {
		statuses = append(statuses, early.status)
	}
	return statuses, nil
}

func (t *Tx) takeEarly(account int64, chat, id string) ([]earlyStatus, error) {
	found, err := gather(t, func(rows scanner) (e earlyStatus, err error) {
		return e, rows.Scan(&e.number, &e.status)
	}, `SELECT number, status FROM early_status WHERE account = $1 AND chat = $2 AND id = $3`, account, chat, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found, t.exec(`DELETE FROM early_status WHERE account = $1 AND chat = $2 AND id = $3`, account, chat, id)
}
