package irc

import (
	"context"
	"time"

	"wherry/transports"
)

// Probe pings the network. A bouncer's answer is its own.
func (s *Session) Probe(ctx context.Context) (time.Duration, error) {
	c, err := s.live()
	if err != nil {
		return 0, err
	}
	r := &request{verb: "PING"}
	var sent time.Time
	err = c.ask(ctx, r, func() ([]byte, error) {
		sent = time.Now()
		r.fence = "wherry-" + c.mint()
		return appendLine(nil, "PING", r.fence)
	})
	if err != nil {
		return 0, err
	}
	return max(time.Since(sent), 0), nil
}

var _ transports.Prober = (*Session)(nil)
