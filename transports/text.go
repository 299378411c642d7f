package transports

import "strings"

// Text is a sentence for a person: an English format and what to put for each
// of its "%s". It is translated by its format where it is shown.
type Text struct {
	Format string
	Args   []string
}

// T returns the Text of an English format in which each "%s" stands for one of
// args. A "%%" stands for a percent sign.
func T(format string, args ...string) Text { return Text{Format: format, Args: args} }

// Literal returns a Text that is not to be translated: the network's own words.
func Literal(s string) Text { return Text{Format: "%s", Args: []string{s}} }

// IsZero tells that there is nothing to say.
func (t Text) IsZero() bool { return t.Format == "" }

// String returns the text in English.
func (t Text) String() string { return t.In(t.Format) }

// In returns the text by another format, its translation. A "%s" too many
// stays as it is.
func (t Text) In(format string) string {
	if !strings.Contains(format, "%") {
		return format
	}
	var b strings.Builder
	args := t.Args
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i+1 == len(format) {
			b.WriteString(format)
			return b.String()
		}
		b.WriteString(format[:i])
		switch verb := format[i : i+2]; {
		case verb == "%%":
			b.WriteByte('%')
		case verb == "%s" && len(args) > 0:
			b.WriteString(args[0])
			args = args[1:]
		default:
			b.WriteString(verb)
		}
		format = format[i+2:]
	}
}
