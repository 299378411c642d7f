package twiliotest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const (
	version  = "/2010-04-01"
	jsonType = "application/json;charset=utf-8"
	maxBody  = 1 << 20 // bytes of one request
)

// answer is what a request gets. before is done, with nothing locked, ahead of
// the answer, and after once that is on its way.
type answer struct {
	status        int
	body          any    // as JSON; nil: none
	to            string // Location
	before, after func()
}

func refused(r *refusal) answer { return answer{status: r.status, body: r.body()} }

// handler serves one kind of request for an account; ids are those of the path.
// mu is held while it runs.
type handler func(r *http.Request, a *Account, ids []string) answer

// route finds what a request is: its kind, the account of its path and its
// handler. A nil handler is a resource that does not exist.
func (s *Server) route(method, path string) (op Op, account string, ids []string, h handler) {
	rest, ok := strings.CutPrefix(path, s.cfg.Prefix)
	if !ok {
		return OpUnknown, "", nil, nil
	}
	if op, ids, h, ok := s.routeTalks(method, rest); ok {
		return op, "", ids, h
	}
	if services, ok := strings.CutPrefix(rest, "/v1/Services"); ok {
		op, ids, h = s.routeServices(method, strings.Split(services, "/")[1:])
		return op, "", ids, h
	}
	rest, ok = strings.CutPrefix(rest, version+"/Accounts/")
	if !ok {
		return OpUnknown, "", nil, nil
	}
	parts := strings.Split(rest, "/")
	last := len(parts) - 1
	name, hasJSON := strings.CutSuffix(parts[last], ".json")
	if parts[last] = name; !hasJSON && !(len(parts) == 5 && parts[3] == "Media") {
		return OpUnknown, parts[0], nil, nil
	}
	account, parts = parts[0], parts[1:]
	switch {
	case len(parts) == 0 && method == http.MethodGet:
		return OpAccount, account, nil, s.showAccount
	case len(parts) > 0 && parts[0] == "IncomingPhoneNumbers":
		op, h = s.routeNumbers(method, len(parts))
	case len(parts) > 0 && parts[0] == "Messages" && len(parts) <= 2:
		op, h = s.routeMessages(method, len(parts))
	case len(parts) > 2 && parts[0] == "Messages" && parts[2] == "Media":
		op, h = s.routeMedia(method, len(parts), hasJSON)
	default:
		op = OpUnknown
	}
	return op, account, parts[min(1, len(parts)):], h
}

func (s *Server) routeNumbers(method string, parts int) (Op, handler) {
	switch {
	case parts == 1 && method == http.MethodGet:
		return OpNumbers, s.listNumbers
	case parts == 2 && method == http.MethodGet:
		return OpNumbers, s.showNumber
	case parts == 2 && method == http.MethodPost:
		return OpSetNumber, s.setNumber
	}
	return OpUnknown, nil
}

func (s *Server) routeMessages(method string, parts int) (Op, handler) {
	switch {
	case parts == 1 && method == http.MethodPost:
		return OpSend, s.create
	case parts == 1 && method == http.MethodGet:
		return OpList, s.list
	case parts == 2 && method == http.MethodGet:
		return OpGet, s.show
	case parts == 2 && method == http.MethodPost:
		return OpUpdate, s.update
	case parts == 2 && method == http.MethodDelete:
		return OpDelete, s.remove
	}
	return OpUnknown, nil
}

func (s *Server) routeMedia(method string, parts int, hasJSON bool) (Op, handler) {
	switch {
	case parts == 3 && method == http.MethodGet:
		return OpMedia, s.listMedia
	case parts == 4 && method == http.MethodGet && hasJSON:
		return OpMedia, s.showMedium
	case parts == 4 && (method == http.MethodGet || method == http.MethodHead):
		return OpFetch, s.fetchMedium
	case parts == 4 && method == http.MethodDelete:
		return OpDeleteMedia, s.removeMedium
	}
	return OpUnknown, nil
}

// serveAPI answers one request, rightly or with the fault that is due.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	bad := r.ParseForm()
	op, account, ids, h := s.route(r.Method, r.URL.Path)
	done := Request{Op: op, Method: r.Method, Path: r.URL.Path, Account: account}
	active, f := s.enter(op)

	var a answer
	switch {
	case f.wrong() && !f.Work:
	case s.cfg.Concurrency > 0 && active > s.cfg.Concurrency:
		a = refused(refuse(20429, ""))
	case bad != nil:
		a = refused(refuse(20001, "body"))
	default:
		a, done.Authorized = s.handle(r, op, account, ids, h)
	}
	if a.before != nil {
		a.before()
	}
	switch {
	case a.after == nil:
	case f.wrong():
		a.after()
	default:
		defer a.after()
	}
	s.wait(r, f)
	if done.Status = a.status; f.wrong() {
		done.Status = f.Status
	} else if body, ok := a.body.(refusalBody); ok {
		done.Code = body.Code
	}
	s.leave(done)
	w.Header().Set("Twilio-Concurrent-Requests", strconv.Itoa(active))
	if f.wrong() {
		f.write(w)
	} else {
		write(w, a)
	}
}

// enter counts a request, and takes the fault that is due.
func (s *Server) enter(op Op) (active int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active++
	s.peak = max(s.peak, s.active)
	s.counts[op]++
	s.counts[OpAny]++
	s.change()
	return s.active, s.fault(op)
}

// leave remembers a request. It comes before the answer, so that a client that
// has that finds the request remembered.
func (s *Server) leave(done Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	s.requests.add(done)
	s.change()
}

// handle checks the credentials and does what is asked.
func (s *Server) handle(r *http.Request, op Op, account string, ids []string, h handler) (a answer, authorized bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, no := s.authorize(r, op, account)
	switch {
	case no != nil:
		return refused(no), false
	case h == nil:
		return refused(refuse(20404, r.URL.Path)), true
	}
	return h(r, owner, ids), true
}

// write sends an answer, whole, before it returns.
func write(w http.ResponseWriter, a answer) {
	if a.to != "" {
		w.Header().Set("Location", a.to)
	}
	if a.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
	} else {
		body, _ := json.Marshal(a.body)
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(body)
	}
	_ = http.NewResponseController(w).Flush()
}
