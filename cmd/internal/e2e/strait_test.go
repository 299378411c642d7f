package e2e

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// strait lies before an IRC server. What passes arrives late, byte for byte and
// in its order, by a lag that is drawn for each part; TLS passes as it is.
type strait struct {
	server string
	listen net.Listener
	work   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	random  *rand.Rand
	most    time.Duration // of the lag; 0: nothing waits for its time any more
	stalled bool          // nothing passes
	deaf    bool          // nothing passes that comes from the server
	shut    bool          // nobody passes who comes now
	changed chan struct{} // closed, and replaced, when one of these changes
	open    []net.Conn
}

// parcel is what was read at once, and when it is to arrive.
type parcel struct {
	bytes []byte
	due   time.Time
}

// newStrait opens a way to a server, without lag, until the test ends.
func newStrait(t *testing.T, server string, seed uint64) *strait {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &strait{server: server, listen: l, random: rand.New(rand.NewPCG(seed, 1)), changed: make(chan struct{})}
	s.work.Go(s.accept)
	t.Cleanup(func() {
		l.Close()
		s.set(func() { s.most, s.stalled, s.deaf, s.shut = 0, false, false, false })
		s.cut()
		s.work.Wait()
	})
	return s
}

func (s *strait) port() int { return s.listen.Addr().(*net.TCPAddr).Port }

// set changes what the strait is like.
func (s *strait) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// cut breaks all connections. What the gateway has sent arrives at its time; of
// what the server has sent, nothing more does.
func (s *strait) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ship := range s.open {
		ship.Close()
	}
	s.open = nil
}

func (s *strait) accept() {
	for {
		ship, err := s.listen.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() { s.carry(ship) })
	}
}

// carry is one connection.
func (s *strait) carry(ship net.Conn) {
	defer ship.Close()
	s.await(time.Time{}, func() bool { return s.shut })
	shore, err := net.Dial("tcp", s.server)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.open = append(s.open, ship)
	s.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { s.pass(shore, ship, func() bool { return s.stalled }) })
	both.Go(func() { s.pass(ship, shore, func() bool { return s.stalled || s.deaf }) })
	both.Wait()
}

// pass copies one way until that ends.
func (s *strait) pass(to, from net.Conn, held func() bool) {
	defer to.Close()
	way := make(chan parcel, 100_000)
	go func() {
		defer close(way)
		var last time.Time
		for b := make([]byte, 16<<10); ; {
			n, err := from.Read(b)
			if n > 0 {
				last = s.due(last)
				way <- parcel{append([]byte(nil), b[:n]...), last}
			}
			if err != nil {
				return
			}
		}
	}()
	broken := false
	for p := range way {
		s.await(p.due, held)
		if !broken {
			_, err := to.Write(p.bytes)
			broken = err != nil // the rest is lost
		}
	}
}

// due says when what comes now arrives: not before what came earlier.
func (s *strait) due(last time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := time.Now()
	if s.most > 0 {
		due = due.Add(time.Duration(s.random.Int64N(int64(s.most))))
	}
	if due.Before(last) {
		return last
	}
	return due
}

// await returns when it is time, and nothing is held any more.
func (s *strait) await(due time.Time, held func() bool) {
	for {
		s.mu.Lock()
		changed, hold, wait := s.changed, held(), time.Until(due)
		if s.most == 0 {
			wait = 0
		}
		s.mu.Unlock()
		switch {
		case hold:
			<-changed
			continue
		case wait <= 0:
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-changed:
			t.Stop()
		}
	}
}
