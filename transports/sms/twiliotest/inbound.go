package twiliotest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Inbound is a message from a phone to a number.
type Inbound struct {
	SID      string // default a new one
	From, To string
	Body     string
	Media    []Media
	At       time.Time // when it was sent; default now
	// Fields replace those of the webhook's form, or add to it; one with no
	// values is taken out.
	Fields url.Values
	// Lost keeps the message from the webhook: the list of messages has it.
	Lost bool
}

// Receive lets a phone text a number, with media if there are any. It returns
// the SID of the message, before the webhook is called, or an empty one where
// Twilio drops it unseen: no such number, or a service without a webhook.
func (s *Server) Receive(from, to, body string, media ...Media) string {
	return s.Deliver(Inbound{From: from, To: to, Body: body, Media: media})
}

// Deliver is Receive for more unusual messages.
func (s *Server) Deliver(in Inbound) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.line(in.To)
	if n == nil || s.accounts[n.Account] == nil || s.accounts[n.Account].Status != "active" {
		return ""
	}
	v := s.serviceOf(n)
	if v != nil && !v.UseNumber && v.InboundURL == "" {
		return ""
	}
	fill(&in.SID, NewSID(map[bool]string{false: "SM", true: "MM"}[len(in.Media) > 0]))
	m := &message{
		sid: in.SID, account: n.Account, from: in.From, to: in.To, body: in.Body, direction: "inbound", status: "received",
		segments: Segments(in.Body), made: in.At,
	}
	if v != nil {
		m.service = v.SID
	}
	for _, medium := range in.Media {
		m.media = append(m.media, s.file(m, medium))
	}
	s.keep(m)
	m.sent = m.made
	if kind, _ := channel(in.From); kind != "" {
		s.heard[pair{in.To, in.From}] = m.made
	}
	word := s.optOut(n, v, in.From, in.Body)
	calls := s.inboundCalls(n, v, m)
	if in.Lost || len(calls) == 0 {
		return m.sid
	}
	form := s.inboundForm(m, word)
	for name, values := range in.Fields {
		if len(values) == 0 {
			delete(form, name)
		} else {
			form[name] = slices.Clone(values)
		}
	}
	s.hook(m, calls, form)
	return m.sid
}

// inboundCalls are the webhook for a message and the one after it. The caller
// holds mu.
func (s *Server) inboundCalls(n *Number, v *Service, m *message) []Call {
	main := Call{Kind: CallInbound, URL: n.SMSURL, Method: n.SMSMethod}
	next := Call{Kind: CallFallback, URL: n.FallbackURL, Method: n.FallbackMethod}
	switch {
	case v != nil && !v.UseNumber:
		main.URL, main.Method = v.InboundURL, v.InboundMethod
		next.URL, next.Method = v.FallbackURL, http.MethodPost
	case n.App != "":
		app := s.apps[n.App]
		main.URL, main.Method = app.SMSURL, app.SMSMethod
		next.URL = ""
	}
	var calls []Call
	for _, c := range []Call{main, next} {
		if c.URL == "" {
			break
		}
		c.SID, c.MessageStatus, c.account = m.sid, "received", m.account
		calls = append(calls, c)
	}
	return calls
}

func (s *Server) inboundForm(m *message, word string) url.Values {
	f := url.Values{
		"MessageSid": {m.sid}, "SmsSid": {m.sid}, "SmsMessageSid": {m.sid}, "AccountSid": {m.account},
		"From": {m.from}, "To": {m.to}, "Body": {m.body}, "NumMedia": {strconv.Itoa(len(m.media))}, "NumSegments": {strconv.Itoa(m.segments)},
		"SmsStatus": {"received"}, "ApiVersion": {version[1:]},
		"FromCountry": {country(m.from)}, "FromCity": {""}, "FromState": {""}, "FromZip": {""},
		"ToCountry": {country(m.to)}, "ToCity": {""}, "ToState": {""}, "ToZip": {""},
	}
	for i, file := range m.media {
		f.Set("MediaUrl"+strconv.Itoa(i), s.mediaURL(m, file))
		f.Set("MediaContentType"+strconv.Itoa(i), file.Type)
	}
	if m.service != "" {
		f.Set("MessagingServiceSid", m.service)
	}
	if word != "" {
		f.Set("OptOutType", word)
	}
	if kind, bare := channel(m.from); kind == "whatsapp" {
		f.Set("WaId", strings.TrimPrefix(bare, "+"))
		f.Set("ProfileName", "Phone "+bare)
	}
	return f
}

// hook calls the webhooks of a message after those of the message before it
// between the same two. The caller holds mu.
func (s *Server) hook(m *message, calls []Call, form url.Values) {
	between := pair{m.to, m.from}
	before, done := s.last[between], make(chan struct{})
	if s.cfg.Unordered {
		before = nil
	}
	s.last[between] = done
	s.start(func() {
		defer s.passed(between, done)
		if !s.until(before) {
			return
		}
		calls[0].Form = form
		c := s.call(calls[0])
		if c.Alert == 0 || len(calls) == 1 || s.ctx.Err() != nil {
			return
		}
		again := maps.Clone(form)
		again.Set("ErrorCode", strconv.Itoa(c.Alert))
		again.Set("ErrorUrl", calls[0].URL)
		calls[1].Form = again
		s.call(calls[1])
	})
}

// passed lets the next webhook between two go.
func (s *Server) passed(between pair, done chan struct{}) {
	close(done)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last[between] == done {
		delete(s.last, between)
	}
}
