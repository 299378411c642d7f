package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong in a configuration.
type Problem struct {
	Where string // "wherry.toml:12", or the environment variable
	Key   string // "component.grace"; empty where the text itself is broken
	Text  string // what is wrong and what to do, in a sentence
	Shown string // the line in question with a mark under the fault; may be empty
}

func (p Problem) Error() string {
	s := p.Where + ": "
	if p.Key != "" {
		s += p.Key + ": "
	}
	s += p.Text
	if p.Shown != "" {
		s += "\n" + p.Shown
	}
	return s
}

// Problems are all that is wrong in a configuration, in the order of the file.
type Problems []Problem

func (ps Problems) Error() string {
	all := make([]string, len(ps))
	for i, p := range ps {
		all[i] = p.Error()
	}
	return strings.Join(all, "\n")
}

// excerpt shows a line of text with a mark of so many columns under it. Lines
// and columns count from 1, columns in bytes. A line that may hold a secret is
// shown without its value.
func excerpt(text string, line, column, width int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	shown := strings.TrimRight(strings.ToValidUTF8(lines[line-1], "\uFFFD"), "\r")
	name, _, assigned := strings.Cut(shown, "=")
	if mayBeSecret(lines, line, name) {
		shown = "[a secret]"
		if assigned {
			shown = name + "= [a secret]"
		}
		column = min(column, len(name)+1)
	}
	column = max(1, min(column, len(shown)+1))
	width = max(1, min(width, len(shown)-column+1))
	number := fmt.Sprint(line)
	return fmt.Sprintf("    %s | %s\n    %s | %s%s", number, shown,
		strings.Repeat(" ", len(number)), indent(shown[:column-1]), strings.Repeat("~", width))
}

// mayBeSecret tells whether a line sets a secret, or stands inside of a value
// of several lines that began with one.
func mayBeSecret(lines []string, line int, name string) bool {
	if secretKey(name) {
		return true
	}
	for i := line - 2; i >= 0; i-- {
		name, value, assigned := strings.Cut(lines[i], "=")
		if assigned && secretKey(name) && !closed(strings.TrimSpace(value)) {
			return true
		}
	}
	return false
}

func secretKey(name string) bool {
	_, last, dotted := strings.Cut(name, ".")
	if !dotted {
		last = name
	}
	return strings.Trim(last, " \t\"'") == "secret"
}

// closed tells whether a value ends on the line where it begins.
func closed(value string) bool {
	if len(value) < 2 || strings.HasPrefix(value, `"""`) || strings.HasPrefix(value, `'''`) {
		return false
	}
	return strings.LastIndexByte(value, value[0]) > 0
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
