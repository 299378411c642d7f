package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// RoomSettings returns what the user of an account chose for rooms, by the names
// of these.
func (s *Store) RoomSettings(ctx context.Context, account int64) (map[string]map[string]string, error) {
	type row struct {
		room     string
		settings map[string]string
	}
	rows, err := collect(ctx, s.reads, func(rows scanner) (r row, err error) {
		var text string
		if err := rows.Scan(&r.room, &text); err != nil {
			return r, err
		}
		return r, json.Unmarshal([]byte(text), &r.settings)
	}, `SELECT room, settings FROM room_setting WHERE account = $1`, account)
	if err != nil {
		return nil, fmt.Errorf("read the room settings of account %d: %w", account, err)
	}
	all := make(map[string]map[string]string, len(rows))
	for _, r := range rows {
		all[r.room] = r.settings
	}
	return all, nil
}

// SaveRoomSettings keeps what the user of an account chose for a room, in place
// of what was chosen before; nothing, where there are no settings. The error is
// ErrNotFound where there is no such account.
func (s *Store) SaveRoomSettings(ctx context.Context, account int64, room string, settings map[string]string) error {
	text, err := encodeSettings(settings)
	if err == nil {
		err = s.Update(ctx, func(t *Tx) error {
			if len(settings) == 0 {
				return t.exec(`DELETE FROM room_setting WHERE account = $1 AND room = $2`, account, room)
			}
			return t.exec(`INSERT INTO room_setting (account, room, settings) VALUES ($1, $2, $3)
				ON CONFLICT (account, room) DO UPDATE SET settings = $3`, account, room, text)
		})
	}
	if err != nil {
		return fmt.Errorf("save the settings of %s: %w", Room{AccountID: account, Name: room}, err)
	}
	return nil
}
