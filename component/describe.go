package component

import (
	"fmt"
	"strconv"
	"strings"

	"wherry/component/text"
	"wherry/transports"
)

// describeMost is how much of a text is shown in a line, in runes.
const describeMost = 200

// Describe says in one line for a person what a row of the inbox or the outbox
// holds, its text included: what the store has as its content. It is empty
// where that is no longer kept. Nothing of it can steer a terminal.
func Describe(content []byte) string {
	if len(content) == 0 {
		return ""
	}
	if it, err := decodeItem(content); err == nil {
		return it.describe()
	}
	m, posted, err := decodeMessage(content)
	switch {
	case err != nil:
		return fmt.Sprintf("%d bytes that cannot be read", len(content))
	case posted.Corrects != "":
		return "in place of " + quoted(posted.Corrects) + ", " + describeMessage(m)
	}
	return describeMessage(m)
}

func (it *item) describe() string {
	switch it.Kind {
	case itemReceipt:
		return "receipt for " + quoted(it.Stanza)
	case itemFailure:
		return "failure of " + quoted(it.Stanza) + ", which began " + quoted(it.Quote) + ": " + it.reason()
	case itemSeen:
		return "mark of " + quoted(it.Stanza) + " as read"
	case itemReaction:
		return "reaction " + quoted(strings.Join(it.Signs, " ")) + " to " + quoted(it.Answers.ID)
	case itemRetraction:
		return "taking back of " + quoted(it.Answers.ID)
	case itemFile:
		return "file " + quoted(it.Message.Attachments[0].Type) + " " + quoted(it.URL)
	case itemNotice:
		return "notice " + quoted(text.In("", it.Text))
	}
	return describeMessage(*it.Message)
}

// reason is why a message failed, as its sender is told.
func (it *item) reason() string {
	return quoted(text.In("", withText(it.Err).Text))
}

func describeMessage(m transports.Message) string {
	if m.Nick != "" {
		return "message of " + quoted(m.Nick) + ": " + quoted(m.Text)
	}
	return "message " + quoted(m.Text)
}

// quoted returns a text in quotes, cut where it is long.
func quoted(s string) string {
	n := 0
	for i := range s {
		if n == describeMost {
			return strconv.Quote(s[:i]) + "…"
		}
		n++
	}
	return strconv.Quote(s)
}
