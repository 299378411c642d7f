// Package sharing is files in messages: out-of-band data (XEP-0066), stateless
// file sharing (XEP-0447 with the metadata of XEP-0446), and the older media
// sharing (XEP-0385). The functions are pure.
package sharing

import (
	"strconv"
	"strings"

	"wherry/component/stanza"
)

// The namespaces.
const (
	NSOOB       = "jabber:x:oob"
	NSShare     = "urn:xmpp:sfs:0"
	NSEncrypted = "urn:xmpp:esfs:0" // XEP-0448
	nsMetadata  = "urn:xmpp:file:metadata:0"
	nsURL       = "http://jabber.org/protocol/url-data"
	nsReference = "urn:xmpp:reference:0"
	nsMedia     = "urn:xmpp:sims:1"
	nsJingle    = "urn:xmpp:jingle:apps:file-transfer:5"
)

// File is a file that a message shares.
type File struct {
	URL  string
	Name string
	Type string // media type
	Size int64  // in bytes; 0 where unknown
}

// mostFiles is how many files of one message are looked at.
const mostFiles = 100

// Files returns the files of a message, each once, as far as they have a URL:
// the first that tells of a URL wins, and the others fill in what it left out.
func Files(m *stanza.Message) []File {
	var all []File
	for i := range m.Payload {
		e := &m.Payload[i]
		switch {
		case e.Space == NSShare && e.Name == "file-sharing":
			all = add(all, shared(e))
		case e.Space == nsReference && e.Name == "reference":
			if media := e.Child(nsMedia, "media-sharing"); media != nil {
				all = add(all, sims(media))
			}
		case e.Space == NSOOB && e.Name == "x":
			all = add(all, File{URL: e.ChildText(NSOOB, "url")})
		}
	}
	return all
}

func add(all []File, f File) []File {
	f.URL = strings.TrimSpace(f.URL)
	if f.URL == "" || len(all) >= mostFiles {
		return all
	}
	for i := range all {
		if known := &all[i]; known.URL == f.URL {
			known.merge(f)
			return all
		}
	}
	return append(all, f)
}

func (f *File) merge(other File) {
	if f.Name == "" {
		f.Name = other.Name
	}
	if f.Type == "" {
		f.Type = other.Type
	}
	if f.Size == 0 {
		f.Size = other.Size
	}
}

// shared reads XEP-0447 §3.
func shared(e *stanza.Element) File {
	f := metadata(e.Child(nsMetadata, "file"), nsMetadata)
	sources := e.Child(NSShare, "sources")
	if sources == nil {
		return f
	}
	if source := sources.Child(nsURL, "url-data"); source != nil {
		f.URL = source.Attr("target")
	}
	return f
}

// sims reads XEP-0385 §3.
func sims(e *stanza.Element) File {
	f := metadata(e.Child(nsJingle, "file"), nsJingle)
	sources := e.Child(nsMedia, "sources")
	if sources == nil {
		return f
	}
	for i := range sources.Children {
		source := &sources.Children[i]
		if uri := source.Attr("uri"); source.Space == nsReference && isWeb(uri) {
			f.URL = uri
			break
		}
	}
	return f
}

func isWeb(uri string) bool {
	return strings.HasPrefix(uri, "https://") || strings.HasPrefix(uri, "http://") || strings.HasPrefix(uri, "aesgcm://")
}

// metadata reads what XEP-0446 and XEP-0234 call alike.
func metadata(e *stanza.Element, space string) (f File) {
	f.Name, f.Type = e.ChildText(space, "name"), e.ChildText(space, "media-type")
	if n, err := strconv.ParseInt(e.ChildText(space, "size"), 10, 64); err == nil && n > 0 {
		f.Size = n
	}
	return f
}

// Encrypted tells whether a message shares a file that only its receiver's
// client can open (XEP-0448).
func Encrypted(m *stanza.Message) bool {
	for i := range m.Payload {
		e := &m.Payload[i]
		if e.Space != NSShare || e.Name != "file-sharing" {
			continue
		}
		if e.Child(NSShare, "sources").Child(NSEncrypted, "encrypted") != nil {
			return true
		}
	}
	return false
}

// Elements returns what tells a client of a file whose URL is the whole body of
// the message.
func Elements(f File) []stanza.Element {
	file := stanza.E(nsMetadata, "file")
	if f.Type != "" {
		file.Children = append(file.Children, stanza.T(nsMetadata, "media-type", f.Type))
	}
	if f.Name != "" {
		file.Children = append(file.Children, stanza.T(nsMetadata, "name", f.Name))
	}
	if f.Size > 0 {
		file.Children = append(file.Children, stanza.T(nsMetadata, "size", strconv.FormatInt(f.Size, 10)))
	}
	return []stanza.Element{
		stanza.E(NSOOB, "x", stanza.T(NSOOB, "url", f.URL)),
		stanza.E(NSShare, "file-sharing", file,
			stanza.E(NSShare, "sources", stanza.E(nsURL, "url-data").With("target", f.URL))).With("disposition", "inline"),
	}
}

// WithoutURLs returns a body without the URLs of files that it consists of or
// ends with: clients write them there for those that show no files.
func WithoutURLs(body string, files []File) string {
	for changed := true; changed; {
		changed = false
		for _, f := range files {
			rest := strings.TrimRight(body, " \r\n\t")
			if before, ok := strings.CutSuffix(rest, f.URL); ok && (before == "" || strings.ContainsAny(before[len(before)-1:], " \r\n\t")) {
				body, changed = strings.TrimRight(before, " \r\n\t"), true
			}
		}
	}
	return body
}
