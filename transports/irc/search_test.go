package irc_test

import (
	"testing"

	"wherry/transports"
)

// A network that can is asked for the channels that fit only; what it tells
// besides does not. Another is asked for all. IRC-B8
func TestSearchRooms(t *testing.T) {
	alice, conn := meet(t)
	search := func(what transports.RoomSearch) chan []string {
		got := make(chan []string, 1)
		go func() {
			var names []string
			_, err := alice.SearchRooms(t.Context(), what, func(l transports.Listed) bool {
				names = append(names, l.Room.Name)
				return true
			})
			if err != nil {
				t.Error(err)
			}
			got <- names
		}()
		return got
	}
	conn.Send(":irc.test 005 alice ELIST=MNU :are supported", "PING :barrier")
	conn.Expect("PONG barrier")
	for _, tt := range []struct {
		what transports.RoomSearch
		line string
	}{
		{transports.RoomSearch{Name: "sea", Least: 3, Most: 9}, "LIST >2,<10,*sea*"},
		{transports.RoomSearch{Name: "SEA"}, "LIST *SEA*"},
	} {
		got := search(tt.what)
		wantLine(t, conn, tt.line)
		conn.Send(":irc.test 322 alice #Sea 5 :Ships", ":irc.test 322 alice #lake 5 :x", ":irc.test 323 alice :End")
		if names := <-got; len(names) != 1 || names[0] != "#sea" {
			t.Errorf("%s: found %q", tt.line, names)
		}
	}
	got := search(transports.RoomSearch{Least: 1})
	wantLine(t, conn, "LIST >0")
	done := make(chan error, 1)
	go func() { // a list of all beside it
		_, err := alice.List(t.Context(), "", func(transports.Listed) bool { return true })
		done <- err
	}()
	wantLine(t, conn, "LIST")
	conn.Send(":irc.test 322 alice #a 1 :x", ":irc.test 323 alice :End", ":irc.test 322 alice #b 0 :x", ":irc.test 322 alice #a 1 :x", ":irc.test 323 alice :End")
	if names := <-got; len(names) != 1 || names[0] != "#a" {
		t.Errorf("found %q", names)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	// All is there by now; nothing more is asked.
	if names := <-search(transports.RoomSearch{Name: "b", Least: 0}); len(names) != 1 || names[0] != "#b" {
		t.Errorf("found %q", names)
	}
	if names := <-search(transports.RoomSearch{Subject: "X", Least: 1}); len(names) != 1 || names[0] != "#a" {
		t.Errorf("found %q", names)
	}
}

// Without that all are asked for, and a search that can be no mask is none.
func TestSearchRoomsAmongAll(t *testing.T) {
	alice, conn := meet(t)
	conn.Send(":irc.test 005 alice ELIST=CT :are supported", "PING :barrier")
	conn.Expect("PONG barrier")
	got := make(chan int, 1)
	go func() {
		n := 0
		_, err := alice.SearchRooms(t.Context(), transports.RoomSearch{Name: "a,b *", Least: 4}, func(transports.Listed) bool { n++; return true })
		if err != nil {
			t.Error(err)
		}
		got <- n
	}()
	wantLine(t, conn, "LIST")
	conn.Send(":irc.test 322 alice #a 5 :x", ":irc.test 323 alice :End")
	if n := <-got; n != 0 {
		t.Errorf("found %d", n)
	}
}
