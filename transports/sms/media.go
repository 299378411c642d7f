package sms

import (
	"context"
	"net/url"
	"strings"
	"time"

	"wherry/transports"
)

// probeWithin bounds how long it may take to see what a file is.
const probeWithin = 15 * time.Second

// smallFile is how large a file may be that phone companies do not make
// smaller themselves.
const smallFile = 500_000

// fileKinds are the files that go as such, and up to which size; 0 is the
// provider's own limit. All others go as links. The first row that fits counts.
// https://www.twilio.com/docs/messaging/guides/accepted-mime-types
var fileKinds = []struct {
	typ  string // a whole media type, or its first half
	most int64
}{
	{"image/jpeg", 0}, {"image/png", 0}, {"image/gif", 0},
	{"image/svg+xml", -1}, {"image/", smallFile}, {"audio/", smallFile}, {"video/", smallFile},
	{"text/vcard", smallFile}, {"text/x-vcard", smallFile}, {"text/calendar", smallFile}, {"application/pdf", smallFile},
}

// goes tells whether a file goes as such.
func goes(typ string, size, left int64) bool {
	typ = strings.ToLower(typ)
	for _, k := range fileKinds {
		if typ != k.typ && (!strings.HasSuffix(k.typ, "/") || !strings.HasPrefix(typ, k.typ)) {
			continue
		}
		return size > 0 && size <= left && (k.most == 0 || size <= k.most)
	}
	return false
}

// checkFiles refuses what can only be read by who has the sender's key
// (XEP-0454), and what is no link.
func checkFiles(files []transports.Attachment) error {
	for _, f := range files {
		u, err := url.Parse(f.Ref)
		switch {
		case strings.HasPrefix(strings.ToLower(f.Ref), "aesgcm:"):
			return &transports.Error{Kind: transports.Impossible,
				Text: transports.T("Encrypted files can't be sent by MMS. Turn encryption off for this chat.")}
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			return &transports.Error{Kind: transports.Unfit,
				Text: transports.T("Only files that are on the web can be sent: their link begins with https://.")}
		}
	}
	return nil
}

// sort tells which files go as such, and which as links in the text. A line
// that sends no files sends links.
func (s *Session) sort(ctx context.Context, line string, files []transports.Attachment) (media, links []string) {
	s.mu.Lock()
	mms := s.mms[line]
	s.mu.Unlock()
	left := s.t.about.MediaBytes
	for _, f := range files {
		if mms && len(media) < s.t.about.MaxMedia {
			info, err := s.t.probe(ctx, f.Ref)
			if err == nil && goes(info.Type, info.Size, left) {
				media = append(media, f.Ref)
				left -= info.Size
				continue
			}
		}
		links = append(links, f.Ref)
	}
	switch {
	case len(links) == 0:
	case !mms:
		s.tellOnce("links."+line, transports.T("Your number %s cannot send pictures and files: they go as links.", line))
	default:
		s.tellOnce("links", transports.T("Only pictures of up to 5 MB, and other files of up to 500 kB, go as such: others go as links."))
	}
	return media, links
}
