package plain

import "strings"

// maxQuote is how deep quotes are shown.
const maxQuote = 10

// Flowed puts the paragraphs of format=flowed text into a line each, RFC 3676:
// lines that end in a blank go on in the next one of their depth of quoting. The
// blank is no part of the text where delSp says so. Quotes come out as "> " and
// the text.
func Flowed(s string, delSp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	open, depth := false, 0 // a paragraph, of that depth
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		d, text := cutQuotes(line)
		text = strings.TrimPrefix(text, " ") // stuffed, §4.4
		signature := text == "-- "           // §4.3
		flowed := strings.HasSuffix(text, " ") && !signature
		if open && (d != depth || signature) { // §4.5
			b.WriteByte('\n')
			open = false
		}
		if !open {
			b.WriteString(quoted(d, text == ""))
		}
		if flowed && delSp {
			text = text[:len(text)-1]
		}
		b.WriteString(text)
		if open, depth = flowed, d; !flowed {
			b.WriteByte('\n')
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// cutQuotes counts the ">" at the beginning of a line.
func cutQuotes(line string) (depth int, text string) {
	for depth < len(line) && line[depth] == '>' {
		depth++
	}
	return depth, line[depth:]
}

// quoted is what stands before a line of a depth.
func quoted(depth int, blank bool) string {
	mark := strings.Repeat("> ", min(depth, maxQuote))
	if blank {
		return strings.TrimSuffix(mark, " ")
	}
	return mark
}
