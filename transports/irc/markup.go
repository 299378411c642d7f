package irc

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarkup is how long a text with codes may be to be shown with its looks.
const maxMarkup = 1 << 10

// fromCodes returns a text of IRC without codes. It tells whether the text has
// XEP-0393 markup for them: it has not where markup could not say just the
// same, for a directive cannot be escaped there.
func fromCodes(raw string) (text string, markup bool) {
	if isPrintable(raw) && strings.IndexByte(raw, 0x7f) < 0 || strings.IndexFunc(raw, isControl) < 0 {
		return raw, false
	}
	runs := scanCodes(raw)
	if len(raw) > maxMarkup {
		return plain(runs), false
	}
	runs = trimRuns(runs)
	if !slices.ContainsFunc(runs, func(r run) bool { return r.style != 0 }) {
		return plain(runs), false
	}
	text = writeMarkup(runs)
	if strings.HasPrefix(text, ">") || strings.HasPrefix(text, "```") || // would be a block, XEP-0393 §4
		!slices.Equal(scanMarkup(text, lazily), runs) || !slices.Equal(scanMarkup(text, carefully), runs) {
		return plain(runs), false
	}
	return text, true
}

// fromLines is fromCodes for a text of several lines. Markup is of all of them:
// it must not make more of a line without codes than that says.
func fromLines(raw string) (text string, markup bool) {
	if strings.IndexByte(raw, '\n') < 0 {
		return fromCodes(raw)
	}
	rich, bare := strings.Split(raw, "\n"), strings.Split(raw, "\n")
	safe := true
	for i, line := range rich {
		looks := false
		rich[i], looks = fromCodes(line)
		bare[i] = plain(scanCodes(line))
		markup = markup || looks
		safe = safe && (looks || isBare(rich[i]))
	}
	if markup && safe {
		return strings.Join(rich, "\n"), true
	}
	return strings.Trim(strings.Join(bare, "\n"), "\n"), false
}

// isBare tells whether a line looks the same with markup and without.
func isBare(line string) bool {
	if strings.HasPrefix(line, ">") || strings.HasPrefix(line, "```") {
		return false
	}
	for _, r := range scanMarkup(line, lazily) {
		if r.style != 0 {
			return false
		}
	}
	return true
}

// toCodes returns a text with markup as IRC has it. What stands between
// directives only by chance, as in paths and names of code, stays.
func toCodes(text string) string {
	text = printable(text)
	for i := range len(directives) {
		if strings.IndexByte(text, directives[i]) >= 0 {
			return writeCodes(scanMarkup(text, carefully))
		}
	}
	return text
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// trimRuns moves spaces at the edges of runs to where markup can have them:
// they look as both neighbours do.
func trimRuns(runs []run) []run {
	var out []run
	add := func(r run) {
		if n := len(out); n > 0 && out[n-1].style == r.style {
			out[n-1].text += r.text
		} else if r.text != "" {
			out = append(out, r)
		}
	}
	last, space := style(0), "" // before the word at hand
	for _, r := range runs {
		if r.style&mono != 0 { // nothing is within
			r.style = mono
		}
		word := strings.TrimLeftFunc(r.text, unicode.IsSpace)
		space += r.text[:len(r.text)-len(word)]
		if word == "" {
			continue
		}
		tail := word[len(strings.TrimRightFunc(word, unicode.IsSpace)):]
		if space != "" {
			add(run{last & r.style, space})
		}
		add(run{r.style, word[:len(word)-len(tail)]})
		last, space = r.style, tail
	}
	if space != "" {
		add(run{0, space})
	}
	return out
}

// writeMarkup returns runs with directives around them.
func writeMarkup(runs []run) string {
	var b strings.Builder
	var open []byte // directives, the innermost last
	var now style
	change := func(next style) {
		for i := len(open) - 1; now&^next != 0 && i >= 0; i-- { // close, from within
			b.WriteByte(open[i])
			now &^= styleOf(open[i])
			open = open[:i]
		}
		for _, s := range styles {
			if next&^now&s.style != 0 {
				b.WriteByte(s.directive)
				open = append(open, s.directive)
			}
		}
		now = next
	}
	for _, r := range runs {
		change(r.style)
		b.WriteString(r.text)
	}
	change(0)
	return b.String()
}

func styleOf(directive byte) style {
	for _, s := range styles {
		if s.directive == directive {
			return s.style
		}
	}
	return 0
}

// closing tells whether a directive may close before what follows it.
type closing func(directive byte, after string) bool

// lazily is how clients read: the first directive that can close does.
func lazily(byte, string) bool { return true }

// carefully wants a directive to close at the end of a word.
func carefully(directive byte, after string) bool {
	r, size := utf8.DecodeRuneInString(after)
	return size == 0 || r != rune(directive) && (unicode.IsSpace(r) || unicode.IsPunct(r) || styleOf(after[0]) != 0)
}

// scanMarkup cuts one line with markup into runs, XEP-0393 §5.
func scanMarkup(text string, closes closing) []run {
	s := markupScanner{closes: closes}
	s.scan(text, "", 0)
	return s.runs
}

type markupScanner struct {
	closes closing
	runs   []run
}

// scan reads text, which looks as outer says; after follows it.
func (s *markupScanner) scan(text, after string, outer style) {
	start, opening := 0, true
	for i := 0; i < len(text); i++ {
		inner := styleOf(text[i])
		if inner != 0 && opening && outer&inner == 0 {
			if end := s.end(text, after, i); end > 0 {
				s.add(outer, text[start:i])
				s.within(text[i+1:end], text[end:], outer, inner)
				i, start = end, end+1
				opening = false
				continue
			}
		}
		opening = text[i] == ' ' || text[i] == '\t'
	}
	s.add(outer, text[start:])
}

// within reads what is between two directives.
func (s *markupScanner) within(text, after string, outer, inner style) {
	if inner == mono {
		s.add(mono, text)
		return
	}
	s.scan(text, after, outer|inner)
}

// end returns where the span that begins at i ends, or 0.
func (s *markupScanner) end(text, after string, i int) int {
	directive := text[i]
	if i+1 >= len(text) || isSpace(text[i+1]) || text[i+1] == directive {
		return 0
	}
	for j := i + 2; j < len(text); j++ {
		rest := text[j+1:]
		if rest == "" {
			rest = after
		}
		if text[j] == directive && !isSpace(text[j-1]) && s.closes(directive, rest) {
			return j
		}
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func (s *markupScanner) add(look style, text string) {
	if text == "" {
		return
	}
	if n := len(s.runs); n > 0 && s.runs[n-1].style == look {
		s.runs[n-1].text += text
		return
	}
	s.runs = append(s.runs, run{look, text})
}
