package twiliotest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// message is one message as Twilio keeps it. mu guards it.
type message struct {
	sid, account   string
	service        string // MG…, or empty
	from, to, body string
	direction      string
	status         string
	code           int // of the error
	segments       int
	callback       string // StatusCallback
	made, changed  time.Time
	sent           time.Time     // zero while queued
	due            time.Time     // of a scheduled one
	canceled       chan struct{} // closed when a scheduled one is
	media          []*file
	urls           []string // MediaUrl, as given
	token          string
}

// Message is a message as Twilio keeps it.
type Message struct {
	SID, Account, Service string
	From, To, Body        string
	Direction             string // inbound, outbound-api, outbound-reply
	Status                string
	Code                  int // of the error; 0: none
	Media                 int
	Callback              string // StatusCallback
	Made                  time.Time
}

// Messages lists all messages there are, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Message, 0, len(s.log))
	for _, m := range s.log {
		all = append(all, m.show())
	}
	return all
}

// Message returns one message.
func (s *Server) Message(sid string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.messages[sid]; m != nil {
		return m.show(), true
	}
	return Message{}, false
}

func (m *message) show() Message {
	return Message{m.sid, m.account, m.service, m.from, m.to, m.body, m.direction, m.status, m.code, max(len(m.media), len(m.urls)), m.callback, m.made}
}

// keep files a new message. The caller holds mu.
func (s *Server) keep(m *message) {
	if m.made.IsZero() {
		m.made = s.cfg.Now()
	}
	m.changed = m.made
	s.messages[m.sid] = m
	at := len(s.log)
	for at > 0 && s.log[at-1].made.After(m.made) {
		at--
	}
	s.log = slices.Insert(s.log, at, m)
	s.change()
}

// messageBody is a message as the API shows it.
type messageBody struct {
	AccountSID   string            `json:"account_sid"`
	APIVersion   string            `json:"api_version"`
	Body         string            `json:"body"`
	DateCreated  string            `json:"date_created"`
	DateSent     *string           `json:"date_sent"`
	DateUpdated  string            `json:"date_updated"`
	Direction    string            `json:"direction"`
	ErrorCode    *int              `json:"error_code"`
	ErrorMessage *string           `json:"error_message"`
	From         *string           `json:"from"`
	ServiceSID   *string           `json:"messaging_service_sid"`
	NumMedia     string            `json:"num_media"`
	NumSegments  string            `json:"num_segments"`
	Price        *string           `json:"price"`
	PriceUnit    string            `json:"price_unit"`
	SID          string            `json:"sid"`
	Status       string            `json:"status"`
	Subresources map[string]string `json:"subresource_uris"`
	To           string            `json:"to"`
	URI          string            `json:"uri"`
}

func (s *Server) messageBody(m *message) messageBody {
	date := func(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }
	path := s.messagePath(m)
	b := messageBody{
		AccountSID: m.account, APIVersion: version[1:], Body: m.body,
		DateCreated: date(m.made), DateUpdated: date(m.changed), Direction: m.direction,
		From: optional(m.from), ServiceSID: optional(m.service),
		NumMedia: strconv.Itoa(max(len(m.media), len(m.urls))), NumSegments: strconv.Itoa(m.segments), PriceUnit: "USD",
		SID: m.sid, Status: m.status, To: m.to, URI: path + ".json",
		Subresources: map[string]string{"media": path + "/Media.json"},
	}
	if m.service != "" && waits(m.status) {
		b.From = nil // the service has not chosen yet
	}
	if !m.sent.IsZero() {
		b.DateSent = optional(date(m.sent))
		b.Price = optional("-0.00790")
	}
	if m.code != 0 {
		b.ErrorCode = &m.code
		b.ErrorMessage = optional("Error " + strconv.Itoa(m.code))
	}
	return b
}

func (s *Server) messagePath(m *message) string {
	return s.cfg.Prefix + version + "/Accounts/" + m.account + "/Messages/" + m.sid
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// messageOf finds a message of an account by its SID.
func (s *Server) messageOf(r *http.Request, a *Account, sid string) (*message, *refusal) {
	m := s.messages[sid]
	if m == nil || m.account != a.SID {
		return nil, refuse(20404, r.URL.Path)
	}
	return m, nil
}

func (s *Server) show(r *http.Request, a *Account, ids []string) answer {
	m, no := s.messageOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: s.messageBody(m)}
}

// update cancels a scheduled message, or redacts one: nothing else can be
// changed.
func (s *Server) update(r *http.Request, a *Account, ids []string) answer {
	m, no := s.messageOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	f := r.PostForm
	switch {
	case f.Has("Status") && (f.Get("Status") != "canceled" || m.status != "scheduled"):
		return refused(refuse(30409, m.sid))
	case f.Has("Status"):
		m.status = "canceled"
		close(m.canceled)
		s.release(m.from)
	case f.Get("Body") != "":
		return refused(refuse(20001, "Body"))
	case f.Has("Body"):
		m.body = ""
	}
	m.changed = s.cfg.Now()
	s.change()
	return answer{status: http.StatusOK, body: s.messageBody(m)}
}

func (s *Server) remove(r *http.Request, a *Account, ids []string) answer {
	m, no := s.messageOf(r, a, ids[0])
	switch {
	case no != nil:
		return refused(no)
	case !ended(m.status) && m.status != "sent":
		return refused(refuse(20009, m.sid))
	}
	delete(s.messages, m.sid)
	if i := slices.Index(s.log, m); i >= 0 {
		s.log = slices.Delete(s.log, i, i+1)
	}
	for _, f := range m.media {
		delete(s.files, f.path)
	}
	s.change()
	return answer{status: http.StatusNoContent}
}

// list shows messages, newest first. A message without a date_sent matches no
// filter by date.
func (s *Server) list(r *http.Request, a *Account, _ []string) answer {
	q := r.URL.Query()
	var within []func(time.Time) bool
	for _, name := range []string{"DateSent>", "DateSent<", "DateSent"} {
		if !q.Has(name) {
			continue
		}
		check, ok := dateFilter(name, q.Get(name))
		if !ok {
			return refused(refuse(20001, name))
		}
		within = append(within, check)
	}
	var found []*message
next:
	for i := len(s.log) - 1; i >= 0; i-- {
		m := s.log[i]
		if m.account != a.SID || q.Has("To") && q.Get("To") != m.to || q.Has("From") && q.Get("From") != m.from {
			continue
		}
		for _, check := range within {
			if m.sent.IsZero() || !check(m.sent) {
				continue next
			}
		}
		found = append(found, m)
	}
	found, p, no := page(s, r, found, func(m *message) string { return m.sid })
	if no != nil {
		return refused(no)
	}
	body := struct {
		pageBody
		All []messageBody `json:"messages"`
	}{p, make([]messageBody, 0, len(found))}
	for _, m := range found {
		body.All = append(body.All, s.messageBody(m))
	}
	return answer{status: http.StatusOK, body: body}
}

// dateFilter reads a filter by date_sent: a day or a time, and what it is to be
// compared by. Times are whole seconds, as in the API.
func dateFilter(name, value string) (func(time.Time) bool, bool) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		if at, err = time.Parse(time.DateOnly, strings.TrimSuffix(value, "T00:00:00")); err != nil {
			return nil, false
		}
	}
	at = at.Truncate(time.Second)
	switch name {
	case "DateSent>":
		return func(t time.Time) bool { return !t.Truncate(time.Second).Before(at) }, true
	case "DateSent<":
		return func(t time.Time) bool { return !t.Truncate(time.Second).After(at) }, true
	}
	day := at.UTC().Truncate(24 * time.Hour)
	return func(t time.Time) bool { return t.UTC().Truncate(24 * time.Hour).Equal(day) }, true
}
