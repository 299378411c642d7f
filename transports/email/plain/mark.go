package plain

import "strings"

// Marks stand in lines of their own in what is made of HTML, for Cut. They are
// characters that no text has: XML has them not, and what comes from outside is
// rid of them.
const (
	markBox       = "\x1d" // an attribution and a quote follow, up to markEnd
	markTail      = "\x1e" // what follows is quoted, up to markEnd
	markEnd       = "\x1f"
	markSignature = "\x1c"
	markForward   = "\x1b" // what follows is a mail that is passed on
	marks         = markBox + markTail + markEnd + markSignature + markForward
)

// strip takes the marks out of a text.
func strip(s string) string {
	if !strings.ContainsAny(s, marks) {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		if !strings.ContainsAny(line, marks) {
			b.WriteString(line)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// container is how a program marks what it quotes in HTML.
type container struct {
	class, id, name, style string // words of these; style and id may be a part
	begin                  string
	end                    bool // it ends with its element; else all that follows belongs to it
}

var containers = []container{
	{class: "gmail_quote", begin: markBox, end: true},
	{class: "moz-cite-prefix", begin: markBox},
	{class: "moz-forward-container", begin: markForward},
	{class: "protonmail_quote", begin: markBox, end: true},
	{class: "tutanota_quote", begin: markBox, end: true},
	{class: "zmail_extra", begin: markBox, end: true},
	{class: "yahoo_quoted", begin: markTail, end: true},
	{name: "quote", begin: markTail, end: true}, // GMX, web.de
	{id: "divRplyFwdMsg", begin: markTail},      // Outlook on the web and on phones
	{id: "mail-editor-reference-message-container", begin: markTail},
	{class: "OutlookMessageHeader", begin: markTail},
	{style: "border:none;border-top:solid#e1e1e11.0pt", begin: markTail}, // Outlook
	{style: "border:none;border-top:solid#b5c4df1.0pt", begin: markTail},
	{class: "gmail_signature", begin: markSignature},
	{class: "moz-signature", begin: markSignature},
	{class: "protonmail_signature_block", begin: markSignature},
	{id: "ms-outlook-mobile-signature", begin: markSignature},
	{id: "AppleMailSignature", begin: markSignature},
}

// mark writes the mark of a container, if an element is one.
func (r *renderer) mark(t tag, e *element) {
	if t.class == "" && t.id == "" && t.nameAttr == "" && t.style == "" {
		return
	}
	for _, c := range containers {
		if !(c.class != "" && hasWord(t.class, c.class) || c.id != "" && strings.HasSuffix(t.id, c.id) ||
			c.name != "" && t.nameAttr == c.name || c.style != "" && strings.HasPrefix(t.style, c.style)) {
			continue
		}
		r.putMark(c.begin)
		if c.end {
			e.end = markEnd
		}
		return
	}
}

// hasWord tells whether a list of classes has one, with a prefix that programs
// put before those of others or without.
func hasWord(classes, word string) bool {
	for c := range strings.FieldsSeq(classes) {
		if strings.TrimPrefix(c, "x_") == word {
			return true
		}
	}
	return false
}

func (r *renderer) putMark(mark string) {
	if r.hidden > 0 || r.quote > 0 {
		return
	}
	gap := r.gap
	r.gap = 1
	bullet, lists := r.bullet, r.lists
	r.bullet, r.lists = "", nil
	r.cell = cell{}
	r.word(mark)
	r.bullet, r.lists = bullet, lists
	r.gap = max(gap, 1)
}
