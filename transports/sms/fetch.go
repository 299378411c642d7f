package sms

import (
	"context"

	"wherry/transports"
)

// Fetch opens a file that came with a message.
func (s *Session) Fetch(ctx context.Context, ref string) (*transports.Content, error) {
	return s.t.provider.Fetch(ctx, s.creds, ref)
}
