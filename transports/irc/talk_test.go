package irc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// modern runs a session that a script lets in with capabilities, into #room with
// bob.
func modern(t *testing.T, caps, isupport string) (*life, *irctest.Conn) {
	t.Helper()
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	conn := server.Accept()
	admit(conn, caps, isupport)
	next[transports.Online](alice)
	return alice, conn
}

// admit lets alice in with capabilities.
func admit(conn *irctest.Conn, caps, isupport string) {
	for range 3 {
		conn.Next() // CAP, NICK, USER
	}
	conn.Send(":irc.test CAP * LS :" + caps)
	conn.Send(":irc.test CAP * ACK :" + strings.TrimPrefix(strings.TrimPrefix(conn.Next(), "CAP REQ "), ":"))
	conn.Expect("CAP END")
	greeting := irctest.Greeting("alice")
	conn.Send(append(greeting[:3:3], ":irc.test 005 alice "+isupport+" :are supported", greeting[3])...)
}

const allCaps = "batch labeled-response echo-message message-tags server-time account-tag standard-replies draft/message-redaction draft/read-marker"

// wantLine wants a line of the client's, to the letter.
func wantLine(t *testing.T, conn *irctest.Conn, want string) {
	t.Helper()
	if got := conn.Next(); got != want {
		t.Errorf("the client says %q, want %q", got, want)
	}
}

// What can be done is told once it is known, by what the server has and what it
// passes on, and again when that changes.
func TestAbilities(t *testing.T) {
	const all = transports.CanReply | transports.CanReact | transports.CanRedact | transports.CanType | transports.CanRead | transports.CanEcho
	for name, tt := range map[string]struct {
		caps, isupport string
		want           transports.Ability
	}{
		"all":                  {allCaps, "X=1", all},
		"echoes alone":         {"echo-message", "X=1", transports.CanEcho},
		"some tags are denied": {allCaps, "CLIENTTAGDENY=typing,draft/react", all &^ (transports.CanReact | transports.CanType)},
		"all are but one":      {allCaps, "CLIENTTAGDENY=*,-draft/reply", all &^ (transports.CanReact | transports.CanType)},
		"no redaction":         {"message-tags draft/message-redaction=x", "CLIENTTAGDENY=*", transports.CanRedact},
	} {
		t.Run(name, func(t *testing.T) {
			alice, conn := modern(t, tt.caps, tt.isupport)
			if got := next[transports.Able](alice); got.Can != tt.want {
				t.Errorf("can %b, want %b", got.Can, tt.want)
			}
			if tt.want != all {
				return
			}
			conn.Send(":irc.test CAP alice DEL :echo-message draft/read-marker")
			if got := next[transports.Able](alice); got.Can != all&^(transports.CanEcho|transports.CanRead) {
				t.Errorf("after a DEL: %b", got.Can)
			}
			conn.Send(":irc.test CAP alice NEW :echo-message")
			conn.Expect("CAP REQ echo-message")
			conn.Send(":irc.test CAP alice ACK :echo-message")
			if got := next[transports.Able](alice); got.Can != all&^transports.CanRead {
				t.Errorf("after a NEW: %b", got.Can)
			}
		})
	}
	alice, conn := meet(t)
	letIn(alice, conn, "bob") // no Able came before
	for what, err := range map[string]error{
		"react":  alice.React(t.Context(), transports.Reaction{Chat: channel("#room"), To: "1", Sign: "👍"}),
		"redact": alice.Redact(t.Context(), channel("#room"), "1", ""),
		"type":   alice.Type(t.Context(), channel("#room"), transports.Active),
		"read":   alice.Read(t.Context(), channel("#room"), time.Now()),
	} {
		if e := transports.AsError(err); e == nil || e.Kind != transports.Unsupported {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What is said is said when the network shows it, by its label; what it refuses
// fails. IRC-M3
func TestEchoes(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	send := func(m transports.Message) string {
		t.Helper()
		sent, err := alice.Send(t.Context(), m)
		if err != nil || !sent.Echoes || len(sent.IDs) != 1 {
			t.Fatalf("Send = %+v, %v", sent, err)
		}
		return sent.IDs[0]
	}
	one := send(transports.Message{Chat: channel("#room"), Text: "one", ReplyTo: "m;0"})
	two := send(transports.Message{Chat: channel("#room"), Text: "two"})
	wantLine(t, conn, "@label="+one+`;+draft/reply=m\:0 PRIVMSG #room one`)
	wantLine(t, conn, "@label="+two+" PRIVMSG #room two")
	conn.Send(
		"@label="+two+";msgid=m2;time=2026-01-02T03:04:05.678Z :alice!a@h PRIVMSG #room :two",
		"@msgid=m9 :alice!a@h PRIVMSG #room :two", // said by another program of hers
		":irc.test BATCH +7 labeled-response",
		"@label="+one+" :irc.test BATCH +8 labeled-response",
		"@batch=8;msgid=m1 :alice!a@h PRIVMSG #room :one",
		":irc.test BATCH -8",
	)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	want := transports.Status{Chat: channel("#room"), ID: two, State: transports.Echoed, As: "m2", Time: at}
	if diff := cmp.Diff(want, next[transports.Status](alice)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if m := next[transports.Received](alice).Message; !m.Own || m.ID != "m9" {
		t.Errorf("said elsewhere: %+v", m)
	}
	if st := next[transports.Status](alice); st.ID != one || st.As != "m1" || !st.Time.IsZero() {
		t.Errorf("in a batch: %+v", st)
	}
	three, four := send(transports.Message{Chat: nick("bob"), Text: "three"}), send(transports.Message{Chat: channel("#room"), Text: "four"})
	five := send(transports.Message{Chat: channel("#room"), Text: "five"})
	conn.Next()
	conn.Next()
	conn.Next()
	conn.Send("@label="+three+" :irc.test 404 alice #room :Not now", "@label="+four+" FAIL PRIVMSG INVALID_UTF8 :No",
		"@label="+five+" :irc.test 417 alice :Input line was too long") // Ergo, where it may not truncate
	if st := next[transports.Status](alice); st.ID != three || st.State != transports.Failed || st.Chat != nick("bob") {
		t.Errorf("refused by label: %+v", st)
	}
	if st := next[transports.Status](alice); st.ID != four || st.State != transports.Failed || st.Err.Kind != transports.Malformed {
		t.Errorf("refused by FAIL: %+v", st)
	}
	if st := next[transports.Status](alice); st.ID != five || st.State != transports.Failed || st.Err.Kind != transports.TooLong {
		t.Errorf("refused as too long: %+v", st)
	}
}

// Without labels an echo is known by what it says, whatever the server made of
// its codes; where the server has none, what is written counts as said.
func TestEchoesWithoutLabels(t *testing.T) {
	alice, conn := modern(t, "echo-message", "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	for _, m := range []transports.Message{
		{Chat: channel("#room"), Text: "same"}, {Chat: channel("#room"), Text: "same"},
		{Chat: nick("bob"), Text: "a *bold* one", Markup: true}, {Chat: channel("#room"), Text: "waves", Style: transports.Act},
	} {
		sent, err := alice.Send(t.Context(), m)
		if err != nil || !sent.Echoes {
			t.Fatal(err)
		}
		line := conn.Next()
		if strings.HasPrefix(line, "@") {
			t.Errorf("tags for a server without: %q", line)
		}
		verb := strings.ReplaceAll(line, "\x02", "")
		conn.Send(":alice!a@h " + verb)
		if st := next[transports.Status](alice); st.ID != sent.IDs[0] || st.State != transports.Echoed || st.Chat != m.Chat {
			t.Errorf("%q: %+v", m.Text, st)
		}
	}
	conn.Send(":alice!a@h PRIVMSG #room :same")
	if m := next[transports.Received](alice).Message; !m.Own {
		t.Errorf("%+v", m)
	}
}

// What others do with a message is told by its id; ours comes back and is not
// told again. IRC-M19
func TestReactions(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	react := func() chan error {
		done := make(chan error, 1)
		go func() {
			done <- alice.React(t.Context(), transports.Reaction{Chat: channel("#room"), To: "m1", Sign: "👍"})
		}()
		return done
	}
	done := react()
	label, rest, _ := strings.Cut(strings.TrimPrefix(conn.Next(), "@"), " ")
	if want := "+draft/reply=m1;+draft/react=👍;label="; !strings.HasPrefix(label, want) || rest != "TAGMSG #room" {
		t.Errorf("the client says %q %q", label, rest)
	}
	conn.Send(
		"@"+label+" :alice!a@h TAGMSG #room",
		"@+draft/reply=m1;+draft/unreact=👍 :alice!a@h TAGMSG #room", // by another program of hers
		"@+draft/reply=m2;+draft/react=lol;account=bobby :bob!b@h TAGMSG #room",
		"@+draft/react=lost :bob!b@h TAGMSG #room",
		"@+draft/reply=m2;+draft/react= :bob!b@h TAGMSG #room",
		"@+draft/reply=m2;+draft/react="+strings.Repeat("x", 200)+" :bob!b@h TAGMSG #room",
		"@+draft/reply=m3;+draft/unreact=lol :bob!b@h TAGMSG alice",
		"@+draft/reply=m3;+draft/react=lol :bob!b@h TAGMSG #elsewhere",
	)
	for _, want := range []transports.Reacted{
		{Chat: channel("#room"), To: "m1", Nick: "alice", Key: "a@h", Own: true, Sign: "👍", Removed: true},
		{Chat: channel("#room"), To: "m2", Nick: "bob", Key: "bobby", Sign: "lol"},
		{Chat: nick("bob"), To: "m3", Nick: "bob", Key: "b@h", Sign: "lol", Removed: true},
	} {
		if diff := cmp.Diff(want, next[transports.Reacted](alice)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if err := <-done; err != nil {
		t.Errorf("React = %v", err)
	}
	for _, tt := range []struct {
		answer string
		kind   transports.ErrorKind
	}{
		{"FAIL TAGMSG INVALID_TARGET #room :No", transports.NotFound},
		{":irc.test 404 alice #room :No", transports.Forbidden},
		{":irc.test 421 alice TAGMSG :No", transports.Unsupported},
	} {
		done := react()
		tags, _, _ := strings.Cut(conn.Next(), " ")
		conn.Send("@" + tags[strings.Index(tags, "label="):] + " " + tt.answer)
		wantKind(t, <-done, tt.kind)
	}
	wantKind(t, alice.React(t.Context(), transports.Reaction{Chat: channel("#room"), To: "m1", Sign: "\n"}), transports.Malformed)
}

func TestTyping(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	for state, word := range map[transports.Typing]string{transports.Active: "active", transports.Paused: "paused", transports.NotTyping: "done"} {
		if err := alice.Type(t.Context(), channel("#room"), state); err != nil {
			t.Fatal(err)
		}
		if line := conn.Next(); !strings.HasPrefix(line, "@+typing="+word+";label=") || !strings.HasSuffix(line, " TAGMSG #room") {
			t.Errorf("the client says %q", line)
		}
		conn.Send("@+typing="+word+" :alice!a@h TAGMSG #room", "@+typing=soon :bob!b@h TAGMSG #room", "@+typing="+word+" :bob!b@h TAGMSG alice")
		if got := next[transports.Typed](alice); got != (transports.Typed{Chat: nick("bob"), Nick: "bob", State: state}) {
			t.Errorf("told %+v", got)
		}
	}
}

// A message is taken back by its id, and answered when the network did it; what
// others take back is told. IRC-M19
func TestRedactions(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	redact := func(id string, answers ...string) error {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- alice.Redact(t.Context(), channel("#room"), id, "not *nice*") }()
		wantLine(t, conn, "REDACT #room "+id+" :not *nice*")
		fence := strings.TrimPrefix(conn.Expect("PING *"), "PING ")
		conn.Send(append(answers, ":irc.test PONG irc.test "+fence)...)
		return <-done
	}
	if err := redact("m1", "@msgid=x :alice!a@h REDACT #room m1 :not *nice*"); err != nil {
		t.Errorf("Redact = %v", err)
	}
	wantKind(t, redact("m2", "FAIL REDACT REDACT_FORBIDDEN #room m2 :It is not yours"), transports.Forbidden)
	wantKind(t, redact("m3", "FAIL REDACT UNKNOWN_MSGID #room m3 :What?"), transports.NotFound)
	wantKind(t, redact("m4"), transports.NotAllowed)
	conn.Send(":bob!b@h REDACT #room m5 :\x02oops\x02", ":bob!b@h REDACT alice m6", ":bob!b@h REDACT #elsewhere m7", ":alice!a@h REDACT #room m8")
	for _, want := range []transports.Redacted{
		{Chat: channel("#room"), ID: "m5", By: "bob", Reason: "*oops*"},
		{Chat: nick("bob"), ID: "m6", By: "bob"},
		{Chat: channel("#room"), ID: "m8", By: "alice"},
	} {
		if diff := cmp.Diff(want, next[transports.Redacted](alice)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// How far the user has read goes out, and comes from their other programs.
// IRC-M19
func TestReadMarkers(t *testing.T) {
	alice, conn := modern(t, allCaps, "X=1")
	next[transports.Able](alice)
	letIn(alice, conn, "bob")
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	if err := alice.Read(t.Context(), channel("#room"), at); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "MARKREAD #room timestamp=2026-01-02T02:04:05.678Z")
	conn.Send("MARKREAD #room *", "MARKREAD #room timestamp=soon", "MARKREAD #other timestamp=2026-01-02T02:04:05.678Z", "MARKREAD bob timestamp=2026-01-02T02:04:05.678Z")
	want := transports.ReadUpTo{Chat: nick("bob"), Time: time.Date(2026, 1, 2, 2, 4, 5, 678e6, time.UTC)}
	if got := next[transports.ReadUpTo](alice); got != want {
		t.Errorf("told %+v", got)
	}
}

// Who is away stays so over a new connection. IRC-M14
func TestAwayOverConnections(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice"})
	if err := alice.SetAway(t.Context(), "at\nlunch"); err != nil {
		t.Fatal(err)
	}
	conn := server.Accept()
	conn.Welcome()
	wantLine(t, conn, "AWAY :at lunch")
	for _, words := range []string{"at lunch", "asleep", ""} {
		if err := alice.SetAway(context.Background(), words); err != nil {
			t.Fatal(err)
		}
	}
	wantLine(t, conn, "AWAY asleep")
	wantLine(t, conn, "AWAY")
}

// A server that takes no more changes is told of the last one later. IRC-M14
func TestAwayTooOften(t *testing.T) {
	server := irctest.Listen(t)
	tr := plainly(server)
	tr.HurryAway(20 * time.Millisecond)
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Welcome()
	next[transports.Online](alice)
	if err := alice.SetAway(t.Context(), "lunch"); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "AWAY lunch")
	conn.Send(":irc.test 429 alice :Too many aways - Flood protection activated", ":irc.test 429 alice :Too many aways - Flood protection activated")
	wantLine(t, conn, "AWAY lunch")
	conn.Send("PING :barrier")
	wantLine(t, conn, "PONG barrier")
}
