package irc_test

import (
	"testing"

	"wherry/transports"
)

// What we said by another program is handed on, but for what services were told,
// which may be a password, and for what was played back without an id: whether
// that came from here nobody knows.
func TestSaidByAnotherProgram(t *testing.T) {
	alice, conn, _ := remember(t, transports.Saved{})
	conn.Send(
		":alice!a@h PRIVMSG NickServ :IDENTIFY secret",
		":alice!a@h PRIVMSG bob :now",
		":irc.test BATCH +p znc.in/playback bob", "@batch=p;time=2026-01-02T04:00:00.000Z :alice!a@h PRIVMSG bob :once",
		"@batch=p;time=2026-01-02T04:00:00.000Z;msgid=m1 :alice!a@h PRIVMSG bob :then", "BATCH -p",
	)
	for _, want := range []string{"now", "then"} {
		if m := next[transports.Received](alice).Message; m.Text != want || !m.Own || m.Chat != nick("bob") {
			t.Errorf("received %+v, want %q", m, want)
		}
	}
}
