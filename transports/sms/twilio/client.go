package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// mostAnswer is how long an answer of the API may be.
const mostAnswer = 4 << 20

// agent is how we call ourselves.
const agent = "Wherry"

// call is the client.BaseClient of one use of the library, which knows no
// context: the call has it.
type call struct {
	p       *Provider
	ctx     context.Context
	account string
	as      login
	sends   bool // it sends a message: where there is no answer, one may have been sent
}

// caller returns what makes one request as the given log-in.
func (p *Provider) caller(ctx context.Context, c provider.Credentials, as login, sends bool) (*call, error) {
	if err := p.check(c.Account, as); err != nil {
		return nil, err
	}
	return &call{p: p, ctx: ctx, account: c.Account, as: as, sends: sends}, nil
}

// connect returns the API as the given log-in sees it, for one request.
func (p *Provider) connect(ctx context.Context, c provider.Credentials, as login, sends bool) (*v2010.ApiService, *call, error) {
	one, err := p.caller(ctx, c, as, sends)
	if err != nil {
		return nil, nil, err
	}
	// Made by hand, because the library's own way reads regions from the environment.
	return v2010.NewApiService(&client.RequestHandler{Client: one}), one, nil
}

// AccountSid is the account that paths name.
func (c *call) AccountSid() string { return c.account }

// SetTimeout does nothing: the context and the Provider bound the time.
func (c *call) SetTimeout(time.Duration) {}

// SetOauth does nothing: we log in by RFC 7617.
func (c *call) SetOauth(client.OAuth) {}

// OAuth is none.
func (c *call) OAuth() client.OAuth { return nil }

// SendRequest makes one request of the library's. What it returns is an answer
// of 2xx that was read to its end, or a *transports.Error.
func (c *call) SendRequest(method, raw string, data url.Values, _ map[string]any, _ ...byte) (*http.Response, error) {
	answer, body, err := c.do(method, c.p.base+strings.TrimPrefix(raw, DefaultURL), data)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: answer.StatusCode, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(lenient(body)))}, nil
}

// do makes one request to a URL. It returns the head of an answer of 2xx and
// all of its body, or a *transports.Error.
func (c *call) do(method, target string, data url.Values) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.p.timeout)
	defer cancel()
	var begun atomic.Bool // a connection was there to write to, secured
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begun.Store(true) }})
	request, err := c.request(ctx, method, target, data)
	if err != nil {
		return nil, nil, &transports.Error{Kind: transports.Internal, Err: bare(err)}
	}
	start := time.Now()
	answer, err := c.p.api.Do(request)
	if err != nil {
		return nil, nil, broken(bare(err), c.sends && begun.Load())
	}
	c.p.clock(answer)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	c.p.log.Debug("twilio: answered", "method", method, "path", request.URL.Path, "status", answer.StatusCode,
		"bytes", len(body), "after", time.Since(start))
	switch {
	case answer.StatusCode/100 != 2:
		return nil, nil, c.refusal(answer, body)
	case err != nil:
		return nil, nil, broken(bare(err), c.sends)
	case len(body) > mostAnswer:
		return nil, nil, garbage(errors.New("the answer is too long"), c.sends)
	}
	return answer, body, nil
}

// clock notes what time it is at Twilio (RFC 9110 §6.6.1). What refuses may be
// somebody on the way.
func (p *Provider) clock(answer *http.Response) {
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil && answer.StatusCode/100 == 2 {
		p.ahead.Store(int64(at.Sub(p.now())))
	}
}

// request writes what is asked for. The query of a GET goes as it is: the
// library's own client would take dots with digits out of it.
func (c *call) request(ctx context.Context, method, target string, data url.Values) (*http.Request, error) {
	var form io.Reader
	switch {
	case method == http.MethodPost:
		form = strings.NewReader(data.Encode())
	case len(data) > 0:
		target += "?" + data.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, target, form)
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", formType)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", agent)
	r.SetBasicAuth(c.as.user, c.as.secret)
	return r, nil
}

// fault returns an error of the library's: what SendRequest returned, or that
// the answer could not be read.
func (c *call) fault(err error) error {
	var e *transports.Error
	if errors.As(err, &e) {
		return e
	}
	return garbage(err, c.sends)
}

// missing is the fault of an answer without what it must have.
func (c *call) missing(what string) error {
	return garbage(fmt.Errorf("an answer without %s", what), c.sends)
}

// bare returns an error without the URL, which has numbers in it.
func bare(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
