//go:build record

package clients

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// desk is a folder for a program that runs in a terminal, with its
// configuration in it.
func (s *scene) desk(name string, files map[string]string) string {
	s.t.Helper()
	home, err := s.Folder(name)
	s.must(err)
	for path, content := range files {
		parts := strings.Split(path, "/")
		for i := range parts[:len(parts)-1] {
			_, err := s.Folder(filepath.Join(append([]string{name}, parts[:i+1]...)...))
			s.must(err)
		}
		file := filepath.Join(home, path)
		s.must(os.WriteFile(file, []byte(content), 0o600))
		s.must(os.Chmod(file, 0o666)) // the program is another user's
	}
	return home
}

// terminal starts a program at its desk.
func (s *scene) terminal(name, home string, command ...string) *world.Terminal {
	s.t.Helper()
	at, err := s.Terminal(name, home, command...)
	s.must(err)
	s.t.Cleanup(func() {
		if s.t.Failed() {
			screen, err := at.Screen(context.Background())
			s.t.Logf("%s shows, %v:\n%s", name, err, screen)
		}
	})
	return at
}

// pinged waits until the client has the answer to a ping of its own.
func (s *scene) pinged() {
	s.t.Helper()
	s.until("the answer to a self-ping", func(all []Line) bool {
		return slices.ContainsFunc(all, func(l Line) bool {
			return l.Kind == Got && l.Stanza.Name == "iq" && l.Stanza.Attr("from") == room+"/alice" && l.Stanza.Attr("type") == "result"
		})
	})
}

// poezio, of Debian.
func TestRecordPoezio(t *testing.T) {
	s := newScene(t)
	host, port, _ := strings.Cut(s.xmpp.Addr, ":")
	files := map[string]string{"config/poezio/poezio.cfg": fmt.Sprintf(`[Poezio]
jid = %s/poezio
password = %s
custom_host = %s
custom_port = %s
force_encryption = false
ca_cert_path = %s
use_bookmark_method = pep
default_nick = alice
self_ping_delay = 2
send_chat_states = true
beep_on =
`, user, password, host, port, s.CAFile())}
	home := s.desk("poezio", files)
	s.does("bert", "JOIN "+channel)
	s.does("bert", "TOPIC "+channel+" :Ships and sheep")
	s.does("bert", "PRIVMSG "+channel+" :Any news of the Mary?")
	s.does("carl", "JOIN "+channel)

	s.step("join")
	c := s.terminal("poezio", home, "poezio")
	s.must(c.Await("Authentication success"))
	s.must(c.Press("/")) // among the contacts keys are commands
	s.must(c.AwaitGone("Enter commands with"))
	s.must(c.Type("join " + room + "/alice"))
	s.must(c.Await("Any news of the Mary?", "carl"))

	s.step("say")
	s.must(c.Type("She came in at dawn."))
	s.hears("bert", "* PRIVMSG "+channel+" :She came in at dawn.")

	s.step("hear")
	s.does("bert", "PRIVMSG "+channel+" :Then we sail at noon.")
	s.must(c.Await("Then we sail at noon."))

	s.step("reaction from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.};+draft/react=🎉 TAGMSG "+channel)

	s.step("reply from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.} PRIVMSG "+channel+" :At last!")
	s.must(c.Await("At last!"))

	s.step("correct")
	s.must(c.Type("I shall be late."))
	s.hears("bert", "* PRIVMSG "+channel+" :I shall be late.")
	s.must(c.Await("I shall be late."))
	s.must(c.Type("/correct I shall be there."))
	s.must(c.Await("I shall be there."))
	s.hears("bert", "* PRIVMSG "+channel+" :*I shall be there.*")

	s.step("self-ping")
	s.pinged()

	s.step("kick")
	s.does("", "MODE "+channel+" +o alice")
	s.must(c.Type("/kick carl no ads here"))
	s.hears("bert", "* KICK "+channel+" carl *no ads here")

	s.step("subject")
	s.must(c.Type("/topic The Mary sails at noon"))
	s.hears("bert", "* TOPIC "+channel+" *The Mary sails at noon")

	s.step("away")
	s.must(c.Type("/bookmark " + room + "/alice true"))
	s.must(c.Await("Bookmark"))
	s.must(c.Type("/quit"))
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.must(c.Stop())
	s.does("bert", "PRIVMSG "+channel+" :Where is Alice?")

	s.step("join by bookmark, and catch up")
	s.desk("poezio", files) // poezio writes its own over it
	c = s.terminal("poezio-again", home, "poezio")
	s.must(c.Await("Authentication success", "#harbour"))
	s.must(c.Press("/"))
	s.must(c.AwaitGone("Enter commands with"))
	s.must(c.Type("win 1"))
	s.must(c.Await("Where is Alice?"))
	s.keep("poezio", "poezio 0.14", "Recorded by TestRecordPoezio: Debian's poezio 0.14-2, on Prosody.")
}

// profanity, of Debian.
func TestRecordProfanity(t *testing.T) {
	s := newScene(t)
	host, port, _ := strings.Cut(s.xmpp.Addr, ":")
	home := s.desk("profanity", map[string]string{
		"config/profanity/profrc": "[ui]\nbeep=false\nsplash=false\n[logging]\nmaxsize=1048580\n[chatstates]\nenabled=true\n[connection]\n",
		"data/profanity/accounts": fmt.Sprintf(`[%s]
enabled=true
resource=profanity
server=%s
port=%s
password=%s
tls.policy=disable
auth.policy=legacy
muc.nick=alice
`, user, host, port, password)})
	s.does("bert", "JOIN "+channel)
	s.does("bert", "TOPIC "+channel+" :Ships and sheep")
	s.does("bert", "PRIVMSG "+channel+" :Any news of the Mary?")
	s.does("carl", "JOIN "+channel)

	s.step("join")
	c := s.terminal("profanity", home, "profanity", "-a", user)
	s.must(c.Await("logged in successfully"))
	s.must(c.Type("/join " + room + " nick alice"))
	s.must(c.Await("Any news of the Mary?", "carl"))

	s.step("say")
	s.must(c.Type("She came in at dawn."))
	s.hears("bert", "* PRIVMSG "+channel+" :She came in at dawn.")
	s.must(c.Await("She came in at dawn."))

	s.step("hear")
	s.does("bert", "PRIVMSG "+channel+" :Then we sail at noon.")
	s.must(c.Await("Then we sail at noon."))

	s.step("reaction from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.};+draft/react=🎉 TAGMSG "+channel)

	s.step("reply from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.} PRIVMSG "+channel+" :At last!")
	s.must(c.Await("At last!"))

	s.step("correct")
	s.must(c.Type("/correction on"))
	s.must(c.Type("I shall be late."))
	s.hears("bert", "* PRIVMSG "+channel+" :I shall be late.")
	s.must(c.Await("I shall be late."))
	s.must(c.Type("/correct I shall be there."))
	s.hears("bert", "* PRIVMSG "+channel+" :*I shall be there.*")

	s.step("kick")
	s.does("", "MODE "+channel+" +o alice")
	s.must(c.Type("/kick carl no ads here"))
	s.hears("bert", "* KICK "+channel+" carl *no ads here")

	s.step("subject")
	s.must(c.Type("/subject set \"The Mary sails at noon\""))
	s.hears("bert", "* TOPIC "+channel+" *The Mary sails at noon")

	s.step("away")
	s.must(c.Type("/bookmark add " + room + " nick alice autojoin on"))
	s.must(c.Type("/win 1"))
	s.must(c.Await("ookmark added"))
	s.must(c.Type("/quit"))
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.must(c.Stop())
	s.does("bert", "PRIVMSG "+channel+" :Where is Alice?")

	s.step("join by bookmark, and catch up")
	c = s.terminal("profanity-again", home, "profanity", "-a", user)
	s.must(c.Await("logged in successfully"))
	s.must(c.Await("Autojoined"))
	s.must(c.Type("/win 2"))
	s.must(c.Await("Where is Alice?"))
	s.keep("profanity", "profanity 0.13.1", "Recorded by TestRecordProfanity: Debian's profanity 0.13.1-2, on Prosody.")
}
