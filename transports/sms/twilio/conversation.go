package twilio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// Group texts go by Twilio's Conversations, an API of its own:
// https://www.twilio.com/docs/conversations/group-texting
const (
	conversationsPath = "/v1/Conversations"
	togetherPath      = "/v1/ConversationWithParticipants" // a Conversation with all that are in it, at once
	joinedPath        = "/v1/ParticipantConversations"     // those that somebody is in
)

// Bounds of what is looked through.
const (
	conversationsMost = 50 // of one number, for the one with the right people
	namesMost         = 5  // Conversations of the same people, all but the last closed
)

// soon is when a Conversation that was just made has everybody in it.
const soon = 2 * time.Second

// conversationSID is how Twilio names a Conversation.
var conversationSID = regexp.MustCompile(`^CH[0-9A-Fa-f]{32}$`)

// conversationBody is a Conversation as far as it matters.
type conversationBody struct {
	SID     string `json:"sid"`
	Service string `json:"chat_service_sid"`
	State   string `json:"state"`
}

// participantBody is somebody in a Conversation, either way: it is what reading
// them gives, and what making them takes.
type participantBody struct {
	Identity string       `json:"identity,omitempty"`
	Binding  *bindingBody `json:"messaging_binding,omitempty"`
}

// bindingBody is how somebody reads and writes: by a phone, or a number of the
// account's that stands for somebody without one.
type bindingBody struct {
	Address   string `json:"address,omitempty"`
	Projected string `json:"projected_address,omitempty"`
}

// metaBody leads through the lists of this API.
type metaBody struct {
	Next *string `json:"next_page_url"`
}

// ask makes one request of this API that sends nothing, and reads the answer.
func (p *Provider) ask(ctx context.Context, c provider.Credentials, method, path string, data url.Values, into any) error {
	one, err := p.caller(ctx, c, loginOf(c), false)
	if err != nil {
		return err
	}
	return one.talk(method, path, data, into)
}

// talk makes one request of this API, and reads the answer; into may be nil.
func (c *call) talk(method, path string, data url.Values, into any) error {
	_, body, err := c.do(method, c.p.talks+path, data)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return c.fault(err)
	}
	return nil
}

// disabled returns what a refusal means where it is not of one Conversation:
// that the account may not have any, or that this service has no such API.
func disabled(err error) error {
	e := transports.AsError(err)
	if e == nil || e.Kind != transports.NotFound && e.Kind != transports.Forbidden {
		return err
	}
	if _, ok := lookup(e.Code); ok {
		return err
	}
	return groupFailure.error(e.Code, e.Err)
}

// Group finds the Conversation of some people by a name that only theirs has,
// else makes it with all of them at once: one that is made step by step would
// be another one's on its way (Twilio's error 50438).
func (p *Provider) Group(ctx context.Context, c provider.Credentials, line string, members []string) (provider.Group, error) {
	g := provider.Group{Line: line, Self: line, Members: slices.Sorted(slices.Values(members))}
	for n := range namesMost {
		name := uniqueName(line, g.Members, n)
		var found conversationBody
		err := p.ask(ctx, c, http.MethodGet, conversationsPath+"/"+name, nil, &found)
		if e := transports.AsError(err); e != nil && e.Kind == transports.NotFound {
			return p.make(ctx, c, g, name)
		}
		if err != nil {
			return provider.Group{}, disabled(err)
		}
		if found.State != "closed" {
			return p.complete(ctx, c, g, found)
		}
	}
	return provider.Group{}, &transports.Error{Kind: transports.Conflict, Err: errors.New("too many closed conversations"),
		Text: transports.T("The group texts with these people were all ended at Twilio.")}
}

// uniqueName names the nth Conversation of some people, whoever makes it. It
// goes into paths, and says nothing of them.
func uniqueName(line string, members []string, n int) string {
	sum := sha256.Sum256([]byte(line + "," + strings.Join(members, ",")))
	return "wherry-" + hex.EncodeToString(sum[:16]) + "-" + strconv.Itoa(n)
}

// make makes a Conversation.
func (p *Provider) make(ctx context.Context, c provider.Credentials, g provider.Group, name string) (provider.Group, error) {
	data := url.Values{"UniqueName": {name}}
	all := []participantBody{{Identity: g.Self, Binding: &bindingBody{Projected: g.Line}}}
	for _, m := range g.Members {
		all = append(all, participantBody{Binding: &bindingBody{Address: m}})
	}
	for _, one := range all {
		text, err := json.Marshal(one)
		if err != nil {
			return provider.Group{}, &transports.Error{Kind: transports.Internal, Err: err}
		}
		data.Add("Participant", string(text))
	}
	var made conversationBody
	err := p.ask(ctx, c, http.MethodPost, togetherPath, data, &made)
	if e := transports.AsError(err); e != nil && (e.Code == "50438" || e.Code == "50353" || e.Code == "409") {
		return p.another(ctx, c, g, err)
	}
	if err != nil {
		return provider.Group{}, disabled(err)
	}
	return p.complete(ctx, c, g, made)
}

// complete returns the group of a Conversation, which must have everybody in
// it: Twilio lets them in after it answered.
func (p *Provider) complete(ctx context.Context, c provider.Credentials, want provider.Group, of conversationBody) (provider.Group, error) {
	g, err := p.group(ctx, c, of)
	switch {
	case err != nil:
		return provider.Group{}, err
	case g.Line != want.Line || !slices.Equal(g.Members, want.Members):
		return provider.Group{}, &transports.Error{Kind: transports.Busy, After: soon, Err: errors.New("a conversation without everybody in it"),
			Text: transports.T("Twilio has not let everybody into this group text yet. Try again soon.")}
	}
	return g, nil
}

// another finds the Conversation of the same people that somebody else made.
func (p *Provider) another(ctx context.Context, c provider.Credentials, want provider.Group, conflict error) (provider.Group, error) {
	ids, err := p.joined(ctx, c, url.Values{"Address": {want.Members[0]}}, conversationsMost)
	if err != nil {
		return provider.Group{}, err
	}
	for _, id := range ids {
		g, err := p.group(ctx, c, conversationBody{SID: id})
		if err != nil {
			return provider.Group{}, err
		}
		if g.Line == want.Line && slices.Equal(g.Members, want.Members) {
			return p.Grouped(ctx, c, id)
		}
	}
	return provider.Group{}, conflict
}

// Grouped returns the group of a Conversation.
func (p *Provider) Grouped(ctx context.Context, c provider.Credentials, id string) (provider.Group, error) {
	if !pathSafe.MatchString(id) {
		return provider.Group{}, noGroup("not the SID of a conversation")
	}
	var found conversationBody
	if err := p.ask(ctx, c, http.MethodGet, conversationsPath+"/"+id, nil, &found); err != nil {
		return provider.Group{}, err
	}
	if found.SID != id {
		return provider.Group{}, garbage(errors.New("another conversation"), false)
	}
	return p.group(ctx, c, found)
}

// group reads who is in a Conversation. One without a number of ours, or
// without phones, is no group.
func (p *Provider) group(ctx context.Context, c provider.Credentials, of conversationBody) (provider.Group, error) {
	g := provider.Group{ID: of.SID, Service: of.Service}
	if !pathSafe.MatchString(g.ID) {
		return provider.Group{}, garbage(errors.New("without a conversation"), false)
	}
	var list struct {
		All []participantBody `json:"participants"`
	}
	if err := p.ask(ctx, c, http.MethodGet, conversationsPath+"/"+g.ID+"/Participants", url.Values{"PageSize": {strconv.Itoa(pageSize)}}, &list); err != nil {
		return provider.Group{}, err
	}
	for _, one := range list.All {
		switch {
		case one.Binding == nil:
		case one.Binding.Projected != "":
			g.Line, g.Self = one.Binding.Projected, one.Binding.Projected
			if one.Identity != "" {
				g.Self = one.Identity
			}
		case one.Binding.Address != "" && !g.Has(one.Binding.Address):
			g.Members = append(g.Members, one.Binding.Address)
		}
	}
	slices.Sort(g.Members)
	return g, nil
}

// Groups lists the Conversations that a line speaks in by its own name.
func (p *Provider) Groups(ctx context.Context, c provider.Credentials, line string, most int) ([]string, error) {
	ids, err := p.joined(ctx, c, url.Values{"Identity": {line}}, most)
	return ids, disabled(err)
}

// joined lists the Conversations that somebody is in and that are not closed.
func (p *Provider) joined(ctx context.Context, c provider.Credentials, who url.Values, most int) ([]string, error) {
	var ids []string
	who.Set("PageSize", strconv.Itoa(pageSize))
	for range mostPage {
		var list struct {
			Meta metaBody `json:"meta"`
			All  []struct {
				SID   string `json:"conversation_sid"`
				State string `json:"conversation_state"`
			} `json:"conversations"`
		}
		if err := p.ask(ctx, c, http.MethodGet, joinedPath, who, &list); err != nil {
			return nil, err
		}
		for _, one := range list.All {
			if one.State != "closed" && pathSafe.MatchString(one.SID) && !slices.Contains(ids, one.SID) && len(ids) < most {
				ids = append(ids, one.SID)
			}
		}
		if len(ids) >= most || !turn(who, list.Meta) {
			break
		}
	}
	return ids, nil
}

// turn has a query ask for the next page of a list, where there is one.
func turn(query url.Values, meta metaBody) bool {
	next, more := following(meta.Next)
	if !more || next.token == query.Get("PageToken") && next.page == query.Get("Page") {
		return false
	}
	query.Set("PageToken", next.token)
	query.Set("Page", next.page)
	return true
}

// noGroup is the error of an id that is none of a group.
func noGroup(why string) error {
	return &transports.Error{Kind: transports.NotFound, Text: transports.T("Twilio has no such group text."), Err: errors.New(why)}
}
