package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"wherry/transports"
)

// savePosition is the save that holds up to where events are known.
const savePosition = "position"

// pollWait is how long the network may keep a question for events that there
// are none of.
const pollWait = 10 * time.Second

// Session is one account's life on the network.
type Session struct {
	t        *Transport
	as       credentials
	position int64 // Run's
	online   atomic.Bool
}

// Run logs in, and asks for events until that fails.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	err := s.run(ctx, emit)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Session) run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	if err := s.t.login(ctx, s.as); err != nil {
		return err
	}
	s.online.Store(true)
	defer s.online.Store(false)
	if err := emit(ctx, transports.Batch{Events: []transports.Event{transports.Online{Name: s.as.user}}}); err != nil {
		return err
	}
	for {
		if err := s.poll(ctx, emit); err != nil {
			return err
		}
	}
}

// poll asks once for events. The next question, which acknowledges them, asks
// after them only where they are safe.
func (s *Session) poll(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	path := fmt.Sprintf("/events?after=%d&wait=%s", s.position, pollWait)
	var answer Events
	if err := s.t.ask(ctx, s.as, http.MethodGet, path, nil, &answer, pollWait+s.t.cfg.Timeout); err != nil {
		return err
	}
	if answer.Next == s.position && len(answer.Events) == 0 {
		return nil
	}
	batch := transports.Batch{Saves: []transports.Save{{Name: savePosition, Value: strconv.AppendInt(nil, answer.Next, 10)}}}
	for _, e := range answer.Events {
		if event := s.event(e); event != nil {
			batch.Events = append(batch.Events, event)
		}
	}
	if err := emit(ctx, batch); err != nil {
		return err
	}
	s.position = answer.Next
	return nil
}

// event reads an event. What makes no sense is none.
func (s *Session) event(e Event) transports.Event {
	states := map[string]transports.State{
		StateDelivered: transports.Delivered, StateRead: transports.Read, StateFailed: transports.Failed,
	}
	state := states[e.State]
	switch {
	case !validName(e.From):
	case e.Kind == KindMessage:
		return transports.Received{Message: transports.Message{
			ID: e.ID, Chat: contact(e.From), Nick: e.From, Text: e.Text, Time: e.Time,
		}}
	case e.Kind == KindStatus && state != 0:
		status := transports.Status{Chat: contact(e.From), ID: e.ID, State: state}
		if state == transports.Failed {
			status.Err = &transports.Error{Kind: transports.NotFound, Text: transports.Literal(e.Error)}
		}
		return status
	}
	s.t.log.Warn("an event that makes no sense", "kind", e.Kind, "from", e.From, "state", e.State)
	return nil
}

// Send makes one attempt.
func (s *Session) Send(ctx context.Context, m transports.Message) (transports.Sent, error) {
	if !s.online.Load() {
		return transports.Sent{}, offline()
	}
	var answer SendAnswer
	request := SendRequest{ID: m.ID, To: m.Chat.Name, Text: m.Text}
	if err := s.t.ask(ctx, s.as, http.MethodPost, "/send", request, &answer, s.t.cfg.Timeout); err != nil {
		return transports.Sent{}, err
	}
	return transports.Sent{IDs: answer.IDs}, nil
}

// Finder is a Session of a network that can be searched.
type Finder struct{ *Session }

// Find looks for a message of that text.
func (f *Finder) Find(ctx context.Context, m transports.Message, since time.Time, known func(id string) bool) (*transports.Sent, error) {
	if !f.online.Load() {
		return nil, offline()
	}
	question := url.Values{"since": {since.UTC().Format(time.RFC3339Nano)}, "to": {m.Chat.Name}, "text": {m.Text}}
	var answer Found
	if err := f.t.ask(ctx, f.as, http.MethodGet, "/find?"+question.Encode(), nil, &answer, f.t.cfg.Timeout); err != nil {
		return nil, err
	}
	for _, id := range answer.IDs {
		if !known(id) {
			return &transports.Sent{IDs: []string{id}}, nil
		}
	}
	return nil, nil
}

func parsePosition(saved []byte) (int64, error) {
	if len(saved) == 0 {
		return 0, nil
	}
	position, err := strconv.ParseInt(string(saved), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("saved position: %w", err)
	}
	return position, nil
}
