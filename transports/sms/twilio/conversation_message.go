package twilio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"wherry/transports/sms/provider"
)

// spokenSID is how Twilio names a message in a Conversation.
var spokenSID = regexp.MustCompile(`^IM[0-9A-Fa-f]{32}$`)

// spokenBody is a message in a Conversation.
type spokenBody struct {
	SID    string      `json:"sid"`
	Author string      `json:"author"`
	Body   string      `json:"body"`
	Made   string      `json:"date_created"`
	Media  []mediaBody `json:"media"`
}

// mediaBody is a file of such a message, as the API and as calls spell it.
type mediaBody struct {
	SID   string `json:"sid"`
	Type  string `json:"content_type"`
	Type2 string `json:"ContentType"`
}

// SendGroup says something in a Conversation, as its participant: nobody else
// may (Twilio's error 50513).
func (p *Provider) SendGroup(ctx context.Context, c provider.Credentials, g provider.Group, text string) (string, error) {
	if !pathSafe.MatchString(g.ID) {
		return "", noGroup("not the SID of a conversation")
	}
	one, err := p.caller(ctx, c, loginOf(c), true)
	if err != nil {
		return "", err
	}
	var said spokenBody
	err = one.talk(http.MethodPost, conversationsPath+"/"+g.ID+"/Messages", url.Values{"Author": {g.Self}, "Body": {text}}, &said)
	if err == nil && said.SID == "" {
		err = one.missing("a SID")
	}
	return said.SID, err
}

// ListGroup lists what was said in a Conversation. Its own filters know no time:
// it is read from its end.
func (p *Provider) ListGroup(ctx context.Context, c provider.Credentials, g provider.Group, since time.Time, most int) ([]provider.Item, bool, error) {
	if !pathSafe.MatchString(g.ID) {
		return nil, false, noGroup("not the SID of a conversation")
	}
	query := url.Values{"Order": {"desc"}, "PageSize": {strconv.Itoa(pageSize)}}
	seen := make(map[string]bool) // a page shifts where something comes meanwhile
	var all []provider.Item
	missed := false
pages:
	for range mostPage {
		var list struct {
			Meta metaBody     `json:"meta"`
			All  []spokenBody `json:"messages"`
		}
		if err := p.ask(ctx, c, http.MethodGet, conversationsPath+"/"+g.ID+"/Messages", query, &list); err != nil {
			return nil, false, err
		}
		for _, said := range list.All {
			item := p.spoken(said, g)
			switch {
			case !item.Time.IsZero() && item.Time.Before(since.Truncate(time.Second)):
				missed = false
				break pages
			case item.ID == "" || seen[item.ID]:
			case len(all) == max(most, 0):
				missed = true
				break pages
			default:
				seen[item.ID] = true
				all = append(all, item)
			}
		}
		if missed = turn(query, list.Meta); !missed {
			break
		}
	}
	slices.Reverse(all)
	return all, missed, nil
}

// spoken returns a message as an item.
func (p *Provider) spoken(said spokenBody, g provider.Group) provider.Item {
	item := provider.Item{
		ID: said.SID, Line: g.Line, Peer: said.Author, Inbound: said.Author != g.Self && said.Author != g.Line,
		Text: said.Body, Media: p.filesOf(said.Media, g.Service), Time: parseISO(said.Made),
	}
	item.NumMedia = len(item.Media)
	if !item.Inbound {
		item.State = provider.Sent
	}
	return item
}

// filesOf returns the files of a message, which a service keeps.
func (p *Provider) filesOf(all []mediaBody, service string) []provider.Medium {
	var media []provider.Medium
	for _, m := range all {
		if len(media) == mostMedia || !pathSafe.MatchString(m.SID) || !pathSafe.MatchString(service) {
			continue
		}
		typ := m.Type
		if typ == "" {
			typ = m.Type2
		}
		media = append(media, provider.Medium{Ref: p.shared + servicesPath + service + "/Media/" + m.SID, Type: typ})
	}
	return media
}

// readFiles reads the files that a call tells of: a list in JSON, or nothing.
func readFiles(text string) []mediaBody {
	var all []mediaBody
	if text == "" || json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	return all
}

// parseISO reads a time of ISO 8601; zero where it is none.
func parseISO(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
