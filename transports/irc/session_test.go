package irc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// IRC-M1
func TestJoinErrors(t *testing.T) {
	network := irctest.NewNetwork(t)
	network.Puppet("holder").Do("JOIN #full")
	for name, change := range map[string]func(*irctest.Channel){
		"#key":    func(ch *irctest.Channel) { ch.Key = "sesame" },
		"#invite": func(ch *irctest.Channel) { ch.Invite = true },
		"#banned": func(ch *irctest.Channel) { ch.Bans = []string{"*!*@host.test"} },
		"#full":   func(ch *irctest.Channel) { ch.Limit = 1 },
	} {
		network.Channel(name, change)
	}
	alice := enter(t, plainly(network.Server), "alice")
	for _, tt := range []struct {
		room, password string
		kind           transports.ErrorKind
	}{
		{"#key", "", transports.PasswordWant},
		{"#key", "open", transports.PasswordWant},
		{"#key", "two words", transports.PasswordWant},
		{"#invite", "", transports.Uninvited},
		{"#banned", "", transports.Forbidden},
		{"#full", "", transports.Full},
		{"&local", "", transports.NotFound},
	} {
		err := alice.Join(t.Context(), transports.Join{Room: channel(tt.room), Password: tt.password})
		wantKind(t, err, tt.kind)
	}
	if err := alice.Join(t.Context(), transports.Join{Room: channel("#key"), Password: "sesame"}); err != nil {
		t.Errorf("Join with the right password: %v", err)
	}
}

// IRC-B20
func TestJoinedHasEverything(t *testing.T) {
	network := irctest.NewNetwork(t)
	network.Puppet("boss").Do("JOIN #Room")
	network.Channel("#room", func(ch *irctest.Channel) { ch.Topic = "\x02important\x02 things"; ch.Modes = "mnt" })
	alice := enter(t, plainly(network.Server), "alice")
	if err := alice.Join(t.Context(), transports.Join{Room: channel("#room")}); err != nil {
		t.Fatal(err)
	}
	joined := next[transports.Joined](alice)
	if joined.Room != channel("#room") || joined.Nick != "alice" || len(joined.Occupants) != 2 {
		t.Errorf("joined %+v", joined)
	}
	for _, o := range joined.Occupants {
		if o.Nick == "boss" && (o.Rank != transports.Op || o.Mask != "puppet@host.test" || o.Key != o.Mask) {
			t.Errorf("the boss is %+v", o)
		}
	}
	if s := joined.Subject; s.Text != "*important* things" || s.By != "setter" || s.Time.Unix() != 1700000000 {
		t.Errorf("the subject is %+v", s)
	}
	config := next[transports.RoomConfig](alice)
	if !config.Moderated || config.OpenSubject || config.MembersOnly {
		t.Errorf("the room is %+v", config)
	}
	for _, o := range next[transports.Changed](alice).Occupants {
		if o.Mute != (o.Rank == transports.Plain) {
			t.Errorf("in a moderated room %+v", o)
		}
	}
}

func TestNickTaken(t *testing.T) {
	network := irctest.NewNetwork(t)
	network.Puppet("alice")
	network.Puppet("alice_")
	tr := plainly(network.Server)
	if _, err := tr.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice"}); err != nil {
		t.Errorf("a taken nick fails the trial: %v", err)
	}
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	if e := next[transports.Online](alice); e.Name != "alice__" {
		t.Errorf("online as %q", e.Name)
	}
	if joined := alice.join(channel("#room")); joined.Nick != "alice__" {
		t.Errorf("joined as %q", joined.Nick)
	}
	wantKind(t, alice.Rename(t.Context(), channel("#room"), "alice"), transports.Conflict)
	wantKind(t, alice.Rename(t.Context(), channel("#room"), "9lives"), transports.Malformed)
	wantKind(t, alice.Rename(t.Context(), channel("#room"), "two words"), transports.Malformed)
	if err := alice.Rename(t.Context(), channel("#room"), "alix"); err != nil {
		t.Errorf("Rename: %v", err)
	}
	if e := next[transports.Renamed](alice); e.Old != "alice__" || e.New != "alix" || e.Room != channel("#room") {
		t.Errorf("renamed %+v", e)
	}
}

// TestNickRefused says that a nick the network does not allow is replaced: the
// user gets in, and sees the other one.
func TestNickRefused(t *testing.T) {
	network := irctest.NewNetwork(t)
	alice := live(t, plainly(network.Server), transports.Settings{"nick": "42" + strings.Repeat("long", 20)})
	if e := next[transports.Online](alice); !strings.HasPrefix(e.Name, "longlo") || len(e.Name) > 9 {
		t.Errorf("online as %q", e.Name)
	}
}

func TestComingAndGoing(t *testing.T) {
	network := irctest.NewNetwork(t)
	alice := enter(t, plainly(network.Server), "alice")
	room := channel("#room")
	alice.join(room)
	bob := network.Puppet("Bob")
	bob.Do("JOIN #ROOM")
	if e := next[transports.Entered](alice); e.Room != room || e.Occupants[0].Nick != "Bob" {
		t.Errorf("entered %+v", e)
	}
	bob.Do("AWAY :lunch")
	if e := next[transports.Changed](alice); !e.Occupants[0].Away {
		t.Errorf("away %+v", e)
	}
	bob.Do("NICK Rob")
	if e := next[transports.Renamed](alice); e.Old != "Bob" || e.New != "Rob" {
		t.Errorf("renamed %+v", e)
	}
	bob.Do("PART #room :\x0304tired")
	want := transports.Left{Room: room, Nicks: []string{"Rob"}, How: transports.Parted, Reason: "tired"}
	if diff := cmp.Diff(want, next[transports.Left](alice)); diff != "" {
		t.Error(diff)
	}
	bob.Do("JOIN #room")
	next[transports.Entered](alice)
	bob.Do("QUIT :bye")
	want = transports.Left{Room: room, Nicks: []string{"Rob"}, How: transports.Quit, Reason: "Quit: bye"}
	if diff := cmp.Diff(want, next[transports.Left](alice)); diff != "" {
		t.Error(diff)
	}
	if err := alice.Leave(t.Context(), room, "done"); err != nil {
		t.Errorf("Leave: %v", err)
	}
	_, err := alice.Send(t.Context(), transports.Message{Chat: room, Text: "hello?"})
	wantKind(t, err, transports.Absent)
}

// IRC-B17, IRC-B19
func TestMessages(t *testing.T) {
	network := irctest.NewNetwork(t)
	alice := enter(t, plainly(network.Server), "alice")
	room := channel("#room")
	alice.join(room)
	bob := network.Puppet("Bob")
	bob.Do("JOIN #room")
	next[transports.Entered](alice)
	for len(bob.Lines) > 0 {
		<-bob.Lines
	}
	for _, tt := range []struct {
		line string
		want transports.Message
	}{
		{"PRIVMSG #ROOM :hello", transports.Message{Chat: room, Nick: "Bob", Text: "hello"}},
		{"PRIVMSG #room :Alice: you?", transports.Message{Chat: room, Nick: "Bob", Text: "Alice: you?"}},
		{"PRIVMSG #room :\x01ACTION waves\x01", transports.Message{Chat: room, Nick: "Bob", Text: "waves", Style: transports.Act}},
		{"NOTICE #room :beep", transports.Message{Chat: room, Nick: "Bob", Text: "beep", Style: transports.Notice}},
		{"PRIVMSG alice :psst \x02now\x02", transports.Message{Chat: nick("bob"), Nick: "Bob", Text: "psst *now*", Markup: true}},
		{"NOTICE alice :note", transports.Message{Chat: nick("bob"), Nick: "Bob", Text: "note", Style: transports.Notice}},
		{"PRIVMSG alice :caf\xe9", transports.Message{Chat: nick("bob"), Nick: "Bob", Text: "café"}},
	} {
		bob.Do(tt.line)
		tt.want.Key = "puppet@host.test"
		if diff := cmp.Diff(tt.want, next[transports.Received](alice).Message); diff != "" {
			t.Errorf("%s:\n%s", tt.line, diff)
		}
	}
	bob.Do("PRIVMSG alice :\x01VERSION\x01") // nobody wants to see this
	bob.Do("NOTICE alice :\x01VERSION spy\x01")
	if line := <-bob.Lines; !strings.HasSuffix(line, "NOTICE Bob :\x01VERSION Wherry\x01") {
		t.Errorf("bob is answered %q", line)
	}

	for _, tt := range []struct {
		m    transports.Message
		line string
	}{
		{transports.Message{Chat: room, Text: "hello"}, "PRIVMSG #room :hello"},
		{transports.Message{Chat: room, Text: "waves", Style: transports.Act}, "PRIVMSG #room :\x01ACTION waves\x01"},
		{transports.Message{Chat: room, Text: "*so*", Markup: true}, "PRIVMSG #room :\x02so\x02"},
		{transports.Message{Chat: room, Text: "*so*"}, "PRIVMSG #room :*so*"},
		{transports.Message{Chat: nick("bob"), Text: "x\rQUIT :y\x00"}, "PRIVMSG Bob :xQUIT :y"},
		{transports.Message{Chat: nick("bob"), Text: "beep", Style: transports.Notice}, "NOTICE Bob :beep"},
	} {
		sent, err := alice.Send(t.Context(), tt.m)
		if err != nil || len(sent.IDs) != 1 {
			t.Errorf("Send(%q) = %v, %v", tt.m.Text, sent, err)
		}
		if line := <-bob.Lines; line != ":alice!alice@host.test "+tt.line {
			t.Errorf("bob is sent %q, want %q", line, tt.line)
		}
	}
	_, err := alice.Send(t.Context(), transports.Message{Chat: room, Text: strings.Repeat("x", 600)})
	wantKind(t, err, transports.TooLong)
}

func TestRefusedMessages(t *testing.T) {
	network := irctest.NewNetwork(t)
	network.Puppet("boss").Do("JOIN #room")
	network.Channel("#room", func(ch *irctest.Channel) { ch.Modes = "m" })
	alice := enter(t, plainly(network.Server), "alice")
	alice.join(channel("#room"))
	next[transports.Changed](alice)
	for _, tt := range []struct {
		chat transports.Address
		kind transports.ErrorKind
	}{
		{nick("nobody"), transports.NotFound},
		{channel("#room"), transports.Forbidden},
	} {
		sent, err := alice.Send(t.Context(), transports.Message{Chat: tt.chat, Text: "hello?"})
		if err != nil {
			t.Fatalf("Send: %v", err)
		}
		status := next[transports.Status](alice)
		if status.ID != sent.IDs[0] || status.State != transports.Failed || status.Chat != tt.chat || status.Err.Kind != tt.kind {
			t.Errorf("status %+v for %v", status, sent)
		}
	}
}

// IRC-M7, IRC-B29, IRC-B32
func TestModeration(t *testing.T) {
	network := irctest.NewNetwork(t)
	tr := plainly(network.Server)
	alice, bob := enter(t, tr, "alice"), enter(t, tr, "bob")
	room := channel("#room")
	alice.join(room)
	bob.join(room)
	next[transports.Entered](alice)
	moderate := func(l *life, nick string, do transports.ModerationAction, rank transports.Rank) error {
		return l.Moderate(t.Context(), transports.Moderation{Room: room, Nick: nick, Do: do, Rank: rank, Reason: "rules"})
	}
	wantKind(t, moderate(bob, "alice", transports.Kick, 0), transports.Forbidden)
	wantKind(t, moderate(bob, "alice", transports.Ban, 0), transports.Forbidden)
	wantKind(t, moderate(bob, "bob", transports.SetRank, transports.Op), transports.Forbidden)
	wantKind(t, bob.SetSubject(t.Context(), room, "mine"), transports.Forbidden)
	wantKind(t, moderate(alice, "nobody", transports.Kick, 0), transports.NotFound)
	for _, rank := range []transports.Rank{transports.Voice, transports.Voice, transports.Op, transports.HalfOp, transports.Owner, transports.Plain} {
		if err := moderate(alice, "BOB", transports.SetRank, rank); err != nil {
			t.Fatalf("SetRank %d: %v", rank, err)
		}
	}
	for _, want := range []transports.Rank{transports.Voice, transports.Op, transports.HalfOp, transports.Owner} {
		for {
			e := await[transports.Changed](bob)
			if e.By != "alice" || e.Occupants[0].Nick != "bob" {
				t.Fatalf("changed %+v", e)
			}
			if e.Occupants[0].Rank == want {
				break
			}
		}
	}
	if err := moderate(alice, "bob", transports.Ban, 0); err != nil {
		t.Fatalf("Ban: %v", err)
	}
	if e := await[transports.Left](bob); e.How != transports.Banned || e.By != "alice" || e.Reason != "rules" || e.Nicks[0] != "bob" {
		t.Errorf("bob left: %+v", e)
	}
	outcasts, err := alice.Outcasts(t.Context(), room)
	if err != nil || len(outcasts) != 1 || outcasts[0].Mask != "*!*@host.test" || outcasts[0].By != "setter" {
		t.Errorf("Outcasts = %+v, %v", outcasts, err)
	}
	wantKind(t, bob.Join(t.Context(), transports.Join{Room: room}), transports.Forbidden)
	if err := moderate(alice, "*!*@host.test", transports.Unban, 0); err != nil {
		t.Fatalf("Unban: %v", err)
	}
	bob.join(room)
	await[transports.Entered](alice)
	if err := moderate(alice, "bob", transports.Kick, 0); err != nil {
		t.Fatalf("Kick: %v", err)
	}
	if e := await[transports.Left](bob); e.How != transports.Kicked {
		t.Errorf("bob left: %+v", e)
	}
	wantKind(t, alice.Invite(t.Context(), room, "nobody", ""), transports.NotFound)
	if err := alice.Invite(t.Context(), room, "bob", ""); err != nil {
		t.Fatalf("Invite: %v", err)
	}
	if e := next[transports.Invited](bob); e.Room != room || e.By != nick("alice") {
		t.Errorf("invited %+v", e)
	}
	wantKind(t, alice.Invite(t.Context(), room, "alice", ""), transports.Conflict)
}
