package world

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

//go:embed client.py
var clientScript string

// python is the interpreter that has Debian's python3-slixmpp.
const python = "/usr/bin/python3"

// Client is a scripted XMPP client. The protocol is spoken by slixmpp, an
// implementation that has nothing of ours, in a process of its own. Its methods
// are safe for concurrent use.
type Client struct {
	JID  string // full, as the server gave it
	Bare string

	login Login
	cmd   *exec.Cmd
	in    *received[*Element]
	done  chan struct{} // closed when the process has ended

	mu    sync.Mutex // held while an order is written
	stdin io.WriteCloser
}

// Login says how a scripted client connects.
type Login struct {
	Name     string // local part
	Password string
	Resource string // default "script"
	Quiet    bool   // send no presence at log-in
	Mute     bool   // answer no iq; else pings and disco are answered, the rest refused
	Ask      bool   // leave subscription requests to the script; else they are granted
	Receipts bool   // answer requests for receipts (XEP-0184)
	Again    bool   // log in again whenever the connection ends

	// Journal is told of everything in order, as it happens; nil is nobody.
	Journal func(Entry)
}

// Entry is one thing that happened to a client.
type Entry struct {
	At     time.Time // by the clock of the client's own process
	What   Happening
	Key    string   // for Said and Unsaid
	Stanza *Element // for Received
}

// Happening is what kind of thing happened.
type Happening string

// The kinds of happenings.
const (
	Online   Happening = "online"
	Offline  Happening = "offline"
	Received Happening = "stanza"
	Said     Happening = "said"   // what Say was given went into the connection
	Unsaid   Happening = "unsaid" // there was no connection for it
)

// event is one line of the driver.
type event struct {
	Event, JID, XML, Text, Key string
	At                         int64 // Unix nanoseconds
}

// Client logs a scripted client in to the server and returns when it is
// online. The caller owes it a Close.
func (x *XMPP) Client(login Login) (*Client, error) {
	if login.Resource == "" {
		login.Resource = "script"
	}
	host, port, err := net.SplitHostPort(x.Addr)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	options, err := json.Marshal(map[string]any{
		"jid": login.Name + "@" + x.Domain + "/" + login.Resource, "password": login.Password,
		"host": host, "port": number,
		"presence": !login.Quiet, "reply": !login.Mute, "accept": !login.Ask,
		"receipts": login.Receipts, "again": login.Again,
	})
	if err != nil {
		return nil, err
	}
	c := &Client{in: newReceived[*Element](), done: make(chan struct{}), login: login}
	if err := c.launch(options); err != nil {
		return nil, fmt.Errorf("client %s: %w", login.Name, err)
	}
	return c, nil
}

// launch starts the driver and waits until it is online.
func (c *Client) launch(options []byte) error {
	c.cmd = exec.Command(python, "-c", clientScript)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var complaints strings.Builder
	c.cmd.Stderr = &complaints
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	c.stdin = stdin
	online := make(chan event, 1)
	go c.read(stdout, online, &complaints)
	if _, err := fmt.Fprintf(stdin, "%s\n", options); err != nil {
		c.Close()
		return err
	}
	select {
	case first := <-online:
		if first.Event == "online" {
			c.JID = first.JID
			c.Bare, _, _ = strings.Cut(first.JID, "/")
			return nil
		}
		c.Close()
		return fmt.Errorf("not online: %s %s", first.Event, first.Text)
	case <-time.After(startTime):
		c.Close()
		return errors.New("not online in time")
	}
}

// read takes in what the driver tells until its end.
func (c *Client) read(stdout io.Reader, online chan<- event, complaints fmt.Stringer) {
	defer close(c.done)
	lines := bufio.NewReader(stdout)
	var started bool
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			c.in.finish(fmt.Errorf("the driver said %q", line))
			continue
		}
		c.handle(e)
		if !started && (e.Event == "online" || e.Event == "failed" || e.Event == "offline") {
			started = true
			online <- e
		}
	}
	c.cmd.Wait() // its status says nothing that its output did not
	c.in.finish(fmt.Errorf("the client ended: %s", complaints))
	if !started {
		online <- event{Event: "ended", Text: complaints.String()}
	}
}

func (c *Client) handle(e event) {
	entry := Entry{At: time.Unix(0, e.At), What: Happening(e.Event), Key: e.Key}
	switch e.Event {
	case "stanza":
		stanza, err := ParseElement(e.XML)
		if err != nil {
			c.in.finish(err)
			return
		}
		entry.Stanza = stanza
		c.in.add(stanza)
	case "failed", "offline":
		if !c.login.Again {
			c.in.finish(errors.New("the client is offline " + e.Text))
		}
	}
	if c.login.Journal != nil && e.Event != "failed" {
		c.login.Journal(entry)
	}
}

// Send sends XML as it stands.
func (c *Client) Send(xml string) error { return c.order("send", xml) }

// Sendf sends XML made from a format, in which %s and %q are escaped.
func (c *Client) Sendf(format string, args ...any) error { return c.Send(XML(format, args...)) }

// Say sends XML as it stands, if the client is logged in then. The journal
// tells by the key whether it was.
func (c *Client) Say(key, xml string) error { return c.order("say", xml, key) }

// Leave logs a client out that would else log in again, until it is told to
// Return.
func (c *Client) Leave() error { return c.order("leave", "") }

// Return ends a Leave.
func (c *Client) Return() error { return c.order("return", "") }

func (c *Client) order(op, text string, key ...string) error {
	line, err := json.Marshal(map[string]string{"op": op, "xml": text, "key": strings.Join(key, "")})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err = c.stdin.Write(append(line, '\n'))
	return err
}

// XML fills a format like fmt.Sprintf, and escapes its string arguments.
func XML(format string, args ...any) string {
	escaped := make([]any, len(args))
	for i, arg := range args {
		escaped[i] = arg
		if s, ok := arg.(string); ok {
			var b strings.Builder
			xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
			escaped[i] = b.String()
		}
	}
	return fmt.Sprintf(format, escaped...)
}

var lastID atomic.Int64

// NewID returns a stanza id that was not used before in this process.
func NewID() string { return fmt.Sprintf("w%d-%d", os.Getpid(), lastID.Add(1)) }

// Expect waits for a stanza that match accepts and that no Expect returned
// before. The error shows what came instead of what was wanted.
func (c *Client) Expect(want string, match func(*Element) bool) (*Element, error) {
	return c.Within(DefaultWait, want, match)
}

// Within is Expect with a limit of its own.
func (c *Client) Within(limit time.Duration, want string, match func(*Element) bool) (*Element, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	stanza, err := c.in.take(ctx, match)
	if err != nil {
		return nil, c.in.missed("client "+c.JID, want, err)
	}
	return stanza, nil
}

// Ask sends an iq of the given type and payload, and returns its answer, a
// result or an error.
func (c *Client) Ask(typ, to, payload string) (*Element, error) {
	id := NewID()
	if err := c.Send(XML(`<iq type="%s" to="%s" id="%s">`, typ, to, id) + payload + `</iq>`); err != nil {
		return nil, err
	}
	return c.Expect("the answer of "+to, func(e *Element) bool {
		return e.Name() == "iq" && e.ID() == id && (e.Type() == "result" || e.Type() == "error")
	})
}

// Sync returns when everything that was sent to us by the given address, or by
// the server on our own behalf, before it saw our request has arrived.
func (c *Client) Sync(to string) error {
	_, err := c.Ask("get", to, `<ping xmlns="urn:xmpp:ping"/>`)
	return err
}

// Await returns when an address answers a ping: when a component is up. It is
// asked again after each error.
func (c *Client) Await(ctx context.Context, to string) error {
	return poll(ctx, 5*often, func() error {
		answer, err := c.Ask("get", to, `<ping xmlns="urn:xmpp:ping"/>`)
		if err != nil {
			return err
		}
		if answer.Type() == "error" {
			return fmt.Errorf("%s: %s", to, answer.Condition())
		}
		return nil
	})
}

// Received returns every stanza that came so far.
func (c *Client) Received() []*Element { return c.in.snapshot() }

// Forget makes Expect look only at what comes from now on.
func (c *Client) Forget() { c.in.forget() }

// Freeze stops the client's reading, as a phone out of reach does: its server
// still takes it for online. Thaw lets it go on.
func (c *Client) Freeze() error { return syscall.Kill(c.cmd.Process.Pid, syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (c *Client) Thaw() error { return syscall.Kill(c.cmd.Process.Pid, syscall.SIGCONT) }

// Quit logs out.
func (c *Client) Quit() error {
	if err := c.order("quit", ""); err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-time.After(stopTime):
	}
	return c.Close()
}

// Close cuts the connection, where there still is one.
func (c *Client) Close() error {
	select {
	case <-c.done:
		return nil
	default:
	}
	if err := syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	<-c.done
	return nil
}
