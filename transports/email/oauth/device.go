package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wherry/transports"
)

// Device is a log-in that waits for the user (RFC 8628 §3.2).
type Device struct {
	Code     Secret // by which we ask
	UserCode string // what the user types
	URL      string // where
	Link     string // where nothing is to be typed; or empty
	Expires  time.Time
	Interval time.Duration // between questions
}

// Bounds on what a server says of a log-in.
const (
	intervalUsual = 5 * time.Second // RFC 8628 §3.2
	intervalMost  = time.Minute
	slowBy        = 5 * time.Second // RFC 8628 §3.5
	expiryUsual   = 15 * time.Minute
	expiryMost    = time.Hour
	userCodeMost  = 64
)

// Start begins a log-in.
func (c *Client) Start(ctx context.Context, p Provider) (Device, error) {
	if p.DeviceURL == "" {
		return Device{}, &transports.Error{Kind: transports.Unsupported, Text: transports.T("%s has no log-in by a code.", p.Name)}
	}
	now := time.Now()
	a, err := c.ask(ctx, p, p.DeviceURL, url.Values{"scope": {strings.Join(p.Scopes, " ")}})
	if err != nil {
		return Device{}, fmt.Errorf("begin a log-in: %w", err)
	}
	d := Device{
		Code: Secret(a.DeviceCode), UserCode: a.UserCode, URL: first(a.URI, a.URL), Link: a.CompleteURI,
		Expires: now.Add(a.ExpiresIn.or(expiryUsual, time.Minute, expiryMost)), Interval: a.Interval.or(intervalUsual, time.Second, intervalMost),
	}
	if !visible(a.DeviceCode, tokenMost) || !visible(d.UserCode, userCodeMost) || !shown(d.URL) {
		return Device{}, refusal(p, http.StatusOK, "")
	}
	if !shown(d.Link) {
		d.Link = ""
	}
	return d, nil
}

// shown tells whether a link can be shown to a person.
func shown(link string) bool { return visible(link, 2000) && secure(link) }

// Poll asks once whether the user is done. ErrPending and ErrSlowDown in the chain
// of the error mean: not yet.
func (c *Client) Poll(ctx context.Context, p Provider, d Device) (Token, error) {
	now := time.Now()
	if !now.Before(d.Expires) {
		return Token{}, refusal(p, 0, "expired_token")
	}
	a, err := c.ask(ctx, p, p.TokenURL, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {string(d.Code)}})
	if err != nil {
		return Token{}, fmt.Errorf("ask for a token: %w", err)
	}
	return a.token(p, "", now)
}

// Wait asks until the user is done, declined or was too slow, or ctx is done. It
// asks less often where the server wishes that, or does not answer.
func (c *Client) Wait(ctx context.Context, p Provider, d Device) (Token, error) {
	ctx, cancel := context.WithDeadline(ctx, d.Expires)
	defer cancel()
	for {
		if err := c.pause(ctx, d.Interval); err != nil {
			if !time.Now().Before(d.Expires) {
				return Token{}, refusal(p, 0, "expired_token")
			}
			return Token{}, &transports.Error{Kind: transports.Unreachable, Err: err}
		}
		t, err := c.Poll(ctx, p, d)
		e := transports.AsError(err)
		switch {
		case err == nil:
			return t, nil
		case errors.Is(err, ErrPending):
		case errors.Is(err, ErrSlowDown):
			d.Interval += slowBy
		case e.Kind == transports.Unreachable || e.Kind == transports.Busy:
			d.Interval = min(max(2*d.Interval, e.After), intervalMost)
		default:
			return Token{}, err
		}
	}
}

// pause waits for a while.
func (c *Client) pause(ctx context.Context, d time.Duration) error {
	if c.wait != nil {
		return c.wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
