package plain

import "strings"

// CutMark ends a text of which something was cut that may not have been a quote.
const CutMark = " […]"

// Context is what is known of a text besides itself.
type Context struct {
	Reply   bool // it answers a mail that the reader knows: what it quotes of that can go
	Forward bool // its subject says that it passes a mail on: nothing is cut
}

// Cut takes away what a reader of the conversation has seen already: quotes and
// who wrote them, and of answers signatures and what programs add. What a person
// wrote is kept: answers among quotes leave them as they are, a mail that is
// passed on is whole, and a text of which nothing would be left stays. The result
// is clean.
func Cut(s string, in Context) string {
	whole := Clean(strip(s))
	if in.Forward {
		return whole
	}
	lines := strings.Split(unixLines(s), "\n")
	for i, line := range lines { // the ends of lines count for nothing, but of delimiters
		if d, _ := isDelimiter(line); !d {
			lines[i] = strings.TrimRight(line, " \t\u00a0")
		}
	}
	lines = cutListFooter(trimBlank(lines))
	kept, sure := cutQuotesOf(lines, in)
	text := Clean(strip(strings.Join(kept, "\n")))
	if text == "" {
		return whole
	}
	if !sure {
		text += CutMark
	}
	return text
}

// cutQuotesOf returns the lines that are left, and whether all that went was
// marked as what it is.
func cutQuotesOf(lines []string, in Context) (kept []string, sure bool) {
	tests := maxTests
	q := findQuote(lines, &tests)
	switch {
	case q.forward || q.inline:
		return lines, true
	case q.top:
		rest := lines[q.end:]
		if !in.Reply {
			return rest, true
		}
		rest, sure = cutTail(rest)
		return rest, sure
	case !in.Reply:
		return lines, true
	}
	kept = lines
	if q.found {
		kept = lines[:q.begin]
	}
	kept, sure = cutTail(kept)
	return kept, sure && (q.sure || !q.found)
}

// cutTail takes away a signature, and what programs add.
func cutTail(lines []string) ([]string, bool) {
	lines = cutProgramLines(lines)
	rest, sure := cutSignature(lines)
	if blank(rest) {
		return lines, true
	}
	return cutProgramLines(rest), sure
}

// quoteAt is where the quote of a text is.
type quoteAt struct {
	found, sure bool
	begin, end  int
	top         bool // it comes first, and the answer after it
	inline      bool // answers stand among several
	forward     bool // a mail is passed on, not answered
}

// maxTests is how many lines of a text are looked at closely, which takes time.
const maxTests = 1000

// findQuote looks for what a text quotes.
func findQuote(lines []string, tests *int) (q quoteAt) {
	q.sure = true
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if strings.TrimSpace(line) == "" || line == markSignature || line == markEnd {
			continue
		}
		if line == markForward || isForward(line, tests) {
			q.forward = true
			return q
		}
		begin, end, sure, ok := quoteFrom(lines, i, tests)
		if !ok {
			continue
		}
		if isForwardAfter(lines, i, tests) {
			q.forward = true
			return q
		}
		return judge(lines, quoteAt{found: true, begin: begin, end: end, sure: sure}, tests)
	}
	return q
}

// isForwardAfter tells whether what a container holds is passed on.
func isForwardAfter(lines []string, i int, tests *int) bool {
	if !strings.ContainsAny(lines[i], marks) {
		return false
	}
	for _, line := range lines[i+1 : min(len(lines), i+6)] {
		if isForward(line, tests) {
			return true
		}
	}
	return false
}

// quoteFrom tells whether a quote begins at lines[i], and where it ends.
func quoteFrom(lines []string, i int, tests *int) (begin, end int, sure, ok bool) {
	line := lines[i]
	switch {
	case line == markTail:
		return i, endOf(lines, i+1, markEnd), true, true
	case line == markBox:
		return boxFrom(lines, i)
	case isQuoted(line):
		return i, quotedEnd(lines, i), true, true
	case isOriginal(line, tests):
		return i, len(lines), false, true
	case headerAt(lines, i, tests):
		return ruleBefore(lines, i, tests), len(lines), false, true
	}
	after, ok := attributionAt(lines, i, tests)
	if !ok {
		return 0, 0, false, false
	}
	next := skipBlank(lines, after)
	switch {
	case next < len(lines) && isQuoted(lines[next]):
		return i, quotedEnd(lines, next), true, true
	case strings.HasPrefix(strings.TrimSpace(lines[i]), ">"):
	case next < len(lines) && next-i <= maxAttributionLines+2 && strongAttribution().MatchString(strings.Join(lines[i:after], " ")):
		return i, len(lines), false, true
	}
	return 0, 0, false, false
}

// boxFrom reads a container that holds who wrote, and the quote. Text after the
// quote, within, is an answer to it.
func boxFrom(lines []string, i int) (begin, end int, sure, ok bool) {
	stop := endOf(lines, i+1, markEnd)
	first := i + 1
	for n := 0; first < stop && n <= maxAttributionLines && !isQuoted(lines[first]); first++ {
		if strings.TrimSpace(lines[first]) != "" {
			n++
		}
	}
	if first < stop && isQuoted(lines[first]) {
		return i, quotedEnd(lines, first), true, true
	}
	if stop < len(lines) || first == len(lines) { // all within is quoted, without a sign
		return i, stop, true, true
	}
	return 0, 0, false, false
}

// endOf returns where a mark stands from i on, or the end.
func endOf(lines []string, i int, mark string) int {
	for ; i < len(lines); i++ {
		if lines[i] == mark {
			return i
		}
	}
	return i
}

// quotedEnd returns where quoted lines, and blank ones among them, end.
func quotedEnd(lines []string, i int) int {
	end := i
	for ; i < len(lines); i++ {
		switch {
		case isQuoted(lines[i]):
			end = i + 1
		case strings.TrimSpace(lines[i]) != "" && !strings.ContainsAny(lines[i], markEnd) && !isWrapped(lines, i):
			return end
		}
	}
	return end
}

// isWrapped tells whether a line is the end of the quoted one before it, that a
// program broke without quoting it again.
func isWrapped(lines []string, i int) bool {
	return i > 0 && i+1 < len(lines) && isQuoted(lines[i-1]) && isQuoted(lines[i+1]) && len(lines[i-1]) >= 70 && len(lines[i]) < 30
}

// judge tells what stands around a quote.
func judge(lines []string, q quoteAt, tests *int) quoteAt {
	after := afterQuote(lines, q.end)
	before := !blank(lines[:q.begin])
	switch {
	case blank(after):
		return q
	case before:
		q.inline = true
	default:
		rest := findQuote(after, tests)
		if q.top = !rest.found && !rest.forward; !q.top {
			q.inline = true
		}
	}
	return q
}

// afterQuote returns what a person wrote after a quote: not a signature, nor what
// programs add.
func afterQuote(lines []string, end int) []string {
	rest := lines[end:]
	first := skipBlank(rest, 0)
	if first < len(rest) {
		if d, _ := isDelimiter(rest[first]); d || rest[first] == markSignature {
			return nil
		}
	}
	rest = cutProgramLines(rest)
	return rest
}

// ruleBefore returns where the rule before line i is, or i.
func ruleBefore(lines []string, i int, tests *int) int {
	for j := i - 1; j >= max(0, i-3); j-- {
		switch line := strings.TrimSpace(lines[j]); {
		case line == "":
		case isOriginal(line, tests), len(line) >= 5 && strings.Trim(line, "_-*=") == "", line == markTail, line == markBox:
			return j
		default:
			return i
		}
	}
	return i
}

func isQuoted(line string) bool { return strings.HasPrefix(line, ">") || strings.HasPrefix(line, " >") }

func skipBlank(lines []string, i int) int {
	for i < len(lines) && (strings.TrimSpace(lines[i]) == "" || lines[i] == markEnd) {
		i++
	}
	return i
}

// blank tells that lines have nothing to read.
func blank(lines []string) bool {
	for _, l := range lines {
		if strings.Trim(l, " \t\u00a0"+marks) != "" {
			return false
		}
	}
	return true
}
