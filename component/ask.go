package component

import (
	"context"
	"errors"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// Ask sends an iq get of ours and returns the answer, an error's too. The error
// is that none came in time.
func (d *Domain) Ask(ctx context.Context, from, to jid.JID, payload stanza.Element) (*stanza.IQ, error) {
	answer := make(chan *stanza.IQ, 1)
	id := d.asked.ask(from, to, askWithin, func(iq *stanza.IQ) { answer <- iq })
	q := &stanza.IQ{Header: stanza.Header{From: from, To: to, ID: id, Type: stanza.TypeGet}, Payload: []stanza.Element{payload}}
	if !d.link.send(&d.share, q) {
		return nil, &transports.Error{Kind: transports.Unreachable, Err: errors.New("no stream to the server")}
	}
	select {
	case iq := <-answer:
		if iq == nil {
			return nil, &transports.Error{Kind: transports.Unreachable, Err: errors.New("no answer to an iq")}
		}
		return iq, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// askWithin is how long Ask waits.
const askWithin = 30 * time.Second

// Ask is Domain.Ask on the domain of the asking address.
func (c *Component) Ask(ctx context.Context, from, to jid.JID, payload stanza.Element) (*stanza.IQ, error) {
	d := c.domains[from.Domain]
	if d == nil {
		return nil, &transports.Error{Kind: transports.Internal, Err: errors.New("an iq from none of our domains")}
	}
	return d.Ask(ctx, from, to, payload)
}
