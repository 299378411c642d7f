package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/hosts"
)

// answerMost bounds an answer, in bytes.
const answerMost = 64 << 10

// askWithin is how long one request takes at most.
const askWithin = 30 * time.Second

// Client asks the servers of providers. Its HTTP client is dial.NewClient's.
type Client struct {
	HTTP *http.Client

	wait func(context.Context, time.Duration) error // in tests
}

// answer is what servers say: RFC 6749 §5.1 and §5.2, RFC 8628 §3.2.
type answer struct {
	Error string `json:"error"`

	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    number `json:"expires_in"`

	DeviceCode  string `json:"device_code"`
	UserCode    string `json:"user_code"`
	URI         string `json:"verification_uri"`
	URL         string `json:"verification_url"` // before the RFC
	CompleteURI string `json:"verification_uri_complete"`
	Interval    number `json:"interval"`
}

// number is a count of seconds, which some write as a string. What is none is 0.
type number int

func (n *number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err == nil && f > 0 && f < 1e9 {
		*n = number(f)
	}
	return nil
}

// or returns a number within bounds, or what holds where there is none.
func (n number) or(usual, least, most time.Duration) time.Duration {
	if n == 0 {
		return usual
	}
	return min(max(time.Duration(n)*time.Second, least), most)
}

// ask makes one request. The error has nothing of what was sent or came, but the
// code of a refusal.
func (c *Client) ask(ctx context.Context, p Provider, to string, form url.Values) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	form.Set("client_id", p.ClientID)
	if p.ClientSecret != "" {
		form.Set("client_secret", string(p.ClientSecret))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil || !secure(to) {
		return answer{}, &transports.Error{Kind: transports.NotAllowed, Err: errors.New("no URL of https")}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Wherry")
	got, err := c.HTTP.Do(r)
	if err != nil {
		return answer{}, unreachable(r.URL.Hostname(), err)
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(got.Body, answerMost))
	if err != nil {
		return answer{}, unreachable(r.URL.Hostname(), err)
	}
	return read(p, got, body)
}

// unreachable returns why there was no answer.
func unreachable(host string, err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	return hosts.Failure(host, err)
}

// read reads an answer.
func read(p Provider, got *http.Response, body []byte) (answer, error) {
	var a answer
	parsed := json.Unmarshal(body, &a) == nil
	switch status := got.StatusCode; {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		e := refusal(p, status, "")
		e.Kind, e.After = transports.Busy, dial.RetryAfter(got.Header, time.Now())
		return answer{}, e
	case status >= 500:
		return answer{}, refusal(p, status, "")
	case parsed && a.Error != "":
		return answer{}, refusal(p, status, a.Error)
	case status != http.StatusOK || !parsed:
		return answer{}, refusal(p, status, "")
	}
	return a, nil
}

// tokenMost bounds a token, in bytes.
const tokenMost = 16 << 10

// token reads a token from an answer. A provider that gives no new refresh token
// leaves the old one (RFC 6749 §6).
func (a answer) token(p Provider, old Secret, now time.Time) (Token, error) {
	if !visible(a.AccessToken, tokenMost) || a.RefreshToken != "" && !visible(a.RefreshToken, tokenMost) ||
		a.TokenType != "" && !strings.EqualFold(a.TokenType, "bearer") {
		return Token{}, refusal(p, http.StatusOK, "")
	}
	t := Token{Access: Secret(a.AccessToken), Refresh: Secret(a.RefreshToken), Expires: now.Add(a.ExpiresIn.or(time.Hour, time.Minute, 90*24*time.Hour))}
	if t.Refresh == "" {
		t.Refresh = old
	}
	return t, nil
}

// visible tells whether a value has only what tokens have (RFC 6749 appendix A).
func visible(s string, most int) bool {
	return s != "" && len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// Refresh returns the next token. An error with ErrInvalidGrant in its chain means
// that the user must log in again.
func (c *Client) Refresh(ctx context.Context, p Provider, t Token) (Token, error) {
	if t.Refresh == "" {
		return Token{}, refusal(p, 0, "invalid_grant")
	}
	now := time.Now()
	a, err := c.ask(ctx, p, p.TokenURL, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(t.Refresh)}, "scope": {strings.Join(p.Scopes, " ")}})
	if err != nil {
		return Token{}, fmt.Errorf("refresh: %w", err)
	}
	return a.token(p, t.Refresh, now)
}
