package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wherry/store"
)

func TestRooms(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	a := romeo()
	check(t, s.SaveAccount(ctx, &a))
	balcony := store.Room{AccountID: a.ID, Name: "#balcony", Nick: "romeo", Password: "dusk", Persistent: true, Resources: []string{"a", "b"}}
	crypt := store.Room{AccountID: a.ID, Name: "#crypt", Nick: "romeo"}
	check(t, s.SaveRoom(ctx, crypt))
	check(t, s.SaveRoom(ctx, balcony))
	got, err := s.Rooms(ctx, a.ID)
	same(t, []store.Room{balcony, crypt}, got, err)

	balcony.Nick, balcony.Password, balcony.Persistent, balcony.Resources = "r", "", false, []string{"c"}
	check(t, s.SaveRoom(ctx, balcony))
	for range 2 {
		check(t, s.AddResource(ctx, a.ID, "#crypt", "z"))
		check(t, s.AddResource(ctx, a.ID, "#balcony", "a"))
		check(t, s.RemoveResource(ctx, a.ID, "#balcony", "c"))
	}
	balcony.Resources, crypt.Resources = []string{"a"}, []string{"z"}
	got, err = s.Rooms(ctx, a.ID)
	same(t, []store.Room{balcony, crypt}, got, err)

	for range 2 {
		check(t, s.RemoveRoom(ctx, a.ID, "#crypt"))
	}
	got, err = s.Rooms(ctx, a.ID)
	same(t, []store.Room{balcony}, got, err)
}

func TestRoomOfNothing(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	a := romeo()
	check(t, s.SaveAccount(ctx, &a))
	for name, err := range map[string]error{
		"SaveRoom":    s.SaveRoom(ctx, store.Room{AccountID: 99, Name: "#r"}),
		"AddResource": s.AddResource(ctx, a.ID, "#r", "phone"),
		"PutSaves":    s.PutSaves(ctx, 99, []store.Save{{Name: "x", Value: []byte("y")}}),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a user chose for a room stays without the room, and goes with the account.
// IRC-B39
func TestRoomSettings(t *testing.T) {
	ctx := context.Background()
	s := open(t, config(t))
	a := romeo()
	a.Registered = false
	check(t, s.SaveAccount(ctx, &a))
	is := func(want map[string]map[string]string) {
		t.Helper()
		got, err := s.RoomSettings(ctx, a.ID)
		same(t, want, got, err)
	}
	is(map[string]map[string]string{})
	check(t, s.SaveRoomSettings(ctx, a.ID, "#crypt", map[string]string{"persistent": "true", "encoding_in": "♥"}))
	check(t, s.SaveRoomSettings(ctx, a.ID, "#crypt", map[string]string{"persistent": "false"}))
	is(map[string]map[string]string{"#crypt": {"persistent": "false"}})
	if lapsed, err := s.Lapsed(ctx, a.Domain, a.Created.Add(time.Hour)); err != nil || len(lapsed) != 0 {
		t.Errorf("lapsed with settings: %v, %v", lapsed, err)
	}
	if err := s.SaveRoomSettings(ctx, 99, "#crypt", map[string]string{"x": "y"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	if err := s.SaveRoomSettings(ctx, a.ID, "#crypt", map[string]string{"x": "\xff"}); err == nil {
		t.Error("kept what is not UTF-8")
	}
	check(t, s.SaveRoomSettings(ctx, a.ID, "#crypt", nil))
	is(map[string]map[string]string{})
	check(t, s.SaveRoomSettings(ctx, a.ID, "#balcony", map[string]string{"x": "y"}))
	check(t, s.RemoveAccount(ctx, a.ID))
	is(map[string]map[string]string{})
}

func TestSaves(t *testing.T) {
	ctx := context.Background()
	cfg := config(t)
	s := open(t, cfg)
	a := romeo()
	check(t, s.SaveAccount(ctx, &a))
	check(t, s.PutSaves(ctx, a.ID, nil))
	check(t, s.PutSaves(ctx, a.ID, []store.Save{
		{Name: "position", Value: []byte("17")},
		{Name: "empty", Value: []byte{}},
		{Name: "empty secret", Value: []byte{}, Secret: true},
		{Name: "token", Value: []byte("montague"), Secret: true},
		{Name: "once", Value: []byte("1")},
		{Name: "once", Value: []byte("2")},
	}))
	check(t, s.PutSaves(ctx, a.ID, []store.Save{
		{Name: "position", Value: []byte("18"), Secret: true},
		{Name: "token"},
		{Name: "never"},
	}))
	got, err := s.Saves(ctx, a.ID)
	same(t, map[string][]byte{"position": []byte("18"), "empty": {}, "empty secret": {}, "once": []byte("2")}, got, err)
	var plain int
	check(t, raw(t, cfg).QueryRow(`SELECT COUNT(*) FROM save WHERE value = CAST('18' AS BLOB)`).Scan(&plain))
	if plain != 0 {
		t.Error("a secret stands unsealed")
	}
}
