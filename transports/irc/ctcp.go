package irc

import (
	"context"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// This file has what programs ask each other, in messages that no person is to
// see: https://modern.ircdocs.horse/ctcp.

// window counts what happened in the last ten seconds.
type window struct {
	began time.Time
	count int
}

// counted is what is counted of a connection.
type counted struct {
	programs window // their questions that were answered
	spoke    window // what the network itself said, and was shown
}

// counts returns what is counted, made if need be.
func (c *conn) counts() *counted {
	if c.counted == nil {
		c.counted = new(counted)
	}
	return c.counted
}

// Programs that ask are answered no more often than that, whoever asks: answers
// are not paced.
const (
	ctcpMost = 3
	ctcpIn   = 10 * time.Second
)

// may takes one of the answers of ten seconds.
func (w *window) may(now time.Time) bool { return w.takes(now, ctcpMost) }

// takes takes one of most in ten seconds.
func (w *window) takes(now time.Time, most int) bool {
	if now.Sub(w.began) >= ctcpIn {
		*w = window{began: now}
	}
	w.count++
	return w.count <= most
}

// ctcp handles a question of a program's to ours, or the answer to one of ours.
func (c *conn) ctcp(l *line, text string, style transports.Style) {
	nick, _ := splitSource(l.source)
	command, args, _ := strings.Cut(text, " ")
	command = strings.ToUpper(command)
	if style == transports.Notice {
		for _, r := range c.requests {
			if r.verb == "CTCP "+command && r.nick == c.fold(nick) {
				r.answer = strings.Clone(singleLine(plain(scanCodes(args))))
				c.complete(r, nil)
				return
			}
		}
		return
	}
	answer := c.ctcpAnswer(command, args)
	if answer == "" || !c.isMe(l.param(0)) || !validNick(nick) || c.isMe(nick) || l.past() || !c.counts().programs.may(c.heard) {
		return
	}
	c.send("NOTICE", nick, "\x01"+command+" "+ircmsg.TruncateUTF8Safe(answer, maxCTCP)+"\x01")
}

// maxCTCP is how long an answer may be, in bytes.
const maxCTCP = 200

// ctcpAnswer returns what a program of ours answers, or nothing.
func (c *conn) ctcpAnswer(command, args string) string {
	switch command {
	case "VERSION":
		return strings.TrimSpace("Wherry " + c.s.t.cfg.Version)
	case "PING":
		return printable(args)
	case "TIME":
		return c.heard.UTC().Format(time.RFC1123)
	case "SOURCE":
		return "Wherry, a gateway: the Go module wherry"
	case "CLIENTINFO":
		return "ACTION CLIENTINFO PING SOURCE TIME VERSION"
	}
	return ""
}

// Ping asks somebody's program whether it is there.
func (s *Session) Ping(ctx context.Context, who transports.Address) error {
	_, err := s.question(ctx, who, "PING", "wherry")
	return err
}

// Version asks what program somebody uses.
func (s *Session) Version(ctx context.Context, who transports.Address) (string, error) {
	return s.question(ctx, who, "VERSION")
}

// question asks somebody's program something, and returns the answer. Most
// programs answer; none must.
func (s *Session) question(ctx context.Context, who transports.Address, words ...string) (string, error) {
	c, err := s.live()
	if err != nil {
		return "", err
	}
	r := &request{verb: "CTCP " + words[0]}
	err = c.ask(ctx, r, func() ([]byte, error) {
		target, err := c.target(who)
		if err != nil {
			return nil, err
		}
		r.nick = c.fold(target)
		return appendLine(nil, "PRIVMSG", target, "\x01"+strings.Join(words, " ")+"\x01")
	})
	return r.answer, err
}
