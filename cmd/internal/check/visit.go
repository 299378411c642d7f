package check

import (
	"context"
	"errors"
	"slices"
	"time"

	"wherry/cmd/internal/config"
	"wherry/component/stanza"
	"wherry/component/stream"
)

// visit is a short stay on the server as one of the domains. What users send
// meanwhile is bounced, so that they see that it did not arrive.
type visit struct {
	domain  string
	conn    *stream.Conn
	writer  *stanza.Writer
	probes  chan<- arrival
	barrier chan struct{} // closed when the last probe came back
	over    chan struct{} // closed when the stream has ended
	bounced int           // valid when over
	late    int           // what could not be bounced any more; valid when over
	err     error         // of reading; valid when over
}

// enter opens the stream of a component. Others are all components on that
// server: their stanzas may come over it too. Probes that come are put into a
// channel that has room for all.
func enter(ctx context.Context, c config.Component, others []config.Component, probes chan<- arrival) (*visit, error) {
	conn, err := stream.Open(ctx, stream.Config{
		Domain: c.Domain, Secret: c.Secret.Reveal(), Server: c.Server, TLS: c.TLS, Timeout: openWithin,
	})
	if err != nil {
		return nil, err
	}
	v := &visit{
		domain: c.Domain, conn: conn, probes: probes, barrier: make(chan struct{}), over: make(chan struct{}),
		writer: &stanza.Writer{Domains: func(domain string) bool {
			return slices.ContainsFunc(others, func(c config.Component) bool { return c.Domain == domain })
		}},
	}
	go v.read()
	return v, nil
}

// read takes what comes until the stream ends.
func (v *visit) read() {
	defer close(v.over)
	for {
		st, err := v.conn.Read()
		var bad *stream.BadStanzaError
		switch {
		case errors.As(err, &bad):
			continue
		case err != nil:
			v.err = err
			return
		}
		v.take(st)
	}
}

func (v *visit) take(st stanza.Stanza) {
	switch {
	case st.Head().ID == v.lastProbe():
		v.reached()
	case isProbe(st):
		select {
		case v.probes <- arrival{st.Head().ID, v.domain}:
		default: // more than were sent
		}
	default:
		v.bounce(st)
	}
}

// bounce returns a stanza of a user, as the server would if nobody were here.
// Presence tells nothing, but a join waits for its answer.
func (v *visit) bounce(st stanza.Stanza) {
	if presence, ok := st.(*stanza.Presence); ok && presence.Child("http://jabber.org/protocol/muc", "x") == nil {
		return
	}
	reply := stanza.ErrorReply(st, &stanza.Error{
		Type: stanza.Wait, Condition: stanza.RemoteServerTimeout, Text: "The gateway is not running.", Lang: "en",
	})
	switch {
	case reply == nil:
	case v.send(reply) == nil:
		v.bounced++
	default:
		v.late++
	}
}

func (v *visit) send(st stanza.Stanza) error {
	p, err := v.writer.Append(nil, st)
	if err != nil {
		return err
	}
	return v.conn.Write(p)
}

func (v *visit) lastProbe() string { return probeMark + "last-" + v.domain }

// reached notes that the last probe came back.
func (v *visit) reached() {
	select {
	case <-v.barrier:
	default:
		close(v.barrier)
	}
}

// leave ends the stream, and reads it to its end: nothing is lost that was on
// its way. A message to the own domain comes back after all that the server
// sent before: that is bounced as long as it may be written.
func (v *visit) leave(ctx context.Context, r *Report) {
	if v.send(probe(v.domain, v.domain, v.lastProbe())) == nil {
		ctx, cancel := context.WithTimeout(ctx, routeWithin)
		defer cancel()
		select {
		case <-v.barrier:
		case <-v.over:
		case <-ctx.Done():
		}
	}
	err := v.conn.CloseWrite()
	late := time.AfterFunc(closeWithin, func() { _ = v.conn.Close() })
	<-v.over
	if !late.Stop() {
		r.Warn(v.domain, "the server did not end the stream in %s", closeWithin)
	}
	_ = v.conn.Close()
	v.tell(err, r)
}

// tell reports how the visit went; err is that of its end.
func (v *visit) tell(err error, r *Report) {
	var refused *stream.StreamError
	switch {
	case errors.As(v.err, &refused):
		r.Fail(v.domain, "after the handshake: %v", v.err)
	case err != nil:
		r.Warn(v.domain, "end of the stream: %v", err)
	}
	if v.bounced > 0 {
		r.Warn(v.domain, "users sent something meanwhile: %d stanzas were returned to them", v.bounced)
	}
	if v.late > 0 {
		r.Warn(v.domain, "users sent something at the last moment: %d stanzas are lost", v.late)
	}
}
