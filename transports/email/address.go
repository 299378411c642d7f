package email

import (
	"strings"

	"wherry/transports"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/message"
)

// Address turns a mail address into its one spelling: in lower case, as the local
// parts of JIDs are, and without quotes. "ann%example.org" is one, too. A text without "@" is the id of a mailing
// list, RFC 2919; several addresses with commas between them are those of a group.
//
// A label alone is a further mailbox of the user's; "%" and a label at the end name the
// mailbox from which such a contact is written to. No address takes the form of
// another kind: a domain has no "%", a list's id has a dot, and a label has neither.
func (t *Transport) Address(text string, in transports.Account) (transports.Address, error) {
	if label := strings.ToLower(text); isLabel(label) {
		return transports.Address{Kind: transports.Network, Scope: transports.Scope(label)}, nil
	}
	text, scope := cutLabel(text)
	if scope == "" {
		scope = in.Scope
	}
	return contact(text, scope)
}

// contact reads the address of a contact of one mailbox, in which no label is looked for:
// what stands in a mail names nobody's mailbox.
func contact(text string, scope transports.Scope) (transports.Address, error) {
	a, ok, err := group(text)
	if !ok {
		a, err = single(text)
	}
	if err != nil {
		return transports.Address{}, err
	}
	a.Scope = scope
	return a, nil
}

// labelMost bounds the label of a mailbox, in bytes.
const labelMost = 20

// isLabel tells whether a text is the label of a mailbox: letters in lower case, digits and
// hyphens, of which the first is a letter.
func isLabel(text string) bool {
	return text != "" && len(text) <= labelMost && text[0] >= 'a' && text[0] <= 'z' &&
		strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// cutLabel takes the label from the end of an address; where it has none, scope is empty.
// "ann%localhost" has none: it is a mailbox on a host whose name has no dot.
func cutLabel(text string) (rest string, scope transports.Scope) {
	i := strings.LastIndexByte(text, '%')
	if i < 1 {
		return text, ""
	}
	rest, label := text[:i], strings.ToLower(text[i+1:])
	if !isLabel(label) || !strings.ContainsAny(rest, "@%") && !isListID(strings.ToLower(rest)) {
		return text, ""
	}
	return rest, transports.Scope(label)
}

// single reads the address of one contact.
func single(text string) (transports.Address, error) {
	if id := strings.ToLower(text); isListID(id) {
		return transports.Address{Kind: transports.Contact, Name: id}, nil
	}
	if at := strings.LastIndexByte(text, '%'); at > 0 && !strings.Contains(text, "@") {
		text = text[:at] + "@" + text[at+1:] // as gateways had it before XEP-0106
	}
	spec, err := addrspec.Parse(text)
	if at := strings.LastIndexByte(text, '@'); err != nil && at > 0 {
		quoted := addrspec.Spec{Local: text[:at], Domain: text[at+1:]}.String()
		if again, also := addrspec.Parse(quoted); also == nil {
			spec, err = again, nil
		}
	}
	if err != nil {
		return transports.Address{}, err
	}
	local := strings.ToLower(spec.Local)
	if local[0] == '"' || strings.TrimSpace(local) != local || strings.Contains(local, ",") && strings.Contains(local, "@") {
		return transports.Address{}, &transports.Error{Kind: transports.Malformed, Text: transports.T("%s is not a mail address.", spec.String())}
	}
	return transports.Address{Kind: transports.Contact, Name: local + "@" + spec.Domain}, nil
}

// isListID tells whether a text has the form of a list's id, in lower case: words
// with a dot between them.
func isListID(text string) bool {
	return len(text) <= 255 && strings.Contains(text, ".") && !strings.HasPrefix(text, ".") && !strings.HasSuffix(text, ".") &&
		!strings.Contains(text, "..") && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789._+-=~") == ""
}

// listName returns the name of a list's contact. An id that has not the right form has
// another one there.
func listName(id string) string {
	if !isListID(id) {
		return "x-" + message.ThreadID("list", id)[:16] + ".invalid"
	}
	return id
}
