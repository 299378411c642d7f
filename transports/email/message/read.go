package message

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"

	"wherry/transports/email/calendar"
)

// Read reads a mail, or a header alone. It is never refused for what it is like;
// the error is r's, and the Mail holds what was read before it. What is held in
// memory is bounded, however long the mail is.
func Read(r io.Reader) (*Mail, error) {
	k := &keeper{mail: &Mail{}}
	w := newWalker(r, k)
	root := &entity{}
	err := w.run(root)
	k.mail.fill(root.header, k.charset)
	k.mail.size = w.read
	k.mail.Whole = w.whole && !k.cut
	k.finish(root)
	return k.mail, err
}

// fill reads the fields of a header. A subject that is not as it should be is in the
// encoding of the text, if that names one.
func (m *Mail) fill(h mail.Header, charset string) {
	m.Header = h
	m.ID = firstID(&h, "Message-Id")
	m.InReplyTo = cutIDs(ids(&h, "In-Reply-To"))
	m.References = cutIDs(ids(&h, "References"))
	m.From = addresses(&h, "From")
	m.Sender = addresses(&h, "Sender")
	m.ReplyTo = addresses(&h, "Reply-To")
	m.To = addresses(&h, "To")
	m.Cc = addresses(&h, "Cc")
	subject := h.Get("Subject")
	if !utf8.ValidString(subject) {
		subject = decodeText(charset, []byte(subject))
	}
	m.Subject = cutString(fieldText(subject), 1000)
	m.Date = parseDate(&h)
	m.sum = sumHeader(h)
	m.Raw = h.Len() == 0
}

func sumHeader(h mail.Header) (sum [32]byte) {
	hash := sha256.New()
	for f := h.Fields(); f.Next(); {
		io.WriteString(hash, f.Key()+"\x00"+f.Value()+"\x00")
	}
	hash.Sum(sum[:0])
	return sum
}

// keeper keeps what is to be known of a mail's leaves.
type keeper struct {
	mail   *Mail
	groups []group
	plain  int // bytes of text kept so far
	html   int
	extras int
	cut    bool // some of it was too long

	charset string // of the first text that names one

	now leaf
}

// leaf is what is known of the current one.
type leaf struct {
	part    Part
	role    role
	decoder io.WriteCloser
	text    []byte // kept of it
	most    int    // how much may be
	size    int64
	hash    hash.Hash
}

type role uint8

const (
	roleFile role = iota
	roleText
	roleExtra     // for programs alone
	roleExtraFile // for programs, and a file as well
	roleNothing
)

// group is one Body to be: the parts of one multipart/alternative, or a single one.
type group struct {
	top  string // path of what makes them one
	body Body
}

func (k *keeper) leaf(e *entity) io.Writer {
	k.now = leaf{part: part(e)}
	l := &k.now
	switch l.role = k.role(e, l.part); l.role {
	case roleText:
		l.most = maxText - k.plain
		if e.kind == typeHTML {
			l.most = maxHTML - k.html
		}
	case roleExtra, roleExtraFile:
		l.most = min(maxExtra, maxExtras-k.extras)
	case roleNothing:
		return nil
	}
	if l.role == roleFile || l.role == roleExtraFile {
		l.hash = sha256.New()
	}
	l.decoder = transferDecoder(e.header.Get("Content-Transfer-Encoding"), l)
	return l.decoder
}

// Write takes a piece of the decoded leaf.
func (l *leaf) Write(p []byte) (int, error) {
	l.size += int64(len(p))
	if l.hash != nil {
		l.hash.Write(p)
	}
	l.text = append(l.text, p[:min(len(p), max(0, l.most-len(l.text)))]...)
	return len(p), nil
}

// role tells what a leaf is for.
func (k *keeper) role(e *entity, p Part) role {
	alternative := top(e) != e
	switch {
	case p.Disposition == "reaction", e.kind == typeGoogleReaction:
		return roleExtra
	case slices.Contains(machineTypes, e.kind):
		return roleExtra
	case e.kind == typeCalendar || e.kind == "application/ics":
		return roleExtraFile
	case e.parent != nil && e.parent.kind == "multipart/report" && slices.Contains(returnedTypes, e.kind):
		return roleExtraFile
	case p.Disposition == "attachment" || !strings.HasPrefix(e.kind, "text/"):
		return roleFile
	case e.kind == "text/x-amp-html" || alternative && e.kind == "text/x-watch-html":
		return roleNothing
	case e.kind != typePlain && e.kind != typeHTML && e.kind != "text/enriched" && e.kind != "text/markdown":
		return roleFile
	case p.Name != "" && !alternative && len(k.groups) > 0:
		return roleFile
	}
	return roleText
}

// top returns the outermost multipart/alternative that an entity is in, else the
// entity.
func top(e *entity) *entity {
	found := e
	for p := e.parent; p != nil; p = p.parent {
		if p.kind == "multipart/alternative" {
			found = p
		}
	}
	return found
}

func (k *keeper) done(e *entity, whole bool) error {
	l := &k.now
	if l.role == roleNothing {
		return nil
	}
	if err := l.decoder.Close(); err != nil {
		return err
	}
	short := l.size > int64(len(l.text))
	switch l.role {
	case roleText:
		k.cut = k.cut || short
		k.addText(e, l.text)
		return nil
	case roleExtra, roleExtraFile:
		k.extras += len(l.text)
		k.mail.extras = append(k.mail.extras, extra{path: e.path, kind: e.kind, disposition: l.part.Disposition, text: decodeExtra(e, l.text)})
	}
	if l.role == roleExtra {
		return nil
	}
	l.part.Size, l.part.Known = l.size, whole
	l.hash.Sum(l.part.Sum[:0])
	if !whole {
		l.part.Sum = [32]byte{}
	}
	l.part.Signature = e.parent != nil && e.parent.kind == "multipart/signed" && e.parent.children > 1
	k.mail.Parts = append(k.mail.Parts, l.part)
	return nil
}

// decodeExtra returns what a part for programs holds, as text.
func decodeExtra(e *entity, raw []byte) []byte {
	if strings.HasPrefix(e.kind, "text/") && e.kind != "text/rfc822-headers" {
		return []byte(decodeText(e.params["charset"], raw))
	}
	return bytes.Clone(raw)
}

// addText adds a leaf of text to the body that it belongs to.
func (k *keeper) addText(e *entity, raw []byte) {
	if k.charset == "" {
		k.charset = e.params["charset"]
	}
	key := top(e).path
	i := slices.IndexFunc(k.groups, func(g group) bool { return g.top == key })
	if i < 0 {
		i = len(k.groups)
		k.groups = append(k.groups, group{top: key})
	}
	b := &k.groups[i].body
	if e.kind == typeHTML {
		k.html += len(raw)
		b.HTML = join(b.HTML, decodeHTML(e.params["charset"], raw))
		return
	}
	k.plain += len(raw)
	first := b.Plain == ""
	flowed := strings.EqualFold(e.params["format"], "flowed")
	text := strings.ReplaceAll(decodeText(e.params["charset"], raw), "\r\n", "\n")
	switch {
	case first:
		b.Flowed, b.DelSp = flowed, strings.EqualFold(e.params["delsp"], "yes")
	case b.Flowed && !flowed: // of two that differ, neither is changed more than it must
		b.Flowed = false
	}
	b.Plain = join(b.Plain, text)
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return strings.TrimRight(a, "\n") + "\n\n" + b
}

// finish makes the Mail whole after the walk.
func (k *keeper) finish(root *entity) {
	m := k.mail
	for _, g := range k.groups {
		if strings.TrimSpace(g.body.Plain) != "" || g.body.HTML != "" {
			m.Bodies = append(m.Bodies, g.body)
		}
	}
	m.markUsed()
	m.Encrypted, m.Signed = protection(root, m)
	if e, ok := m.extra(typeCalendar, "application/ics"); ok {
		m.Calendar = calendar.Parse(string(e.text))
	}
	m.Reaction = reaction(m)
	m.Receipt = receipt(m)
	m.Report = report(m, root)
}

// markUsed marks the parts to which the HTML refers, RFC 2392.
func (m *Mail) markUsed() {
	for _, b := range m.Bodies {
		if !strings.Contains(b.HTML, "cid:") && !strings.Contains(b.HTML, "CID:") {
			continue
		}
		used := contentIDs(b.HTML)
		for i, p := range m.Parts {
			if p.ID != "" && used[p.ID] {
				m.Parts[i].Used = true
			}
		}
	}
}

// contentIDs returns the ids of the "cid:" URLs in a text.
func contentIDs(text string) map[string]bool {
	ids := map[string]bool{}
	for len(ids) < maxParts {
		i := strings.Index(text, "cid:")
		if i < 0 {
			if i = strings.Index(text, "CID:"); i < 0 {
				break
			}
		}
		text = text[i+4:]
		end := strings.IndexAny(text[:min(len(text), 500)], "\"' )>\r\n\t&")
		if end < 0 {
			continue
		}
		ids[string(unpercent(text[:end]))] = true
	}
	return ids
}

// cutString returns the beginning of s, no more than so many characters.
func cutString(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
