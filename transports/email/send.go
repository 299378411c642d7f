package email

import (
	"context"

	"wherry/transports"
)

// Send makes one attempt to send a mail.
func (s *Session) Send(context.Context, transports.Message) (transports.Sent, error) {
	return transports.Sent{}, &transports.Error{Kind: transports.Unsupported}
}
