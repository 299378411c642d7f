package twilio

import (
	"context"
	"net/http"
	"net/url"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// added is the event of a message in a Conversation.
const added = "onMessageAdded"

// CallGroup reads one call of Twilio's for a Conversation. It is believed as
// other calls are. https://www.twilio.com/docs/conversations/conversations-webhooks
func (p *Provider) CallGroup(ctx context.Context, c provider.Credentials, hook string, r transports.Request) (string, []provider.Item, transports.Reply) {
	f, believed, status, why := readCall(c, hook, r)
	if status != 0 {
		return "", nil, p.refuse(c, status, why)
	}
	id, message := f["ConversationSid"], f["MessageSid"]
	switch {
	case f["EventType"] != added:
		return "", nil, transports.Reply{Status: http.StatusOK}
	case !conversationSID.MatchString(id) || !spokenSID.MatchString(message):
		return "", nil, p.refuse(c, http.StatusBadRequest, "not the SIDs of a conversation and a message")
	}
	said := spokenBody{SID: message, Author: f.text("Author"), Body: f.text("Body"), Made: f["DateCreated"], Media: readFiles(f["Media"])}
	if !believed {
		said = spokenBody{}
		err := p.ask(ctx, c, http.MethodGet, conversationsPath+"/"+id+"/Messages/"+message, nil, &said)
		switch {
		case err != nil && transports.AsError(err).Kind == transports.NotFound:
			return "", nil, p.refuse(c, http.StatusForbidden, "no such message")
		case err != nil:
			return "", nil, p.unasked(c, err)
		case said.SID != message:
			return "", nil, p.refuse(c, http.StatusForbidden, "not what Twilio has")
		}
	}
	return id, []provider.Item{p.spoken(said, provider.Group{Service: f["ChatServiceSid"]})}, transports.Reply{Status: http.StatusOK}
}

// SetGroupHook has Twilio call a URL for a Conversation. Such calls know no
// connection overrides: Twilio repeats none.
func (p *Provider) SetGroupHook(ctx context.Context, c provider.Credentials, id, before, to string) error {
	if !pathSafe.MatchString(id) {
		return noGroup("not the SID of a conversation")
	}
	hooks := conversationsPath + "/" + id + "/Webhooks"
	var list struct {
		All []struct {
			SID string `json:"sid"`
			At  struct {
				URL string `json:"url"`
			} `json:"configuration"`
		} `json:"webhooks"`
	}
	if err := p.ask(ctx, c, http.MethodGet, hooks, url.Values{"PageSize": {"100"}}, &list); err != nil {
		return err
	}
	there := to == ""
	for _, h := range list.All {
		switch {
		case h.At.URL == to:
			there = true
		case before != "" && h.At.URL == before && pathSafe.MatchString(h.SID):
			if err := p.ask(ctx, c, http.MethodDelete, hooks+"/"+h.SID, nil, nil); err != nil {
				return err
			}
		}
	}
	if there {
		return nil
	}
	return p.ask(ctx, c, http.MethodPost, hooks, url.Values{
		"Target": {"webhook"}, "Configuration.Url": {to}, "Configuration.Method": {http.MethodPost}, "Configuration.Filters": {added},
	}, nil)
}
