package twiliotest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Service is a Messaging Service: a pool of numbers with a webhook of its own.
type Service struct {
	SID     string // MG…
	Account string
	Name    string
	Numbers []string // E.164
	// The webhook for what comes in to its numbers. It wins over that of the
	// number, and where it is empty messages are dropped, unless UseNumber is set.
	InboundURL, InboundMethod string
	FallbackURL               string
	StatusURL                 string // for messages without a StatusCallback
	UseNumber                 bool   // UseInboundWebhookOnNumber
	OptOut                    OptOut
}

// AddService adds a service, or replaces the one with its SID. What is empty is
// made up but for URLs.
func (s *Server) AddService(v Service) Service {
	fill(&v.SID, NewSID("MG"))
	fill(&v.Name, "Service "+v.SID)
	fill(&v.InboundMethod, http.MethodPost)
	v.Numbers = slices.Clone(v.Numbers)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.services[v.SID]; old != nil {
		*old = v
		return v
	}
	s.services[v.SID] = &v
	s.offered = append(s.offered, &v)
	return v
}

// Service returns a service as it is now.
func (s *Server) Service(sid string) (Service, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.services[sid]; v != nil {
		return *v, true
	}
	return Service{}, false
}

// serviceOf finds the service that a number belongs to. The caller holds mu.
func (s *Server) serviceOf(n *Number) *Service {
	for _, v := range s.offered {
		if v.Account == n.Account && slices.Contains(v.Numbers, n.Number) {
			return v
		}
	}
	return nil
}

// routeServices finds the handler of a path below /v1/Services.
func (s *Server) routeServices(method string, parts []string) (Op, []string, handler) {
	get := method == http.MethodGet
	switch {
	case len(parts) == 0 && get:
		return OpServices, nil, s.listServices
	case len(parts) == 1 && get:
		return OpServices, parts, s.showService
	case len(parts) == 1 && method == http.MethodPost:
		return OpSetService, parts, s.setService
	case len(parts) == 2 && parts[1] == "PhoneNumbers" && get:
		return OpServices, parts, s.listPool
	case len(parts) == 3 && parts[1] == "PhoneNumbers" && get:
		return OpServices, parts, s.showPooled
	}
	return OpUnknown, nil, nil
}

// serviceBody is a service as the messaging API shows it. Its dates are not
// those of the other API.
type serviceBody struct {
	SID            string            `json:"sid"`
	AccountSID     string            `json:"account_sid"`
	FriendlyName   string            `json:"friendly_name"`
	InboundURL     *string           `json:"inbound_request_url"`
	InboundMethod  string            `json:"inbound_method"`
	FallbackURL    *string           `json:"fallback_url"`
	FallbackMethod string            `json:"fallback_method"`
	StatusCallback *string           `json:"status_callback"`
	UseNumber      bool              `json:"use_inbound_webhook_on_number"`
	StickySender   bool              `json:"sticky_sender"`
	SmartEncoding  bool              `json:"smart_encoding"`
	Validity       int               `json:"validity_period"`
	DateCreated    string            `json:"date_created"`
	DateUpdated    string            `json:"date_updated"`
	URL            string            `json:"url"`
	Links          map[string]string `json:"links"`
}

func (s *Server) serviceBody(v *Service) serviceBody {
	when := s.cfg.Now().UTC().Format(time.RFC3339)
	url := s.URL + "/v1/Services/" + v.SID
	return serviceBody{
		SID: v.SID, AccountSID: v.Account, FriendlyName: v.Name,
		InboundURL: optional(v.InboundURL), InboundMethod: v.InboundMethod,
		FallbackURL: optional(v.FallbackURL), FallbackMethod: http.MethodPost, StatusCallback: optional(v.StatusURL),
		UseNumber: v.UseNumber, StickySender: true, SmartEncoding: true, Validity: 36000,
		DateCreated: when, DateUpdated: when, URL: url, Links: map[string]string{"phone_numbers": url + "/PhoneNumbers"},
	}
}

// metaBody is what the lists of the messaging API have beside their items.
type metaBody struct {
	Page        int     `json:"page"`
	PageSize    int     `json:"page_size"`
	FirstURL    string  `json:"first_page_url"`
	PreviousURL *string `json:"previous_page_url"`
	NextURL     *string `json:"next_page_url"`
	URL         string  `json:"url"`
	Key         string  `json:"key"`
}

func (s *Server) meta(p pageBody, key string) metaBody {
	base := strings.TrimSuffix(s.URL, s.cfg.Prefix)
	whole := func(uri *string) *string {
		if uri == nil {
			return nil
		}
		url := base + *uri
		return &url
	}
	return metaBody{p.Page, p.PageSize, base + p.FirstURI, whole(p.PreviousURI), whole(p.NextURI), base + p.URI, key}
}

func (s *Server) listServices(r *http.Request, a *Account, _ []string) answer {
	var found []*Service
	for _, v := range s.offered {
		if v.Account == a.SID {
			found = append(found, v)
		}
	}
	found, p, no := page(s, r, found, func(v *Service) string { return v.SID })
	if no != nil {
		return refused(no)
	}
	body := struct {
		Meta metaBody      `json:"meta"`
		All  []serviceBody `json:"services"`
	}{s.meta(p, "services"), []serviceBody{}}
	for _, v := range found {
		body.All = append(body.All, s.serviceBody(v))
	}
	return answer{status: http.StatusOK, body: body}
}

func (s *Server) theService(r *http.Request, a *Account, sid string) (*Service, *refusal) {
	v := s.services[sid]
	if v == nil || v.Account != a.SID {
		return nil, refuse(20404, r.URL.Path)
	}
	return v, nil
}

func (s *Server) showService(r *http.Request, a *Account, ids []string) answer {
	v, no := s.theService(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: s.serviceBody(v)}
}

func (s *Server) setService(r *http.Request, a *Account, ids []string) answer {
	v, no := s.theService(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	for name, field := range map[string]*string{
		"FriendlyName": &v.Name, "InboundRequestUrl": &v.InboundURL, "InboundMethod": &v.InboundMethod,
		"FallbackUrl": &v.FallbackURL, "StatusCallback": &v.StatusURL,
	} {
		if r.PostForm.Has(name) {
			*field = r.PostForm.Get(name)
		}
	}
	if r.PostForm.Has("UseInboundWebhookOnNumber") {
		v.UseNumber = strings.EqualFold(r.PostForm.Get("UseInboundWebhookOnNumber"), "true")
	}
	return answer{status: http.StatusOK, body: s.serviceBody(v)}
}

// pooledBody is a number of a service.
type pooledBody struct {
	SID          string   `json:"sid"`
	AccountSID   string   `json:"account_sid"`
	ServiceSID   string   `json:"service_sid"`
	PhoneNumber  string   `json:"phone_number"`
	CountryCode  string   `json:"country_code"`
	Capabilities []string `json:"capabilities"`
	URL          string   `json:"url"`
}

// pool lists the numbers of a service.
func (s *Server) pool(v *Service) []pooledBody {
	all := []pooledBody{}
	for _, number := range v.Numbers {
		n := s.line(number)
		if n == nil {
			continue
		}
		can := []string{"Voice"}
		if n.SMS {
			can = append(can, "SMS")
		}
		if n.MMS {
			can = append(can, "MMS")
		}
		all = append(all, pooledBody{n.SID, v.Account, v.SID, n.Number, country(n.Number), can, s.URL + "/v1/Services/" + v.SID + "/PhoneNumbers/" + n.SID})
	}
	return all
}

func (s *Server) listPool(r *http.Request, a *Account, ids []string) answer {
	v, no := s.theService(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	found, p, no := page(s, r, s.pool(v), func(n pooledBody) string { return n.SID })
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: struct {
		Meta metaBody     `json:"meta"`
		All  []pooledBody `json:"phone_numbers"`
	}{s.meta(p, "phone_numbers"), found}}
}

func (s *Server) showPooled(r *http.Request, a *Account, ids []string) answer {
	v, no := s.theService(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	for _, n := range s.pool(v) {
		if n.SID == ids[2] {
			return answer{status: http.StatusOK, body: n}
		}
	}
	return refused(refuse(20404, r.URL.Path))
}
