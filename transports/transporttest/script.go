package transporttest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"wherry/transports"
)

// Op is something that is asked of the network.
type Op string

// The things that are asked.
const (
	OpVerify   Op = "verify"
	OpRun      Op = "run"
	OpSend     Op = "send"
	OpJoin     Op = "join"
	OpLeave    Op = "leave"
	OpRename   Op = "rename"
	OpSubject  Op = "subject"
	OpModerate Op = "moderate"
	OpOutcasts Op = "outcasts"
	OpInvite   Op = "invite"
	OpPing     Op = "ping"
	OpFind     Op = "find"
	OpFetch    Op = "fetch"
	OpForget   Op = "forget"
	OpReact    Op = "react"
	OpRedact   Op = "redact"
	OpType     Op = "type"
	OpRead     Op = "read"
	OpAway     Op = "away"
	OpList     Op = "list"
	OpVersion  Op = "version"
	OpSetup    Op = "setup"
	OpWatch    Op = "watch"
	OpChoose   Op = "choose"
	OpModes    Op = "modes"
	OpQuit     Op = "quit" // with words
	OpProbe    Op = "probe"
	OpSearch   Op = "search"
	OpClock    Op = "clock"
)

// Call is something that was asked.
type Call struct {
	Op         Op
	Account    string             // the key
	Room       transports.Address // or whom, for OpPing and OpType
	Nick       string
	Text       string // password, subject, reason, ref, id, words
	Message    transports.Message
	Moderation transports.Moderation
	Reaction   transports.Reaction
	Typing     transports.Typing
	Config     transports.RoomConfig
	Chosen     transports.Settings // for OpJoin and OpChoose
	Search     transports.RoomSearch
	Time       time.Time
}

// Patience is how long the Await functions wait before they fail a test.
const Patience = 10 * time.Second

// Refuse makes the next call of op fail with err. Refusals queue.
func (n *Network) Refuse(op Op, err error) {
	n.mu.Lock()
	n.refused[op] = append(n.refused[op], err)
	n.mu.Unlock()
}

// Stall makes the next call of op wait until its ctx is done, or the returned
// function is called.
func (n *Network) Stall(op Op) (release func()) {
	wait := make(chan struct{})
	n.mu.Lock()
	n.stalled[op] = append(n.stalled[op], wait)
	n.mu.Unlock()
	return func() { close(wait) }
}

// Hold keeps what happens from all sessions until the returned function is
// called, and nothing else: requests are answered.
func (n *Network) Hold() (release func()) {
	n.mu.Lock()
	n.held = true
	n.mu.Unlock()
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.held = false
		for _, s := range n.sessions {
			s.signal()
		}
	}
}

// call records a call, and fails it where a test wants that.
func (n *Network) call(ctx context.Context, c Call) error {
	n.mu.Lock()
	n.calls = append(n.calls, c)
	n.counts[c.Op]++
	var stall chan struct{}
	if q := n.stalled[c.Op]; len(q) > 0 {
		stall, n.stalled[c.Op] = q[0], q[1:]
	}
	var err error
	if q := n.refused[c.Op]; len(q) > 0 {
		err, n.refused[c.Op] = q[0], q[1:]
	}
	n.changed()
	n.mu.Unlock()
	if stall != nil {
		select {
		case <-stall:
		case <-ctx.Done():
			return timeout(ctx.Err())
		}
	}
	return err
}

func timeout(err error) error {
	return &transports.Error{Kind: transports.Unreachable, Text: transports.T("The network did not answer in time."), Err: err}
}

// Calls returns what was asked so far, of the given ops or of all.
func (n *Network) Calls(ops ...Op) []Call {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.callsOf(ops)
}

// Count returns how often an op was asked so far.
func (n *Network) Count(op Op) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts[op]
}

func (n *Network) callsOf(ops []Op) []Call {
	var calls []Call
	for _, c := range n.calls {
		if len(ops) == 0 || slices.Contains(ops, c.Op) {
			calls = append(calls, c)
		}
	}
	return calls
}

// AwaitCall returns the i-th call of op, counted from 0, when it came.
func (n *Network) AwaitCall(t testing.TB, op Op, i int) Call {
	t.Helper()
	var found Call
	n.await(t, fmt.Sprintf("call %d of %s", i, op), func() bool {
		calls := n.callsOf([]Op{op})
		if len(calls) <= i {
			return false
		}
		found = calls[i]
		return true
	})
	return found
}

// AwaitSession returns the session of an account when it is logged in.
func (n *Network) AwaitSession(t testing.TB, key string) *Session {
	t.Helper()
	var found *Session
	n.await(t, "session "+key, func() bool {
		found = n.sessions[key]
		return found != nil && found.online
	})
	return found
}

// Session returns the last session that was opened for an account, or nil.
func (n *Network) Session(key string) *Session {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.sessions[key]
}

// Sessions returns the last session of each account that was opened.
func (n *Network) Sessions() []*Session {
	n.mu.Lock()
	defer n.mu.Unlock()
	sessions := make([]*Session, 0, len(n.sessions))
	for _, s := range n.sessions {
		sessions = append(sessions, s)
	}
	return sessions
}

func (n *Network) await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := n.until(ctx, condition); err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
}
