package sms

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
)

// Bounds of seeing what the files of a message are, which is part of the time
// that sending it may take. What is not seen by then goes as a link.
const (
	probeWithin = 15 * time.Second // one
	seenWithin  = 20 * time.Second // all
	probesMost  = 4                // at once
)

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
	var seen []dial.Info
	if mms {
		seen = s.t.probes(ctx, files)
	}
	for i, f := range files {
		if mms && len(media) < s.t.about.MaxMedia && goes(seen[i].Type, seen[i].Size, left) {
			media = append(media, f.Ref)
			left -= seen[i].Size
			continue
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

// probes looks at files, a few at once. What could not be seen in time is of no
// type.
func (t *Transport) probes(ctx context.Context, files []transports.Attachment) []dial.Info {
	ctx, cancel := context.WithTimeout(ctx, seenWithin)
	defer cancel()
	seen, next := make([]dial.Info, len(files)), make(chan int, len(files))
	for i := range files {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for range min(probesMost, len(files)) {
		all.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				if info, err := t.probe(ctx, files[i].Ref); err == nil {
					seen[i] = info
				}
			}
		})
	}
	all.Wait()
	return seen
}
