package irc_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// talkers runs alice on a network that has everything, in #room with bob.
func talkers(t *testing.T, cfg ircv3test.Config) (*life, *ircv3test.Network, *ircv3test.Puppet) {
	t.Helper()
	network := ircv3test.Start(t, cfg)
	bob := network.Puppet("bob")
	bob.Join("#room")
	alice := live(t, plainly(network), transports.Settings{"nick": "alice"})
	next[transports.Online](alice)
	next[transports.Able](alice)
	await[transports.Joined](joining(alice, "#room"))
	await[transports.RoomConfig](alice) // else it comes at any time
	return alice, network, bob
}

// joining has a session join a channel.
func joining(l *life, name string) *life {
	l.t.Helper()
	if err := l.Join(l.t.Context(), transports.Join{Room: channel(name)}); err != nil {
		l.t.Fatalf("Join: %v", err)
	}
	return l
}

// said sends a message and returns the network's id for it.
func (l *life) said(m transports.Message) string {
	l.t.Helper()
	sent, err := l.Send(l.t.Context(), m)
	if err != nil || len(sent.IDs) != 1 || !sent.Echoes {
		l.t.Fatalf("Send = %+v, %v", sent, err)
	}
	st := await[transports.Status](l)
	if st.ID != sent.IDs[0] || st.State != transports.Echoed || st.As == "" || st.Time.IsZero() {
		l.t.Errorf("told %+v of %+v", st, sent)
	}
	return st.As
}

// IRC-B42
func TestDialogue(t *testing.T) {
	alice, network, bob := talkers(t, ircv3test.Config{})
	room := channel("#room")
	one := alice.said(transports.Message{Chat: room, Text: "hello"})
	bob.React("#room", one, "👍")
	if r := await[transports.Reacted](alice); r.To != one || r.Sign != "👍" || r.Nick != "bob" || r.Own {
		t.Errorf("told %+v", r)
	}
	bob.Unreact("#room", one, "👍")
	if r := await[transports.Reacted](alice); !r.Removed {
		t.Errorf("told %+v", r)
	}
	two := bob.Reply("#room", one, "hello alice")
	m := await[transports.Received](alice).Message
	if m.ID != two || m.ReplyTo != one || m.Key != "puppet@puppet.test" || m.Delayed {
		t.Errorf("received %+v", m)
	}
	if err := alice.React(t.Context(), transports.Reaction{Chat: room, To: two, Sign: "🎉"}); err != nil {
		t.Errorf("React: %v", err)
	}
	network.AwaitTold(bob, "@*+draft/react=🎉* TAGMSG #room")
	long := transports.Message{Chat: room, Text: "one\n\n" + strings.Repeat("long ", 200), ReplyTo: two}
	parts := alice.Split(long)
	if len(parts) != 1 {
		t.Fatalf("%d parts", len(parts))
	}
	alice.said(parts[0])
	three := bob.Multiline("#room", "several", "", "lines")
	if m := await[transports.Received](alice).Message; m.ID != three || m.Text != "several\n\nlines" {
		t.Errorf("received %+v", m)
	}
	if err := alice.Redact(t.Context(), room, one, "oops"); err != nil {
		t.Errorf("Redact: %v", err)
	}
	wantKind(t, alice.Redact(t.Context(), room, "nothing", ""), transports.NotFound)
	wantKind(t, alice.Redact(t.Context(), room, two, ""), transports.Forbidden)
	bob.Redact("#room", two, "")
	if r := await[transports.Redacted](alice); r.ID != two || r.By != "bob" {
		t.Errorf("told %+v", r)
	}
	bob.Type("#room", "active")
	if e := await[transports.Typed](alice); e.Nick != "bob" || e.State != transports.Active {
		t.Errorf("told %+v", e)
	}
	for range 3 {
		if err := alice.Type(t.Context(), room, transports.Active); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().Truncate(time.Millisecond).UTC()
	if err := alice.Read(t.Context(), room, now); err != nil {
		t.Fatal(err)
	}
	network.Await("alice", "MARKREAD #room timestamp=*")
	if at := network.Marker("alice", "#room"); !at.Equal(now) {
		t.Errorf("read up to %v, want %v", at, now)
	}
	typings := 0
	for _, line := range network.Received("alice") {
		if strings.Contains(line, "+typing=") {
			typings++
		}
	}
	if typings != 1 {
		t.Errorf("%d lines of typing within three seconds", typings)
	}
}

// Who somebody is follows what the network tells of them.
func TestDialogueOfKeys(t *testing.T) {
	alice, network, bob := talkers(t, ircv3test.Config{})
	bob.Account("bobby")
	if o := await[transports.Changed](alice).Occupants[0]; o.Key != "bobby" || !o.Account {
		t.Errorf("changed %+v", o)
	}
	bob.Say("#room", "hi")
	if m := next[transports.Received](alice).Message; m.Key != "bobby" {
		t.Errorf("received %+v", m)
	}
	bob.Account("")
	bob.Host("new", "host.example")
	for _, key := range []string{"puppet@puppet.test", "new@host.example"} {
		if o := next[transports.Changed](alice).Occupants[0]; o.Key != key || o.Account {
			t.Errorf("changed %+v, want %q", o, key)
		}
	}
	bob.Bot()
	bob.Say("#room", "beep")
	if o := await[transports.Changed](alice).Occupants[0]; !o.Bot {
		t.Errorf("changed %+v", o)
	}
	if m := next[transports.Received](alice).Message; !m.Bot {
		t.Errorf("received %+v", m)
	}
	carol := network.Puppet("carol")
	carol.Join("#room")
	await[transports.Entered](alice)
	network.Split("a.test", "b.test", "bob", "carol")
	if left := next[transports.Left](alice); left.How != transports.Split || len(left.Nicks) != 2 {
		t.Errorf("left %+v", left)
	}
	network.Netjoin("a.test", "b.test", "bob", "carol")
	if entered := next[transports.Entered](alice); len(entered.Occupants) != 2 {
		t.Errorf("entered %+v", entered)
	}
}

// What was missed comes with the next connection, in order and once.
func TestDialogueOfThePast(t *testing.T) {
	network := ircv3test.Start(t, ircv3test.Config{Accounts: map[string]string{"alice": secret}})
	bob := network.Puppet("bob")
	bob.Join("#room")
	before := bob.Say("#room", "before she came")
	settings := transports.Settings{"nick": "alice", "sasl_username": "alice", "sasl_password": secret}
	var mu sync.Mutex
	saved := transports.Saved{}
	start := func() *life {
		t.Helper()
		account := transports.Account{Key: "alice", Scope: irctest.Host, Settings: settings}
		mu.Lock()
		session, err := plainly(network).Open(account, saved)
		mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		l := run(t, session, func(b transports.Batch) {
			mu.Lock()
			defer mu.Unlock()
			for _, s := range b.Saves {
				saved[s.Name] = s.Value
			}
		})
		await[transports.Able](l)
		return l
	}
	alice := start()
	await[transports.Joined](joining(alice, "#room"))
	if m := await[transports.Received](alice).Message; m.ID != before || !m.Delayed {
		t.Errorf("received %+v", m)
	}
	bob.Say("#room", "live")
	if m := await[transports.Received](alice).Message; m.Text != "live" || m.Delayed {
		t.Errorf("received %+v", m)
	}
	alice.stop()
	<-alice.ended
	network.AwaitTold(bob, "*QUIT*")
	missed := []string{bob.Say("#room", "missed"), bob.Multiline("#room", "two", "lines")}
	bob.React("#room", missed[0], "👀")
	carol := network.Puppet("carol")
	carol.Join("#room")
	carol.Part("#room", "")
	alice = start()
	joined := await[transports.Joined](joining(alice, "#room"))
	if len(joined.Occupants) != 2 {
		t.Errorf("joined %+v", joined)
	}
	var got []string
	for {
		m := await[transports.Received](alice).Message
		if m.ID != before && m.Text != "live" { // said within the minute that was not saved
			got = append(got, m.ID)
		}
		if len(got) == 2 {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(missed, " ") {
		t.Errorf("missed %q, want %q", got, missed)
	}
	if r := await[transports.Reacted](alice); r.To != missed[0] {
		t.Errorf("told %+v", r)
	}
	bob.Say("#room", "now")
	if m := await[transports.Received](alice).Message; m.Text != "now" || m.Delayed {
		t.Errorf("received %+v", m)
	}
}

// A session that connects again shows nothing twice, however fast it was said.
func TestDialogueOfReconnecting(t *testing.T) {
	alice, network, bob := talkers(t, ircv3test.Config{})
	bob.Say("#room", "one")
	await[transports.Received](alice)
	alice.said(transports.Message{Chat: channel("#room"), Text: "two"})
	alice.stop()
	<-alice.ended
	network.AwaitTold(bob, "*QUIT*")
	three := bob.Say("#room", "three")
	again := run(t, alice.Session, func(transports.Batch) {})
	await[transports.Able](again)
	joining(again, "#room")
	if m := await[transports.Received](again).Message; m.ID != three {
		t.Errorf("received %+v", m)
	}
}

// People outside of rooms are seen.
func TestDialogueOfContacts(t *testing.T) {
	alice, network, bob := talkers(t, ircv3test.Config{})
	carol := network.Puppet("carol")
	if err := alice.Watch(t.Context(), []transports.Address{nick("carol"), nick("dave")}); err != nil {
		t.Fatal(err)
	}
	seen := func(want transports.Available) {
		t.Helper()
		if got := await[transports.Available](alice); got != want {
			t.Errorf("told %+v, want %+v", got, want)
		}
	}
	seen(transports.Available{Contact: nick("carol"), Nick: "carol", Here: true})
	seen(transports.Available{Contact: nick("dave")})
	carol.Away("lunch")
	seen(transports.Available{Contact: nick("carol"), Nick: "carol", Here: true, Away: true, Text: "lunch"})
	carol.Quit("bye")
	seen(transports.Available{Contact: nick("carol")})
	network.Puppet("dave")
	seen(transports.Available{Contact: nick("dave"), Nick: "dave", Here: true})
	if err := alice.SetAway(t.Context(), "asleep"); err != nil {
		t.Fatal(err)
	}
	network.AwaitTold(bob, "*AWAY :asleep")
}
