package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/dial"
)

// NS is the namespace of XEP-0363: HTTP File Upload.
const NS = "urn:xmpp:http:upload:0"

// Asker asks somebody on the XMPP side, and waits for the one answer: a result
// or an error. An error of its own says that there was none.
type Asker interface {
	Ask(ctx context.Context, from, to jid.JID, payload stanza.Element) (*stanza.IQ, error)
}

// Bounds on what a service may tell.
const (
	urlMost    = 8 << 10 // bytes of a URL
	headerMost = 8 << 10 // bytes of one header
	headersMax = 8       // headers of a slot
	answerMost = 4 << 10 // bytes read of the answer to a PUT
	putWithin  = 10 * time.Minute
)

// Client puts files to upload services. It is safe for concurrent use.
type Client struct {
	asker Asker
	http  *http.Client
	plain bool
	found *finds
}

// NewClient returns a client that asks by a, and sends by client, as
// dial.NewClient makes it. Where plain is set, slots may be of http too.
func NewClient(a Asker, client *http.Client, plain bool) *Client {
	return &Client{asker: a, http: client, plain: plain, found: newFinds()}
}

// File is what a service is told of a file.
type File struct {
	Name string // not empty
	Type string
	Size int64
}

// Slot is a place for one file.
type Slot struct {
	Put    string // URL to send it to
	Get    string // URL under which it is found then
	Header http.Header
}

// Slot asks a service for a slot, in the name of from. XEP-0363 §5
func (c *Client) Slot(ctx context.Context, from jid.JID, s Service, f File) (Slot, error) {
	if s.Max > 0 && f.Size > s.Max {
		return Slot{}, tooLong(s.Max)
	}
	request := stanza.E(NS, "request").With("filename", f.Name).With("size", strconv.FormatInt(f.Size, 10))
	if f.Type != "" {
		request = request.With("content-type", f.Type)
	}
	answer, err := c.asker.Ask(ctx, from, s.JID, request)
	if err != nil {
		return Slot{}, unanswered(err)
	}
	if answer.Type != stanza.TypeResult {
		return Slot{}, refusal(answer, time.Now())
	}
	slot, err := parseSlot(answer.Child(NS, "slot"), c.plain)
	if err != nil {
		return Slot{}, &transports.Error{Kind: transports.Unsupported, Text: textFailed, Err: fmt.Errorf("slot of %s: %w", s.JID, err)}
	}
	return slot, nil
}

// parseSlot reads a <slot/>. XEP-0363 §5
func parseSlot(e *stanza.Element, plain bool) (Slot, error) {
	put, get := e.Child(NS, "put"), e.Child(NS, "get")
	slot := Slot{Put: put.Attr("url"), Get: get.Attr("url"), Header: http.Header{}}
	if err := checkURL(slot.Put, plain); err != nil {
		return Slot{}, fmt.Errorf("put: %w", err)
	}
	if err := checkURL(slot.Get, plain); err != nil {
		return Slot{}, fmt.Errorf("get: %w", err)
	}
	for i := range put.Children {
		h := &put.Children[i]
		if h.Space != NS || h.Name != "header" {
			continue
		}
		name, value := header(h.Attr("name"), h.Text)
		switch {
		case !slices.Contains(allowed, name):
		case !printable(value), len(value) > headerMost, len(slot.Header[name]) == headersMax:
			return Slot{}, errHeader
		default:
			slot.Header.Add(name, value)
		}
	}
	return slot, nil
}

var (
	errURL    = errors.New("no URL of https without user and fragment")
	errHeader = errors.New("header that cannot be sent")
)

func checkURL(s string, plain bool) error {
	u, err := url.Parse(s)
	if err != nil || len(s) > urlMost || u.Hostname() == "" || u.User != nil || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !plain) {
		return errURL
	}
	return nil
}

// allowed are the headers that a slot may set. XEP-0363 §5
var allowed = []string{"Authorization", "Cookie", "Expires"}

// header strips line breaks, as XEP-0363 §5 asks for, and what is around.
func header(name, value string) (string, string) {
	strip := strings.NewReplacer("\r", "", "\n", "")
	return http.CanonicalHeaderKey(strings.TrimSpace(strip.Replace(name))), strings.TrimSpace(strip.Replace(value))
}

// printable tells whether s may be the value of a header (RFC 9110 §5.5).
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// Put sends a file to its slot. What the file holds is read at once or in
// pieces, and again where the connection broke before anything was sent.
func (c *Client) Put(ctx context.Context, slot Slot, f File, content io.ReaderAt) error {
	ctx, cancel := context.WithTimeout(ctx, putWithin)
	defer cancel()
	open := func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(content, 0, f.Size)), nil }
	body, _ := open()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, slot.Put, body)
	if err != nil {
		return &transports.Error{Kind: transports.Unsupported, Text: textFailed, Err: errURL}
	}
	r.ContentLength, r.GetBody = f.Size, open
	for name, values := range slot.Header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", f.Type)
	answer, err := c.http.Do(r)
	if err != nil {
		return worded(dial.Failure(err))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, answerMost) // so that the connection can be used again
	switch answer.StatusCode {
	case http.StatusCreated, http.StatusOK:
		return nil
	}
	return worded(dial.StatusFailure(answer))
}
