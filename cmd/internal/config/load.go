package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// Default is where a configuration is looked for, in this order.
var Default = []string{"wherry.toml", "/etc/wherry/wherry.toml"}

// Find returns the path of the configuration: the named one, or the first of
// Default that exists where name is empty.
func Find(name string) (string, error) {
	if name != "" {
		return name, nil
	}
	for _, path := range Default {
		if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no %s here, and no %s: write one with wherry init, or name one with -config FILE",
		Default[0], Default[1])
}

// Load reads the file at path and lays environ, entries of the form name=value,
// over it. Transports are the names of those that this program has. The error
// is Problems where the configuration is at fault.
func Load(path string, environ, transports []string) (*Config, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no configuration %s: write one with wherry init, or name another with -config FILE", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the configuration %s cannot be read by this user: run wherry as its owner, or give it to this user", path)
	case err != nil:
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	s := source{file: path, text: string(text)}
	doc, problems := s.decode()
	if problems != nil {
		return nil, problems
	}
	env := newEnvironment(environ)
	r := &resolver{
		source: s, places: s.places(), dir: dir, transports: transports,
		env: env, overlaid: env.overlay(&doc),
	}
	conf := r.config(&doc)
	if len(r.problems) > 0 {
		return nil, r.sorted()
	}
	return conf, nil
}

// sorted returns the problems in the order of the file.
func (r *resolver) sorted() Problems {
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].line < r.problems[j].line })
	all := make(Problems, len(r.problems))
	for i, p := range r.problems {
		all[i] = p.Problem
	}
	return all
}
