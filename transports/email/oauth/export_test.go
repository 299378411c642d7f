package oauth

import (
	"context"
	"time"
)

// SetWait replaces the waiting between questions.
func (c *Client) SetWait(wait func(context.Context, time.Duration) error) { c.wait = wait }
