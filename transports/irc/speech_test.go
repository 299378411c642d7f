package irc_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"wherry/transports"
	"wherry/transports/irc/irctest"
)

// foreign runs a session that speaks an encoding, in #room, which is let in with
// capabilities.
func foreign(t *testing.T, encoding, caps, isupport string) (*life, *irctest.Conn) {
	t.Helper()
	server := irctest.Listen(t)
	l := live(t, plainly(server), transports.Settings{"nick": "alice", "encoding_out": encoding, "realname": "Алиса"})
	conn := server.Accept()
	admit(conn, caps, isupport)
	next[transports.Online](l)
	if strings.Contains(caps, "message-tags") {
		next[transports.Able](l)
	}
	letIn(l, conn, "bob")
	return l, conn
}

// koi8 is a text as it is on the wire.
func koi8(text string) string {
	raw, err := charmap.KOI8R.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return raw
}

// What is said goes out in the encoding that the user wants, with a question mark
// for what that lacks, and comes back in it. IRC-B21
func TestEncodingOut(t *testing.T) {
	l, conn := foreign(t, "KOI8-R", "message-tags echo-message draft/reply", "X=1")
	room := channel("#room")
	if _, err := l.Send(t.Context(), transports.Message{Chat: room, Text: "привет 👋 мир", ReplyTo: "id-é"}); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "@+draft/reply=id-é PRIVMSG #room :"+koi8("привет ? мир")) // tags are UTF-8
	conn.Send(":alice!a@h PRIVMSG #room :" + koi8("привет ? мир"))
	if st := await[transports.Status](l); st.State != transports.Echoed { // it is known again
		t.Errorf("told %+v", st)
	}
	conn.Send(":bob!b@h PRIVMSG #room :" + koi8("и тебе"))
	if m := await[transports.Received](l).Message; m.Text != "и тебе" {
		t.Errorf("received %+v", m)
	}
	if _, err := l.Send(t.Context(), transports.Message{Chat: transports.Address{Kind: transports.Network, Scope: irctest.Host}, Text: "PRIVMSG bob :тест"}); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "PRIVMSG bob :"+koi8("тест"))
}

// A line has place for as many bytes as it has on the wire.
func TestEncodingOutIsCounted(t *testing.T) {
	l, conn := foreign(t, "koi8-r", "server-time", "X=1")
	long := strings.Repeat("ы", 380)
	parts := l.Split(transports.Message{Chat: channel("#room"), Text: long})
	if len(parts) != 1 {
		t.Fatalf("%d parts of 380 bytes", len(parts))
	}
	if _, err := l.Send(t.Context(), parts[0]); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "PRIVMSG #room "+koi8(long))
	whole := ""
	for _, part := range l.Split(transports.Message{Chat: channel("#room"), Text: strings.Repeat(long, 3)}) {
		if n := len([]rune(part.Text)); n > 400 {
			t.Errorf("a part of %d bytes", n)
		}
		whole += part.Text
	}
	if whole != strings.Repeat(long, 3) {
		t.Error("parts are lost")
	}
	topic := strings.Repeat("ы", 300) // the network's bound
	go func() { _ = l.SetSubject(t.Context(), channel("#room"), topic) }()
	wantLine(t, conn, "TOPIC #room "+koi8(topic))
}

// A network that takes UTF-8 only gets that.
func TestEncodingOutOfUTF8Only(t *testing.T) {
	l, conn := foreign(t, "koi8-r", "server-time", "UTF8ONLY")
	if _, err := l.Send(t.Context(), transports.Message{Chat: channel("#room"), Text: "привет 👋"}); err != nil {
		t.Fatal(err)
	}
	wantLine(t, conn, "PRIVMSG #room :привет 👋")
	if parts := l.Split(transports.Message{Chat: channel("#room"), Text: strings.Repeat("ы", 380)}); len(parts) != 2 {
		t.Errorf("%d parts of 760 bytes", len(parts))
	}
}

// From the first line on: others see the real name.
func TestEncodingOutAtLogin(t *testing.T) {
	server := irctest.Listen(t)
	live(t, plainly(server), transports.Settings{"nick": "alice", "encoding_out": "koi8-r", "realname": "Алиса Ё"})
	conn := server.Accept()
	conn.Expect("CAP LS 302")
	conn.Expect("NICK alice")
	wantLine(t, conn, "USER alice 0 * :"+koi8("Алиса Ё"))
}

func TestEncodingOutRefused(t *testing.T) {
	tr := plainly(irctest.Listen(t))
	for encoding, ok := range map[string]bool{"": true, "UTF-8": true, "utf8": true, "latin1": true, "cp1252": true, "shift-jis": false} {
		err := tr.CheckSettings(transports.Account{Scope: irctest.Host, Settings: transports.Settings{"nick": "alice", "encoding_out": encoding}})
		if ok != (err == nil) || !ok && !strings.Contains(fmt.Sprint(err), "encoding_out") {
			t.Errorf("%q: %v", encoding, err)
		}
	}
}
