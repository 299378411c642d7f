package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"wherry/transports/sms/provider"
)

// filesURL is where Twilio keeps the files of Conversations: another API, which
// tells where each can be got from without credentials, for a while.
// https://www.twilio.com/docs/conversations/api/media-resource
const filesURL = "https://mcs.us1.twilio.com"

// servicesPath is where that API has what belongs to services.
const servicesPath = "/v1/Services/"

// isShared tells whether a URL is that of a file in a Conversation.
func (p *Provider) isShared(ref string) bool {
	rest, ok := strings.CutPrefix(ref, p.shared+servicesPath)
	parts := strings.Split(rest, "/")
	return ok && len(parts) == 3 && pathSafe.MatchString(parts[0]) && parts[1] == "Media" && pathSafe.MatchString(parts[2])
}

// direct asks where a file of a Conversation can be got from now.
func (p *Provider) direct(ctx context.Context, c provider.Credentials, ref string) (*url.URL, error) {
	one, err := p.caller(ctx, c, loginOf(c), false)
	if err != nil {
		return nil, err
	}
	_, body, err := one.do(http.MethodGet, ref, nil)
	if err != nil {
		return nil, err
	}
	var file struct {
		Links struct {
			Direct string `json:"content_direct_temporary"`
		} `json:"links"`
	}
	if err := json.Unmarshal(body, &file); err != nil {
		return nil, one.fault(err)
	}
	u, err := url.Parse(file.Links.Direct)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, one.fault(errors.New("without the place of a file"))
	}
	return u, nil
}
