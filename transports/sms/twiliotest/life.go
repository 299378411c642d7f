package twiliotest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Step is one change in the life of a message that is sent.
type Step struct {
	After  time.Duration   // since the step before
	Until  <-chan struct{} // then waits for its close; nil: not
	Status string
	Code   int  // of the error, with failed and undelivered
	Silent bool // no callback: only the API shows it
	Stale  bool // only a callback: the message stays as it is
	// Early steps come, and their callbacks are answered, before the request that
	// made the message is.
	Early bool
	last  bool // of its message
}

// Delivered is the life of a message that arrives. It is that of a message
// without a script.
func Delivered(d Delays) []Step {
	return []Step{
		{After: d.Sending, Status: "sending", Silent: true},
		{After: d.Sent, Status: "sent"},
		{After: d.Delivered, Status: "delivered"},
	}
}

// StaysSent is the life of a message of which nobody tells whether it arrived.
// It did.
func StaysSent() []Step { return Delivered(Delays{})[:2] }

// Read is the life of a message that is seen.
func Read() []Step { return append(Delivered(Delays{}), Step{Status: "read"}) }

// Undelivered is the life of a message that a carrier did not deliver.
func Undelivered(code int) []Step {
	return append(StaysSent(), Step{Status: "undelivered", Code: code})
}

// Failed is the life of a message that never left.
func Failed(code int) []Step { return []Step{{Status: "failed", Code: code}} }

// Pending is the life of a message that stays queued.
func Pending() []Step { return []Step{} }

// script is a life for the next n messages to a number.
type script struct {
	to    string
	n     int
	steps []Step
}

// Script gives the next n messages to a number, or to any where it is empty, a
// life of its own; n < 0: all. Scripts come in the order they were given.
func (s *Server) Script(to string, n int, steps []Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = append(s.scripts, &script{to, n, slices.Clone(steps)})
}

// steps takes the life of a new message: what comes before its answer and what
// comes after. The caller holds mu.
func (s *Server) steps(m *message) (early, late []Step) {
	steps := Delivered(s.cfg.Delays)
	steps[0].Silent = !s.cfg.TellSending
	if kind, _ := channel(m.to); kind == "whatsapp" && s.cfg.Now().Sub(s.heard[pair{m.from, m.to}]) > 24*time.Hour {
		steps = Failed(63016)
	}
	for i, c := range s.scripts {
		if c.to != "" && c.to != m.to {
			continue
		}
		steps = c.steps
		if c.n > 0 {
			c.n--
		}
		if c.n == 0 {
			s.scripts = slices.Delete(s.scripts, i, i+1)
		}
		break
	}
	for i, step := range steps {
		step.last = i == len(steps)-1
		if step.Early {
			early = append(early, step)
		} else {
			late = append(late, step)
		}
	}
	return early, late
}

// live prepares the life of a message, and returns what begins it. The caller
// holds mu.
func (s *Server) live(m *message, text *Text, steps []Step) (begin func()) {
	begun := make(chan struct{})
	var turn time.Time // of one that is not for later: in the order of requests
	if m.due.IsZero() {
		turn = s.turn(m.from)
	}
	s.start(func() {
		select {
		case <-begun:
		case <-s.ctx.Done():
			return
		}
		if !s.isDue(m) {
			return
		}
		if turn.IsZero() {
			s.mu.Lock()
			turn = s.turn(m.from)
			s.mu.Unlock()
		}
		if s.cfg.Pace > 0 && !s.pause(time.Until(turn)) {
			return
		}
		if len(m.urls) > 0 && s.cfg.FetchMedia {
			if code := s.fetchAll(m, text); code != 0 {
				steps = Failed(code)
			}
		}
		var before chan struct{}
		for _, step := range steps {
			if !s.pause(step.After) || !s.until(step.Until) {
				return
			}
			before = s.step(m, text, step, before)
		}
	})
	return func() { close(begun) }
}

// isDue waits until a scheduled message is to be sent, or returns false when it
// is not.
func (s *Server) isDue(m *message) bool {
	if m.due.IsZero() {
		return true
	}
	timer := time.NewTimer(m.due.Sub(s.cfg.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-m.canceled:
	case <-s.ctx.Done():
	}
	return false
}

// turn is when a message has its number's turn. The caller holds mu.
func (s *Server) turn(number string) time.Time {
	at := s.paced[number]
	if now := time.Now(); at.Before(now) {
		at = now
	}
	s.paced[number] = at.Add(s.cfg.Pace)
	return at
}

// until waits for a channel's close; nil is closed. It returns false when the
// server closes first.
func (s *Server) until(c <-chan struct{}) bool {
	if c == nil {
		return true
	}
	select {
	case <-c:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// step does one step. Its callback waits for the one before and is not waited
// for, but for that of an early step.
func (s *Server) step(m *message, text *Text, step Step, before chan struct{}) (done chan struct{}) {
	s.mu.Lock()
	if m.status == "canceled" {
		s.mu.Unlock()
		return before
	}
	var reached bool
	if !step.Stale {
		reached = s.set(m, text, step)
	}
	c := s.statusCall(m, step)
	done = make(chan struct{})
	s.start(func() {
		defer close(done)
		if !step.Silent && c.URL != "" && s.until(before) {
			s.call(c)
		}
	})
	closed := s.closed
	s.change()
	s.mu.Unlock()
	if reached {
		s.answerPhone(text)
	}
	if step.Early && !closed {
		<-done
	}
	return done
}

// set moves a message on, and tells whether it is on the phone now: when it is
// delivered, or when nothing more will be heard of it. The caller holds mu.
func (s *Server) set(m *message, text *Text, step Step) (reached bool) {
	if waits(m.status) && !waits(step.Status) {
		s.release(m.from)
	}
	m.status, m.code, m.changed = step.Status, step.Code, s.cfg.Now()
	if m.sent.IsZero() && (step.Status == "sent" || ended(step.Status)) {
		m.sent = m.changed
	}
	switch {
	case text.reached:
	case step.Status == "delivered", step.Status == "read", step.Status == "sent" && step.last:
		text.reached, text.At = true, m.changed
		return true
	}
	return false
}

// release takes one off the queue of a number. The caller holds mu.
func (s *Server) release(number string) {
	if s.waiting[number]--; s.waiting[number] <= 0 {
		delete(s.waiting, number)
	}
}

// statusCall is the callback for a step. The caller holds mu.
func (s *Server) statusCall(m *message, step Step) Call {
	f := url.Values{
		"MessageSid": {m.sid}, "SmsSid": {m.sid}, "AccountSid": {m.account}, "ApiVersion": {version[1:]},
		"From": {m.from}, "To": {m.to}, "MessageStatus": {step.Status}, "SmsStatus": {step.Status},
	}
	if m.service != "" {
		f.Set("MessagingServiceSid", m.service)
	}
	if step.Code != 0 {
		f.Set("ErrorCode", strconv.Itoa(step.Code))
	}
	if kind, bare := channel(m.to); kind != "" {
		f.Set("ChannelPrefix", kind)
		f.Set("ChannelToAddress", bare)
		f.Set("ChannelInstallSid", "XE"+m.sid[2:])
	}
	if step.Status == "delivered" || step.Status == "undelivered" {
		f.Set("RawDlrDoneDate", s.cfg.Now().UTC().Format("0601021504"))
	}
	to := m.callback
	if v := s.services[m.service]; to == "" && v != nil {
		to = v.StatusURL
	}
	return Call{Kind: CallStatus, SID: m.sid, MessageStatus: step.Status, Method: http.MethodPost, URL: to, Form: f, account: m.account}
}

// waits tells whether a message of a status is in the queue of its number.
func waits(status string) bool {
	return status == "queued" || status == "accepted" || status == "scheduled"
}

// ended tells whether a status is final.
func ended(status string) bool {
	return slices.Contains([]string{"delivered", "undelivered", "failed", "canceled", "read", "received"}, status)
}
