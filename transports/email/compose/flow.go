package compose

import (
	"strings"
	"unicode/utf8"
)

// Widths of lines, in characters.
const (
	flowWidth = 72 // what is flowed is cut to (RFC 3676 §4.2)
	flowLeast = 20 // however deep a quote is
	textWidth = 78 // a longer line is flowed
	depthMost = 40 // of quotes
)

// signature begins one (RFC 3676 §4.3). Its space stays, and means nothing else.
const signature = "-- "

// needsFlow tells that lines do not fit a mail as they are: one is too long, or
// would be changed on the way, as those are that begin with "From ".
func needsFlow(lines []string) bool {
	for _, line := range lines {
		if longer(line, textWidth) || strings.HasPrefix(line, "From ") {
			return true
		}
	}
	return false
}

// flow returns lines as format=flowed has them (RFC 3676 §4.2): each that is
// too long in pieces, all but the last with a space at the end.
func flow(lines []string) []string {
	var out []string
	for _, line := range lines {
		depth, text := quoteDepth(line)
		marks := strings.Repeat(">", depth)
		if text == "" {
			out = append(out, marks)
			continue
		}
		width := max(flowWidth-depth-1, flowLeast)
		for text != "" {
			n := flowCut(text, width)
			out = append(out, marks+stuff(text[:n], depth))
			text = text[n:]
		}
	}
	return out
}

// quoteDepth takes the marks of a quote from a line, and the space behind them.
func quoteDepth(line string) (int, string) {
	depth, rest := 0, line
	for depth < depthMost {
		next := rest
		if depth > 0 {
			next = strings.TrimPrefix(rest, " ")
		}
		if !strings.HasPrefix(next, ">") {
			break
		}
		depth, rest = depth+1, next[1:]
	}
	if depth > 0 {
		rest = strings.TrimPrefix(rest, " ")
	}
	return depth, rest
}

// stuff puts a space before what would be read as something else (RFC 3676
// §4.4), and before all that is quoted.
func stuff(s string, depth int) string {
	if depth > 0 || strings.HasPrefix(s, " ") || strings.HasPrefix(s, ">") || strings.HasPrefix(s, "From ") {
		return " " + s
	}
	return s
}

// longer tells whether a text has more than so many characters. It looks no
// further than it must.
func longer(s string, most int) bool {
	return len(s) > most && (len(s) > most*utf8.UTFMax || utf8.RuneCountInString(s) > most)
}

// flowCut returns where a text is cut: behind the last space within the width,
// else behind the first at all; at its end where it fits. No piece is made that
// reads as the beginning of a signature.
func flowCut(s string, width int) int {
	if !longer(s, width) {
		return len(s)
	}
	cut, col := 0, 0
	for i, r := range s {
		if r != ' ' && i > 0 && s[i-1] == ' ' {
			if piece := s[:i]; strings.Trim(piece, " ") != "" && piece != signature {
				if col > width && cut > 0 {
					return cut
				}
				if cut = i; col >= width {
					return cut
				}
			}
		}
		col++
	}
	if cut > 0 {
		return cut
	}
	return len(s)
}
