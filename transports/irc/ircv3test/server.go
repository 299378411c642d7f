package ircv3test

import (
	"net"
	"strconv"
	"sync"
	"time"
)

// Server is an IRC server. It is safe for concurrent use.
type Server struct {
	cfg      Config
	received *journal // lines of clients
	run      string   // begins all msgids
	writers  sync.WaitGroup

	mu        sync.Mutex // guards all below, and all clients and channels
	closed    bool
	lag       time.Duration
	listeners []net.Listener
	conns     map[*client]bool
	users     map[string]*client // registered or not, by folded nick
	channels  map[string]*channel
	private   map[string]*history             // by both sides
	markers   map[string]map[string]time.Time // read up to, by owner and target
	pending   map[string]pendingAccount       // not yet verified
	caps      []capability
	networks  []BouncerNetwork
	ids       int
	dials     int
	puppets   []*client
	answers   map[string]func(nick, line string) []string // by verb
	lastID    string
	created   time.Time
}

// New returns a server that Serve lets clients connect to.
func New(cfg Config) *Server {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:      cfg,
		received: newJournal(),
		run:      strconv.FormatInt(time.Now().UnixNano(), 36),
		conns:    make(map[*client]bool),
		users:    make(map[string]*client),
		channels: make(map[string]*channel),
		private:  make(map[string]*history),
		markers:  make(map[string]map[string]time.Time),
		pending:  make(map[string]pendingAccount),
		answers:  make(map[string]func(string, string) []string),
		networks: cfg.Networks,
		created:  cfg.Now(),
	}
	s.caps = s.offered()
	return s
}

// Serve lets clients connect until the listener or the server is closed. A
// listener of TLS connections lets clients show certificates.
func (s *Server) Serve(l net.Listener) {
	s.mu.Lock()
	if s.closed {
		_ = l.Close()
	}
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			_ = conn.Close()
		} else {
			c := newClient(s, conn)
			s.conns[c] = true
			s.dials++
			s.writers.Go(c.serve)
		}
		s.mu.Unlock()
	}
}

// Close closes all listeners and connections, and waits for their end.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.conns {
		c.close()
	}
	s.mu.Unlock()
	s.writers.Wait()
}

func (s *Server) now() time.Time { return s.cfg.Now() }

// newID returns a msgid that no other message has, nor had before a restart.
func (s *Server) newID() string {
	s.ids++
	s.lastID = s.run + "-" + strconv.Itoa(s.ids)
	return s.lastID
}

// token returns the name of a batch.
func (s *Server) token() string {
	s.ids++
	return "b" + strconv.Itoa(s.ids)
}
