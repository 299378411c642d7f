package twilio

import (
	"errors"
	"mime"
	"net/url"
	"strings"
)

// formType is what requests and calls carry.
const formType = "application/x-www-form-urlencoded"

// form holds the fields of a call as they came: byte by byte, since Twilio
// signs them so.
type form map[string]string

var errTwice = errors.New("a field twice")

// parseForm reads a body. A field that comes twice is an error: of those which
// are told apart by their order, one would be signed and another one read.
func parseForm(body string) (form, error) {
	f := make(form)
	for body != "" {
		var pair string
		pair, body, _ = strings.Cut(body, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return nil, err
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return nil, err
		}
		if _, twice := f[name]; twice {
			return nil, errTwice
		}
		f[name] = value
	}
	return f, nil
}

// text is a field with what is not UTF-8 replaced.
func (f form) text(name string) string { return strings.ToValidUTF8(f[name], "\uFFFD") }

// first is the first of some fields that is there.
func (f form) first(names ...string) string {
	for _, name := range names {
		if v := f[name]; v != "" {
			return v
		}
	}
	return ""
}

// isForm tells whether a Content-Type is that of a form, in whatever charset it
// claims: the bytes are Twilio's.
func isForm(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return kind == formType && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}
