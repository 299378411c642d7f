// Package text is the catalogue of what the gateway says to people, by
// language.
//
// Texts are written in English where they arise, as transports.Text; the
// English format is the key under which a translation is found.
package text

import (
	"sort"
	"strings"

	"wherry/transports"
)

// catalogue holds, by language, the translations by English format.
var catalogue = map[string]map[string]string{
	"de": german,
}

// In returns t in a language as xml:lang names it, such as "de-AT": in that
// language, else in its primary one, else in English.
func In(lang string, t transports.Text) string {
	lang = strings.ToLower(lang)
	primary, _, _ := strings.Cut(lang, "-")
	for _, l := range []string{lang, primary} {
		if format, ok := catalogue[l][t.Format]; ok {
			return t.In(format)
		}
	}
	return t.String()
}

// Languages returns the languages there are translations for, and English.
func Languages() []string {
	langs := []string{"en"}
	for l := range catalogue {
		langs = append(langs, l)
	}
	sort.Strings(langs[1:])
	return langs
}

// Formats returns the English formats that a language translates.
func Formats(lang string) []string {
	var all []string
	for f := range catalogue[lang] {
		all = append(all, f)
	}
	sort.Strings(all)
	return all
}

// Of returns the language that In answers in for lang.
func Of(lang string) string {
	lang = strings.ToLower(lang)
	primary, _, _ := strings.Cut(lang, "-")
	for _, l := range []string{lang, primary} {
		if _, ok := catalogue[l]; ok {
			return l
		}
	}
	return "en"
}
