package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Where things stand on Converse's page.
const (
	input = `document.querySelector("converse-muc:not(.hidden) textarea.chat-textarea")`
	line  = `[...document.querySelectorAll("converse-muc .chat-msg")].filter(m => m.querySelector(".chat-msg__text")?.innerText.trim() == %s).pop()`
)

// at is the shown line of a text.
func at(text string) string { return fmt.Sprintf(line, quote(text)) }

// Join opens a room, and returns when the user is in.
func (c *Converse) Join(room, nick string) error {
	if err := c.Do(fmt.Sprintf(`void handle.api.rooms.open(%s, {nick: %s, bring_to_foreground: true})`, quote(room), quote(nick))); err != nil {
		return err
	}
	return c.Until("to be in "+room, input)
}

// Leave closes a room.
func (c *Converse) Leave(room string) error {
	return c.Do(fmt.Sprintf(`handle.api.rooms.get(%s).then(room => room.close()).then(() => 1)`, quote(room)))
}

// Say types a line and sends it; a command begins with a slash.
func (c *Converse) Say(text string) error {
	const area = "converse-muc:not(.hidden) textarea.chat-textarea"
	_, err := run(c, chromedp.SendKeys(area, text+kb.Enter))
	return err
}

// Sees waits for a line of exactly this text.
func (c *Converse) Sees(text string) error { return c.Until("for the line "+text, at(text)) }

// SeesReaction waits for a reaction below a line.
func (c *Converse) SeesReaction(text, sign string) error {
	return c.Until("for "+sign+" at "+text, fmt.Sprintf(`%s?.querySelector("converse-reactions")?.innerText.includes(%s)`, at(text), quote(sign)))
}

// SeesReply waits for a line of this text that quotes another above it.
func (c *Converse) SeesReply(text, quoted string) error {
	return c.Until("for the answer "+text, fmt.Sprintf(`%s?.querySelector("converse-reply-context")?.innerText.includes(%s)`, at(text), quote(quoted)))
}

// SeesGone waits until a line is not shown any more.
func (c *Converse) SeesGone(text string) error { return c.Until("for "+text+" to go", "!"+at(text)) }

// SeesText waits for a text anywhere.
func (c *Converse) SeesText(text string) error {
	return c.Until("for "+text, fmt.Sprintf("document.body.innerText.includes(%s)", quote(text)))
}

// press clicks what stands in the menu of a line.
func (c *Converse) press(text, button string) error {
	where := fmt.Sprintf(`%s?.querySelector("converse-message-actions %s")`, at(text), button)
	if err := c.Until("for the button "+button+" at "+text, where); err != nil {
		return err
	}
	return c.Do(where + ".click()")
}

// React adds a reaction to a line by its menu. Only those that Converse offers
// first can be chosen.
func (c *Converse) React(text, sign string) error {
	if err := c.press(text, ".chat-msg__action-reaction"); err != nil {
		return err
	}
	choice := fmt.Sprintf(`[...%s?.querySelectorAll(".reaction-item") ?? []].find(b => b.innerText.includes(%s))`, at(text), quote(sign))
	if err := c.Until("to be offered "+sign, choice); err != nil {
		return err
	}
	return c.Do(choice + ".click()")
}

// Reply answers a line by its menu.
func (c *Converse) Reply(text, answer string) error {
	if err := c.press(text, ".chat-msg__action-reply"); err != nil {
		return err
	}
	return c.Say(answer)
}

// Retract takes a line back by its menu, somebody else's as a moderator, and
// confirms.
func (c *Converse) Retract(text string) error {
	if err := c.press(text, ".chat-msg__action-retract"); err != nil {
		return err
	}
	const confirm = `document.querySelector(".modal.show .btn-primary, .modal.show button[type=submit]")`
	if err := c.Until("to be asked", confirm); err != nil {
		return err
	}
	return c.Do(confirm + ".click()")
}

// Bookmark has the server keep that a room is to be joined at every log-in.
func (c *Converse) Bookmark(room, name, nick string) error {
	return c.Do(fmt.Sprintf(`handle.api.bookmarks.set({jid: %s, name: %s, nick: %s, autojoin: true}).then(() => 1)`, quote(room), quote(name), quote(nick)))
}

// Look brings the window back into view, as one who returns to the browser:
// Converse then makes sure that it still is in its rooms.
func (c *Converse) Look() error {
	return c.Do(`document.dispatchEvent(new Event("visibilitychange"))`)
}

// Logout logs the user out.
func (c *Converse) Logout() error {
	if err := c.Do(`handle.api.user.logout().then(() => 1)`); err != nil {
		return err
	}
	return c.Until("to be logged out", `!handle.api.connection.connected()`)
}
