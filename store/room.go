package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Room is a room that an account is in, and the user's resources that show it.
type Room struct {
	AccountID  int64
	Name       string
	Nick       string
	Password   string `json:"-"` // sealed at rest; empty: none
	Persistent bool   // stays joined when the last resource has left
	Resources  []string
}

// String names the room, without its password.
func (r Room) String() string { return fmt.Sprintf("room %q of account %d", r.Name, r.AccountID) }

// Rooms returns the rooms of an account, by name, their resources in order.
func (s *Store) Rooms(ctx context.Context, account int64) ([]Room, error) {
	rooms, err := s.rooms(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("read the rooms of account %d: %w", account, err)
	}
	return rooms, nil
}

func (s *Store) rooms(ctx context.Context, account int64) ([]Room, error) {
	rows, err := s.reads.QueryContext(ctx, bound(`SELECT r.name, r.nick, r.password, r.persistent, x.resource
		FROM room r LEFT JOIN resource x ON x.account = r.account AND x.room = r.name
		WHERE r.account = $1 ORDER BY r.name, x.resource`), account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var rooms []Room
	for rows.Next() {
		room, resource, err := s.scanRoom(rows, account)
		if err != nil {
			return nil, err
		}
		if n := len(rooms); n == 0 || rooms[n-1].Name != room.Name {
			rooms = append(rooms, room)
		}
		if resource.Valid {
			last := &rooms[len(rooms)-1]
			last.Resources = append(last.Resources, resource.String)
		}
	}
	return rooms, rows.Err()
}

func (s *Store) scanRoom(rows *sql.Rows, account int64) (room Room, resource sql.NullString, err error) {
	room.AccountID = account
	var sealed []byte
	if err := rows.Scan(&room.Name, &room.Nick, &sealed, &room.Persistent, &resource); err != nil || sealed == nil {
		return room, resource, err
	}
	password, err := s.open(roomLabel(account, room.Name), sealed)
	room.Password = string(password)
	return room, resource, err
}

// SaveRoom keeps a room, with exactly its Resources, in place of the one of
// the same account and name. The error is ErrNotFound where there is no such
// account.
func (s *Store) SaveRoom(ctx context.Context, room Room) error {
	err := s.Update(ctx, func(t *Tx) error {
		if err := s.upsertRoom(t, room); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM resource WHERE account = $1 AND room = $2`, room.AccountID, room.Name); err != nil {
			return err
		}
		for _, resource := range room.Resources {
			if err := addResource(t, room.AccountID, room.Name, resource); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", room, err)
	}
	return nil
}

func (s *Store) upsertRoom(t *Tx, room Room) error {
	var sealed []byte
	if room.Password != "" {
		sealed = s.seal(roomLabel(room.AccountID, room.Name), []byte(room.Password))
	}
	return t.exec(`INSERT INTO room (account, name, nick, password, persistent) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, name) DO UPDATE SET nick = $3, password = $4, persistent = $5`,
		room.AccountID, room.Name, room.Nick, sealed, room.Persistent)
}

// RemoveRoom removes a room with its resources. Removing what is not there is
// no error.
func (s *Store) RemoveRoom(ctx context.Context, account int64, name string) error {
	err := s.Update(ctx, func(t *Tx) error {
		return t.exec(`DELETE FROM room WHERE account = $1 AND name = $2`, account, name)
	})
	if err != nil {
		return fmt.Errorf("remove %s: %w", Room{AccountID: account, Name: name}, err)
	}
	return nil
}

// AddResource adds a resource to a room that is in the store, else the error
// is ErrNotFound. Adding it again changes nothing.
func (s *Store) AddResource(ctx context.Context, account int64, room, resource string) error {
	err := s.Update(ctx, func(t *Tx) error { return addResource(t, account, room, resource) })
	if err != nil {
		return fmt.Errorf("add a resource to %s: %w", Room{AccountID: account, Name: room}, err)
	}
	return nil
}

func addResource(t *Tx, account int64, room, resource string) error {
	return t.exec(`INSERT INTO resource (account, room, resource) VALUES ($1, $2, $3)
		ON CONFLICT (account, room, resource) DO NOTHING`, account, room, resource)
}

// RemoveResource takes a resource from a room. Taking what is not there is no
// error.
func (s *Store) RemoveResource(ctx context.Context, account int64, room, resource string) error {
	err := s.Update(ctx, func(t *Tx) error {
		return t.exec(`DELETE FROM resource WHERE account = $1 AND room = $2 AND resource = $3`, account, room, resource)
	})
	if err != nil {
		return fmt.Errorf("take a resource from %s: %w", Room{AccountID: account, Name: room}, err)
	}
	return nil
}
