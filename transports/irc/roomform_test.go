package irc_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
)

// The lines of a channel are read and written in its own encoding, where one was
// chosen; those of others are not. IRC-B21
func TestRoomEncodings(t *testing.T) {
	network := irctest.NewNetwork(t)
	alice := enter(t, plainly(network.Server), "alice")
	chosen := transports.Settings{"encoding_in": "koi8-r", "encoding_out": "koi8-r", "mood": "x"}
	if err := alice.Join(t.Context(), transports.Join{Room: channel("#room"), Chosen: chosen}); err != nil {
		t.Fatal(err)
	}
	next[transports.Joined](alice)
	alice.join(channel("#other"))
	bob := network.Puppet("Bob")
	bob.Do("JOIN #ROOM")
	bob.Do("JOIN #other")
	await[transports.Entered](alice)
	await[transports.Entered](alice)
	for len(bob.Lines) > 0 {
		<-bob.Lines
	}
	hear := func(line, want string) {
		t.Helper()
		bob.Do(line)
		if m := await[transports.Received](alice).Message; m.Text != want {
			t.Errorf("%q is heard as %q, want %q", line, m.Text, want)
		}
	}
	hear("PRIVMSG #ROOM :\xd0\xd2\xc9", "при")
	hear("PRIVMSG #room :при", "при")
	hear("PRIVMSG #other :gr\xfcn", "grün")
	hear("PRIVMSG alice :gr\xfcn", "grün")
	say := func(room, text, want string) {
		t.Helper()
		if _, err := alice.Send(t.Context(), transports.Message{Chat: channel(room), Text: text}); err != nil {
			t.Fatal(err)
		}
		if line := <-bob.Lines; !strings.HasSuffix(line, "PRIVMSG "+room+" :"+want) {
			t.Errorf("%q is sent as %q", text, line)
		}
	}
	say("#room", "при 😀", "\xd0\xd2\xc9 ?")
	say("#other", "при", "при")
	if err := alice.SetSubject(t.Context(), channel("#room"), "при"); err != nil {
		t.Fatal(err)
	}
	if line := <-bob.Lines; !strings.HasSuffix(line, "TOPIC #room :\xd0\xd2\xc9") {
		t.Errorf("the topic is sent as %q", line)
	}
	alice.Choose(channel("#room"), nil)
	say("#room", "при", "при")
	hear("PRIVMSG #room :gr\xfcn", "grün")
	if err := alice.Leave(t.Context(), channel("#room"), "до"); err != nil {
		t.Fatal(err)
	}
}

// What is written on a network has its encoding, where a channel has none of its
// own. IRC-B21
func TestEncodingOutOfARoom(t *testing.T) {
	network := irctest.NewNetwork(t)
	alice := live(t, plainly(network.Server), transports.Settings{"nick": "alice", "encoding_out": "KOI8-R"})
	next[transports.Online](alice)
	alice.join(channel("#room"))
	bob := network.Puppet("Bob")
	bob.Do("JOIN #room")
	await[transports.Entered](alice)
	for len(bob.Lines) > 0 {
		<-bob.Lines
	}
	for _, tt := range []struct {
		chat   transports.Address
		chosen string
		want   string
	}{
		{channel("#room"), "", "PRIVMSG #room :\xd0\xd2\xc9"},
		{nick("bob"), "", "PRIVMSG Bob :\xd0\xd2\xc9"},
		{channel("#room"), "windows-1251", "PRIVMSG #room :\xef\xf0\xe8"},
		{channel("#room"), "utf-8", "PRIVMSG #room :при"},
	} {
		alice.Choose(channel("#room"), transports.Settings{"encoding_out": tt.chosen})
		if _, err := alice.Send(t.Context(), transports.Message{Chat: tt.chat, Text: "при"}); err != nil {
			t.Fatal(err)
		}
		if line := <-bob.Lines; !strings.HasSuffix(line, tt.want) {
			t.Errorf("%v %q: sent %q", tt.chat, tt.chosen, line)
		}
	}
	err := plainly(network.Server).CheckSettings(transports.Account{Scope: irctest.Host, Settings: transports.Settings{"nick": "a", "encoding_out": "klingon"}})
	var e *transports.FieldError
	if !errors.As(err, &e) || e.Field != "encoding_out" {
		t.Errorf("an encoding that is none: %v", err)
	}
}

// An encoding is no matter where the network says that all is UTF-8. IRC-B21
func TestRoomEncodingsOfUTF8(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob")
	alice.Choose(channel("#room"), transports.Settings{"encoding_in": "koi8-r", "encoding_out": "koi8-r"})
	conn.Send(":irc.test 005 alice UTF8ONLY :are supported", ":bob!b@h PRIVMSG #room :\xd0\xd2\xc9")
	if m := await[transports.Received](alice).Message; m.Text != "\ufffd" && m.Text != "\ufffd\ufffd\ufffd" {
		t.Errorf("heard %q", m.Text)
	}
	if _, err := alice.Send(t.Context(), transports.Message{Chat: channel("#room"), Text: "при"}); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "PRIVMSG #room при")
}

// What can be chosen for a channel are the encodings that are known. IRC-B39
func TestRoomForm(t *testing.T) {
	var former transports.RoomFormer = irc.New(irc.Config{})
	fields := former.RoomForm(transports.Settings{"encoding_out": "koi8-r"})
	if len(fields) != 2 || fields[0].Name != "encoding_in" || fields[0].Value != "unset" || fields[1].Name != "encoding_out" || fields[1].Value != "koi8-r" {
		t.Errorf("asked %+v", fields)
	}
	for _, f := range fields {
		if len(f.Options) < 5 || f.Options[0].Value != "unset" || f.Label.IsZero() || f.Help.IsZero() {
			t.Errorf("asked %+v", f)
		}
	}
}

// Changes of modes go out as they were written, and are answered by what refuses
// them, or when nothing does; questions by what the network says. IRC-B30
func TestSetModes(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob")
	var moder transports.Moder = alice
	type answer struct {
		said string
		err  error
	}
	set := func(changes string) chan answer {
		done := make(chan answer, 1)
		go func() {
			said, err := moder.SetModes(t.Context(), channel("#room"), changes)
			done <- answer{said, err}
		}()
		return done
	}
	fence := func() {
		t.Helper()
		conn.Send(":irc.test PONG irc.test " + strings.TrimPrefix(conn.Expect("PING *"), "PING "))
	}
	done := set("+mb-n  *!*@spam.test")
	wantLine(t, conn, "MODE #room +mb-n *!*@spam.test")
	conn.Send(":alice!a@h MODE #room +mb-n *!*@spam.test")
	fence()
	if a := <-done; a.err != nil || a.said != "" {
		t.Errorf("changed: %+v", a)
	}
	for answer, kind := range map[string]transports.ErrorKind{
		":irc.test 482 alice #room :You're not channel operator":      transports.Forbidden,
		":irc.test 472 alice Y :is unknown mode char to me":           transports.Unsupported,
		":irc.test 401 alice Nobody :No such nick":                    transports.NotFound,
		":irc.test 696 alice #room k * :You must specify a parameter": transports.Forbidden,
		":irc.test FAIL MODE FORBIDDEN #room :You may not":            transports.Forbidden,
		":irc.test 461 alice MODE :Not enough parameters":             transports.Malformed,
	} {
		done = set("+Y nobody")
		wantLine(t, conn, "MODE #room +Y nobody")
		conn.Send(answer)
		if a := <-done; transports.AsError(a.err).Kind != kind {
			t.Errorf("%s: %v", answer, a.err)
		}
		fence()
	}
	done = set("")
	wantLine(t, conn, "MODE #room")
	conn.Send(":irc.test 324 alice #room +ntk sesame", ":irc.test 329 alice #room 1700000000")
	fence()
	if a := <-done; a.err != nil || a.said != "+ntk sesame" {
		t.Errorf("asked for modes: %+v", a)
	}
	done = set("+e")
	wantLine(t, conn, "MODE #room +e")
	for range 60 {
		conn.Send(":irc.test 348 alice #room *!*@friend.test bob!b@h 1700000000")
	}
	conn.Send(":irc.test 349 alice #room :End")
	fence()
	a := <-done
	if lines := strings.Split(a.said, "\n"); len(lines) != 51 || lines[0] != "*!*@friend.test bob!b@h 1700000000" || lines[50] != "…" {
		t.Errorf("asked for a list: %d lines, %+v", len(lines), a)
	}
	done = set("b")
	wantLine(t, conn, "MODE #room b")
	conn.Send(":irc.test 367 alice #room *!*@spam.test bob 1700000000", ":irc.test 368 alice #room :End")
	fence()
	if a := <-done; a.err != nil || a.said != "*!*@spam.test bob 1700000000" {
		t.Errorf("asked for bans: %+v", a)
	}
	if a := <-set("+k :x y"); transports.AsError(a.err).Kind != transports.Malformed {
		t.Errorf("what is no line: %+v", a)
	}
	if _, err := moder.SetModes(t.Context(), channel("#elsewhere"), "+m"); transports.AsError(err).Kind != transports.Absent {
		t.Errorf("elsewhere: %v", err)
	}
}
