package componenttest

import (
	"fmt"
	"strings"
	"time"

	"wherry/component/stanza"
)

// domain is a component domain: its stream, if there is one, and what came
// over its streams and was not yet looked at. The server's mutex guards it.
type domain struct {
	name    string
	stream  *session
	streams int             // how many there were
	inbox   []stanza.Stanza // in the order of arrival
	changed chan struct{}   // closed and replaced at each change
}

// change wakes who waits. It is called with the server's mutex held.
func (d *domain) change() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// Next waits for the next stanza from a domain, and takes it.
func (s *Server) Next(name string) stanza.Stanza {
	s.t.Helper()
	return s.Expect(name, func(stanza.Stanza) bool { return true })
}

// Expect waits for a stanza from a domain that matches, and takes it. Those
// that do not match stay, in their order, for later calls.
func (s *Server) Expect(name string, match func(stanza.Stanza) bool) stanza.Stanza {
	s.t.Helper()
	var found stanza.Stanza
	ok := s.wait(name, func(d *domain) bool {
		for i, st := range d.inbox {
			if match(st) {
				found = st
				d.inbox = append(d.inbox[:i:i], d.inbox[i+1:]...)
				return true
			}
		}
		return false
	})
	if !ok {
		s.t.Fatalf("componenttest: no such stanza from %s; seen and not taken:\n%s", name, s.seen(name))
	}
	return found
}

// Await is Server.Expect for one kind of stanza.
func Await[T stanza.Stanza](s *Server, name string, match func(T) bool) T {
	s.t.Helper()
	st, _ := s.Expect(name, func(st stanza.Stanza) bool {
		typed, ok := st.(T)
		return ok && match(typed)
	}).(T)
	return st
}

// Drain takes everything that has come from a domain and was not yet taken.
// After a ping of the component's own has been seen, that is all it sent
// before it.
func (s *Server) Drain(name string) []stanza.Stanza {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.domains[name]
	out := d.inbox
	d.inbox = nil
	return out
}

// Connected waits until a domain has had n streams, the present one included,
// and has one.
func (s *Server) Connected(name string, n int) {
	s.t.Helper()
	if !s.wait(name, func(d *domain) bool { return d.streams >= n && d.stream != nil }) {
		s.t.Fatalf("componenttest: %s did not connect %d times", name, n)
	}
}

// Disconnected waits until a domain has no stream.
func (s *Server) Disconnected(name string) {
	s.t.Helper()
	if !s.wait(name, func(d *domain) bool { return d.stream == nil }) {
		s.t.Fatalf("componenttest: %s did not disconnect", name)
	}
}

// stream waits for the stream of a domain.
func (s *Server) stream(name string) *session {
	s.t.Helper()
	var out *session
	if !s.wait(name, func(d *domain) bool { out = d.stream; return out != nil }) {
		s.t.Fatalf("componenttest: %s is not connected", name)
	}
	return out
}

// wait waits until ready returns true, which it calls with the mutex held.
func (s *Server) wait(name string, ready func(*domain) bool) bool {
	s.t.Helper()
	d := s.domains[name]
	if d == nil {
		s.t.Fatalf("componenttest: no domain %s", name)
	}
	var patience time.Duration
	s.locked(func() { patience = s.patience })
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		s.mu.Lock()
		ok, changed := ready(d), d.changed
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-late.C:
			return false
		}
	}
}

// seen describes what lies in a domain's inbox.
func (s *Server) seen(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, st := range s.domains[name].inbox {
		p, err := (&stanza.Writer{}).Append(nil, st)
		fmt.Fprintf(&b, "  %.1000s", p)
		if err != nil {
			fmt.Fprintf(&b, "(%v)", err)
		}
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return "  nothing"
	}
	return b.String()
}
