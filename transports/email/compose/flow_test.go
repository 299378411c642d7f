package compose_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wherry/transports/email/compose"
)

// reflow reads format=flowed as RFC 3676 §4.5 has it, and writes a quote with a
// space behind its marks.
func reflow(text string) string {
	var out []string
	open, before := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		rest := strings.TrimLeft(line, ">")
		depth := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ")
		flows := strings.HasSuffix(rest, " ") && rest != "-- "
		if open && depth == before && rest != "-- " {
			out[len(out)-1] += rest
		} else {
			if depth > 0 && rest != "" {
				rest = " " + rest
			}
			out = append(out, strings.Repeat(">", depth)+rest)
		}
		open, before = flows, depth
	}
	return strings.Join(out, "\n")
}

// settled returns a typed text as it is to arrive. Where it must be flowed,
// marks of quotes are written in one way.
func settled(text string) string {
	lines := strings.Split(text, "\n")
	flowed := false
	for i, line := range lines {
		if line != "-- " {
			line = strings.TrimRight(line, " \t")
		}
		lines[i] = line
		flowed = flowed || len([]rune(line)) > 78 || strings.HasPrefix(line, "From ")
	}
	for i, line := range lines {
		if !flowed || !strings.HasPrefix(line, ">") {
			continue
		}
		marks := ""
		for rest := line; strings.HasPrefix(rest, ">"); {
			marks += ">"
			line = strings.TrimPrefix(rest[1:], " ")
			rest = line
			if rest == "" {
				break
			}
		}
		if line != "" {
			marks += " "
		}
		lines[i] = marks + line
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// What is typed is what is read, however it had to be cut. MAIL-X2
func TestFlow(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-zA-Zäß日>.=-]{1,12}|>|>>|--|-|From|x{70,90}|\t`)
	space := rapid.SampledFrom([]string{" ", " ", " ", "  ", "   ", ""})
	line := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "> ", ">> ", ">", "From ", "  "}).Draw(t, "start"))
		for range rapid.IntRange(0, 30).Draw(t, "words") {
			b.WriteString(word.Draw(t, "word"))
			b.WriteString(space.Draw(t, "space"))
		}
		return b.String()
	})
	rapid.Check(t, func(t *rapid.T) {
		typed := strings.Join(rapid.SliceOfN(line, 1, 6).Draw(t, "lines"), "\n")
		want := settled(typed)
		if strings.TrimSpace(want) == "" {
			t.Skip("nothing to say")
		}
		m, err := compose.New(letter(compose.Mail{Subject: "x", Text: typed}))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		p, err := goRead(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSuffix(strings.ReplaceAll(p.Text, "\r\n", "\n"), "\n")
		if p.Flowed {
			for line := range strings.SplitSeq(got, "\n") {
				if n := len([]rune(line)); n > 78 && !strings.Contains(line, "xxxxx") {
					t.Errorf("%d characters in %q", n, line)
				}
			}
			got = reflow(got)
		}
		if got != want {
			t.Fatalf("typed %q\n got %q\nwant %q\n%s", typed, got, want, b.Bytes())
		}
	})
}
