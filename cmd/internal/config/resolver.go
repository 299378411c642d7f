package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// resolver makes a Config of a document, and gathers what is wrong with it.
type resolver struct {
	source
	places     places
	dir        string // of the file; relative paths begin there
	transports []string
	env        environment
	overlaid   map[string]string // keys that came from the environment, and from which variable
	problems   []located
	warnings   []string
}

// located is a problem and its line; 0 is none.
type located struct {
	Problem
	line int
}

// refuse notes what is wrong with the value of a key.
func (r *resolver) refuse(key, format string, args ...any) {
	p := Problem{Where: r.file, Key: plainKey(key), Text: fmt.Sprintf(format, args...)}
	at, ok := r.places[key]
	marked := key
	if name := r.overlaid[key]; name != "" {
		p.Where, ok = name, false
	}
	for up := key; !ok && up != "" && r.overlaid[key] == ""; {
		// What is missing is missing in its section.
		up = parent(up)
		at, ok = r.places[up]
		marked = up
	}
	if ok {
		p.Where = r.at(at.line)
		p.Shown = excerpt(r.text, at.line, at.column, len(last(plainKey(marked))))
	}
	r.problems = append(r.problems, located{p, at.line})
}

// warn notes what is allowed but hardly meant.
func (r *resolver) warn(key, format string, args ...any) {
	where := r.file
	if at, ok := r.places[key]; ok {
		where = r.at(at.line)
	}
	if name := r.overlaid[key]; name != "" {
		where = name
	}
	r.warnings = append(r.warnings, fmt.Sprintf("%s: %s: %s", where, plainKey(key), fmt.Sprintf(format, args...)))
}

func (r *resolver) set(key string) bool {
	_, ok := r.places[key]
	return ok || r.overlaid[key] != ""
}

var index = regexp.MustCompile(`\[\d+\]`)

// plainKey returns a key as the documentation has it.
func plainKey(key string) string { return index.ReplaceAllString(key, "") }

// path makes a path of the file absolute.
func (r *resolver) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// choice returns value, or the first option where it is empty.
func (r *resolver) choice(key, value string, options ...string) string {
	if value == "" && !r.set(key) {
		return options[0]
	}
	for _, option := range options {
		if value == option {
			return value
		}
	}
	quoted := make([]string, len(options))
	for i, option := range options {
		quoted[i] = fmt.Sprintf("%q", option)
	}
	r.refuse(key, "must be %s, and is %q", enumerate(quoted), value)
	return options[0]
}

// enumerate returns "a, b or c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// openToOthers tells whether a file can be read by every user of the machine.
func openToOthers(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o004 != 0
}
