package twiliotest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Number is a phone number that an account rents.
type Number struct {
	SID      string // PN…
	Account  string
	Number   string // E.164, or "whatsapp:+…": a sender that the list of numbers does not show
	Name     string // what the user calls it
	SMS, MMS bool   // what it can send and receive
	// The webhook for what comes in, and the one to try when that fails.
	SMSURL, SMSMethod           string
	FallbackURL, FallbackMethod string
	App                         string // SID of an App, AP…, that takes the place of SMSURL
	OptOut                      OptOut
	made, changed               time.Time
}

// OptOut is what Twilio does about STOP, START and HELP to a number.
type OptOut uint8

// The ways of handling STOP.
const (
	OptOutDefault  OptOut = iota // Twilio answers the phone and blocks the number
	OptOutAdvanced               // likewise, and webhooks have an OptOutType
	OptOutNone                   // words like others
)

// App is a TwiML application.
type App struct {
	SID       string // AP…
	SMSURL    string
	SMSMethod string
}

// AddNumber adds a number, or replaces the one with its SID. What is empty is
// made up but for URLs; the number is returned as it is then. A number with
// neither SMS nor MMS can do neither.
func (s *Server) AddNumber(n Number) Number {
	fill(&n.SID, NewSID("PN"))
	fill(&n.Name, n.Number)
	fill(&n.SMSMethod, http.MethodPost)
	fill(&n.FallbackMethod, http.MethodPost)
	n.made = s.cfg.Now()
	n.changed = n.made
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.numbers[n.SID]; old != nil {
		*old = n
		return n
	}
	s.numbers[n.SID] = &n
	s.order = append(s.order, &n)
	return n
}

// RemoveNumber gives a number back.
func (s *Server) RemoveNumber(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.line(number); n != nil {
		delete(s.numbers, n.SID)
		s.order = slices.DeleteFunc(s.order, func(o *Number) bool { return o == n })
	}
}

// AddApp adds a TwiML application.
func (s *Server) AddApp(a App) App {
	fill(&a.SID, NewSID("AP"))
	fill(&a.SMSMethod, http.MethodPost)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[a.SID] = a
	return a
}

// Number returns a number, given in E.164, as it is now.
func (s *Server) Number(number string) (Number, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.line(number); n != nil {
		return *n, true
	}
	return Number{}, false
}

// line finds a number. The caller holds mu.
func (s *Server) line(number string) *Number {
	for _, n := range s.order {
		if n.Number == number {
			return n
		}
	}
	return nil
}

// numberBody is a number as the API shows it.
type numberBody struct {
	SID                 string       `json:"sid"`
	AccountSID          string       `json:"account_sid"`
	FriendlyName        string       `json:"friendly_name"`
	PhoneNumber         string       `json:"phone_number"`
	Capabilities        capabilities `json:"capabilities"`
	SMSURL              string       `json:"sms_url"`
	SMSMethod           string       `json:"sms_method"`
	SMSFallbackURL      string       `json:"sms_fallback_url"`
	SMSFallbackMethod   string       `json:"sms_fallback_method"`
	SMSApplicationSID   string       `json:"sms_application_sid"`
	VoiceURL            string       `json:"voice_url"`
	VoiceMethod         string       `json:"voice_method"`
	VoiceApplicationSID string       `json:"voice_application_sid"`
	StatusCallback      string       `json:"status_callback"`
	StatusCallbackMeth  string       `json:"status_callback_method"`
	AddressRequirements string       `json:"address_requirements"`
	Beta                bool         `json:"beta"`
	Origin              string       `json:"origin"`
	Status              string       `json:"status"`
	TrunkSID            *string      `json:"trunk_sid"`
	Type                string       `json:"type"`
	DateCreated         string       `json:"date_created"`
	DateUpdated         string       `json:"date_updated"`
	APIVersion          string       `json:"api_version"`
	URI                 string       `json:"uri"`
}

type capabilities struct {
	Voice bool `json:"voice"`
	SMS   bool `json:"sms"`
	MMS   bool `json:"mms"`
	Fax   bool `json:"fax"`
}

func (s *Server) numberBody(n *Number) numberBody {
	return numberBody{
		SID: n.SID, AccountSID: n.Account, FriendlyName: n.Name, PhoneNumber: n.Number,
		Capabilities: capabilities{Voice: true, SMS: n.SMS, MMS: n.MMS},
		SMSURL:       n.SMSURL, SMSMethod: n.SMSMethod, SMSFallbackURL: n.FallbackURL, SMSFallbackMethod: n.FallbackMethod,
		SMSApplicationSID: n.App, VoiceMethod: http.MethodPost, StatusCallbackMeth: http.MethodPost,
		AddressRequirements: "none", Origin: "twilio", Status: "in-use", Type: "local",
		DateCreated: n.made.UTC().Format(time.RFC1123Z), DateUpdated: n.changed.UTC().Format(time.RFC1123Z), APIVersion: version[1:],
		URI: s.cfg.Prefix + version + "/Accounts/" + n.Account + "/IncomingPhoneNumbers/" + n.SID + ".json",
	}
}

func (s *Server) listNumbers(r *http.Request, a *Account, _ []string) answer {
	var found []*Number
	wanted := strings.Trim(r.Form.Get("PhoneNumber"), "*")
	for _, n := range slices.Backward(s.order) {
		switch {
		case n.Account != a.SID, !strings.HasPrefix(n.Number, "+"), !strings.Contains(n.Number, wanted):
		case r.Form.Has("FriendlyName") && n.Name != r.Form.Get("FriendlyName"):
		default:
			found = append(found, n)
		}
	}
	found, p, no := page(s, r, found, func(n *Number) string { return n.SID })
	if no != nil {
		return refused(no)
	}
	body := struct {
		pageBody
		All []numberBody `json:"incoming_phone_numbers"`
	}{p, make([]numberBody, 0, len(found))}
	for _, n := range found {
		body.All = append(body.All, s.numberBody(n))
	}
	return answer{status: http.StatusOK, body: body}
}

// numberOf finds a number of an account by its SID.
func (s *Server) numberOf(r *http.Request, a *Account, sid string) (*Number, *refusal) {
	n := s.numbers[sid]
	if n == nil || n.Account != a.SID {
		return nil, refuse(20404, r.URL.Path)
	}
	return n, nil
}

func (s *Server) showNumber(r *http.Request, a *Account, ids []string) answer {
	n, no := s.numberOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: s.numberBody(n)}
}

func (s *Server) setNumber(r *http.Request, a *Account, ids []string) answer {
	n, no := s.numberOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	for name, field := range map[string]*string{
		"FriendlyName": &n.Name, "SmsApplicationSid": &n.App,
		"SmsUrl": &n.SMSURL, "SmsMethod": &n.SMSMethod, "SmsFallbackUrl": &n.FallbackURL, "SmsFallbackMethod": &n.FallbackMethod,
	} {
		if !r.PostForm.Has(name) {
			continue
		}
		value := r.PostForm.Get(name)
		switch {
		case strings.HasSuffix(name, "Url") && value != "" && !webURL(value):
			return refused(refuse(21502, name))
		case strings.HasSuffix(name, "Method") && value != http.MethodPost && value != http.MethodGet:
			return refused(refuse(21403, name))
		}
		*field = value
	}
	n.changed = s.cfg.Now()
	return answer{status: http.StatusOK, body: s.numberBody(n)}
}
