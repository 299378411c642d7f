package message

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Types that are read here.
const (
	typePlain    = "text/plain"
	typeHTML     = "text/html"
	typeCalendar = "text/calendar"
)

// contentType returns an entity's media type and its parameters. What is none is
// text, RFC 2045 §5.2.
func contentType(e *entity) (string, map[string]string) {
	field := e.header.Get("Content-Type")
	if field == "" {
		if e.parent != nil && e.parent.kind == "multipart/digest" { // RFC 2046 §5.1.5
			return "message/rfc822", nil
		}
		return typePlain, nil
	}
	kind, params := parameters(field)
	if major, minor, ok := strings.Cut(kind, "/"); !ok || major == "" || minor == "" || len(kind) > 127 || !isToken(kind) {
		return typePlain, params
	}
	return kind, params
}

// isToken tells whether a media type has no characters but those that it may.
func isToken(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"[]?=`, r) }) < 0
}

// part returns what the header of a leaf says of it.
func part(e *entity) Part {
	disposition, params := parameters(e.header.Get("Content-Disposition"))
	name := params["filename"]
	if name == "" {
		name = e.params["name"]
	}
	if !isToken(disposition) {
		disposition = ""
	}
	return Part{
		Path: e.path, Type: e.kind, Name: fileName(name), ID: firstID(&e.header, "Content-Id"), Disposition: disposition,
	}
}

// fileName returns a name without directories, and without what would break a
// line or hide the end of the name.
func fileName(name string) string {
	name = oneLine(name)
	name = path.Base("/" + strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '/' || unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return -1
		}
		return r
	}, name))
	if strings.Trim(name, ". ") == "" {
		return ""
	}
	if len(name) <= maxName {
		return name
	}
	end := path.Ext(name)
	if len(end) > 20 {
		end = ""
	}
	cut := maxName - len(end)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + end
}
