package irc

// casemapping is how a network tells whether two names are one, the
// CASEMAPPING of its ISUPPORT.
type casemapping uint8

const (
	rfc1459       casemapping = iota // A-Z and []\~ are the upper case of a-z and {}|^: RFC 2812 §2.2
	rfc1459Strict                    // the same without ~ and ^
	ascii                            // A-Z only
)

// upper returns the highest upper-case character of the mapping.
func (m casemapping) upper() byte {
	switch m {
	case ascii:
		return 'Z'
	case rfc1459Strict:
		return ']'
	}
	return '^'
}

// fold returns the spelling that stands for all spellings of name: the one in
// lower case. It returns name itself where that is the one.
func (m casemapping) fold(name string) string {
	top := m.upper()
	for i := 0; i < len(name); i++ {
		if c := name[i]; c >= 'A' && c <= top {
			folded := []byte(name)
			for ; i < len(folded); i++ {
				if c := folded[i]; c >= 'A' && c <= top {
					folded[i] = c + 'a' - 'A'
				}
			}
			return string(folded)
		}
	}
	return name
}

// lower returns s with A-Z in lower case: the spelling of names in addresses.
func lower(s string) string { return ascii.fold(s) }
