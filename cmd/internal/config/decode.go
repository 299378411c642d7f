package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// source is the text of a configuration file.
type source struct {
	file string
	text string
}

// decode reads the text, and returns all keys that it does not know, or else
// the first fault.
func (s source) decode() (document, Problems) {
	var doc document
	err := toml.NewDecoder(bytes.NewReader([]byte(s.text))).DisallowUnknownFields().Decode(&doc)
	var unknown *toml.StrictMissingError
	var fault *toml.DecodeError
	switch {
	case err == nil:
		return doc, nil
	case errors.As(err, &unknown):
		return doc, s.allUnknown(unknown)
	case errors.As(err, &fault):
		return doc, Problems{s.fault(fault)}
	}
	return doc, Problems{{Where: s.file, Text: err.Error()}}
}

// mostUnknown is how many unknown keys are told: more are another program's.
const mostUnknown = 20

func (s source) allUnknown(e *toml.StrictMissingError) Problems {
	var all Problems
	for i := range e.Errors {
		if i == mostUnknown {
			more := fmt.Sprintf("has %d more unknown keys: is this file wherry's?", len(e.Errors)-i)
			return append(all, Problem{Where: s.file, Text: more})
		}
		all = append(all, s.unknown(&e.Errors[i]))
	}
	return all
}

// unknown describes a key or table that Wherry does not have.
func (s source) unknown(e *toml.DecodeError) Problem {
	line, column := e.Position()
	path := []string(e.Key())
	what, key := "is no key", strings.Join(path, ".")
	if strings.HasPrefix(strings.TrimSpace(s.line(line)), "[") {
		what = "is no section"
	}
	text := what + " of wherry's configuration"
	if near := nearest(key); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	}
	// In a table's header only the last part is new.
	return Problem{Where: s.at(line), Key: key, Text: text, Shown: excerpt(s.text, line, column, len(key))}.narrow(path, s, line)
}

// narrow puts the mark under the last part of a key.
func (p Problem) narrow(path []string, s source, line int) Problem {
	last := path[len(path)-1]
	if i := strings.LastIndex(keyPart(s.line(line)), last); i >= 0 {
		p.Shown = excerpt(s.text, line, i+1, len(last))
	}
	return p
}

// keyPart returns what stands before the value.
func keyPart(line string) string {
	before, _, _ := strings.Cut(line, "=")
	return before
}

// fault describes text that is no TOML, or a value of the wrong type.
func (s source) fault(e *toml.DecodeError) Problem {
	line, column := e.Position()
	text := strings.TrimPrefix(e.Error(), "toml: ")
	if m := mismatch.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("must be %s, and is %s", goType(m[2]), article(m[1]))
	}
	return Problem{
		Where: s.at(line), Key: strings.Join(e.Key(), "."), Text: text,
		Shown: excerpt(s.text, line, column, marked(e.String())),
	}
}

// marked returns how many columns the library marks.
func marked(human string) int { return strings.Count(human, "~") }

var mismatch = regexp.MustCompile(`^cannot (?:decode|store) (?:TOML )?(.+?) into .* of type (.*)$`)

// goType names a type of the document's fields as an administrator would.
func goType(name string) string {
	switch {
	case name == "string":
		return `text in quotes, like "text"`
	case name == "bool":
		return "true or false"
	case name == "int", name == "*int":
		return "a whole number"
	case strings.HasPrefix(name, "[]struct"), strings.HasPrefix(name, "[]config."):
		return "a list of sections, each headed by [[ and ]]"
	case strings.HasPrefix(name, "[]"):
		return "a list in brackets, like [1, 2]"
	}
	return "a section, headed by [ and ]"
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func (s source) at(line int) string { return fmt.Sprintf("%s:%d", s.file, line) }

func (s source) line(n int) string {
	lines := strings.Split(s.text, "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}
