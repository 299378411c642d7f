package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// How long a program gets to come up, and to go by itself.
const (
	startTime = 60 * time.Second
	stopTime  = 25 * time.Second
	hangTime  = 5 * time.Second       // of a program that may hang
	often     = 20 * time.Millisecond // between two looks at what is coming up
)

// Server is one program that runs as a child of this process. It ends with
// this process, whatever happens.
type Server struct {
	Name string // as in logs and file names

	args  []string
	env   []string
	dir   string
	log   string
	cred  *syscall.Credential
	whole bool
	hangs bool
	ready func(context.Context) error

	mu     sync.Mutex    // guards what follows
	cmd    *exec.Cmd     // nil before the first start
	done   chan struct{} // closed when cmd has ended
	closed bool          // not to be started again
	once   []string      // added to the environment of the next start
}

// program is what to run and when it counts as up.
type program struct {
	name  string
	args  []string
	env   []string // added to ours
	dir   string   // the working folder
	ours  bool     // run as ourselves, not as the servers' user
	whole bool     // its children end with it, see held
	hangs bool     // at SIGTERM it may hang, by a fault of its own, and is ended then
	ready func(context.Context) error
}

// start runs p and waits until it is ready.
func (w *World) start(p program) (*Server, error) {
	path, err := look(p.args[0])
	if err != nil {
		return nil, err
	}
	s := &Server{
		Name:  p.name,
		args:  append([]string{path}, p.args[1:]...),
		env:   p.env,
		dir:   p.dir,
		log:   filepath.Join(w.dir, p.name+".log"),
		whole: p.whole,
		hangs: p.hangs,
		ready: p.ready,
	}
	if !p.ours {
		s.cred = w.cred
	}
	if err := w.adopt(s); err != nil {
		return nil, err
	}
	return s, s.Start()
}

// adopt leaves s to Close, or refuses it where Close has been.
func (w *World) adopt(s *Server) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return fmt.Errorf("start %s: the world is closed", s.Name)
	}
	w.servers = append(w.servers, s)
	return nil
}

// Start starts the program, the first time or after it ended, and returns when
// it is ready.
func (s *Server) Start() error {
	if err := s.launch(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	go func(ended <-chan struct{}) { // waiting for a program that is gone is no use
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}(s.Done())
	if err := s.ready(ctx); err != nil {
		if code := s.ExitCode(); code >= 0 {
			err = fmt.Errorf("it ended with status %d: %w", code, err)
		}
		s.Kill()
		return fmt.Errorf("start %s: %w; its log ends:\n%s", s.Name, err, s.Tail(4000))
	}
	return nil
}

// StartWith is Start with more in the environment, this time only.
func (s *Server) StartWith(environ ...string) error {
	s.mu.Lock()
	s.once = environ
	s.mu.Unlock()
	return s.Start()
}

func (s *Server) launch() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	// A group of its own: Ctrl-C reaches us first, and Kill reaches its children.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: s.cred}

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return fmt.Errorf("start %s: the world is closed", s.Name)
	case s.cmd != nil && !ended(s.done):
		return fmt.Errorf("start %s: it is running", s.Name)
	}
	cmd.Env = slices.Concat(os.Environ(), s.env, s.once)
	s.once = nil
	gone := func() {}
	if s.whole {
		held, err := hold(cmd, s.log)
		if err != nil {
			return fmt.Errorf("start %s: %w", s.Name, err)
		}
		defer held.begin()
		gone = held.gone
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	done := make(chan struct{})
	s.cmd, s.done = cmd, done
	go func() {
		cmd.Wait() // how it ended is asked by ExitCode
		gone()
		close(done)
	}()
	return nil
}

func ended(done chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// Done is closed when the program, as it runs now, has ended.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// PID is the program's process id.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Pid
}

// ExitCode is the status the program ended with: -1 while it runs, or where a
// signal ended it.
func (s *Server) ExitCode() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ended(s.done) {
		return -1
	}
	return s.cmd.ProcessState.ExitCode()
}

// Signal sends sig to the program alone.
func (s *Server) Signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil || ended(s.done) {
		return os.ErrProcessDone
	}
	return s.cmd.Process.Signal(sig)
}

// close stops the program for good.
func (s *Server) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.Stop()
}

// Stop asks the program to end, and ends it where it does not within 25 s:
// then it returns an error, but of one that is known to hang.
func (s *Server) Stop() error {
	if errors.Is(s.Signal(syscall.SIGTERM), os.ErrProcessDone) {
		return nil
	}
	within := stopTime
	if s.hangs {
		within = hangTime
	}
	select {
	case <-s.Done():
		s.Kill()
		return nil
	case <-time.After(within):
		s.Kill()
		if s.hangs {
			return nil
		}
		return fmt.Errorf("%s did not end within %v of SIGTERM", s.Name, stopTime)
	}
}

// Kill ends the program and its children at once, as a power cut would.
func (s *Server) Kill() {
	s.mu.Lock()
	pid, done := s.cmd.Process.Pid, s.done
	s.mu.Unlock()
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && ended(done) {
		return
	}
	<-done
}

// Tail returns the end of what the program wrote, at most n bytes.
func (s *Server) Tail(n int) string {
	log, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-n):])
}

// answers returns a readiness check: something listens at each address.
func answers(addrs ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, addr := range addrs {
			if err := poll(ctx, often, func() error { return knock(ctx, addr) }); err != nil {
				return err
			}
		}
		return nil
	}
}

func knock(ctx context.Context, addr string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// poll tries, again after each interval, until try succeeds or ctx is done. It serves what has no event to
// wait for: other programs' listeners.
func poll(ctx context.Context, every time.Duration, try func() error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not up: %w", err)
		}
	}
}
