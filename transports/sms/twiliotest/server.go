package twiliotest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config is how a Server behaves. The zero Config is that of most tests: free
// ports of the loopback, no delays, no limits.
type Config struct {
	Listen    string // address of the API; default "127.0.0.1:0"
	ListenCDN string // address of the media host; default "127.0.0.1:0"
	// Prefix stands before "/2010-04-01": companies with Twilio's interface
	// have it elsewhere, such as at "/api/laml".
	Prefix string
	Delays Delays
	// Concurrency is how many requests are served at once; more get 429. 0: any.
	Concurrency int
	// Queue is how many messages of one number may wait to be sent; more are
	// refused with 21611. 0: any.
	Queue int
	// Pace is the least time between two messages of one number: what is sent
	// faster waits, queued.
	Pace time.Duration
	// FetchMedia makes the server get the MediaUrl of messages as Twilio does,
	// with HEAD and GET and no credentials, and fail messages whose media are no
	// good. Else the URLs are only noted.
	FetchMedia bool
	// Unordered calls webhooks of one phone and number at the same time. Else
	// each waits for the one before.
	Unordered bool
	Signing   Signing
	// TellSending makes "sending" call back too.
	TellSending bool
	// TrialNoteKept makes the API show the words that Twilio puts before the texts
	// of a Trial account; phones show them always.
	TrialNoteKept bool
	// NoConversations leaves the API of Conversations out, as companies with
	// Twilio's interface do.
	NoConversations bool
	// LateJoins lets people into a new Conversation only after somebody has asked
	// once who is in it.
	LateJoins bool
	// Transport carries the server's own requests: set it to trust a test's
	// certificate or to find a host. It should not keep connections, so that a
	// server that is down is seen to be. Default: a plain one.
	Transport http.RoundTripper
	Now       func() time.Time // for the dates of messages; default time.Now
	Keep      int              // how many Requests and Calls are kept; default 10000
}

// Delays are how long a message takes from one status to the next.
type Delays struct {
	Sending, Sent, Delivered time.Duration
}

// Server is a running stand-in. It is safe for concurrent use.
type Server struct {
	URL string // of the API, without a slash at its end
	CDN string // of the media host, likewise

	cfg    Config
	api    *http.Server
	cdn    *http.Server
	client *http.Client
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	served sync.WaitGroup // the two listeners
	conns  sync.WaitGroup // their connections
	work   sync.WaitGroup // what busy counts

	mu       sync.Mutex // guards all that follows; nothing waits while holding it
	closed   bool
	busy     int           // lives and calls under way
	changed  chan struct{} // closed and replaced when something changed
	accounts map[string]*Account
	keys     map[string]*Key
	numbers  map[string]*Number  // by SID
	order    []*Number           // as they were added
	services map[string]*Service // by SID
	offered  []*Service          // as they were added
	apps     map[string]App
	messages map[string]*message
	log      []*message // by the time they were made
	talks    []*talk    // as they were made
	phones   map[string]*phone
	stopped  map[pair]bool      // line or service, and who said STOP to it
	heard    map[pair]time.Time // when a phone last wrote on a channel
	scripts  []*script
	faults   []*fault
	active   int // requests under way
	peak     int
	waiting  map[string]int       // by sender, not yet sent
	paced    map[string]time.Time // when a sender may send again
	last     map[pair]chan struct{}
	jars     map[pair]http.CookieJar
	requests ring[Request]
	calls    ring[Call]
	fetches  ring[Fetched]
	counts   map[Op]int
	files    map[string]*file // by path on the media host
}

// pair is one number of ours and one phone.
type pair struct{ line, phone string }

// Start opens the ports and serves until Close.
func Start(cfg Config) (*Server, error) {
	cfg = cfg.filled()
	s := &Server{
		cfg:      cfg,
		changed:  make(chan struct{}),
		accounts: make(map[string]*Account),
		keys:     make(map[string]*Key),
		numbers:  make(map[string]*Number),
		services: make(map[string]*Service),
		apps:     make(map[string]App),
		messages: make(map[string]*message),
		phones:   make(map[string]*phone),
		stopped:  make(map[pair]bool),
		heard:    make(map[pair]time.Time),
		waiting:  make(map[string]int),
		paced:    make(map[string]time.Time),
		last:     make(map[pair]chan struct{}),
		jars:     make(map[pair]http.CookieJar),
		counts:   make(map[Op]int),
		files:    make(map[string]*file),
		requests: ring[Request]{max: cfg.Keep},
		calls:    ring[Call]{max: cfg.Keep},
		fetches:  ring[Fetched]{max: cfg.Keep},
		client:   &http.Client{Transport: cfg.Transport},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.api = &http.Server{Handler: http.HandlerFunc(s.serveAPI), ConnState: s.track, ReadHeaderTimeout: 10 * time.Second}
	s.cdn = &http.Server{Handler: http.HandlerFunc(s.serveCDN), ConnState: s.track, ReadHeaderTimeout: 10 * time.Second}
	api, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the api: %w", err)
	}
	cdn, err := net.Listen("tcp", cfg.ListenCDN)
	if err != nil {
		_ = api.Close()
		return nil, fmt.Errorf("listen for media: %w", err)
	}
	s.URL, s.CDN = "http://"+api.Addr().String()+cfg.Prefix, "http://"+cdn.Addr().String()
	s.served.Go(func() { _ = s.api.Serve(api) })
	s.served.Go(func() { _ = s.cdn.Serve(cdn) })
	return s, nil
}

func (c Config) filled() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.ListenCDN == "" {
		c.ListenCDN = "127.0.0.1:0"
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Keep <= 0 {
		c.Keep = 10000
	}
	return c
}

// Close ends all that is under way, requests included, and waits for it.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	_ = s.api.Close()
	_ = s.cdn.Close()
	s.served.Wait()
	s.conns.Wait()
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// track counts the connections to the server.
func (s *Server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

// start runs f as work that Settled and Close wait for, unless the server is
// closed. The caller holds mu.
func (s *Server) start(f func()) {
	if s.closed {
		return
	}
	s.busy++
	s.work.Go(func() {
		f()
		s.mu.Lock()
		s.busy--
		s.change()
		s.mu.Unlock()
	})
}

// change wakes all who Wait. The caller holds mu.
func (s *Server) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait returns when done is true, which it asks again whenever something
// changed here, or with the error of ctx.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Settled waits until no message is on its way and no webhook being called.
func (s *Server) Settled(ctx context.Context) error {
	return s.Wait(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.busy == 0
	})
}

// pause waits, or returns false when the server closes first.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return s.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// NewSID returns an identifier as Twilio makes them: two letters and 32
// hexadecimal digits.
func NewSID(prefix string) string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}
