package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"wherry/transports"
)

// mostAnswer is how long an answer may be.
const mostAnswer = 1 << 20

// newHTTP returns a client that makes a connection for each request: on one
// that was used before, net/http may try a request again by itself.
func newHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:       (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// credentials are what a request is signed with.
type credentials struct{ user, password string }

func loginOf(s transports.Settings) credentials { return credentials{s[fieldUser], s[fieldPassword]} }

func (t *Transport) login(ctx context.Context, as credentials) error {
	return t.ask(ctx, as, http.MethodPost, "/login", nil, nil, t.cfg.Timeout)
}

// ask makes one request, and reads its answer into the given value. Where the
// error is Unsure, the request may have reached the network.
func (t *Transport) ask(ctx context.Context, as credentials, method, path string, body, into any, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var begun atomic.Bool // a connection was there to write to
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begun.Store(true) }})
	request, err := t.request(ctx, as, method, path, body)
	if err != nil {
		return &transports.Error{Kind: transports.Internal, Err: err}
	}
	response, err := t.http.Do(request)
	if err != nil {
		return broken(err, begun.Load())
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	return read(response.Body, into)
}

func (t *Transport) request(ctx context.Context, as credentials, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, t.cfg.URL+path, content)
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(as.user, as.password)
	return request, nil
}

// read reads an answer to its end.
func read(body io.Reader, into any) error {
	text, err := io.ReadAll(io.LimitReader(body, mostAnswer+1))
	switch {
	case err != nil:
		return broken(err, true)
	case len(text) > mostAnswer:
		return garbage(errors.New("the answer is too long"))
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return garbage(err)
	}
	return nil
}

// bare returns an error without the URL, which may hold what a user wrote.
func bare(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
