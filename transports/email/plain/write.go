package plain

import (
	"strings"
	"unicode"
)

// text adds text as HTML has it: blanks and line breaks are one blank.
func (r *renderer) text(s string) {
	if r.hidden > 0 || r.tiny() && !r.all {
		return
	}
	s = visible(strings.ToValidUTF8(s[:min(len(s), max(0, maxOutput-r.out.Len()))], ""))
	if r.pre > 0 {
		r.verbatim(s)
		return
	}
	for s != "" {
		i := strings.IndexFunc(s, isBlank)
		if i == 0 {
			r.space = true
			s = strings.TrimLeftFunc(s, isBlank)
			continue
		}
		if i < 0 {
			i = len(s)
		}
		r.word(s[:i])
		s = s[i:]
	}
}

func isBlank(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

// verbatim adds text whose blanks and line breaks count.
func (r *renderer) verbatim(s string) {
	first := true
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if !first {
			r.gap = min(r.gap+1, 3)
		}
		if first = false; line != "" {
			r.space = false
			r.word(line)
		}
	}
}

// word adds what has no line break, after those and the blank that were asked for.
func (r *renderer) word(s string) {
	if r.out.Len() > 0 && r.gap == 0 && r.cell.fresh && r.cell.before {
		r.out.WriteString("  ")
		r.space = false
	}
	switch {
	case r.gap > 0 || r.out.Len() == 0:
		r.newLine()
	case r.space:
		r.out.WriteByte(' ')
	}
	r.gap, r.space = 0, false
	if r.cell.fresh {
		r.cell.fresh, r.cell.line = false, r.lines
	}
	r.out.WriteString(strings.ReplaceAll(s, "\u00a0", " "))
}

// newLine begins a line, after blank ones where they were asked for.
func (r *renderer) newLine() {
	if r.out.Len() > 0 {
		r.out.WriteByte('\n')
		for range r.gap - 1 {
			r.out.WriteString(quoted(r.quote, true))
			r.out.WriteByte('\n')
		}
	}
	r.lines++
	r.out.WriteString(quoted(r.quote, false))
	indent := min(len(r.lists), maxIndent)
	if r.bullet != "" {
		indent--
	}
	for range indent {
		r.out.WriteString("  ")
	}
	r.out.WriteString(r.bullet)
	r.bullet = ""
}

// visible takes out of text what nobody sees: characters without width that fill
// the room after a preheader, and what Cut takes for its marks.
func visible(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || isFiller(r) }) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	rest := s
	for rest != "" {
		i := strings.IndexFunc(rest, isFiller)
		if i < 0 {
			break
		}
		end, fillers := i, 0
		for j, r := range rest[i:] { // a run of fillers, and of blanks among them
			if !isFiller(r) && !unicode.IsSpace(r) {
				break
			}
			if isFiller(r) {
				fillers++
			}
			end = i + j + len(string(r))
		}
		b.WriteString(rest[:i])
		if run := rest[i:end]; fillers == 1 && (strings.HasPrefix(run, "\u200c") || strings.HasPrefix(run, "\u200d")) {
			b.WriteString(run) // a joiner within a word, or an emoji
		} else if strings.ContainsFunc(run, unicode.IsSpace) {
			b.WriteByte(' ')
		}
		rest = rest[end:]
	}
	b.WriteString(rest)
	return strings.Map(func(r rune) rune {
		if r < ' ' && !isBlank(r) {
			return -1
		}
		return r
	}, b.String())
}

// isFiller tells whether a character has no width.
func isFiller(r rune) bool {
	switch r {
	case '\u00ad', '\u034f', '\u061c', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u180e', '\u200b', '\u200c', '\u200d', '\u2060', '\u2800', '\u3164', '\ufeff', '\uffa0':
		return true
	}
	return false
}

// imageName is what programs call pictures that nobody named.
var imageName = lazy(`(?i)^(?:image\d*|img[_-]?\d*|logo|spacer|pixel|inline image \d+|picture \d+|grafik|bild)?\.?(?:png|jpe?g|gif|webp|bmp)?$`)

// image adds the words that stand for a picture.
func (r *renderer) image(t tag) {
	alt := strings.Join(strings.Fields(t.alt), " ")
	if alt == "" || imageName().MatchString(alt) || t.hidden || isHidden(t) && !r.all || t.width == "1" || t.height == "1" || t.width == "0" || t.height == "0" {
		return
	}
	if c := []rune(alt); len(c) > maxAlt {
		alt = string(c[:maxAlt]) + "…"
	}
	r.text(alt)
}

// endLink adds the URL of a link whose text says something else.
func (r *renderer) endLink(l link) {
	href := strings.TrimSpace(l.href)
	text := strings.TrimSpace(r.out.String()[l.start:])
	if text == "" || href == "" || len(href) > maxURL || r.hidden > 0 || strings.ContainsAny(href, " \t\r\n<>") {
		return
	}
	scheme, rest, ok := strings.Cut(href, ":")
	if !ok {
		return
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "mailto", "tel":
		if rest, _, _ = strings.Cut(rest, "?"); rest == "" {
			return
		}
		href = rest
	case "http", "https", "xmpp", "ftp", "sms", "geo", "matrix":
	default:
		return
	}
	if sameURL(text, href) {
		return
	}
	r.gap, r.space = 0, true
	r.word("<" + visible(strings.ReplaceAll(href, "\u00a0", "")) + ">")
}

// sameURL tells whether the text of a link is its URL, as people write one.
func sameURL(text, href string) bool {
	if len(text) > maxURL {
		return false
	}
	bare := func(s string) string {
		s = strings.ToLower(strings.Trim(strings.TrimSpace(s), "<>"))
		s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
		return strings.TrimSuffix(strings.TrimPrefix(s, "www."), "/")
	}
	if digits(text) != "" && digits(text) == digits(href) && strings.Trim(href, "+0123456789-. ()/") == "" {
		return true // telephone numbers
	}
	return bare(text) == bare(href)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
