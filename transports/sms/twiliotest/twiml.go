package twiliotest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"regexp"
	"strings"
)

// exact is the answer to a webhook that everyone takes for "nothing to do".
var exact = regexp.MustCompile(`^(<\?xml version="1\.0" encoding="UTF-8"\?>\s*)?<Response></Response>\s*$`)

// replies reads the answer to a webhook: what it has Twilio text to the sender,
// and the number of what is wrong with it. Plain text is texted as it is.
func replies(contentType string, body []byte) (texts []string, alert int) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "" && len(body) == 0:
		return nil, 0
	case kind == "text/plain":
		if text := strings.TrimSpace(string(body)); text != "" {
			return []string{text}, 0
		}
		return nil, 0
	case kind != "text/xml" && kind != "application/xml":
		return nil, alertType
	}
	return twiml(body)
}

// twiml reads a Response element and the Message elements in it.
func twiml(body []byte) (texts []string, alert int) {
	var text strings.Builder
	var path []string
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && path != nil:
			return texts, alert
		case err != nil:
			return nil, alertDocument
		}
		switch t := t.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			switch {
			case len(path) == 1 && t.Name.Local != "Response":
				return nil, alertSchema
			case len(path) == 2 && (t.Name.Local == "Message" || t.Name.Local == "Sms"):
				text.Reset()
			case len(path) == 2 && t.Name.Local != "Redirect":
				alert = alertSchema
			}
		case xml.EndElement:
			if len(path) == 2 && (t.Name.Local == "Message" || t.Name.Local == "Sms") {
				texts = append(texts, strings.TrimSpace(text.String()))
			}
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) == 2 || len(path) == 3 && path[2] == "Body" {
				text.Write(t)
			}
		}
	}
}

// textBack sends what the answer to a webhook asks for, as Twilio does and
// bills.
func (s *Server) textBack(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line, to := c.Form.Get("To"), c.Form.Get("From")
	if s.stopped[pair{line, to}] {
		return
	}
	for _, body := range c.Billed {
		m := &message{
			sid: NewSID("SM"), account: c.account, from: line, to: to, body: body,
			direction: "outbound-reply", status: "queued", segments: Segments(body),
		}
		s.keep(m)
		s.waiting[line]++
		text := s.slot(m)
		text.Billed = true
		s.live(m, text, Delivered(s.cfg.Delays))()
	}
}
