package command

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// Bounds on dialogues.
const (
	idle    = 10 * time.Minute // how long one waits for its next turn
	perUser = 8                // more, and the user's oldest ends
	inAll   = 4096             // more are refused
	depth   = 8                // steps that one can go back
)

// session is one dialogue that is under way.
type session struct {
	id, node, lang string
	owner          jid.JID // bare

	// turn holds a token while one request walks the dialogue; the fields after
	// it are the holder's.
	turn  chan struct{}
	steps []Step // the last one is asked
	ended bool

	used time.Time // guarded by sessions.mu
}

// back takes the dialogue one step back.
func (s *session) back() bool {
	n := len(s.steps)
	if n < 2 {
		return false
	}
	s.steps = s.steps[:n-1]
	return true
}

// forward takes the answers to the step that is asked.
func (r *Registry) forward(ctx context.Context, call Call, s *session, x *stanza.Element) (*stanza.Element, error) {
	step := &s.steps[len(s.steps)-1]
	settings, err := answers(step, x)
	if err != nil {
		return nil, refuse(s.lang, stanza.BadRequest, "bad-payload")
	}
	if step.Form != nil {
		settings = form.Complete(*step.Form, settings)
		filled := form.Fill(*step.Form, settings)
		step.Form = &filled
		err = form.Check(filled, settings, s.lang)
	}
	var to Step
	if err == nil {
		to, err = step.Next(ctx, call, settings)
	}
	if err != nil {
		if note, again := Again(err, *step, s.lang); again {
			return s.ask(note), nil
		}
		r.sessions.end(s)
		return nil, err
	}
	if to.Next == nil {
		r.sessions.end(s)
		return done(s.id, s.node, s.lang, to), nil
	}
	if s.steps = append(s.steps, to); len(s.steps) > depth {
		s.steps = append([]Step(nil), s.steps[1:]...)
	}
	return s.ask(transports.Text{}), nil
}

// answers reads what was submitted for a step. Where nothing is asked, nothing
// need be submitted.
func answers(step *Step, x *stanza.Element) (transports.Settings, error) {
	var f transports.Form
	if step.Form != nil {
		f = *step.Form
	}
	if x == nil && !Asks(f) {
		return transports.Settings{}, nil
	}
	return form.Parse(f, x)
}

// Asks tells whether a form has questions at all.
func Asks(f transports.Form) bool {
	for _, field := range f.Fields {
		if field.Kind != transports.Info {
			return true
		}
	}
	return false
}

// Again tells whether a step is to be asked again after an error of its Next
// or of form.Check, and what to say: a field that is to blame is named.
func Again(err error, step Step, lang string) (transports.Text, bool) {
	var e *transports.Error
	if !errors.As(err, &e) || e.Text.IsZero() {
		return transports.Text{}, false
	}
	said := text.In(lang, e.Text)
	var fault *transports.FieldError
	if errors.As(err, &fault) && step.Form != nil {
		for _, f := range step.Form.Fields {
			if label := form.Label(f, lang); f.Name == fault.Field && !strings.Contains(said, label) {
				said = label + ": " + said
			}
		}
	}
	return transports.Literal(said), true
}

// sessions are the dialogues under way, by id.
type sessions struct {
	now func() time.Time
	key [32]byte

	mu   sync.Mutex // guards byID and session.used
	byID map[string]*session
}

// mint returns a new session id. It proves by itself that it is ours and whose
// it is, so that one that has ended is told from one that never was.
func (l *sessions) mint(call Call, node string) string {
	var nonce [16]byte
	rand.Read(nonce[:])
	return hex.EncodeToString(append(nonce[:], l.proof(nonce[:], call, node)...))
}

func (l *sessions) proof(nonce []byte, call Call, node string) []byte {
	mac := hmac.New(sha256.New, l.key[:])
	mac.Write(nonce)
	for _, part := range []string{call.From.String(), call.Domain, call.To.String(), node} {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return mac.Sum(nil)[:16]
}

func (l *sessions) minted(id string, call Call, node string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 32 && hmac.Equal(b[16:], l.proof(b[:16], call, node))
}

// find returns the dialogue that a caller goes on with. XEP-0050 §3.3
func (l *sessions) find(call Call, node, id string) (*session, error) {
	if !l.minted(id, call, node) {
		return nil, refuse(call.Lang, stanza.BadRequest, "bad-sessionid")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep()
	s := l.byID[id]
	if s == nil {
		return nil, refuse(call.Lang, stanza.NotAllowed, "session-expired")
	}
	s.used = l.now()
	return s, nil
}

// add reports whether there is room for one more dialogue.
func (l *sessions) add(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep()
	count := 0
	var oldest *session
	for _, other := range l.byID {
		if other.owner != s.owner {
			continue
		}
		if count++; oldest == nil || other.used.Before(oldest.used) {
			oldest = other
		}
	}
	if count >= perUser {
		delete(l.byID, oldest.id)
	}
	if len(l.byID) >= inAll {
		return false
	}
	s.used = l.now()
	l.byID[s.id] = s
	return true
}

// end is called by the holder of the session's turn.
func (l *sessions) end(s *session) {
	s.ended, s.steps = true, nil
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byID, s.id)
}

// sweep forgets dialogues that waited too long.
func (l *sessions) sweep() {
	old := l.now().Add(-idle)
	for id, s := range l.byID {
		if s.used.Before(old) {
			delete(l.byID, id)
		}
	}
}
