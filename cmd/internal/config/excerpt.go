package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// excerpt shows a line of text with a mark of so many columns under it. Lines
// and columns count from 1, columns in bytes. A value is shown only where it
// is certainly no secret, mistyped keys and broken lines included.
func excerpt(text string, line, column, width int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	shown := strings.TrimRight(strings.ToValidUTF8(lines[line-1], "\uFFFD"), "\r")
	switch {
	case continues(lines[:line-1]):
		shown = "..."
	case !harmless(shown):
		name := word.FindString(shown)
		shown = name + " ..."
		column = min(column, len(name)+1)
	}
	column = max(1, min(column, len(shown)+1))
	width = max(1, min(width, len(shown)-column+1))
	number := fmt.Sprint(line)
	return fmt.Sprintf("    %s | %s\n    %s | %s%s", number, shown,
		strings.Repeat(" ", len(number)), indent(shown[:column-1]), strings.Repeat("~", width))
}

var word = regexp.MustCompile(`^\s*["']?[\w.-]*["']?`)

// harmless tells whether a line may be shown: it heads a section, or sets a
// key that is known and holds no secret.
func harmless(line string) bool {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '[' || trimmed[0] == '#' {
		return true
	}
	name, value, assigned := strings.Cut(line, "=")
	key := strings.Trim(last(strings.TrimSpace(name)), `"' `)
	switch {
	case !assigned, key == "secret", strings.Contains(value, "secret"), strings.Contains(line, "password"):
		return false
	case strings.HasSuffix(key, "url"), strings.HasSuffix(key, "proxy"), key == "ispdb":
		return !strings.Contains(value, "@") // a password may stand before it
	}
	return slices.ContainsFunc(Keys(), func(known string) bool {
		return last(known) == key || last(parent(known)) == key
	})
}

// continues tells whether the line after these stands inside of a value that
// began on an earlier line and may hold a secret.
func continues(before []string) bool {
	for _, line := range slices.Backward(before) {
		_, value, assigned := strings.Cut(line, "=")
		if assigned && continued(strings.TrimSpace(value)) && !harmless(line) {
			return true
		}
	}
	return false
}

// continued tells whether a value goes on after the line where it begins.
func continued(value string) bool {
	for open, end := range map[string]string{`"""`: `"""`, "'''": "'''", "[": "]", "{": "}"} {
		if rest, ok := strings.CutPrefix(value, open); ok {
			return !strings.Contains(rest, end)
		}
	}
	return false
}

// indent returns blanks as wide as s, tabs kept.
func indent(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, s)
}
