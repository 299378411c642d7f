package message

import (
	"strings"

	"wherry/transports/email/plain"
)

// Text returns what a chat shows of a mail: its text without what was only
// quoted. reply tells that it answers a mail that the reader knows.
func (m *Mail) Text(reply bool) string {
	_, _, forward := Subject(m.Subject)
	in := plain.Context{Reply: reply, Forward: forward}
	return m.texts(func(s plain.Source) string { return s.Show(in) })
}

// WholeText returns all of a mail's text.
func (m *Mail) WholeText() string { return m.texts(plain.Source.Whole) }

func (m *Mail) texts(show func(plain.Source) string) string {
	var all []string
	for i, b := range m.Bodies {
		if i > 0 && plain.IsListFooter(b.Plain) { // a part of its own, that a list added
			continue
		}
		if text := show(plain.Source{Plain: b.Plain, HTML: b.HTML, Flowed: b.Flowed, DelSp: b.DelSp}); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n\n")
}
