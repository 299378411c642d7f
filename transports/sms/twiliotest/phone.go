package twiliotest

import (
	"context"
	"slices"
	"time"
)

// Phone is what a test tells of a phone that is texted. Phones it tells nothing
// of are mobile and take everything.
type Phone struct {
	Landline   bool // refused with 21614
	Unroutable bool // refused with 21612
	Refuse     int  // refused with this code
	// Reply returns what the phone texts back to a text, if anything: an
	// auto-responder.
	Reply func(Text) []string
}

// phone is a phone and what was sent to it.
type phone struct {
	Phone
	texts []*Text // in the order in which they were taken; not all reached it
}

// Text is a message as a phone shows it.
type Text struct {
	SID      string // empty for Notice
	From, To string
	Body     string
	URLs     []string // MediaUrl as given
	Media    []Media  // as fetched, where the server fetches
	Segments int
	// Group are the others that a text was said to, the sender among them, sorted;
	// none where it was to this phone alone.
	Group []string
	// Notice is a text of Twilio's own: its answer to STOP.
	Notice bool
	// Billed is a text that came of the answer to a webhook.
	Billed  bool
	At      time.Time // when it arrived
	reached bool
}

// SetPhone tells of a phone.
func (s *Server) SetPhone(number string, p Phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phone(number).Phone = p
}

// phone finds or makes a phone. The caller holds mu.
func (s *Server) phone(number string) *phone {
	p := s.phones[number]
	if p == nil {
		p = &phone{}
		s.phones[number] = p
	}
	return p
}

// slot keeps the place of a message among the texts of its phone. The caller
// holds mu.
func (s *Server) slot(m *message) *Text {
	p := s.phone(m.to)
	t := &Text{SID: m.sid, From: m.from, To: m.to, Body: m.body, URLs: m.urls, Segments: m.segments}
	p.texts = append(p.texts, t)
	return t
}

// Texted lists what reached a phone, in the order in which Twilio took it.
func (s *Server) Texted(to string) []Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Text
	if p := s.phones[to]; p != nil {
		for _, t := range p.texts {
			if t.reached {
				all = append(all, *t)
			}
		}
	}
	return all
}

// WaitTexted waits until at least n texts have reached a phone.
func (s *Server) WaitTexted(ctx context.Context, to string, n int) ([]Text, error) {
	err := s.Wait(ctx, func() bool { return len(s.Texted(to)) >= n })
	return s.Texted(to), err
}

// Opted tells whether a phone said STOP to a number.
func (s *Server) Opted(number, phone string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped[pair{number, phone}]
}

// answerPhone lets the phone that got a text answer it.
func (s *Server) answerPhone(t *Text) {
	s.mu.Lock()
	reply, got := s.phone(t.To).Reply, *t
	s.mu.Unlock()
	if reply == nil {
		return
	}
	got.URLs = slices.Clone(got.URLs)
	for _, body := range reply(got) {
		s.Receive(t.To, t.From, body)
	}
}
