// Package control lets a command ask the wherry that runs on the same store.
// The daemon listens on a socket beside the store; whoever connects is told
// its state in one line of JSON, and nothing else can be asked.
package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

// State is what a running wherry says of itself.
type State struct {
	Version string   `json:"version"`
	PID     int      `json:"pid"`
	Config  string   `json:"config"` // absolute path of its configuration
	Domains []Domain `json:"domains"`
}

// Domain is the state of one XMPP domain.
type Domain struct {
	Name      string    `json:"name"`
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`           // of being connected, or of not being; may be zero
	Err       string    `json:"error,omitempty"` // why it is not connected
	Users     int       `json:"users"`
	Sessions  int       `json:"sessions"`
	Online    int       `json:"online"` // of the sessions
}

// SocketPath returns where the wherry of a database listens.
func SocketPath(database string) string { return database + ".sock" }

// answerWithin bounds one answer, on both sides.
const answerWithin = 5 * time.Second

// Listener answers those who ask. Close it to stop.
type Listener struct {
	listener *net.UnixListener
	state    func() State
	work     sync.WaitGroup
}

// Listen answers at path, which only the owner may use, with what state
// returns. A socket that is there already is replaced: the caller holds the
// store's lock, so that nobody else listens.
func Listen(path string, state func() State) (*Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the old control socket: %w", err)
	}
	inner, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen at the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the control socket: %w", err), inner.Close())
	}
	l := &Listener{listener: inner, state: state}
	l.work.Go(l.serve)
	return l, nil
}

// Close stops answering, waits for answers under way, and removes the socket.
func (l *Listener) Close() error {
	err := l.listener.Close()
	l.work.Wait()
	return err
}

func (l *Listener) serve() {
	for {
		conn, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		// One at a time: an answer takes no time, and a peer that does not read
		// it is given up.
		l.answer(conn)
	}
}

func (l *Listener) answer(conn net.Conn) {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return
	}
	// Who does not get the answer asks again.
	_ = json.NewEncoder(conn).Encode(l.state())
}

// Ask returns the state of the wherry that listens at path.
func Ask(ctx context.Context, path string) (State, error) {
	var s State
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return s, fmt.Errorf("ask at the control socket: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return s, fmt.Errorf("ask at the control socket: %w", err)
		}
	}
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("read the answer of the control socket: %w", err)
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return s, fmt.Errorf("read the answer of the control socket: %w", err)
	}
	return s, nil
}
