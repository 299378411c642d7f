package email

import (
	"slices"
	"strings"

	"wherry/transports"
)

// Bounds of a group: its address is the local part of a JID (RFC 7622 §3.3.1 allows
// 1023 bytes, and each "@" takes three there).
const (
	groupMost     = 20
	groupNameMost = 900
)

// Group returns the address of some people together: a mail to all of them, who see
// that. What they answer comes from each.
func (t *Transport) Group(all []transports.Address) (transports.Address, error) {
	var names []string
	for _, a := range all {
		if a.Scope != all[0].Scope {
			return transports.Address{}, &transports.Error{Kind: transports.NotAllowed, Text: transports.T("A mail leaves from one of your mailboxes: those people are contacts of several.")}
		}
		names = append(names, members(a.Name)...)
	}
	together, err := together(names)
	if err == nil && len(all) > 0 {
		together.Scope = all[0].Scope
	}
	return together, err
}

// together returns the address of those of some names.
func together(names []string) (transports.Address, error) {
	slices.Sort(names)
	names = slices.Compact(names)
	for _, n := range names {
		if !strings.Contains(n, "@") {
			return transports.Address{}, &transports.Error{Kind: transports.NotAllowed, Text: transports.T("A mail to several cannot go to a mailing list.")}
		}
	}
	name := strings.Join(names, ",")
	if len(names) > groupMost || len(name)+2*len(names) > groupNameMost {
		return transports.Address{}, &transports.Error{Kind: transports.TooLong, Text: transports.T("This mail goes to too many people.")}
	}
	return transports.Address{Kind: transports.Contact, Name: name}, nil
}

// members returns the names of those who are a group, or the one name that is none.
func members(name string) []string {
	parts := strings.Split(name, ",")
	if len(parts) < 2 || slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(p, "@") }) {
		return []string{name}
	}
	return parts
}

// group reads what may be the address of a group.
func group(text string) (a transports.Address, ok bool, err error) {
	parts := members(text)
	if len(parts) < 2 || len(parts) > 10*groupMost {
		return a, false, nil
	}
	for i, p := range parts {
		one, err := single(strings.TrimSpace(p))
		if err != nil {
			return a, false, nil
		}
		parts[i] = one.Name
	}
	a, err = together(parts)
	return a, true, err
}
