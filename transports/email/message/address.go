package message

import (
	"strings"

	"github.com/emersion/go-message/mail"
)

// Address is who a field names.
type Address struct {
	Name string // what they are called, in one line; never another address than Spec
	Spec string // the address itself, RFC 5322 §3.4.1, as it was written
}

// addresses reads a field with addresses. What is right is read as RFC 5322 has
// it; of the rest, what can be.
func addresses(h *mail.Header, field string) (list []Address) {
	for _, value := range h.Values(field) {
		list = append(list, parseAddresses(value)...)
		if len(list) >= maxAddresses {
			return list[:maxAddresses]
		}
	}
	return list
}

func parseAddresses(value string) (list []Address) {
	if parsed, err := mail.ParseAddressList(value); err == nil && !strings.Contains(value, "=?") && rawText(value) == value {
		for _, a := range parsed {
			if a, ok := address(a.Name, quoteLocal(a.Address)); ok {
				list = append(list, a)
			}
		}
		return list
	}
	p := addressParser{rest: value}
	for len(list) < maxAddresses && p.rest != "" {
		if a, ok := p.next(); ok {
			list = append(list, a)
		}
	}
	return list
}

// quoteLocal puts a local part back into the quotes that it must have, RFC 5322
// §3.4.1.
func quoteLocal(spec string) string {
	i := strings.LastIndexByte(spec, '@')
	if i < 0 || !strings.ContainsAny(spec[:i], " \t()<>[]:;@\\,\"") {
		return spec
	}
	return quoteText(spec[:i]) + spec[i:]
}

// quoteText puts a text into quotes, RFC 5322 §3.2.4.
func quoteText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// address makes an Address of what was read. A name that shows an address is
// dropped: it is the same again, or somebody else's.
func address(name, spec string) (Address, bool) {
	if spec = oneLine(rawText(spec)); !isSpec(spec) {
		return Address{}, false
	}
	name = strings.Trim(fieldText(name), `'" `)
	if strings.ContainsAny(name, "@\uff20\ufe6b") {
		name = ""
	}
	return Address{Name: cutString(name, 200), Spec: spec}, true
}

// isSpec tells whether a text has the form of an address: more than RFC 5322
// §3.4.1 allows, but nothing that would be read as two, or as another.
func isSpec(s string) bool {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i == len(s)-1 || len(s) > 320 {
		return false
	}
	local, domain := s[:i], s[i+1:]
	if inner, ok := strings.CutPrefix(local, `"`); ok {
		text, rest := cutQuoted(local)
		return rest == "" && len(inner) > 1 && strings.HasSuffix(local, `"`) && text != "" && quoteText(text) == local && !strings.ContainsAny(domain, specials)
	}
	return !strings.ContainsAny(local, specials+"[]@") && !strings.ContainsAny(domain, specials)
}

// specials end an address, or begin something else.
const specials = " \t\"()<>,;:\\"

// addressParser reads addresses that are not quite right.
type addressParser struct{ rest string }

// next reads up to the next comma, or semicolon, that ends an address.
func (p *addressParser) next() (Address, bool) {
	var words, spec, comment strings.Builder
	angle, in := false, false // there was "<"; we are behind it
	for p.rest != "" {
		c := p.rest[0]
		switch {
		case c == '"':
			text, rest := cutQuoted(p.rest)
			p.rest = rest
			if in || strings.HasPrefix(rest, "@") { // a quoted local part
				(map[bool]*strings.Builder{true: &spec, false: &words}[in]).WriteString(quoteText(text))
			} else {
				words.WriteString(text)
			}
			continue
		case c == '(' && !in:
			comment.WriteString(p.comment())
			continue
		case c == '<' && !in:
			in, angle = true, true
			spec.Reset()
		case c == '>' && in:
			in = false
		case (c == ',' || c == ';') && !in:
			if c == ',' && !angle && words.Len() > 0 && words.Len() < 100 && !strings.Contains(words.String(), "@") &&
				strings.IndexByte(p.rest[:min(len(p.rest), 100)], '<') > 0 {
				words.WriteByte(c) // "Lee, Ann <ann@example.org>" without quotes
				break
			}
			p.rest = p.rest[1:]
			return finish(words.String(), spec.String(), comment.String(), angle)
		case c == ':' && !in && !strings.Contains(words.String(), "@"): // a group's name
			words.Reset()
		case in:
			spec.WriteByte(c)
		case !angle:
			words.WriteByte(c)
		}
		p.rest = p.rest[1:]
	}
	return finish(words.String(), spec.String(), comment.String(), angle)
}

// comment takes a comment from the beginning of the rest.
func (p *addressParser) comment() string {
	depth := 0
	for i := 0; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				text := p.rest[1:i]
				p.rest = p.rest[i+1:]
				return text
			}
		}
	}
	text := p.rest[1:]
	p.rest = ""
	return text
}

// finish makes an address of its pieces.
func finish(words, spec, comment string, angle bool) (Address, bool) {
	if !angle {
		words = strings.TrimSpace(words)
		at := strings.LastIndexByte(words, '@')
		if at < 0 {
			return Address{}, false
		}
		begin := strings.LastIndexAny(words[:at], " \t\r\n") + 1
		if strings.HasSuffix(words[:at], `"`) {
			begin = strings.IndexByte(words, '"')
		}
		end := len(words)
		if i := strings.IndexAny(words[at:], " \t\r\n"); i >= 0 {
			end = at + i
		}
		spec, words = words[begin:end], strings.TrimSpace(words[:begin])
	}
	if i := strings.LastIndexByte(spec, ':'); strings.HasPrefix(spec, "@") && i >= 0 { // a route, RFC 5322 §4.4
		spec = spec[i+1:]
	}
	if !strings.Contains(spec, `"`) {
		spec = strings.Join(strings.Fields(spec), "")
	}
	name := strings.TrimSpace(words)
	if name == "" {
		name = comment
	}
	return address(name, spec)
}
