package twiliotest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Signing is how webhooks are signed where documentation leaves it open.
type Signing struct {
	Fragment bool // the URL is signed with its "#…"
	Port     bool // the URL is signed with the port that its scheme implies
}

// Sign returns the X-Twilio-Signature of a call to a URL with a POST's fields,
// or with nil for a GET.
func Sign(url string, fields url.Values, token string) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(url))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		values := slices.Clone(fields[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			mac.Write([]byte(name + value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignedRequest returns a POST to a webhook as Twilio makes it, for tests that
// change it before they send it.
func SignedRequest(ctx context.Context, to string, fields url.Values, token string) (*http.Request, error) {
	signed, _, _ := strings.Cut(to, "#")
	return request(ctx, http.MethodPost, to, fields, Sign(signed, fields, token), NewSID(""))
}

// request makes one request to a webhook.
func request(ctx context.Context, method, to string, fields url.Values, signature, token string) (*http.Request, error) {
	var body string
	if method == http.MethodGet {
		to = withQuery(to, fields)
	} else {
		body = fields.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request to a webhook: %w", err)
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	r.Header.Set("Accept", "*/*")
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	r.Header.Set("X-Twilio-Signature", signature)
	r.Header.Set("I-Twilio-Idempotency-Token", token)
	return r, nil
}

// withQuery adds fields to the query of a URL, before its fragment.
func withQuery(to string, fields url.Values) string {
	to, fragment, has := strings.Cut(to, "#")
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	to += sep + fields.Encode()
	if has {
		to += "#" + fragment
	}
	return to
}

// signedURL is the URL that a call is signed over.
func (s *Server) signedURL(to string) string {
	bare, fragment, has := strings.Cut(to, "#")
	if s.cfg.Signing.Port {
		bare = withPort(bare)
	}
	if s.cfg.Signing.Fragment && has {
		return bare + "#" + fragment
	}
	return bare
}

func withPort(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Port() != "" {
		return to
	}
	port := ":443"
	if u.Scheme == "http" {
		port = ":80"
	}
	return strings.Replace(to, u.Host, u.Host+port, 1)
}

// webURL tells whether Twilio takes a text as a URL to call: http or https, and
// a host without an underscore.
func webURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !strings.Contains(u.Hostname(), "_")
}
