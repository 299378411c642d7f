package stanza

import "strings"

// Body returns the text of the best <body/> for a reader of these languages,
// the most wanted first, and that body's language: an exact match, then one of
// the primary subtag, then the body without a language, then the first.
// RFC 6121 §5.2.3
func (m *Message) Body(langs ...string) (text, lang string) {
	text, lang, _ = m.alternative("body", langs)
	return text, lang
}

// Subject is Body for <subject/>; ok tells whether there is one, because an
// empty subject has a meaning of its own. RFC 6121 §5.2.4
func (m *Message) Subject(langs ...string) (text, lang string, ok bool) {
	return m.alternative("subject", langs)
}

func (m *Message) alternative(name string, langs []string) (text, lang string, ok bool) {
	rank := len(langs)*2 + 2
	for i := range m.Payload {
		e := &m.Payload[i]
		if e.Name != name || e.Space != "" {
			continue
		}
		own := e.Lang()
		if own == "" {
			own = m.Lang
		}
		if r := rankOf(own, e.Lang() == "", langs); r < rank {
			rank, text, lang, ok = r, e.Text, own, true
		}
	}
	return text, lang, ok
}

// rankOf ranks a language among those wanted, the lowest is the best.
func rankOf(lang string, implicit bool, langs []string) int {
	for i, want := range langs {
		if strings.EqualFold(lang, want) {
			return i
		}
	}
	for i, want := range langs {
		if strings.EqualFold(primary(lang), primary(want)) {
			return len(langs) + i
		}
	}
	if implicit {
		return len(langs) * 2
	}
	return len(langs)*2 + 1
}

// primary returns the primary subtag of a language tag. RFC 5646 §2.1
func primary(tag string) string {
	if i := strings.IndexByte(tag, '-'); i >= 0 {
		return tag[:i]
	}
	return tag
}
