package wire_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wherry/transports"
	"wherry/transports/wire"
	"wherry/transports/wire/wiretest"
)

// line is a running session and what it emitted.
type line struct {
	transports.Session
	t       *testing.T
	net     *wiretest.Network
	tr      *wire.Transport
	batches chan transports.Batch
	fail    chan error // what emit answers next; nothing is nil
	stop    func() error
}

func open(t *testing.T, mode wire.Mode) *line {
	t.Helper()
	net := wiretest.New(t, mode == wire.Fold)
	net.Account("alice", secret)
	l := &line{t: t, net: net, tr: wire.New(wire.Config{URL: net.URL, Mode: mode, Timeout: 300 * time.Millisecond})}
	l.resume(nil)
	return l
}

// resume opens the account again, with what was saved, and waits until it is
// online.
func (l *line) resume(saved transports.Saved) {
	l.t.Helper()
	session, err := l.tr.Open(transports.Account{Key: "alice", Settings: settings("alice", secret)}, saved)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Session, l.batches, l.fail = session, make(chan transports.Batch, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- session.Run(ctx, func(_ context.Context, b transports.Batch) error {
			l.batches <- b
			select {
			case err := <-l.fail:
				return err
			default:
				return nil
			}
		})
	}()
	var stopped bool
	l.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	l.t.Cleanup(func() { _ = l.stop() })
	if _, ok := l.next().Events[0].(transports.Online); !ok {
		l.t.Fatal("the first event is not Online")
	}
}

func (l *line) next() transports.Batch {
	l.t.Helper()
	select {
	case b := <-l.batches:
		return b
	case <-time.After(10 * time.Second):
		l.t.Fatal("no batch came")
		return transports.Batch{}
	}
}

func (l *line) send(id, text string) (transports.Sent, error) {
	return l.Send(l.t.Context(), transports.Message{ID: id, Chat: bob, Text: text})
}

var bob = transports.Address{Kind: transports.Contact, Name: "bob"}

// Each fate of a message, and what is told of it.
func TestSend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fate   wiretest.Fate
		kind   transports.ErrorKind
		unsure bool
		after  time.Duration
	}{
		"bad request":    {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 400}, kind: transports.Malformed},
		"credentials":    {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 401}, kind: transports.Credentials},
		"forbidden":      {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 403}, kind: transports.Forbidden},
		"not found":      {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 404}, kind: transports.NotFound},
		"too long":       {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 413}, kind: transports.TooLong},
		"another 4xx":    {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 418}, kind: transports.NotAllowed},
		"busy":           {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 429, After: 7 * time.Second}, kind: transports.Busy, after: 7 * time.Second},
		"fault":          {fate: wiretest.Fate{Lost: true, Answer: wiretest.Refusal, Status: 500}, kind: transports.Unreachable, unsure: true},
		"fault, taken":   {fate: wiretest.Fate{Answer: wiretest.Refusal, Status: 503}, kind: transports.Unreachable, unsure: true},
		"cut":            {fate: wiretest.Fate{Answer: wiretest.Cut}, kind: transports.Unreachable, unsure: true},
		"silence":        {fate: wiretest.Fate{Answer: wiretest.Silence}, kind: transports.Unreachable, unsure: true},
		"silence, lost":  {fate: wiretest.Fate{Lost: true, Answer: wiretest.Silence}, kind: transports.Unreachable, unsure: true},
		"garbage":        {fate: wiretest.Fate{Answer: wiretest.Garbage}, kind: transports.Unreachable, unsure: true},
		"later than due": {fate: wiretest.Fate{Delay: time.Minute}, kind: transports.Unreachable, unsure: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, wire.Find)
			l.net.Next(c.fate)
			_, err := l.send("1", "hello")
			var e *transports.Error
			if !errors.As(err, &e) {
				t.Fatalf("Send = %v, want an *Error", err)
			}
			if e.Kind != c.kind || e.Unsure != c.unsure || e.After != c.after || e.Text.IsZero() {
				t.Errorf("Send = %+v, want %v, unsure %v, after %v", e, c.kind, c.unsure, c.after)
			}
			if sent := l.net.Sends()[0]; (sent.NetID == "") != c.fate.Lost {
				t.Errorf("the network logged %+v", sent)
			}
			// The next one goes as if nothing had been.
			if sent, err := l.send("2", "again"); err != nil || len(sent.IDs) != 1 {
				t.Errorf("the next: %+v, %v", sent, err)
			}
		})
	}
}

// Where nothing listens, nothing was sent.
func TestNotSent(t *testing.T) {
	t.Parallel()
	net := wiretest.New(t, false)
	tr := wire.New(wire.Config{URL: "http://127.0.0.1:1"})
	_, err := tr.Verify(t.Context(), "", settings("alice", secret))
	if e := transports.AsError(err); e.Kind != transports.Unreachable || e.Unsure {
		t.Errorf("Verify = %+v", e)
	}
	if net.Dials() != 0 {
		t.Error("somebody else was asked")
	}
}

// Events come in order, one batch an answer, and are acknowledged only when
// they are safe.
func TestEvents(t *testing.T) {
	t.Parallel()
	l := open(t, wire.Find)
	first := l.net.Push("alice", "bob", "one")
	b := l.next()
	got, ok := b.Events[0].(transports.Received)
	if !ok || got.Message.ID != first || got.Message.Chat != bob || got.Message.Text != "one" || got.Message.Time.IsZero() {
		t.Errorf("got %+v", b)
	}
	l.net.AwaitAcked(t, first)
	if len(b.Saves) != 1 || b.Saves[0].Name != "position" || string(b.Saves[0].Value) != "1" {
		t.Errorf("saves %+v", b.Saves)
	}

	l.fail <- errors.New("no room for that")
	second := l.net.Push("alice", "bob", "two")
	l.next()
	if err := l.stop(); err == nil && l.net.Pending() == 0 {
		t.Error("acknowledged what is not safe")
	}
	third := l.net.Push("alice", "bob", "three")
	l.resume(transports.Saved{"position": b.Saves[0].Value})
	b = l.next()
	if len(b.Events) != 2 || b.Events[0].(transports.Received).Message.ID != second || b.Events[1].(transports.Received).Message.ID != third {
		t.Errorf("after the fault: %+v", b.Events)
	}
	l.net.AwaitAcked(t, third)
	if pushes := l.net.Pushes(); pushes[1].Fetched < 2 || pushes[2].Fetched != 1 {
		t.Errorf("the log: %+v", pushes)
	}
	l.net.PushAgain(first)
	if again, ok := l.next().Events[0].(transports.Received); !ok || again.Message.ID != first {
		t.Errorf("again: %+v", again)
	}
}

func TestSavedPositionMakesSense(t *testing.T) {
	t.Parallel()
	if _, err := wire.New(wire.Config{}).Open(transports.Account{}, transports.Saved{"position": []byte("x")}); err == nil {
		t.Error("Open takes a position that is none")
	}
}

// What becomes of a message is told, also before it is answered.
func TestStatus(t *testing.T) {
	t.Parallel()
	l := open(t, wire.Blind)
	for _, early := range []bool{false, true} {
		l.net.Next(wiretest.Fate{Reports: []wiretest.Report{
			{State: wire.StateDelivered, Early: early}, {State: wire.StateFailed, Error: "no signal"},
		}})
		sent, err := l.send(strconv.FormatBool(early), "hello")
		if err != nil {
			t.Fatal(err)
		}
		if early && len(l.batches) == 0 {
			t.Error("no news came before the answer")
		}
		var states []transports.State
		for len(states) < 2 {
			for _, e := range l.next().Events {
				s, ok := e.(transports.Status)
				if !ok || s.Chat != bob || !slices.Contains(sent.IDs, s.ID) {
					t.Fatalf("got %+v", e)
				}
				if s.State == transports.Failed && s.Err.Text.String() != "no signal" {
					t.Errorf("failed by %+v", s.Err)
				}
				states = append(states, s.State)
			}
		}
		if !slices.Equal(states, []transports.State{transports.Delivered, transports.Failed}) {
			t.Errorf("states %v", states)
		}
	}
}

// Credentials that are refused later end the session for good.
func TestRefusedLater(t *testing.T) {
	t.Parallel()
	l := open(t, wire.Find)
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	l.net.Refuse("alice", true)
	err := l.Run(t.Context(), func(context.Context, transports.Batch) error { return nil })
	if e := transports.AsError(err); e.Kind != transports.Credentials || e.Temporary() {
		t.Errorf("Run = %v", err)
	}
	l.net.Refuse("alice", false)
	l.resume(nil)
}

// A message is found by what it says, unless it is known as another.
func TestFind(t *testing.T) {
	t.Parallel()
	l := open(t, wire.Find)
	begin := time.Now()
	var ids []string
	for range 2 {
		sent, err := l.send("1", "hello & so")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, sent.IDs...)
	}
	l.net.Next(wiretest.Fate{Lost: true, Answer: wiretest.Cut})
	if _, err := l.send("2", "lost"); err == nil {
		t.Fatal("nothing went wrong")
	}
	for name, c := range map[string]struct {
		text  string
		since time.Time
		known []string
		want  string
	}{
		"first":    {"hello & so", begin, nil, ids[0]},
		"second":   {"hello & so", begin, ids[:1], ids[1]},
		"none":     {"hello & so", begin, ids, ""},
		"too old":  {"hello & so", time.Now(), nil, ""},
		"not sent": {"lost", begin, nil, ""},
	} {
		found, err := l.Session.(transports.Finder).Find(t.Context(), transports.Message{Chat: bob, Text: c.text}, c.since,
			func(id string) bool { return slices.Contains(c.known, id) })
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "" && found != nil, c.want != "" && (found == nil || found.IDs[0] != c.want):
			t.Errorf("%s: %+v, want %q", name, found, c.want)
		}
	}
}

// A network that folds shows a repeat once, and answers by the same id.
func TestFold(t *testing.T) {
	t.Parallel()
	l := open(t, wire.Fold)
	first, err1 := l.send("1", "hello")
	again, err2 := l.send("1", "hello")
	other, err3 := l.send("2", "hello")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if first.IDs[0] != again.IDs[0] || first.IDs[0] == other.IDs[0] {
		t.Errorf("ids %v, %v, %v", first, again, other)
	}
	if sends := l.net.Sends(); sends[0].Folded || !sends[1].Folded || sends[2].Folded {
		t.Errorf("the log: %+v", sends)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	session, err := wire.New(wire.Config{}).Open(transports.Account{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := "a" + strings.Repeat("€", 1000)
	ids := make(map[string]bool)
	var whole strings.Builder
	for _, part := range session.(transports.Splitter).Split(transports.Message{ID: "x", Chat: bob, Text: text}) {
		if len(part.Text) > 1000 || !utf8.ValidString(part.Text) || ids[part.ID] {
			t.Errorf("a part of %d bytes with id %s", len(part.Text), part.ID)
		}
		ids[part.ID] = true
		whole.WriteString(part.Text)
	}
	if whole.String() != text || len(ids) != 4 {
		t.Errorf("%d parts", len(ids))
	}
}
