// Package componenttest is a fake XMPP server for tests of components. It
// speaks XEP-0114 on a loopback port, for several domains and connection after
// connection, and is as strict as the strictest real server: whatever one of
// them would end the stream for, or bounce, fails the test.
package componenttest

import (
	"net"
	"sync"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// Server is the server. Its methods may be called from the test's goroutine
// only; those that wait fail the test after ten seconds, or SetPatience.
type Server struct {
	t       testing.TB
	secret  string
	ln      net.Listener
	domains map[string]*domain
	done    sync.WaitGroup

	mu       sync.Mutex // guards what follows, and what is in the domains
	closed   bool
	conns    map[net.Conn]bool
	patience time.Duration
	refusal  string
	strict   bool
	pings    bool
	answers  func(jid.JID) bool
	behind   chan struct{} // while it is open nothing is read; nil: all is
}

// NewServer starts a server for these component domains and stops it when the
// test ends. It is strict, and answers pings to its own domains, which are all
// but these.
func NewServer(t testing.TB, secret string, domains ...string) *Server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		t: t, secret: secret, ln: ln, domains: map[string]*domain{},
		conns: map[net.Conn]bool{}, patience: 10 * time.Second, strict: true, pings: true,
	}
	for _, name := range domains {
		s.domains[name] = &domain{name: name, changed: make(chan struct{})}
	}
	s.done.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

// Addr returns the host and port to connect to.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// SetPatience says how long the methods that wait do so.
func (s *Server) SetPatience(d time.Duration) { s.locked(func() { s.patience = d }) }

// SetStrict says whether stanzas are checked. Without, the server takes
// whatever is well-formed.
func (s *Server) SetStrict(on bool) { s.locked(func() { s.strict = on }) }

// AnswerPings says whether pings to the server itself are answered, in the
// order of all that comes. Otherwise they are stanzas to expect like others.
func (s *Server) AnswerPings(on bool) { s.locked(func() { s.pings = on }) }

// AnswerResources says which users' clients answer pings to their full JIDs.
// Nil, and the start, is none: then those pings are stanzas to expect.
func (s *Server) AnswerResources(answers func(jid.JID) bool) {
	s.locked(func() { s.answers = answers })
}

// Refuse makes the server answer every handshake from now on by a stream error
// of this condition; an empty one ends that.
func (s *Server) Refuse(condition string) { s.locked(func() { s.refusal = condition }) }

// Send waits for the domain's stream and writes xml to it, as it is.
func (s *Server) Send(domain, xml string) {
	s.t.Helper()
	if err := s.stream(domain).write(xml); err != nil {
		s.t.Fatalf("send to %s: %v", domain, err)
	}
}

// SendStanza waits for the domain's stream and sends a stanza.
func (s *Server) SendStanza(domain string, st stanza.Stanza) {
	s.t.Helper()
	p, err := (&stanza.Writer{Max: maxStanza}).Append(nil, st)
	if err != nil {
		s.t.Fatalf("send to %s: %v", domain, err)
	}
	s.Send(domain, string(p))
}

// Drop waits for the domain's stream and cuts its connection.
func (s *Server) Drop(domain string) {
	s.t.Helper()
	s.stream(domain).cut()
}

// End waits for the domain's stream and ends it in order; with a condition, by
// a stream error.
func (s *Server) End(domain, condition string) {
	s.t.Helper()
	st := s.stream(domain)
	if condition != "" {
		_ = st.write(streamError(condition))
	}
	st.finish()
}

// StopListening closes the port, as a server that is down, until the test
// ends. Streams stay.
func (s *Server) StopListening() { _ = s.ln.Close() }

// FallBehind has the server read nothing more, and still send, until catchUp is
// called.
func (s *Server) FallBehind() (catchUp func()) {
	behind := make(chan struct{})
	s.locked(func() { s.behind = behind })
	return sync.OnceFunc(func() { close(behind) })
}

// keepUp waits while the server is behind.
func (s *Server) keepUp() {
	var behind chan struct{}
	s.locked(func() { behind = s.behind })
	if behind != nil {
		<-behind
	}
}

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) accept() {
	for {
		nc, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = nc.Close()
			return
		}
		s.conns[nc] = true
		s.done.Go(func() { newSession(s, nc).serve() })
		s.mu.Unlock()
	}
}

// stop closes everything and waits for the goroutines.
func (s *Server) stop() {
	_ = s.ln.Close()
	s.locked(func() {
		s.closed = true
		for nc := range s.conns {
			_ = nc.Close()
		}
	})
	s.done.Wait()
}

// complain fails the test, unless it is over.
func (s *Server) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.t.Errorf("componenttest: "+format, args...)
	}
}

func streamError(condition string) string {
	return "<stream:error><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
}

// isPing tells whether st is a ping. XEP-0199 §4
func isPing(st stanza.Stanza) bool {
	iq, ok := st.(*stanza.IQ)
	return ok && iq.Type == stanza.TypeGet && iq.Child("urn:xmpp:ping", "ping") != nil
}

// answersFor tells whether the server answers a ping to j by itself.
func (s *Server) answersFor(j jid.JID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.domains[j.Domain] != nil {
		return false
	}
	if j.Local == "" {
		return s.pings
	}
	return j.Resource != "" && s.answers != nil && s.answers(j)
}
