package irc

import "strings"

// style is how characters look, both in IRC's codes and in XEP-0393's markup.
type style uint8

const (
	bold style = 1 << iota
	italic
	strike
	mono
)

// styles lists the looks that both sides know: the code that switches one on
// and off, https://modern.ircdocs.horse/formatting, and the directive around it,
// XEP-0393 §5. Colours, underline and reverse have no directive.
var styles = [...]struct {
	style     style
	code      byte
	directive byte
}{
	{bold, 0x02, '*'},
	{italic, 0x1d, '_'},
	{strike, 0x1e, '~'},
	{mono, 0x11, '`'},
}

// directives are those of styles.
const directives = "*_~`"

// run is characters of one look.
type run struct {
	style style
	text  string
}

// scanCodes cuts a text with codes into runs. Codes without a style and other
// control characters but the tabulator are dropped.
func scanCodes(raw string) []run {
	var (
		runs []run
		now  style
		b    strings.Builder
	)
	flush := func() {
		if b.Len() > 0 {
			runs = append(runs, run{now, b.String()})
			b.Reset()
		}
	}
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c >= ' ' && c != 0x7f || c == '\t':
			b.WriteByte(c)
			continue
		case c == 0x03:
			i += colourLen(raw[i+1:], isDigit, 2)
			continue
		case c == 0x04:
			i += colourLen(raw[i+1:], isHex, 6)
			continue
		}
		next := now
		if c == 0x0f { // reset
			next = 0
		}
		for _, s := range styles {
			if s.code == c {
				next ^= s.style
			}
		}
		if next != now {
			flush()
			now = next
		}
	}
	flush()
	return runs
}

// colourLen returns the length of the colours behind a colour code: one, or two
// with a comma.
func colourLen(s string, of func(byte) bool, most int) int {
	digits := func(s string) int {
		n := 0
		for n < most && n < len(s) && of(s[n]) {
			n++
		}
		return n
	}
	n := digits(s)
	if n > 0 && n < len(s) && s[n] == ',' {
		if second := digits(s[n+1:]); second > 0 {
			return n + 1 + second
		}
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// writeCodes returns runs as a text with codes.
func writeCodes(runs []run) string {
	var b strings.Builder
	var now style
	change := func(next style) {
		for _, s := range styles {
			if (now^next)&s.style != 0 {
				b.WriteByte(s.code)
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

// plain returns the text of runs.
func plain(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.text)
	}
	return b.String()
}
