package compose

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hard is how long a line may be without its end (RFC 5322 §2.1.1).
const hard = 998

// laidText is a text as the body of a part has it.
type laidText struct {
	charset, encoding, body string
	flowed                  bool
}

func (t laidText) String() string { return t.body }

// cleanText returns a text without what has no place in a mail: other ends of
// lines, spaces before them, and control characters.
func cleanText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == 0xFEFF {
			return -1
		}
		return r
	}, s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if line != signature {
			lines[i] = strings.TrimRight(line, " \t")
		}
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// layText writes a text as it is where it is ASCII, else in the encoding that is
// better for it.
func layText(s string) laidText {
	lines := strings.Split(cleanText(s), "\n")
	t := laidText{charset: "us-ascii", encoding: "7bit"}
	if t.flowed = needsFlow(lines); t.flowed {
		lines = flow(lines)
	}
	t.body = strings.Join(lines, "\r\n") + "\r\n"
	ascii := !strings.ContainsFunc(t.body, func(r rune) bool { return r >= utf8.RuneSelf })
	if !ascii {
		t.charset = "utf-8"
	}
	if ascii && stands(lines) {
		return t
	}
	quoted, packed := quotedPrintable(lines), packed(t.body)
	t.encoding, t.body = "quoted-printable", quoted
	if packs(len(quoted), len(packed)) {
		t.encoding, t.body = "base64", packed
	}
	return t
}

// packs tells whether base64 is to be used, by the sizes of both encodings. The
// other one can be read and searched as it is, which is worth some bytes.
func packs(quoted, packed int) bool { return packed < quoted*2/3 }

// stands tells whether lines of ASCII can go without an encoding.
func stands(lines []string) bool {
	for _, line := range lines {
		if len(line) > hard || strings.HasPrefix(line, "--=_") {
			return false
		}
	}
	return true
}

// quotedPrintable encodes lines (RFC 2045 §6.7).
func quotedPrintable(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		col := 0
		for i := range len(line) {
			c := line[i]
			last := i == len(line)-1
			piece := string(rune(c))
			if c < ' ' && c != '\t' || c > '~' || c == '=' || last && (c == ' ' || c == '\t') {
				piece = "=" + hexByte(c)
			}
			if room := lineMost - 1; col+len(piece) > room && (!last || col+len(piece) > lineMost) {
				b.WriteString("=\r\n")
				col = 0
			}
			b.WriteString(piece)
			col += len(piece)
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

// packed encodes a text in base64.
func packed(s string) string {
	var b bytes.Buffer
	lines := &lineWriter{w: &b}
	_, _ = lines.Write([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	_ = lines.end()
	return b.String()
}
