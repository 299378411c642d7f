package transporttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports"
)

// running is a session whose Run is under way.
type running struct {
	session transports.Session
	stop    context.CancelFunc
	events  chan transports.Event
	ended   chan error
}

// start opens the harness's account and runs it. emit may be nil.
func (h *Harness) start(t *testing.T, emit func(transports.Batch) error) *running {
	t.Helper()
	session, err := h.Transport.Open(h.Account, nil)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return h.run(t, session, emit)
}

func (h *Harness) run(t *testing.T, session transports.Session, emit func(transports.Batch) error) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{session: session, stop: stop, events: make(chan transports.Event, 1024), ended: make(chan error, 1)}
	go func() {
		r.ended <- session.Run(ctx, func(_ context.Context, b transports.Batch) error {
			if emit != nil {
				if err := emit(b); err != nil {
					return err
				}
			}
			for _, e := range b.Events {
				r.events <- e
			}
			return nil
		})
		close(r.ended)
	}()
	t.Cleanup(func() {
		stop()
		<-r.ended
	})
	return r
}

// await returns the first event that fits.
func await[E transports.Event](t *testing.T, r *running) E {
	t.Helper()
	timeout := time.After(Patience)
	for {
		select {
		case e := <-r.events:
			if found, ok := e.(E); ok {
				return found
			}
		case <-timeout:
			var want E
			t.Fatalf("no %T came", want)
		}
	}
}

// end returns what Run returned.
func (r *running) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(Patience):
		t.Fatal("Run does not end")
		return nil
	}
}

func (h *Harness) open(t *testing.T) {
	before := h.Dials()
	if _, err := h.Transport.Open(h.Account, nil); err != nil {
		t.Fatalf("Open: %v", err)
	}
	if after := h.Dials(); after != before {
		t.Errorf("Open made %d connections", after-before)
	}
}

// requests returns all that can be asked of a session about a room.
func (h *Harness) requests(session transports.Session) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"Send": func(ctx context.Context) error {
			_, err := session.Send(ctx, transports.Message{ID: "1", Chat: h.Contact, Text: "hello"})
			return err
		},
	}
	if rooms, ok := session.(transports.Rooms); ok {
		all["Join"] = func(ctx context.Context) error { return rooms.Join(ctx, transports.Join{Room: h.Room, Nick: "me"}) }
		all["Rename"] = func(ctx context.Context) error { return rooms.Rename(ctx, h.Room, "another") }
		for name, ask := range h.roomRequests(rooms) {
			all[name] = ask
		}
	}
	if pinger, ok := session.(transports.Pinger); ok {
		all["Ping"] = func(ctx context.Context) error { return pinger.Ping(ctx, h.Contact) }
	}
	return all
}

// roomRequests returns what can only be asked of a room we are in.
func (h *Harness) roomRequests(rooms transports.Rooms) map[string]func(context.Context) error {
	moderate := func(do transports.ModerationAction) func(context.Context) error {
		return func(ctx context.Context) error {
			return rooms.Moderate(ctx, transports.Moderation{Room: h.Room, Nick: "nobody", Do: do, Rank: transports.Voice})
		}
	}
	return map[string]func(context.Context) error{
		"SetSubject": func(ctx context.Context) error { return rooms.SetSubject(ctx, h.Room, "subject") },
		"Kick":       moderate(transports.Kick),
		"Ban":        moderate(transports.Ban),
		"Unban":      moderate(transports.Unban),
		"SetRank":    moderate(transports.SetRank),
		"Invite":     func(ctx context.Context) error { return rooms.Invite(ctx, h.Room, "nobody", "") },
		"Outcasts": func(ctx context.Context) error {
			_, err := rooms.Outcasts(ctx, h.Room)
			return err
		},
	}
}

func (h *Harness) offline(t *testing.T) {
	session, err := h.Transport.Open(h.Account, nil)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	h.away(t, session)
}

// away checks that requests to a session that does not run are refused.
func (h *Harness) away(t *testing.T, session transports.Session) {
	for name, ask := range h.requests(session) {
		if name == "Send" && h.Alone {
			continue
		}
		t.Run(name, func(t *testing.T) { h.refusal(t, ask(t.Context()), transports.Unreachable) })
	}
}

func (h *Harness) runEnds(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	r.stop()
	if err := r.end(t); err != nil {
		t.Errorf("Run = %v, want nil after its context was done", err)
	}
	h.away(t, r.session)
}

func (h *Harness) emitFails(t *testing.T) {
	want := errors.New("no room for that")
	r := h.start(t, func(transports.Batch) error { return want })
	if err := r.end(t); !errors.Is(err, want) {
		t.Errorf("Run = %v, want %v", err, want)
	}
}

func (h *Harness) broken(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	h.Break()
	err := r.end(t)
	if err == nil {
		t.Fatal("Run = nil, want why the connection ended")
	}
	e := transports.AsError(err)
	h.readable(t, e)
	if !e.Temporary() {
		t.Errorf("a broken connection is for good: %v", err)
	}
}

func (h *Harness) runAgain(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	h.Break()
	_ = r.end(t)
	again := h.run(t, r.session, nil)
	await[transports.Online](t, again)
	if _, err := r.session.Send(t.Context(), transports.Message{ID: "1", Chat: h.Contact, Text: "hello"}); err != nil {
		t.Errorf("Send after the second Run: %v", err)
	}
}

func (h *Harness) cancelled(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ask := range h.requests(r.session) {
		answered := make(chan error, 1)
		go func() { answered <- ask(ctx) }()
		select {
		case <-answered:
		case <-time.After(Patience):
			t.Errorf("%s does not end with its context", name)
		}
	}
}

func (h *Harness) absent(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	rooms, ok := r.session.(transports.Rooms)
	if !ok {
		t.Skip("a network without rooms")
	}
	for name, ask := range h.roomRequests(rooms) {
		t.Run(name, func(t *testing.T) { h.refusal(t, ask(t.Context()), transports.Absent) })
	}
	_, err := r.session.Send(t.Context(), transports.Message{ID: "1", Chat: h.Room, Text: "hello"})
	h.refusal(t, err, transports.Absent)
	if err := rooms.Leave(t.Context(), h.Room, ""); err != nil {
		t.Errorf("Leave of a room we are not in: %v", err)
	}
}

func (h *Harness) room(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	rooms, ok := r.session.(transports.Rooms)
	if !ok {
		t.Skip("a network without rooms")
	}
	for _, round := range []string{"first", "again"} {
		if err := rooms.Join(t.Context(), transports.Join{Room: h.Room, Nick: "me"}); err != nil {
			t.Fatalf("Join, %s: %v", round, err)
		}
		joined := await[transports.Joined](t, r)
		if joined.Room != h.Room || joined.Config.Room != h.Room || joined.Subject.Room != h.Room {
			t.Errorf("Joined %s of %v, %v, %v, want %v", round, joined.Room, joined.Config.Room, joined.Subject.Room, h.Room)
		}
		self := 0
		for _, o := range joined.Occupants {
			if o.Nick == joined.Nick {
				self++
			}
		}
		if self != 1 {
			t.Errorf("Joined %s has our nick %q %d times", round, joined.Nick, self)
		}
	}
	if _, err := r.session.Send(t.Context(), transports.Message{ID: "1", Chat: h.Room, Text: "hello"}); err != nil {
		t.Errorf("Send: %v", err)
	}
	if err := rooms.SetSubject(t.Context(), h.Room, "weather"); err != nil {
		t.Errorf("SetSubject: %v", err)
	}
	if s := await[transports.Subject](t, r); s.Text != "weather" || s.Room != h.Room {
		t.Errorf("the subject is %+v", s)
	}
	if err := rooms.Leave(t.Context(), h.Room, "enough"); err != nil {
		t.Errorf("Leave: %v", err)
	}
	_, err := r.session.Send(t.Context(), transports.Message{ID: "2", Chat: h.Room, Text: "hello"})
	h.refusal(t, err, transports.Absent)
}

func (h *Harness) beside(t *testing.T) {
	r := h.start(t, nil)
	await[transports.Online](t, r)
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	var done sync.WaitGroup
	for i := range 8 {
		done.Go(func() {
			_, err := r.session.Send(ctx, transports.Message{ID: fmt.Sprint(i), Chat: h.Contact, Text: "hello"})
			if err != nil {
				t.Errorf("Send beside others: %v", err)
			}
		})
		done.Go(func() { _, _ = h.Transport.Address(h.Contact.String(), h.Account) })
		done.Go(func() { h.Transport.Form(h.Account.Scope, h.Account.Settings) })
	}
	done.Wait()
}

// gather checks that messages are put together in order, as many as it says.
func (h *Harness) gather(t *testing.T) {
	session, err := h.Transport.Open(h.Account, nil)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	gatherer, ok := session.(transports.Gatherer)
	if !ok {
		t.Skip("a network on which each message goes by itself")
	}
	if quiet := gatherer.Quiet(); quiet < 0 || quiet > 5*time.Minute {
		t.Errorf("messages wait %s", quiet)
	}
	var ms []transports.Message
	for _, text := range []string{"one", "two", "", "three\nfour", strings.Repeat("ä€𝄞 ", 1000)} {
		ms = append(ms, transports.Message{ID: fmt.Sprint(len(ms)), Chat: h.Contact, Text: text})
		m, n := gatherer.Gather(ms)
		if n < 1 || n > len(ms) || m.Chat != h.Contact {
			t.Fatalf("Gather makes one to %v of %d of %d", m.Chat, n, len(ms))
		}
		rest := m.Text
		for _, one := range ms[:n] {
			_, behind, found := strings.Cut(rest, one.Text)
			if rest = behind; !found {
				t.Errorf("%.20q is not in its place in %.40q", one.Text, m.Text)
			}
		}
	}
}

func (h *Harness) split(t *testing.T) {
	session, err := h.Transport.Open(h.Account, nil)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	splitter, ok := session.(transports.Splitter)
	if !ok {
		t.Skip("a network that takes messages whole")
	}
	for _, text := range []string{"", "one", "one\ntwo", strings.Repeat("ä€𝄞 ", 1000)} {
		m := transports.Message{ID: "1", Chat: h.Contact, Text: text}
		parts := splitter.Split(m)
		if len(parts) == 0 {
			t.Fatalf("Split(%.20q) leaves nothing", text)
		}
		var b strings.Builder
		for _, part := range parts {
			if part.Chat != m.Chat {
				t.Errorf("Split(%.20q) sends a part to %v", text, part.Chat)
			}
			b.WriteString(part.Text)
		}
		// Some networks know lines, to others each is a message.
		if got, want := strings.ReplaceAll(b.String(), "\n", ""), strings.ReplaceAll(text, "\n", ""); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("the parts of %.20q say %.40q", text, got)
		}
	}
}
