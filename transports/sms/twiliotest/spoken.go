package twiliotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
)

// talkHook is a webhook of a talk.
type talkHook struct {
	sid, url, method string
	filters          []string
}

// added is the event of a message in a talk.
const added = "onMessageAdded"

// ReceiveGroup lets a phone text several numbers at once, one of them an
// account's. It returns the SID of the message, before webhooks are called:
// that of the group text of just these people, or where there is none, of a
// message from the phone alone, which is all that Twilio makes of it.
func (s *Server) ReceiveGroup(from string, to []string, body string, media ...Media) string {
	s.mu.Lock()
	k, line := s.heardBy(from, to)
	if k == nil {
		s.mu.Unlock()
		return s.Receive(from, line, body, media...)
	}
	defer s.mu.Unlock()
	return s.tell(k, from, body, media).sid
}

// heardBy finds the talk of a phone and others, and the number among these. The
// caller holds mu.
func (s *Server) heardBy(from string, to []string) (*talk, string) {
	line, phones := "", []string{from}
	for _, number := range to {
		if line == "" && s.line(number) != nil {
			line = number
		} else {
			phones = append(phones, number)
		}
	}
	slices.Sort(phones)
	return s.same(line, phones), line
}

// tell has something said in a talk, to all phones but that of who said it, and
// calls the webhooks where a phone did. The caller holds mu.
func (s *Server) tell(k *talk, author, body string, media []Media) *spoken {
	m := &spoken{sid: NewSID("IM"), author: author, body: body, made: s.cfg.Now()}
	for _, medium := range media {
		m.media = append(m.media, s.file(&message{account: k.account}, medium))
	}
	k.said = append(k.said, m)
	phones := k.phones()
	from := k.line()
	if slices.Contains(phones, author) {
		from = author
		s.callTalk(k, m)
	}
	for _, to := range phones {
		if to == author {
			continue
		}
		p := s.phone(to)
		others := slices.DeleteFunc(append(k.phones(), k.line()), func(n string) bool { return n == to })
		slices.Sort(others)
		p.texts = append(p.texts, &Text{
			SID: m.sid, From: from, To: to, Body: body, Media: media, Segments: 1, Group: others, At: m.made, reached: true,
		})
	}
	s.change()
	return m
}

// callTalk calls the webhooks of a talk for a message, after those of the
// message before. The caller holds mu.
func (s *Server) callTalk(k *talk, m *spoken) {
	f := url.Values{
		"AccountSid": {k.account}, "EventType": {added}, "ConversationSid": {k.sid}, "ChatServiceSid": {k.service}, "MessageSid": {m.sid},
		"Index": {strconv.Itoa(len(k.said) - 1)}, "DateCreated": {m.made.UTC().Format(time.RFC3339)}, "Body": {m.body}, "Author": {m.author},
		"Attributes": {"{}"}, "Source": {"SMS"}, "RetryCount": {"0"},
	}
	for _, p := range k.all {
		if p.address == m.author {
			f.Set("ParticipantSid", p.sid)
		}
	}
	if len(m.media) > 0 {
		type medium struct{ Sid, ContentType, Filename string }
		var all []medium
		for _, file := range m.media {
			all = append(all, medium{file.sid, file.Type, "file"})
		}
		text, _ := json.Marshal(all)
		f.Set("Media", string(text))
	}
	for _, h := range k.hooks {
		if !slices.Contains(h.filters, added) {
			continue
		}
		before, done := k.last, make(chan struct{})
		k.last = done
		s.start(func() {
			defer close(done)
			if s.until(before) {
				s.call(Call{Kind: CallGroup, SID: m.sid, Method: h.method, URL: h.url, Form: f, account: k.account})
			}
		})
	}
}

// spokenBody is a message of a talk as the API shows it.
type spokenBody struct {
	SID         string            `json:"sid"`
	AccountSID  string            `json:"account_sid"`
	TalkSID     string            `json:"conversation_sid"`
	Author      string            `json:"author"`
	Body        string            `json:"body"`
	Media       []sharedBody      `json:"media"`
	Attributes  string            `json:"attributes"`
	DateCreated string            `json:"date_created"`
	DateUpdated string            `json:"date_updated"`
	URL         string            `json:"url"`
	Links       map[string]string `json:"links"`
}

// sharedBody is a file of a talk as the API shows it.
type sharedBody struct {
	SID         string            `json:"sid"`
	ContentType string            `json:"content_type"`
	Size        int               `json:"size"`
	Filename    string            `json:"filename"`
	Links       map[string]string `json:"links,omitempty"`
}

func (s *Server) spokenBody(k *talk, m *spoken) spokenBody {
	made, at := m.made.UTC().Format(time.RFC3339), s.URL+"/v1/Conversations/"+k.sid+"/Messages/"+m.sid
	b := spokenBody{
		SID: m.sid, AccountSID: k.account, TalkSID: k.sid, Author: m.author, Body: m.body, Attributes: "{}",
		DateCreated: made, DateUpdated: made, URL: at, Links: map[string]string{"delivery_receipts": at + "/Receipts"},
	}
	for _, f := range m.media {
		b.Media = append(b.Media, sharedBody{SID: f.sid, ContentType: f.Type, Size: len(f.Data), Filename: "file"})
	}
	return b
}

// say says something in a talk, which only who is in it may.
func (s *Server) say(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	author, body := r.PostForm.Get("Author"), r.PostForm.Get("Body")
	switch {
	case no != nil:
		return refused(no)
	case k.closed:
		return refused(refuse(50407, ""))
	case body == "":
		return refused(refuse(20001, "Body"))
	case len(utf16.Encode([]rune(body))) > bodyMost:
		return refused(refuse(21617, ""))
	case author == "" || !slices.ContainsFunc(k.all, func(p participant) bool {
		return author == p.identity || author == p.address || p.identity == "" && author == p.projected
	}):
		return refused(refuse(50513, ""))
	}
	return answer{status: http.StatusCreated, body: s.spokenBody(k, s.tell(k, author, body, nil))}
}

func (s *Server) listSaid(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	all := slices.Clone(k.said)
	if r.URL.Query().Get("Order") == "desc" {
		slices.Reverse(all)
	}
	found, p, no := page(s, r, all, func(m *spoken) string { return m.sid })
	if no != nil {
		return refused(no)
	}
	body := struct {
		Meta metaBody     `json:"meta"`
		All  []spokenBody `json:"messages"`
	}{s.meta(p, "messages"), []spokenBody{}}
	for _, m := range found {
		body.All = append(body.All, s.spokenBody(k, m))
	}
	return answer{status: http.StatusOK, body: body}
}

func (s *Server) showSaid(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	for _, m := range k.said {
		if m.sid == ids[2] {
			return answer{status: http.StatusOK, body: s.spokenBody(k, m)}
		}
	}
	return refused(refuse(20404, r.URL.Path))
}

// showShared tells where a file of a talk can be got from.
func (s *Server) showShared(r *http.Request, a *Account, ids []string) answer {
	for _, k := range s.talks {
		if k.account != a.SID || k.service != ids[0] {
			continue
		}
		for _, m := range k.said {
			for _, f := range m.media {
				if f.sid == ids[2] {
					links := map[string]string{"content_direct_temporary": s.CDN + f.path}
					return answer{status: http.StatusOK, body: sharedBody{f.sid, f.Type, len(f.Data), "file", links}}
				}
			}
		}
	}
	return refused(refuse(20404, r.URL.Path))
}

// talkHookBody is a webhook of a talk as the API shows it.
type talkHookBody struct {
	SID    string `json:"sid"`
	Target string `json:"target"`
	At     struct {
		URL     string   `json:"url"`
		Method  string   `json:"method"`
		Filters []string `json:"filters"`
	} `json:"configuration"`
}

func (h talkHook) body() talkHookBody {
	b := talkHookBody{SID: h.sid, Target: "webhook"}
	b.At.URL, b.At.Method, b.At.Filters = h.url, h.method, h.filters
	return b
}

func (s *Server) listTalkHooks(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	found, p, no := page(s, r, k.hooks, func(h talkHook) string { return h.sid })
	if no != nil {
		return refused(no)
	}
	body := struct {
		Meta metaBody       `json:"meta"`
		All  []talkHookBody `json:"webhooks"`
	}{s.meta(p, "webhooks"), []talkHookBody{}}
	for _, h := range found {
		body.All = append(body.All, h.body())
	}
	return answer{status: http.StatusOK, body: body}
}

func (s *Server) addTalkHook(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	f := r.PostForm
	switch {
	case no != nil:
		return refused(no)
	case f.Get("Target") != "webhook" || !webURL(f.Get("Configuration.Url")) || len(k.hooks) == 5:
		return refused(refuse(20001, "Configuration.Url"))
	}
	h := talkHook{NewSID("WH"), f.Get("Configuration.Url"), f.Get("Configuration.Method"), slices.Clone(f["Configuration.Filters"])}
	fill(&h.method, http.MethodPost)
	k.hooks = append(k.hooks, h)
	s.change()
	return answer{status: http.StatusCreated, body: h.body()}
}

func (s *Server) removeTalkHook(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	k.hooks = slices.DeleteFunc(k.hooks, func(h talkHook) bool { return h.sid == ids[2] })
	s.change()
	return answer{status: http.StatusNoContent}
}
