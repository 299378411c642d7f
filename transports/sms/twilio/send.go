package twilio

import (
	"context"
	"time"

	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports/sms/provider"
)

// Bounds of a ValidityPeriod.
const (
	shortest = time.Second
	longest  = 10 * time.Hour
)

// Send makes one request. It sets no idempotency key: Twilio has none.
func (p *Provider) Send(ctx context.Context, c provider.Credentials, o provider.Outgoing) ([]string, error) {
	api, one, err := p.connect(ctx, c, loginOf(c), true)
	if err != nil {
		return nil, err
	}
	m, err := api.CreateMessage(params(o))
	switch {
	case err != nil:
		return nil, one.fault(err)
	case value(m.Sid) == "":
		return nil, one.missing("a SID")
	}
	if item := itemOf(m); item.State == provider.Failed {
		// It failed at once, of which no call will tell.
		return []string{item.ID}, item.Err
	}
	return []string{canonical(*m.Sid)}, nil
}

// params writes what is to be sent.
func params(o provider.Outgoing) *v2010.CreateMessageParams {
	q := new(v2010.CreateMessageParams).SetFrom(lineFor(o.Line, o.To)).SetTo(o.To)
	if o.Text != "" {
		q.SetBody(o.Text)
	}
	if len(o.Media) > 0 {
		q.SetMediaUrl(o.Media)
	}
	if o.Status != "" {
		q.SetStatusCallback(o.Status)
	}
	if o.Within != 0 {
		q.SetValidityPeriod(int(min(max(o.Within, shortest), longest) / time.Second))
	}
	return q
}
