package twilio

import (
	"cmp"
	"context"
	"net/http"
	"regexp"

	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// The settings of a number that a provider.Hook has in Other, by Twilio's names.
const (
	otherApplication    = "SmsApplicationSid"
	otherFallback       = "SmsFallbackUrl"
	otherFallbackMethod = "SmsFallbackMethod"
)

// Hooked returns where Twilio calls for a line. An application that handles its
// texts stands in the way of any URL. A Messaging Service or a Conversation
// would too, but this API does not show them.
func (p *Provider) Hooked(ctx context.Context, c provider.Credentials, line string) (provider.Hook, error) {
	n, err := p.number(ctx, c, line)
	if err != nil {
		return provider.Hook{}, err
	}
	h := provider.Hook{
		URL:    value(n.SmsUrl),
		Method: value(n.SmsMethod),
		Other: map[string]string{
			otherApplication:    value(n.SmsApplicationSid),
			otherFallback:       value(n.SmsFallbackUrl),
			otherFallbackMethod: value(n.SmsFallbackMethod),
		},
	}
	if app := value(n.SmsApplicationSid); app != "" {
		h.Problem = transports.T("At Twilio the TwiML App %s handles what comes to %s, not a webhook of its own. Take the app off the number's messaging settings in the Twilio Console.", app, line)
	}
	return h, nil
}

// SetHook has Twilio call a URL for a line. Of the further settings those are
// put back that Other has a value for; the rest stays as it is, an application
// that stands in the way too: it is the user's to remove.
func (p *Provider) SetHook(ctx context.Context, c provider.Credentials, line string, h provider.Hook) error {
	n, err := p.number(ctx, c, line)
	if err != nil {
		return err
	}
	api, one, err := p.connect(ctx, c, loginOf(c), false)
	if err != nil {
		return err
	}
	q := new(v2010.UpdateIncomingPhoneNumberParams).SetSmsUrl(h.URL).SetSmsMethod(cmp.Or(h.Method, http.MethodPost))
	if app := h.Other[otherApplication]; app != "" {
		q.SetSmsApplicationSid(app)
	}
	if fallback := h.Other[otherFallback]; fallback != "" {
		q.SetSmsFallbackUrl(fallback)
	}
	if method := h.Other[otherFallbackMethod]; method != "" {
		q.SetSmsFallbackMethod(method)
	}
	changed, err := api.UpdateIncomingPhoneNumber(*n.Sid, q)
	switch {
	case err != nil:
		return one.fault(err)
	case value(changed.Sid) == "":
		return one.missing("a number")
	}
	return nil
}

// numberSID is what the SID of a number may have: it is put in paths.
var numberSID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// number finds a line among the account's numbers.
func (p *Provider) number(ctx context.Context, c provider.Credentials, line string) (v2010.ApiV2010IncomingPhoneNumber, error) {
	all, err := p.numbers(ctx, c, line)
	if err != nil {
		return v2010.ApiV2010IncomingPhoneNumber{}, err
	}
	for _, n := range all {
		if value(n.PhoneNumber) == line && numberSID.MatchString(value(n.Sid)) {
			return n, nil
		}
	}
	return v2010.ApiV2010IncomingPhoneNumber{}, &transports.Error{
		Kind: transports.NotFound, Text: transports.T("The number %s is not on that Twilio account.", line),
	}
}
