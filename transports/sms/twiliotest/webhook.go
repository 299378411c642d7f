package twiliotest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// The numbers under which Twilio's console shows what was wrong with a webhook.
const (
	alertRetrieval = 11200 // no answer, or one that is no success
	alertConnect   = 11205
	alertDocument  = 12100 // not well-formed
	alertSchema    = 12200 // not TwiML
	alertType      = 12300 // Content-Type
)

const replyMost = 64 << 10 // bytes of an answer that are read

// call makes a call to a webhook with all its repetitions, records them, and
// returns the last.
func (s *Server) call(c Call) Call {
	s.mu.Lock()
	token := ""
	if a := s.accounts[c.account]; a != nil {
		token = a.Token
	}
	s.mu.Unlock()
	c.Token = NewSID("")
	signed := s.signedURL(c.URL)
	if c.Method == http.MethodGet {
		c.Signature = Sign(s.signedURL(withQuery(c.URL, c.Form)), nil, token)
	} else {
		c.Signature = Sign(signed, c.Form, token)
	}
	o := overridesOf(c.URL)
	ctx, cancel := context.WithTimeout(s.ctx, o.total)
	defer cancel()
	for ; ; c.Attempt++ {
		done, class := s.attempt(ctx, o, c)
		s.recordCall(done)
		if class == "" || !o.repeats(class) || c.Attempt >= o.retries || ctx.Err() != nil {
			return done
		}
	}
}

// attempt makes a call once. The class is that of the failure, as the overrides
// name them; empty for none that could be repeated.
func (s *Server) attempt(ctx context.Context, o overrides, c Call) (Call, string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var connected atomic.Bool
	timer := time.AfterFunc(o.connect, cancel)
	defer timer.Stop()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		connected.Store(true)
		timer.Reset(o.read)
	}})
	r, err := request(ctx, c.Method, c.URL, c.Form, c.Signature, c.Token)
	if err != nil {
		c.Err, c.Alert = err, alertRetrieval
		return c, ""
	}
	client := *s.client
	if c.Kind.texts() {
		client.Jar = s.jar(pair{c.Form.Get("To"), c.Form.Get("From")})
	}
	resp, err := client.Do(r)
	var body []byte
	if err == nil {
		defer resp.Body.Close()
		body, err = io.ReadAll(io.LimitReader(resp.Body, replyMost))
	}
	switch {
	case err != nil && !connected.Load():
		c.Err, c.Alert = err, alertConnect
		return c, "ct"
	case err != nil && errors.Is(err, context.Canceled), err != nil && errors.Is(err, context.DeadlineExceeded):
		c.Err, c.Alert = err, alertRetrieval
		return c, "rt"
	case err != nil:
		c.Err, c.Alert = err, alertRetrieval
		return c, "other"
	}
	c.Status, c.Type = resp.StatusCode, resp.Header.Get("Content-Type")
	switch {
	case c.Status >= 500:
		c.Alert = alertRetrieval
		return c, "5xx"
	case c.Status >= 400:
		c.Alert = alertRetrieval
		return c, "4xx"
	case c.Status < 200 || c.Status >= 300:
		c.Alert = alertRetrieval
		return c, "other"
	case c.Kind.texts():
		c.Exact = exact.Match(body)
		c.Billed, c.Alert = replies(c.Type, body)
		s.textBack(c)
	}
	return c, ""
}

func (s *Server) recordCall(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.add(c)
	s.change()
}

// Replay makes a call again, exactly as it was, and returns the status of the
// answer. It is not recorded.
func (s *Server) Replay(ctx context.Context, c Call) (int, error) {
	r, err := request(ctx, c.Method, c.URL, c.Form, c.Signature, c.Token)
	if err != nil {
		return 0, err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, replyMost))
	return resp.StatusCode, err
}

// jar returns the cookies of what a phone and a number said to each other.
func (s *Server) jar(between pair) http.CookieJar {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jars[between] == nil {
		s.jars[between], _ = cookiejar.New(nil)
	}
	return s.jars[between]
}
