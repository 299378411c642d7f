package config

import (
	"reflect"
	"strings"
)

// Keys returns all keys of the file in the order of the document, as
// "component.irc.tls_ports", but for those that only builds for tests have.
func Keys() []string { return keysOf(reflect.TypeFor[document](), "") }

// harnessKeys returns those that only builds for tests have.
func harnessKeys() []string { return keysOf(reflect.TypeFor[harnessTables](), "component.") }

func keysOf(t reflect.Type, prefix string) []string {
	var keys []string
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			continue // harnessTables
		}
		name, inner := prefix+field.Tag.Get("toml"), field.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, keysOf(inner, name+".")...)
			continue
		}
		keys = append(keys, name)
	}
	return keys
}

// nearest returns the key or section that was probably meant, or nothing.
func nearest(key string) string {
	best, least := "", 4 // more than three slips is another word
	for _, known := range Keys() {
		for ; known != ""; known = parent(known) {
			if d := distance(key, known); d < least && d < len(last(key)) {
				best, least = known, d
			}
		}
	}
	if best == "" {
		best = elsewhere(key)
	}
	return best
}

// elsewhere returns the one key of the same name in another section.
func elsewhere(key string) string {
	found := ""
	for _, known := range Keys() {
		if last(known) != last(key) {
			continue
		}
		if found != "" {
			return ""
		}
		found = known
	}
	return found
}

func parent(key string) string {
	i := strings.LastIndexByte(key, '.')
	return key[:max(i, 0)]
}

func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// distance counts the slips between two words: letters added, left out or
// replaced (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			slip := 1
			if a[i] == b[j] {
				slip = 0
			}
			above, row[j+1] = row[j+1], min(above+slip, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
