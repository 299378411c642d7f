package world

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// DefaultWait is how long Expect waits: more than the 30 s within which every
// request of a user is answered.
const DefaultWait = 35 * time.Second

// IRCUser is a scripted user of an IRC server. It answers PING by itself; all
// else is the script's. Its methods are safe for concurrent use.
type IRCUser struct {
	Nick string

	conn net.Conn
	in   *received[Line]
	mu   sync.Mutex // held while a line is written
}

// Line is one line of IRC, without end of line.
type Line string

// bare returns the line without its tags.
func (l Line) bare() string {
	if strings.HasPrefix(string(l), "@") {
		_, rest, _ := strings.Cut(string(l), " ")
		return rest
	}
	return string(l)
}

// Tag returns the value of a message tag as it is on the wire, or nothing.
func (l Line) Tag(name string) string {
	tags, _, _ := strings.Cut(strings.TrimPrefix(string(l), "@"), " ")
	for tag := range strings.SplitSeq(tags, ";") {
		if key, value, _ := strings.Cut(tag, "="); key == name && strings.HasPrefix(string(l), "@") {
			return value
		}
	}
	return ""
}

// Prefix returns who sent the line: "nick!user@host" or a server.
func (l Line) Prefix() string {
	if rest, ok := strings.CutPrefix(l.bare(), ":"); ok {
		prefix, _, _ := strings.Cut(rest, " ")
		return prefix
	}
	return ""
}

// Nick returns who sent the line, without user and host.
func (l Line) Nick() string {
	nick, _, _ := strings.Cut(l.Prefix(), "!")
	return nick
}

// Command returns the command or numeric.
func (l Line) Command() string { return l.words()[0] }

// Param returns the parameter of the given index, counted from 0, or nothing.
func (l Line) Param(i int) string {
	if words := l.words(); i+1 < len(words) {
		return words[i+1]
	}
	return ""
}

// words returns the command and its parameters.
func (l Line) words() []string {
	rest := l.bare()
	if strings.HasPrefix(rest, ":") {
		_, rest, _ = strings.Cut(rest, " ")
	}
	head, trailing, found := strings.Cut(rest, " :")
	words := strings.Fields(head)
	if len(words) == 0 {
		words = []string{""}
	}
	if found {
		words = append(words, trailing)
	}
	return words
}

// IRCLogin says how a scripted user connects.
type IRCLogin struct {
	Addr     string
	Nick     string
	CAFile   string // TLS verified by this authority; empty is no TLS
	Account  string // for SASL PLAIN; empty is none
	Password string // of Account, or else of the server
}

// Connect logs a user in to an IRC server and returns when it is welcome. Where
// the server lets in one connection at a time, it waits for its turn.
func Connect(login IRCLogin) (*IRCUser, error) {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	for {
		u, err := connectOnce(ctx, login)
		if err == nil || !strings.Contains(err.Error(), "throttled") {
			return u, err
		}
		select {
		case <-time.After(throttled):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// throttled is longer than a strict server keeps an address waiting.
const throttled = 2500 * time.Millisecond

func connectOnce(ctx context.Context, login IRCLogin) (*IRCUser, error) {
	conn, err := dialIRC(ctx, login)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", login.Nick, err)
	}
	u := &IRCUser{Nick: login.Nick, conn: conn, in: newReceived[Line]()}
	go u.read()
	if err := u.register(login); err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}

func dialIRC(ctx context.Context, login IRCLogin) (net.Conn, error) {
	if login.CAFile == "" {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", login.Addr)
	}
	pem, err := os.ReadFile(login.CAFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots}}
	return d.DialContext(ctx, "tcp", login.Addr)
}

func (u *IRCUser) register(login IRCLogin) error {
	if login.Account != "" {
		if err := u.authenticate(login); err != nil {
			return err
		}
	} else if login.Password != "" {
		if err := u.Send("PASS " + login.Password); err != nil {
			return err
		}
	}
	if err := u.Send("NICK "+login.Nick, "USER "+login.Nick+" 0 * :a scripted user"); err != nil {
		return err
	}
	if login.Account != "" {
		if err := u.Send("CAP END"); err != nil {
			return err
		}
	}
	line, err := u.Expect("the welcome", func(l Line) bool {
		return l.Command() == "376" || l.Command() == "422" || l.Command() == "433" || l.Command() == "ERROR"
	})
	if err == nil && line.Command() != "376" && line.Command() != "422" {
		return fmt.Errorf("%s is not welcome: %s", u.Nick, line)
	}
	return err
}

func (u *IRCUser) authenticate(login IRCLogin) error {
	if err := u.Send("CAP REQ :sasl"); err != nil {
		return err
	}
	if _, err := u.Expect("CAP ACK", func(l Line) bool { return l.Command() == "CAP" && l.Param(1) == "ACK" }); err != nil {
		return err
	}
	if err := u.Send("AUTHENTICATE PLAIN"); err != nil {
		return err
	}
	if _, err := u.Expect("AUTHENTICATE +", func(l Line) bool { return l.Command() == "AUTHENTICATE" }); err != nil {
		return err
	}
	plain := login.Account + "\x00" + login.Account + "\x00" + login.Password
	if err := u.Send("AUTHENTICATE " + base64.StdEncoding.EncodeToString([]byte(plain))); err != nil {
		return err
	}
	line, err := u.Expect("the end of SASL", func(l Line) bool {
		return l.Command() == "903" || l.Command() == "904" || l.Command() == "908"
	})
	if err == nil && line.Command() != "903" {
		return fmt.Errorf("%s: SASL refused: %s", u.Nick, line)
	}
	return err
}

func (u *IRCUser) read() {
	lines := bufio.NewScanner(u.conn)
	lines.Buffer(nil, 64<<10)
	for lines.Scan() {
		line := Line(strings.TrimSuffix(lines.Text(), "\r"))
		if line.Command() == "PING" {
			u.Send("PONG :" + line.Param(0)) // a broken connection shows at the next read
		}
		u.in.add(line)
	}
	err := lines.Err()
	if err == nil {
		err = errors.New("the server closed the connection")
	}
	u.in.finish(err)
}

// Send writes lines as they are.
func (u *IRCUser) Send(lines ...string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, err := u.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n"))
	return err
}

// Expect waits for a line that match accepts and that no Expect returned
// before. The error shows what came instead of what was wanted.
func (u *IRCUser) Expect(want string, match func(Line) bool) (Line, error) {
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	line, err := u.in.take(ctx, match)
	if err != nil {
		return "", u.in.missed("IRC user "+u.Nick, want, err)
	}
	return line, nil
}

// Next waits, without a limit of its own, for the next line that no Expect and
// no Next returned before.
func (u *IRCUser) Next(ctx context.Context) (Line, error) {
	return u.in.take(ctx, func(Line) bool { return true })
}

// Received returns every line that came so far.
func (u *IRCUser) Received() []Line { return u.in.snapshot() }

// Forget makes Expect look only at what comes from now on.
func (u *IRCUser) Forget() { u.in.forget() }

// Sync returns when the server has handled all that was sent before.
func (u *IRCUser) Sync() error {
	token := "sync" + fmt.Sprint(time.Now().UnixNano())
	if err := u.Send("PING " + token); err != nil {
		return err
	}
	_, err := u.Expect("PONG "+token, func(l Line) bool {
		return l.Command() == "PONG" && (l.Param(0) == token || l.Param(1) == token)
	})
	return err
}

// Join joins a channel, with a key where one is given, and returns when in.
func (u *IRCUser) Join(channel string, key ...string) error {
	if err := u.Send(strings.TrimSpace("JOIN " + channel + " " + strings.Join(key, ""))); err != nil {
		return err
	}
	_, err := u.Expect("the end of NAMES of "+channel, func(l Line) bool {
		return l.Command() == "366" && strings.EqualFold(l.Param(1), channel)
	})
	return err
}

// Say sends a PRIVMSG to a channel or nick.
func (u *IRCUser) Say(target, text string) error { return u.Send("PRIVMSG " + target + " :" + text) }

// Hear waits for a PRIVMSG of exactly this text from nick to target.
func (u *IRCUser) Hear(nick, target, text string) (Line, error) {
	want := fmt.Sprintf("PRIVMSG %s :%s from %s", target, text, nick)
	return u.Expect(want, func(l Line) bool {
		return l.Command() == "PRIVMSG" && l.Nick() == nick && strings.EqualFold(l.Param(0), target) && l.Param(1) == text
	})
}

// SeeJoin waits until nick joins channel.
func (u *IRCUser) SeeJoin(nick, channel string) error {
	_, err := u.Expect(nick+" joining "+channel, func(l Line) bool {
		return l.Command() == "JOIN" && l.Nick() == nick && strings.EqualFold(l.Param(0), channel)
	})
	return err
}

// SeeGone waits until nick leaves channel, by PART or QUIT.
func (u *IRCUser) SeeGone(nick, channel string) error {
	_, err := u.Expect(nick+" leaving "+channel, func(l Line) bool {
		return l.Nick() == nick && (l.Command() == "QUIT" || l.Command() == "PART" && strings.EqualFold(l.Param(0), channel))
	})
	return err
}

// Close ends the connection without a word.
func (u *IRCUser) Close() error { return u.conn.Close() }

// Quit leaves the server and returns when it has closed the connection, so
// that the nick is free.
func (u *IRCUser) Quit() error {
	if err := u.Send("QUIT"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), DefaultWait)
	defer cancel()
	u.in.take(ctx, func(Line) bool { return false }) // ends with the connection
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: the server keeps the connection after QUIT: %w", u.Nick, err)
	}
	return u.Close()
}
