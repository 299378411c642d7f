package message

import (
	"mime"
	"sort"
	"strconv"
	"strings"
)

// parameters reads a value and its parameters, RFC 2045 §5.1 and RFC 2231, as
// well as it can be done: values without quotes may have blanks, and the first of
// two wins. Names are in lower case; texts are decoded, valid UTF-8.
func parameters(field string) (value string, params map[string]string) {
	if v, p, err := mime.ParseMediaType(field); err == nil && plainParams(field) {
		return v, p
	}
	value, rest, _ := strings.Cut(field, ";")
	value, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(value)), " ")
	params = map[string]string{}
	for rest != "" {
		var name, text string
		name, text, rest = cutParameter(rest)
		if _, had := params[name]; name != "" && !had && len(params) < 200 {
			params[name] = text
		}
	}
	for name, text := range params {
		if !strings.Contains(name, "*") {
			params[name] = decodeWords(text)
		}
	}
	joinParameters(params)
	return value, params
}

// plainParams tells whether the standard library reads all of a field: it knows
// neither encoded words in parameters nor most encodings.
func plainParams(field string) bool {
	for i := range len(field) {
		if c := field[i]; c == '*' || c == '=' && i+1 < len(field) && field[i+1] == '?' || c >= 0x80 {
			return false
		}
	}
	return !strings.Contains(field, "=?")
}

// cutParameter takes the first parameter from s, up to the ";" after it.
func cutParameter(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, " \t\r\n;")
	i := strings.IndexAny(s, "=;")
	if i < 0 {
		return "", "", ""
	}
	if s[i] == ';' {
		return "", "", s[i:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:i]))
	s = strings.TrimLeft(s[i+1:], " \t\r\n")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	value, rest = cutQuoted(s)
	if _, rest, _ = strings.Cut(rest, ";"); rest != "" {
		return name, value, rest
	}
	return name, value, ""
}

// cutQuoted takes a quoted string, RFC 5322 §3.2.4, from the beginning of s. One
// that does not end, ends with s.
func cutQuoted(s string) (text, rest string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:]
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// joinParameters puts together what RFC 2231 cuts and encodes.
func joinParameters(params map[string]string) {
	type piece struct {
		n       int
		text    string
		encoded bool
	}
	pieces := map[string][]piece{}
	for name, text := range params {
		base, index, cut := strings.Cut(name, "*")
		if !cut {
			continue
		}
		delete(params, name)
		p := piece{text: text}
		if index, p.encoded = strings.CutSuffix(index, "*"); index == "" {
			p.encoded = true
		} else if n, err := strconv.Atoi(index); err == nil && n >= 0 && n < 1000 {
			p.n = n
		} else {
			continue
		}
		pieces[base] = append(pieces[base], p)
	}
	for base, list := range pieces {
		sort.Slice(list, func(i, j int) bool { return list[i].n < list[j].n })
		charset, raw := "", []byte(nil)
		for i, p := range list {
			if i == 0 && p.encoded {
				if c, rest, ok := strings.Cut(p.text, "'"); ok {
					if _, text, ok := strings.Cut(rest, "'"); ok {
						charset, p.text = c, text
					}
				}
			}
			if p.encoded {
				raw = append(raw, unpercent(p.text)...)
			} else {
				raw = append(raw, p.text...)
			}
		}
		params[base] = decodeText(charset, raw)
	}
}

// unpercent undoes RFC 2231 §4's encoding.
func unpercent(text string) []byte {
	raw := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && unhex(text[i+1]) >= 0 && unhex(text[i+2]) >= 0 {
			raw = append(raw, byte(unhex(text[i+1])<<4|unhex(text[i+2])))
			i += 2
			continue
		}
		raw = append(raw, text[i])
	}
	return raw
}
