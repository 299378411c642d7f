package twiliotest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

const (
	bodyMost  = 1600 // UTF-16 units
	mediaMost = 10
	trialNote = "Sent from your Twilio trial account - "
)

var (
	e164      = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	shortCode = regexp.MustCompile(`^\d{3,6}$`)
	wordy     = regexp.MustCompile(`^[A-Za-z0-9 ]{1,11}$`)
	letter    = regexp.MustCompile(`[A-Za-z]`)
)

// create takes a message to be sent, or says why not.
func (s *Server) create(r *http.Request, a *Account, _ []string) answer {
	m, no := s.draft(a, r.PostForm)
	if no != nil {
		return refused(no)
	}
	m.sid = NewSID("SM")
	if len(m.urls) > 0 {
		m.sid = NewSID("MM")
	}
	s.keep(m)
	s.waiting[m.from]++
	early, steps := s.steps(m)
	text := s.slot(m)
	if a.Type == "Trial" && !s.cfg.TrialNoteKept {
		text.Body = trialNote + text.Body
	}
	begin := s.live(m, text, steps)
	result := answer{status: http.StatusCreated, body: s.messageBody(m), after: begin}
	if len(early) > 0 {
		result.before = func() {
			for _, step := range early {
				s.step(m, text, step, nil)
			}
		}
	}
	return result
}

// draft checks the fields of a message in the order in which Twilio complains.
func (s *Server) draft(a *Account, f url.Values) (*message, *refusal) {
	m := &message{
		account: a.SID, service: f.Get("MessagingServiceSid"), from: f.Get("From"), to: f.Get("To"), body: f.Get("Body"),
		direction: "outbound-api", status: "queued", callback: f.Get("StatusCallback"), urls: slices.Clone(f["MediaUrl"]), token: NewSID(""),
	}
	for _, check := range []func(*Account, *message, url.Values) *refusal{
		s.checkFields, s.checkSender, s.checkPhone, s.checkMedia, s.checkOptions, s.checkQueue,
	} {
		if no := check(a, m, f); no != nil {
			return nil, no
		}
	}
	if a.Type == "Trial" && s.cfg.TrialNoteKept {
		m.body = trialNote + m.body
	}
	m.segments = Segments(m.body)
	if len(m.urls) > 0 {
		m.segments = 1
	}
	return m, nil
}

func (s *Server) checkFields(_ *Account, m *message, f url.Values) *refusal {
	switch {
	case m.to == "":
		return refuse(21604, "")
	case m.from == "" && m.service == "":
		return refuse(21603, "")
	case m.body == "" && len(m.urls) == 0 && !f.Has("ContentSid"):
		return refuse(21602, "")
	case len(utf16.Encode([]rune(m.body))) > bodyMost:
		return refuse(21617, "")
	}
	return nil
}

// checkSender finds out what the message is sent from.
func (s *Server) checkSender(a *Account, m *message, _ url.Values) *refusal {
	if m.service != "" {
		v := s.services[m.service]
		if v == nil || v.Account != a.SID {
			return refuse(21701, "")
		}
		m.status = "accepted"
		if m.from == "" {
			for _, number := range v.Numbers {
				if n := s.line(number); n != nil && n.SMS {
					m.from = number
					break
				}
			}
		}
		if m.from == "" {
			return refuse(21703, "")
		}
	}
	channel, bare := channel(m.from)
	n := s.line(m.from)
	switch {
	case n != nil && n.Account != a.SID:
		return refuse(21660, m.from)
	case n != nil && !n.SMS && !n.MMS:
		return refuse(21606, m.from)
	case n != nil:
		return nil
	case channel != "":
		return refuse(63007, "")
	case e164.MatchString(bare), shortCode.MatchString(bare):
		return refuse(21659, m.from)
	case wordy.MatchString(bare) && letter.MatchString(bare):
		return nil
	}
	return refuse(21212, m.from)
}

// checkPhone finds out whether the message can go where it is sent.
func (s *Server) checkPhone(a *Account, m *message, _ url.Values) *refusal {
	kind, bare := channel(m.to)
	own, _ := channel(m.from)
	p := s.phones[m.to]
	if p == nil {
		p = &phone{}
	}
	switch {
	case shortCode.MatchString(bare):
		return refuse(21265, bare)
	case !e164.MatchString(bare):
		return refuse(21211, m.to)
	case kind != own:
		return refuse(21910, "")
	case m.to == m.from:
		return refuse(21266, m.to)
	case a.Type == "Trial" && !slices.Contains(a.Verified, m.to):
		return refuse(21608, m.to)
	case len(a.Regions) > 0 && !slices.ContainsFunc(a.Regions, func(r string) bool { return strings.HasPrefix(bare, r) }):
		return refuse(21408, m.to)
	case p.Refuse != 0:
		return refuse(p.Refuse, m.to)
	case p.Landline:
		return refuse(21614, m.to)
	case p.Unroutable, letter.MatchString(m.from) && kind == "" && strings.HasPrefix(bare, "+1"):
		return refuse(21612, m.to)
	case s.stopped[pair{m.from, m.to}], m.service != "" && s.stopped[pair{m.service, m.to}]:
		return refuse(21610, "")
	}
	return nil
}

func (s *Server) checkMedia(_ *Account, m *message, _ url.Values) *refusal {
	if len(m.urls) == 0 {
		return nil
	}
	n := s.line(m.from)
	kind, bare := channel(m.to)
	switch {
	case len(m.urls) > mediaMost:
		return refuse(21623, "")
	case slices.ContainsFunc(m.urls, func(u string) bool { return !webURL(u) }):
		return refuse(21620, "")
	case n == nil || !n.MMS && kind == "":
		return refuse(21621, m.from)
	case kind == "" && !strings.HasPrefix(bare, "+1") && !strings.HasPrefix(bare, "+61"):
		return refuse(21612, m.to)
	}
	return nil
}

func (s *Server) checkOptions(_ *Account, m *message, f url.Values) *refusal {
	if m.callback != "" && !webURL(m.callback) {
		return refuse(21609, m.callback)
	}
	if f.Has("ValidityPeriod") {
		if n, err := strconv.Atoi(f.Get("ValidityPeriod")); err != nil || n < 1 || n > 36000 {
			return refuse(20001, "ValidityPeriod")
		}
	}
	if f.Get("ScheduleType") == "fixed" {
		due, err := time.Parse(time.RFC3339, f.Get("SendAt"))
		if err != nil || m.service == "" {
			return refuse(20001, "SendAt")
		}
		m.status, m.due, m.canceled = "scheduled", due, make(chan struct{})
	}
	return nil
}

func (s *Server) checkQueue(_ *Account, m *message, _ url.Values) *refusal {
	if s.cfg.Queue > 0 && s.waiting[m.from] >= s.cfg.Queue {
		return refuse(21611, "")
	}
	return nil
}

// channel cuts the channel off an address: "whatsapp:+1555…".
func channel(address string) (kind, bare string) {
	kind, bare, ok := strings.Cut(address, ":")
	if !ok {
		return "", address
	}
	return kind, bare
}

// country tells the country of a number as far as the stand-in knows any.
func country(number string) string {
	switch _, bare := channel(number); {
	case strings.HasPrefix(bare, "+1"):
		return "US"
	case strings.HasPrefix(bare, "+44"):
		return "GB"
	case strings.HasPrefix(bare, "+49"):
		return "DE"
	case strings.HasPrefix(bare, "+61"):
		return "AU"
	}
	return ""
}
