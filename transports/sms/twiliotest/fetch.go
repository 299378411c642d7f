package twiliotest

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

const (
	mediaBytes  = 5 << 20 // of all media of a message
	alertTooBig = 11751
)

// fetchAll gets the media of a message that is to be sent as Twilio does: HEAD
// and GET, without credentials. It returns the code that the message fails
// with; 0: none.
func (s *Server) fetchAll(m *message, text *Text) int {
	ctx, cancel := context.WithTimeout(s.ctx, 15*time.Second)
	defer cancel()
	var all []Media
	left := int64(mediaBytes)
	for _, url := range m.urls {
		medium, code := s.fetchOne(ctx, url, left)
		if code != 0 {
			return code
		}
		left -= int64(len(medium.Data))
		all = append(all, medium)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, medium := range all {
		m.media = append(m.media, s.file(m, medium))
	}
	text.Media = all
	return 0
}

func (s *Server) fetchOne(ctx context.Context, url string, most int64) (Media, int) {
	var kind string
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		r, err := http.NewRequestWithContext(ctx, method, url, nil)
		if err != nil {
			return Media{}, alertRetrieval
		}
		r.Header.Set("User-Agent", "TwilioProxy/1.1")
		resp, err := s.client.Do(r)
		if err != nil {
			return Media{}, alertRetrieval
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
		_ = resp.Body.Close()
		told, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		switch {
		case err != nil, resp.StatusCode != http.StatusOK:
			return Media{}, alertRetrieval
		case int64(len(data)) > most, resp.ContentLength > most:
			return Media{}, alertTooBig
		case !sendable(told), kind != "" && told != kind:
			return Media{}, alertType
		case method == http.MethodGet && !fits(told, data):
			return Media{}, alertType
		case method == http.MethodGet:
			return Media{Type: told, Data: data}, 0
		}
		kind = told
	}
	return Media{}, alertRetrieval
}

// sendable tells whether Twilio takes media of a type.
func sendable(kind string) bool {
	family, _, _ := strings.Cut(kind, "/")
	switch family {
	case "image", "audio", "video":
		return kind != "image/svg+xml"
	case "text":
		return kind != "text/html" && kind != "text/xml"
	}
	return kind == "application/pdf" || kind == "application/vcard"
}

// fits tells whether content may be what its type says: what is plainly an
// image, or plainly is none, has to agree.
func fits(kind string, data []byte) bool {
	found, _, _ := mime.ParseMediaType(http.DetectContentType(data))
	switch kind {
	case "image/jpeg", "image/png", "image/gif":
		return found == kind
	}
	return !strings.HasPrefix(found, "image/") && found != "text/html" || found == kind
}
