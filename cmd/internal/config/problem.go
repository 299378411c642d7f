package config

import (
	"strings"
)

// Problem is one thing that is wrong in a configuration.
type Problem struct {
	Where string // "wherry.toml:12", or the environment variable
	Key   string // "component.grace"; empty where the text itself is broken
	Text  string // what is wrong and what to do, in a sentence
	Shown string // the line in question with a mark under the fault; may be empty
}

func (p Problem) Error() string {
	s := p.Where + ": "
	if p.Key != "" {
		s += p.Key + ": "
	}
	s += p.Text
	if p.Shown != "" {
		s += "\n" + p.Shown
	}
	return s
}

// Problems are all that is wrong in a configuration, in the order of the file.
type Problems []Problem

func (ps Problems) Error() string {
	all := make([]string, len(ps))
	for i, p := range ps {
		all[i] = p.Error()
	}
	return strings.Join(all, "\n")
}
