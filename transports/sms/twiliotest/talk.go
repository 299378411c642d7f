package twiliotest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const talkMost = 10 // in a Conversation, the number of the account's among them

// talk is a Conversation, of the API of that name. mu guards it.
type talk struct {
	sid, account, service string
	name                  string // UniqueName, or empty
	closed                bool
	late                  bool // nobody is in it yet, as far as is told
	all                   []participant
	said                  []*spoken
	hooks                 []talkHook
	made                  time.Time
	last                  chan struct{} // closed when its webhooks so far were called
}

// participant is somebody in a talk: a phone, or a number of the account's that
// stands for somebody.
type participant struct{ sid, identity, address, projected string }

// spoken is a message in a talk.
type spoken struct {
	sid, author, body string
	media             []*file
	made              time.Time
}

// Group is a group text as Twilio keeps it.
type Group struct {
	SID     string
	Name    string   // UniqueName
	Line    string   // the number of the account's
	Members []string // the phones, sorted
	Closed  bool
	Hooks   []string // URLs that are called
}

// GroupTexts lists all group texts there are, oldest first.
func (s *Server) GroupTexts() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Group
	for _, k := range s.talks {
		g := Group{SID: k.sid, Name: k.name, Line: k.line(), Members: k.phones(), Closed: k.closed}
		for _, h := range k.hooks {
			g.Hooks = append(g.Hooks, h.url)
		}
		all = append(all, g)
	}
	return all
}

// AddGroup makes a group text as another program of the account's does, with an
// identity of its own, which may be empty, and returns its SID.
func (s *Server) AddGroup(account, line, identity string, phones ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.newTalk(account, "")
	k.all = []participant{{sid: NewSID("MB"), identity: identity, projected: line}}
	for _, p := range phones {
		k.all = append(k.all, participant{sid: NewSID("MB"), address: p})
	}
	return k.sid
}

// CloseGroup ends a group text. There can be another one with the same people.
func (s *Server) CloseGroup(sid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.talk(sid); k != nil {
		k.closed = true
	}
}

// RemoveGroup takes a group text away.
func (s *Server) RemoveGroup(sid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.talks = slices.DeleteFunc(s.talks, func(k *talk) bool { return k.sid == sid })
}

// newTalk makes a talk. The caller holds mu.
func (s *Server) newTalk(account, name string) *talk {
	k := &talk{sid: NewSID("CH"), account: account, service: "IS" + account[2:], name: name, late: s.cfg.LateJoins, made: s.cfg.Now()}
	s.talks = append(s.talks, k)
	s.change()
	return k
}

// talk finds a talk by its SID or name. The caller holds mu.
func (s *Server) talk(id string) *talk {
	for _, k := range s.talks {
		if k.sid == id || k.name != "" && k.name == id {
			return k
		}
	}
	return nil
}

// same finds an open talk of the same people. The caller holds mu.
func (s *Server) same(line string, phones []string) *talk {
	for _, k := range s.talks {
		if !k.closed && k.line() == line && slices.Equal(k.phones(), phones) {
			return k
		}
	}
	return nil
}

func (k *talk) line() string {
	for _, p := range k.all {
		if p.projected != "" {
			return p.projected
		}
	}
	return ""
}

func (k *talk) phones() []string {
	var all []string
	for _, p := range k.all {
		if p.address != "" {
			all = append(all, p.address)
		}
	}
	slices.Sort(all)
	return all
}

// routeTalks finds the handler of a path of the API of Conversations.
func (s *Server) routeTalks(method, path string) (Op, []string, handler, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")
	get, post := method == http.MethodGet, method == http.MethodPost
	if s.cfg.NoConversations || !strings.HasPrefix(path, "/v1/") {
		return "", nil, nil, false
	}
	var op Op
	var h handler
	switch n := len(parts); {
	case n == 4 && parts[0] == "Services" && parts[2] == "Media" && get:
		op, h = OpGroupMedia, s.showShared
	case n == 1 && parts[0] == "ConversationWithParticipants" && post:
		op, h = OpGroup, s.makeTalk
	case n == 1 && parts[0] == "ParticipantConversations" && get:
		op, h = OpGroups, s.listJoined
	case parts[0] != "Conversations":
		return "", nil, nil, false
	case n == 2 && get:
		op, h = OpGroups, s.showTalk
	case n == 3 && parts[2] == "Participants" && get:
		op, h = OpGroups, s.listParticipants
	case n == 3 && parts[2] == "Messages" && post:
		op, h = OpGroupSend, s.say
	case n == 3 && parts[2] == "Messages" && get:
		op, h = OpGroupList, s.listSaid
	case n == 4 && parts[2] == "Messages" && get:
		op, h = OpGroupList, s.showSaid
	case n == 3 && parts[2] == "Webhooks" && get:
		op, h = OpGroupHook, s.listTalkHooks
	case n == 3 && parts[2] == "Webhooks" && post:
		op, h = OpGroupHook, s.addTalkHook
	case n == 4 && parts[2] == "Webhooks" && method == http.MethodDelete:
		op, h = OpGroupHook, s.removeTalkHook
	default:
		op = OpUnknown
	}
	return op, parts[1:], h, true
}

// talkOf finds a talk of an account by its SID or name.
func (s *Server) talkOf(r *http.Request, a *Account, id string) (*talk, *refusal) {
	k := s.talk(id)
	if k == nil || k.account != a.SID {
		return nil, refuse(20404, r.URL.Path)
	}
	return k, nil
}

// talkBody is a talk as the API shows it.
type talkBody struct {
	SID          string            `json:"sid"`
	AccountSID   string            `json:"account_sid"`
	ServiceSID   string            `json:"chat_service_sid"`
	FriendlyName *string           `json:"friendly_name"`
	UniqueName   *string           `json:"unique_name"`
	Attributes   string            `json:"attributes"`
	State        string            `json:"state"`
	DateCreated  string            `json:"date_created"`
	DateUpdated  string            `json:"date_updated"`
	URL          string            `json:"url"`
	Links        map[string]string `json:"links"`
}

func (s *Server) talkBody(k *talk) talkBody {
	url, made := s.URL+"/v1/Conversations/"+k.sid, k.made.UTC().Format(time.RFC3339)
	return talkBody{
		SID: k.sid, AccountSID: k.account, ServiceSID: k.service, UniqueName: optional(k.name), Attributes: "{}", State: k.state(),
		DateCreated: made, DateUpdated: made, URL: url,
		Links: map[string]string{"participants": url + "/Participants", "messages": url + "/Messages", "webhooks": url + "/Webhooks"},
	}
}

func (k *talk) state() string {
	if k.closed {
		return "closed"
	}
	return "active"
}

// bindingBody is how a participant is reached.
type bindingBody struct {
	Type      string `json:"type"`
	Address   string `json:"address,omitempty"`
	Projected string `json:"projected_address,omitempty"`
}

// makeTalk makes a talk with all that are in it.
func (s *Server) makeTalk(r *http.Request, a *Account, _ []string) answer {
	k := &talk{}
	for _, text := range r.PostForm["Participant"] {
		var p struct {
			Identity string      `json:"identity"`
			Binding  bindingBody `json:"messaging_binding"`
		}
		if json.Unmarshal([]byte(text), &p) != nil {
			return refused(refuse(20001, "Participant"))
		}
		k.all = append(k.all, participant{NewSID("MB"), p.Identity, p.Binding.Address, p.Binding.Projected})
	}
	line, phones, name := k.line(), k.phones(), r.PostForm.Get("UniqueName")
	n := s.line(line)
	switch {
	case n == nil || n.Account != a.SID || !n.MMS, len(k.all) > talkMost, len(phones) < 2, len(k.all) != len(phones)+1,
		slices.ContainsFunc(phones, func(p string) bool { return !e164.MatchString(p) || !strings.HasPrefix(p, "+1") }):
		return refused(refuse(50435, ""))
	case !a.GroupMMS:
		return refused(refuse(50452, ""))
	case name != "" && s.talk(name) != nil:
		return refused(refuse(50353, ""))
	}
	if other := s.same(line, phones); other != nil {
		return refused(refuse(50438, other.sid))
	}
	made := s.newTalk(a.SID, name)
	made.all = k.all
	return answer{status: http.StatusAccepted, body: s.talkBody(made)}
}

func (s *Server) showTalk(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: s.talkBody(k)}
}

// participantBody is somebody in a talk as the API shows them.
type participantBody struct {
	SID      string      `json:"sid"`
	TalkSID  string      `json:"conversation_sid"`
	Identity *string     `json:"identity"`
	Binding  bindingBody `json:"messaging_binding"`
}

func (s *Server) listParticipants(r *http.Request, a *Account, ids []string) answer {
	k, no := s.talkOf(r, a, ids[0])
	if no != nil {
		return refused(no)
	}
	all := k.all
	if k.late {
		all, k.late = nil, false
	}
	found, p, no := page(s, r, all, func(p participant) string { return p.sid })
	if no != nil {
		return refused(no)
	}
	body := struct {
		Meta metaBody          `json:"meta"`
		All  []participantBody `json:"participants"`
	}{s.meta(p, "participants"), []participantBody{}}
	for _, p := range found {
		body.All = append(body.All, participantBody{p.sid, k.sid, optional(p.identity), bindingBody{"sms", p.address, p.projected}})
	}
	return answer{status: http.StatusOK, body: body}
}

// listJoined lists the talks that somebody is in, by identity or by address.
func (s *Server) listJoined(r *http.Request, a *Account, _ []string) answer {
	type joined struct {
		TalkSID string  `json:"conversation_sid"`
		Name    *string `json:"conversation_unique_name"`
		State   string  `json:"conversation_state"`
	}
	q := r.URL.Query()
	var all []joined
	for _, k := range slices.Backward(s.talks) {
		in := slices.ContainsFunc(k.all, func(p participant) bool {
			return q.Has("Identity") && p.identity == q.Get("Identity") || q.Has("Address") && p.address == q.Get("Address")
		})
		if in && k.account == a.SID {
			all = append(all, joined{k.sid, optional(k.name), k.state()})
		}
	}
	found, p, no := page(s, r, all, func(j joined) string { return j.TalkSID })
	if no != nil {
		return refused(no)
	}
	return answer{status: http.StatusOK, body: struct {
		Meta metaBody `json:"meta"`
		All  []joined `json:"conversations"`
	}{s.meta(p, "conversations"), append([]joined{}, found...)}}
}
