package compose

import "strings"

// Quote is how much of a mail its answer repeats.
type Quote uint8

// How much is quoted.
const (
	QuoteNone  Quote = iota
	QuoteShort       // its first lines, above the answer
	QuoteFull        // all of it, below the answer
)

// Bounds on what is quoted.
const (
	shortLines = 3
	shortMost  = 300      // characters
	fullMost   = 32 << 10 // bytes
)

const cutLine = "[...]"

// with returns the text of an answer with what it quotes.
func (q Quote) with(text string, o *Original, lang string) string {
	original := unsigned(cleanText(o.Text))
	switch q {
	case QuoteShort:
		if quoted := quoteShort(original); quoted != "" {
			return attribution(o, lang) + "\n" + quoted + "\n\n" + text
		}
	case QuoteFull:
		if quoted := quoteFull(original); quoted != "" {
			return strings.TrimRight(text, "\r\n") + "\n\n" + attribution(o, lang) + "\n" + quoted
		}
	}
	return text
}

// attribution returns the line that says whose words are quoted.
func attribution(o *Original, lang string) string {
	who := cleanLine(o.From.Name, nameMost)
	if who == "" {
		who = cleanLine(o.From.Addr, nameMost)
	}
	german := strings.EqualFold(lang, "de") || len(lang) > 2 && strings.EqualFold(lang[:3], "de-")
	switch {
	case german && o.Date.IsZero():
		return who + " schrieb:"
	case german:
		return "Am " + o.Date.Format("02.01.2006 um 15:04 -0700") + " schrieb " + who + ":"
	case o.Date.IsZero():
		return who + " wrote:"
	}
	return "On " + o.Date.Format("Mon, 2 Jan 2006 at 15:04 -0700") + ", " + who + " wrote:"
}

// quoteShort quotes the first lines that somebody wrote.
func quoteShort(text string) string {
	var out []string
	left := shortMost
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, ">") {
			continue
		}
		if len(out) == shortLines || left <= 0 {
			out = append(out, "> "+cutLine)
			break
		}
		if r := []rune(line); len(r) > left {
			line = string(r[:left])
			if i := strings.LastIndexByte(line, ' '); i > 0 {
				line = line[:i]
			}
			line += " " + cutLine
			left = 0
			out = append(out, "> "+line)
			break
		}
		left -= len([]rune(line))
		out = append(out, "> "+line)
	}
	return strings.Join(out, "\n")
}

// quoteFull quotes a text, one level deeper than it is.
func quoteFull(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	cut := ""
	if len(text) > fullMost {
		text = strings.ToValidUTF8(text[:fullMost], "")
		if i := strings.LastIndexByte(text, '\n'); i > 0 {
			text = text[:i]
		}
		cut = "\n> " + cutLine
	}
	var out []string
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		if line != "" && !strings.HasPrefix(line, ">") {
			line = " " + line
		}
		out = append(out, ">"+line)
	}
	return strings.Join(out, "\n") + cut
}

// unsigned returns a text without the signature below it (RFC 3676 §4.3).
func unsigned(text string) string {
	if i := strings.LastIndex("\n"+text, "\n-- \n"); i >= 0 {
		return text[:i]
	}
	return text
}
