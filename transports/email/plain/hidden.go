package plain

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// isInvisible tells whether an element has no text for people.
func isInvisible(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Object, atom.Svg, atom.Math, atom.Select, atom.Audio, atom.Video,
		atom.Iframe, atom.Canvas, atom.Noframes, atom.Datalist, atom.Map, atom.Applet:
		return true
	}
	return false
}

// isHidden tells whether a tag hides its element: what mail programs do not show
// in a mail, but in the list of mails.
func isHidden(t tag) bool {
	s := t.style
	return t.hidden || strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") || strings.Contains(s, "mso-hide:all") ||
		zero(s, "max-height:") && strings.Contains(s, "overflow:hidden") || zero(s, "opacity:") ||
		strings.Contains(t.class, "preheader") && (zero(s, "max-height:") || zero(s, "max-width:") || zero(s, "height:"))
}

// sized tells whether a style gives text a size, and then whether it can be seen.
// A size is inherited, and given anew within: layouts have cells without any.
func sized(style string) (seen, ok bool) {
	if !strings.Contains(style, "font-size:") {
		return false, false
	}
	return !zero(style, "font-size:"), true
}

// zero tells whether a property has the value 0 in some unit.
func zero(style, property string) bool {
	for rest := style; ; {
		i := strings.Index(rest, property)
		if i < 0 {
			return false
		}
		start := i == 0 || rest[i-1] == ';' || rest[i-1] == '"'
		rest = rest[i+len(property):]
		value := strings.TrimLeft(rest, "0")
		if !start || len(value) == len(rest) {
			continue
		}
		if value = strings.TrimLeft(strings.TrimPrefix(value, "."), "0"); value == "" || value[0] < '0' || value[0] > '9' {
			return true
		}
	}
}

// paragraphGap is how many line breaks a paragraph has before it. Outlook writes
// each line as one, without room between.
func paragraphGap(t tag) int {
	if strings.Contains(t.class, "MsoNormal") || strings.Contains(t.class, "MsoPlainText") || strings.Contains(t.class, "MsoListParagraph") ||
		zero(t.style, "margin:") || zero(t.style, "margin-top:") && zero(t.style, "margin-bottom:") || strings.Contains(t.class, "elementToProof") {
		return 1
	}
	return 2
}
