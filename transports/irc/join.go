package irc

import (
	"context"
	"slices"
	"strings"

	"wherry/transports"
)

// wish is a channel that somebody wants to enter, and waits for its turn.
type wish struct {
	request  *request
	name     string
	password string
	sent     context.CancelFunc // ends the wait
}

// Join enters a channel. Those that wait for their turn go together in one
// line, since many do after a connection was lost.
func (s *Session) Join(ctx context.Context, join transports.Join) error {
	c, err := s.live()
	if err != nil {
		return err
	}
	name := join.Room.Name
	if !validChannel(name) {
		return malformed(transports.T("%s cannot be the name of a channel.", name))
	}
	if strings.ContainsAny(join.Password, " ,\r\n\x00") || len(join.Password) > maxKey {
		return &transports.Error{Kind: transports.PasswordWant, Text: transports.T("The password of %s cannot be that.", name)}
	}
	s.Choose(join.Room, join.Chosen)
	turn, sent := context.WithCancel(ctx)
	defer sent()
	r := &request{verb: "JOIN", done: make(chan error, 1)}
	defer c.forget(r)
	if !c.wish(&wish{request: r, name: name, password: join.Password, sent: sent}) {
		return r.wait(ctx)
	}
	switch err := c.pace.wait(turn, true); {
	case err == nil:
		if err := c.out.send(ctx, c.granted()); err != nil {
			return err
		}
	case turn.Err() == nil || ctx.Err() != nil: // else another took ours along
		return paceError(err)
	}
	return r.wait(ctx)
}

// maxKey bounds the password of a channel in bytes.
const maxKey = 100

// wish puts a wish to those that wait. It returns false where the same is asked
// already: the one answer is for both.
func (c *conn) wish(w *wish) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.request.room = c.fold(w.name)
	again := c.find("JOIN", w.request.room) != nil
	c.requests = append(c.requests, w.request)
	if !again {
		c.wishes = append(c.wishes, w)
	}
	return !again
}

// granted returns the lines for the channels whose turn has come, or nothing
// where others took them along.
func (c *conn) granted() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []byte
	var names, keys []string
	size := 0
	for len(c.wishes) > 0 {
		w := c.wishes[0]
		if size += len(w.name) + len(w.password) + 2; len(names) == maxTargets || size > maxLine-len("JOIN \r\n") && len(names) > 0 {
			break
		}
		c.wishes = c.wishes[1:]
		w.sent()
		if !slices.Contains(c.requests, w.request) { // nobody waits any more
			continue
		}
		if ch := c.channels.find(w.request.room); ch != nil && !ch.quiet() {
			lines = append(lines, c.refresh(ch)...)
			continue
		}
		// A password belongs to the channel at its place in the list, so that
		// those with one go first.
		if w.password != "" {
			names, keys = slices.Insert(names, len(keys), w.name), append(keys, w.password)
		} else {
			names = append(names, w.name)
		}
	}
	if len(c.wishes) == 0 {
		c.wishes = nil
	}
	if len(names) == 0 {
		return lines
	}
	params := []string{strings.Join(names, ",")}
	if len(keys) > 0 {
		params = append(params, strings.Join(keys, ","))
	}
	lines, _ = appendLine(lines, "JOIN", params...)
	return lines
}

// maxTargets is how many channels one line names. Servers allow more.
const maxTargets = 10

// refresh returns the lines that ask for a channel's members anew; a Joined
// event follows.
func (c *conn) refresh(ch *channel) []byte {
	for u := range ch.members {
		c.leave(ch, u)
	}
	ch.joining = true
	lines, _ := appendLine(nil, "TOPIC", ch.name)
	lines, _ = appendLine(lines, "NAMES", ch.name)
	return lines
}
