package sms

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// sendsMost is how many messages of one account are on their way to the
// provider at once.
const sendsMost = 4

// emitter takes batches, as Run's.
type emitter func(context.Context, transports.Batch) error

// Session is one account's life at the provider.
type Session struct {
	account
	t      *Transport
	memory *memory
	online atomic.Bool
	slots  chan struct{} // one for each message on its way

	joining chan struct{} // one for the group that is joined now: Run and Send may both do it

	lanes  map[string]*lane // Run's, by line
	unsure map[string]bool  // Run's: lines whose calls something stands in the way of

	groupLanes map[string]*lane // Run's, by line: how far its groups were looked at
	groupsDue  time.Time        // Run's: when they are to be looked at again
	discovered bool             // Run's: groups were looked for in this connection

	mu     sync.Mutex // guards what follows
	saved  transports.Saved
	usage  usage
	stale  bool              // usage is not what was saved last
	mms    map[string]bool   // which lines send files
	joined map[string]joined // groups, by groupKey
}

func newSession(t *Transport, in transports.Account, saved transports.Saved) (*Session, error) {
	s := &Session{
		account: t.account(in), t: t, memory: t.memory(in.Key),
		slots: make(chan struct{}, sendsMost), saved: maps.Clone(saved),
		lanes: make(map[string]*lane), unsure: make(map[string]bool), mms: make(map[string]bool),
		joining: make(chan struct{}, 1), groupLanes: make(map[string]*lane), joined: readJoined(saved),
	}
	if s.saved == nil {
		s.saved = transports.Saved{}
	}
	var err error
	if s.usage, err = readUsage(saved[saveUsage]); err != nil {
		return nil, &transports.Error{Kind: transports.Internal, Err: err}
	}
	for _, line := range s.lines {
		if s.lanes[line], err = newLane(line, saved); err != nil {
			return nil, &transports.Error{Kind: transports.Internal, Err: err}
		}
		if s.groupLanes[line], err = newLane(groupsLane+line, saved); err != nil {
			return nil, &transports.Error{Kind: transports.Internal, Err: err}
		}
	}
	s.memory.sentIDs(split(string(saved[saveOwn])))
	return s, nil
}

// Run logs in, has the provider call where it is to, and then looks for what
// came, again and again.
func (s *Session) Run(ctx context.Context, emit func(context.Context, transports.Batch) error) error {
	err := s.run(ctx, emit)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Session) run(ctx context.Context, emit emitter) error {
	got, err := s.t.provider.Verify(ctx, s.creds)
	if err != nil {
		return err
	}
	s.learn(got)
	s.discovered, s.groupsDue = false, time.Time{}
	s.online.Store(true)
	defer s.online.Store(false)
	if err := s.commit(ctx, emit, s.hello()); err != nil {
		return err
	}
	s.greet(got)
	if err := s.hooks(ctx, emit); err != nil {
		return err
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.memory.wake:
			if err := s.flush(ctx, emit); err != nil {
				return err
			}
		case <-next.C:
			wait, err := s.look(ctx, emit)
			if err != nil {
				return err
			}
			s.memory.caughtUp()
			next.Reset(jitter(wait))
		}
	}
}

// jitter returns a time up to a tenth shorter or longer, so that accounts do
// not all ask at once.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// learn notes what the lines can do.
func (s *Session) learn(got provider.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.mms)
	for _, line := range got.Lines {
		s.mms[line.Number] = line.MMS
	}
}

// greet tells what the user should know of the account.
func (s *Session) greet(got provider.Account) {
	if got.Trial {
		s.tellOnce("trial", transports.T("This is a trial account at %s: it reaches numbers only that you have verified there.", s.t.about.Name))
	}
	have := make(map[string]bool)
	for _, line := range got.Lines {
		have[line.Number] = true
	}
	for _, line := range s.lines {
		if !have[line] {
			s.tellOnce("gone."+line, transports.T("Your number %s is no longer on your account at %s, or cannot text. Please register again.", line, s.t.about.Name))
		}
	}
}

// hello is the first batch of a connection. Where the account has another
// default line than before, the user is told: conversations change with it.
func (s *Session) hello() transports.Batch {
	b := transports.Batch{Events: []transports.Event{transports.Online{Name: s.line}}}
	before := string(s.save(saveLine))
	if before == s.line {
		return b
	}
	b.Saves = []transports.Save{{Name: saveLine, Value: []byte(s.line)}}
	if before != "" {
		b.Events = append(b.Events, transports.Told{Text: transports.T(
			"You now text from %s. Conversations that went by %s go on from the new number.", s.line, before)})
	}
	return b
}

// commit makes a batch safe, together with all that is to be kept beside it.
func (s *Session) commit(ctx context.Context, emit emitter, b transports.Batch) error {
	s.mu.Lock()
	stale := s.stale
	if stale {
		b.Saves = append(b.Saves, s.usage.save())
		s.stale = false
	}
	s.mu.Unlock()
	err := emit(ctx, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stale = s.stale || stale
		return err
	}
	for _, save := range b.Saves {
		if save.Value == nil {
			delete(s.saved, save.Name)
			continue
		}
		s.saved[save.Name] = save.Value
	}
	return nil
}

// save returns what was saved by a name.
func (s *Session) save(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved[name]
}
