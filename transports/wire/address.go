package wire

import (
	"strings"

	"wherry/transports"
)

// longestName is how many characters a name may have.
const longestName = 32

// Address reads a contact's name.
func (t *Transport) Address(text string, _ transports.Account) (transports.Address, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	if !validName(name) {
		return transports.Address{}, &transports.Error{
			Kind: transports.Malformed, Text: transports.Literal("A name has up to 32 letters, digits and hyphens."),
		}
	}
	return contact(name), nil
}

func contact(name string) transports.Address {
	return transports.Address{Kind: transports.Contact, Name: name}
}

func validName(name string) bool {
	if name == "" || len(name) > longestName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
