package irc

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"wherry/transports"
)

// nowhere is a connection that takes all and gives nothing.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error)      { return len(b), nil }
func (nowhere) SetReadDeadline(time.Time) error  { return nil }
func (nowhere) SetWriteDeadline(time.Time) error { return nil }

// newTestConn returns a connection whose input is given to step, logged in as
// alice and in #room with bob.
func newTestConn(t testing.TB, emit func(transports.Batch)) *conn {
	t.Helper()
	tr := New(Config{AllowPrivateHosts: true, ThrottleLimit: -1})
	account := transports.Account{Scope: "irc.example", Settings: transports.Settings{fieldNick: "alice"}}
	who, err := tr.identity(account)
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(&socket{Conn: nowhere{}}, nowhere{}, 0)
	c := newConn(newSession(tr, account, who), l, func(_ context.Context, b transports.Batch) error {
		if emit != nil {
			emit(b)
		}
		return nil
	})
	if err := c.begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.feedLines(t,
		":s CAP * LS :multi-prefix extended-join", ":s CAP * ACK :multi-prefix extended-join",
		":s 001 alice :hi", ":s 005 alice PREFIX=(qaohv)~&@%+ CHANTYPES=# :are supported", ":s 376 alice :end",
		":alice!a@h JOIN #room", ":s 353 alice = #room :@alice +bob!b@h", ":s 366 alice #room :end")
	return c
}

func (c *conn) feedLines(t testing.TB, lines ...string) {
	t.Helper()
	if err := c.step(context.Background(), []byte(strings.Join(lines, "\r\n")+"\r\n")); err != nil {
		t.Fatal(err)
	}
}

// FuzzConn says that no server can make a connection panic, forget who is
// where, or say what is no line.
func FuzzConn(f *testing.F) {
	for _, s := range []string{
		":alice!a@h JOIN #b\n:s 353 alice = #b :bob carol\n:s 366 alice #b :\n:bob NICK carol\n:carol QUIT :a.b c.d",
		":alice NICK bob\n:bob NICK alice\n:alice PART #room\n:alice!a@h JOIN #ROOM\n:alice KICK #room alice",
		":bob!b@h MODE #room +vo-v+b bob bob bob *!*@h\n:bob KICK #room bob\n:s 324 alice #room +mkl x 5\n:bob MODE #room -m",
		":s 005 alice PREFIX= CHANTYPES= CASEMAPPING=ascii :x\n:ALICE JOIN #Room\n:s 353 a = #ROOM :@@+\n:s 366 a #room",
		"CAP * LS * :sasl\nCAP * NEW :chghost\nCAP * DEL\nAUTHENTICATE +\n433 alice x\nERROR\nPING\n465 a b",
		"@time=2020-01-01T00:00:00Z;msgid=x :bob!b@h PRIVMSG #room :\x01ACTION \x02x\x01\n:bob NOTICE alice \x01\n:bob!b@services. NOTICE alice :[#room] x",
		":bob ACCOUNT *\n:bob CHGHOST a b\n:bob AWAY :x\n:bob INVITE alice #c\n:s 470 alice #room #c\n:alice JOIN #c",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		c := newTestConn(t, nil)
		_ = c.step(context.Background(), append(input, "\r\n"...))
		counts := make(map[*user]uint16)
		for i, ch := range c.channels {
			if i > 0 && c.channels[i-1].key >= ch.key {
				t.Fatalf("the channels %q and %q are out of order", c.channels[i-1].key, ch.key)
			}
			for u := range ch.members {
				counts[u]++
			}
		}
		for key, u := range c.users {
			if u.key != key || u.rooms != counts[u] || u.rooms == 0 {
				t.Fatalf("%q, found as %q, is in %d channels, not %d", u.nick, key, counts[u], u.rooms)
			}
		}
		if len(counts) != len(c.users) {
			t.Fatalf("%d users are in channels, %d are known", len(counts), len(c.users))
		}
	})
}

func TestEventsOfOneStepAreJoined(t *testing.T) {
	var got []transports.Event
	c := newTestConn(t, func(b transports.Batch) { got = b.Events })
	c.feedLines(t, ":carol!c@h JOIN #room * :x", ":dave!d@h JOIN #room dave_ :x", ":bob!b@h PRIVMSG #room :hi",
		":carol!c@h QUIT :a.b c.d", ":dave!d@h QUIT :a.b c.d", ":bob QUIT :bye")
	if len(got) != 4 {
		t.Fatalf("%d events: %+v", len(got), got)
	}
	entered := got[0].(transports.Entered)
	if len(entered.Occupants) != 2 || entered.Occupants[1].Key != "dave_" {
		t.Errorf("entered %+v", entered)
	}
	if left := got[2].(transports.Left); len(left.Nicks) != 2 || left.How != transports.Split {
		t.Errorf("left %+v", left)
	}
}

func TestModesOfNobody(t *testing.T) {
	var got []transports.Event
	c := newTestConn(t, func(b transports.Batch) { got = append(got, b.Events...) })
	got = nil
	c.feedLines(t, ":s MODE #room +o nobody", ":s MODE #room +ovb-v bob bob x!y@z bob", ":s MODE #room +l 5", ":s MODE #elsewhere +o bob")
	if len(got) != 2 {
		t.Fatalf("%d events: %+v", len(got), got)
	}
	if o := got[0].(transports.Changed).Occupants; len(o) != 1 || o[0].Rank != transports.Op {
		t.Errorf("changed %+v", o)
	}
	if cfg := got[1].(transports.RoomConfig); cfg.Limit != 5 {
		t.Errorf("configured %+v", cfg)
	}
}
