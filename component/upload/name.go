package upload

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const nameMost = 80 // bytes of a file's name

// FileName returns a name for a file of a type: the one that was told, as far
// as it is the name of a file, without directories and odd characters. It ends
// as files of the type do: clients decide by the end how to show a URL.
func FileName(told, typ string) string {
	name := told[strings.LastIndexAny(told, `/\`)+1:]
	name = strings.Map(clean, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(name, "._- ")
	all, shown := inline[typ]
	if !shown {
		all = endings[typ]
	}
	if slices.Contains(all, strings.ToLower(name)) {
		name = "" // nothing but an ending
	}
	stem, ending := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		stem, ending = name[:i], name[i+1:]
	}
	switch {
	case len(all) == 0, slices.Contains(all, strings.ToLower(ending)):
	case shown && told != "", ending == "" || len(ending) > 8:
		stem, ending = name, all[0]
	}
	if stem == "" {
		stem = "file"
		if kind, _, _ := strings.Cut(typ, "/"); kind == "image" || kind == "audio" || kind == "video" {
			stem = kind
		}
	}
	if len(ending) > 8 {
		stem, ending = stem+"."+ending, ""
	}
	if ending != "" {
		ending = "." + ending
	}
	return strings.TrimRight(cut(stem, nameMost-len(ending)), ".") + ending
}

// clean returns what stands in a name for a character: itself, where it is a
// letter, a mark, a digit or plain punctuation.
func clean(r rune) rune {
	switch {
	case r == '.', r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
		return r
	case unicode.IsMark(r):
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return '_'
}

// cut returns the beginning of s, at most n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
