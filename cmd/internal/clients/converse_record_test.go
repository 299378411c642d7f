//go:build record

package clients

import (
	"os"
	"testing"

	"wherry/cmd/internal/browser"
)

// Converse in Chromium.
func TestRecordConverse(t *testing.T) {
	s := newScene(t)
	open := func() *browser.Converse {
		c, err := browser.Open(browser.Login{
			JID: user + "/converse", Password: password, WebSocket: s.xmpp.WebSocket, Dist: os.Getenv("CONVERSE"), Profile: t.TempDir(),
		})
		s.must(err)
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
		return c
	}
	s.does("bert", "JOIN "+channel)
	s.does("bert", "TOPIC "+channel+" :Ships and sheep")
	s.does("bert", "PRIVMSG "+channel+" :Any news of the Mary?")
	s.does("carl", "JOIN "+channel)

	s.step("join")
	c := open()
	s.must(c.Join(room, "alice"))
	s.must(c.Sees("Any news of the Mary?"))

	s.step("say")
	s.must(c.Say("She came in at dawn."))
	s.hears("bert", "* PRIVMSG "+channel+" :She came in at dawn.")
	s.must(c.Sees("She came in at dawn."))

	s.step("hear")
	s.does("bert", "PRIVMSG "+channel+" :Then we sail at noon.")
	s.must(c.Sees("Then we sail at noon."))

	s.step("reaction from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.};+draft/react=🎉 TAGMSG "+channel)
	s.must(c.SeesReaction("She came in at dawn.", "🎉"))

	s.step("reply from IRC")
	s.does("bert", "@+draft/reply={She came in at dawn.} PRIVMSG "+channel+" :At last!")
	s.must(c.SeesReply("At last!", "She came in at dawn."))

	s.step("react")
	s.must(c.React("Then we sail at noon.", "👍"))
	s.hears("bert", "*draft/react=👍* TAGMSG "+channel)
	s.must(c.SeesReaction("Then we sail at noon.", "👍"))

	s.step("reply")
	s.must(c.Reply("Then we sail at noon.", "I shall be there."))
	s.hears("bert", "*draft/reply=* PRIVMSG "+channel+" :I shall be there.")
	s.must(c.SeesReply("I shall be there.", "Then we sail at noon."))

	s.step("taken back on IRC")
	s.does("bert", "PRIVMSG "+channel+" :My password is sesame.")
	s.must(c.Sees("My password is sesame."))
	s.does("bert", "REDACT "+channel+" {My password is sesame.} :oops")
	s.must(c.SeesGone("My password is sesame."))

	s.step("take back")
	s.must(c.Say("At noom?"))
	s.must(c.Sees("At noom?"))
	s.must(c.Retract("At noom?"))
	s.hears("bert", "* REDACT "+channel+" *")
	s.must(c.SeesGone("At noom?"))

	s.step("moderate")
	s.does("", "MODE "+channel+" +o alice")
	s.must(c.SeesText("alice is now an admin"))
	s.does("carl", "PRIVMSG "+channel+" :Cheap rum! Buy now!")
	s.must(c.Sees("Cheap rum! Buy now!"))
	s.must(c.Retract("Cheap rum! Buy now!"))
	s.hears("bert", "* REDACT "+channel+" *")
	s.must(c.SeesGone("Cheap rum! Buy now!"))

	s.step("kick")
	s.must(c.Say("/kick carl no ads here"))
	s.hears("bert", "* KICK "+channel+" carl *no ads here")
	s.must(c.SeesText("carl has been kicked out by alice"))

	s.step("self-ping")
	s.must(c.Look())
	s.must(c.Say("Still here."))
	s.hears("bert", "* PRIVMSG "+channel+" :Still here.")
	s.must(c.Sees("Still here."))

	s.step("away")
	s.must(c.Bookmark(room, "The harbour", "alice"))
	s.must(c.Logout())
	s.must(c.Close())
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.does("bert", "PRIVMSG "+channel+" :Where is Alice?")

	s.step("join by bookmark, and catch up")
	c = open()
	s.must(c.Sees("Where is Alice?"))
	s.must(c.Sees("Still here."))
	s.must(c.Say("Back again."))
	s.hears("bert", "* PRIVMSG "+channel+" :Back again.")

	s.step("leave")
	s.must(c.Leave(room))
	s.hears("bert", "* :alice!* PART "+channel+"*")
	s.keep("converse", "Converse.js 14.0.0", "Recorded by TestRecordConverse: Converse.js 14.0.0 in Chromium, on Prosody over WebSocket.")
}
