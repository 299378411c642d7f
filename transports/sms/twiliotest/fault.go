package twiliotest

import (
	"net/http"
	"slices"
	"time"
)

// Op is a kind of request to the API.
type Op string

// The kinds of requests. OpAny stands for all of them.
const (
	OpAny         Op = ""
	OpAccount     Op = "account"      // GET Accounts/AC
	OpNumbers     Op = "numbers"      // GET IncomingPhoneNumbers, the list or one
	OpSetNumber   Op = "set-number"   // POST IncomingPhoneNumbers/PN
	OpSend        Op = "send"         // POST Messages
	OpList        Op = "list"         // GET Messages
	OpGet         Op = "get"          // GET Messages/SM
	OpUpdate      Op = "update"       // POST Messages/SM
	OpDelete      Op = "delete"       // DELETE Messages/SM
	OpMedia       Op = "media"        // GET Messages/SM/Media
	OpFetch       Op = "fetch"        // GET Messages/SM/Media/ME
	OpDeleteMedia Op = "delete-media" // DELETE Messages/SM/Media/ME
	OpServices    Op = "services"     // GET Services of the messaging API, and their numbers
	OpSetService  Op = "set-service"  // POST Services/MG
	OpGroup       Op = "group"        // POST ConversationWithParticipants
	OpGroups      Op = "groups"       // GET of Conversations, who is in them, and ParticipantConversations
	OpGroupSend   Op = "group-send"   // POST Conversations/CH/Messages
	OpGroupList   Op = "group-list"   // GET Conversations/CH/Messages, the list or one
	OpGroupHook   Op = "group-hook"   // all of Conversations/CH/Webhooks
	OpGroupMedia  Op = "group-media"  // GET Services/IS/Media/ME
	OpUnknown     Op = "unknown"      // anything else
	OpContent     Op = "content"      // a file on the media host; not part of OpAny
)

// Fault is what goes wrong with a request. The zero Fault is none.
type Fault struct {
	// Work tells that the request is done all the same, before anything else: the
	// text is sent, only its answer is not the right one. A fault that gives the
	// right answer implies it.
	Work bool
	// Hold keeps the answer back until it is closed or the client has gone.
	Hold <-chan struct{}
	// Delay keeps the answer back for a time.
	Delay time.Duration
	// Cut closes the connection without an answer, Half in the middle of one.
	Cut, Half bool
	// Status, Type, After and Body are the answer instead of the right one,
	// where Status is not 0. After is the text of Retry-After.
	Status int
	Type   string
	After  string
	Body   string
}

// TooMany is 429 as Twilio answers it, not processed. after is the text of
// Retry-After, which may be missing.
func TooMany(after string) Fault {
	return Fault{Status: http.StatusTooManyRequests, Type: jsonType, After: after,
		Body: `{"code":20429,"message":"Too Many Requests","more_info":"https://www.twilio.com/docs/errors/20429","status":429}`}
}

// Broken is an HTML page of a proxy's, with a status such as 502.
func Broken(status int) Fault {
	return Fault{Status: status, Type: "text/html", Body: "<html><head><title>Error</title></head><body><h1>" + http.StatusText(status) + "</h1></body></html>\n"}
}

// Null is a success that says nothing of what was done.
func Null(work bool) Fault {
	return Fault{Work: work, Status: http.StatusOK, Type: jsonType, Body: "null"}
}

// CutBefore cuts the connection before anything is done.
func CutBefore() Fault { return Fault{Cut: true} }

// CutAfter cuts the connection after all is done.
func CutAfter() Fault { return Fault{Work: true, Cut: true} }

// Hang never answers, and does nothing else unless work is true.
func Hang(work bool) Fault { return Fault{Work: work, Hold: make(chan struct{}), Cut: true} }

// Late answers rightly, after a time.
func Late(d time.Duration) Fault { return Fault{Delay: d} }

// Held answers rightly, once the channel is closed.
func Held(until <-chan struct{}) Fault { return Fault{Hold: until} }

// wrong tells that the client never gets the right answer.
func (f Fault) wrong() bool { return f.Cut || f.Half || f.Status != 0 }

// write gives a wrong answer, or none.
func (f Fault) write(w http.ResponseWriter) {
	switch {
	case f.Half:
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Length", "2000")
		_, _ = w.Write([]byte(`{"sid":`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Cut:
		panic(http.ErrAbortHandler)
	}
	if f.After != "" {
		w.Header().Set("Retry-After", f.After)
	}
	w.Header().Set("Content-Type", f.Type)
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body))
}

// wait keeps an answer back as long as a fault says.
func (s *Server) wait(r *http.Request, f Fault) {
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
}

// fault is a Fault that is still to come n times; n < 0: for ever.
type fault struct {
	Fault
	op    Op
	after int // requests that pass before
	n     int
}

// Fail makes the next n requests of a kind end in a fault; n < 0: all, until
// Heal. Faults of one kind come in the order they were given.
func (s *Server) Fail(op Op, n int, f Fault) { s.FailAfter(op, 0, n, f) }

// FailAfter is Fail after a number of requests of the kind that go well.
func (s *Server) FailAfter(op Op, pass, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{f, op, pass, n})
}

// Heal forgets all faults that are still to come.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault takes the next fault for a kind of request, or the zero one. The caller
// holds mu.
func (s *Server) fault(op Op) Fault {
	for i, f := range s.faults {
		if f.op != op && (f.op != OpAny || op == OpContent) {
			continue
		}
		if f.after > 0 {
			f.after--
			return Fault{}
		}
		if f.n > 0 {
			f.n--
		}
		if f.n == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f.Fault
	}
	return Fault{}
}
