package config

import (
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Example is a whole configuration with all keys and what they mean. Keys that
// an administrator rarely needs are commented out.
//
//go:embed wherry.toml
var Example string

// The values of Example that are not the same for everybody.
const (
	exampleDomain = `"irc.example.org"`
	exampleSecret = `"change me"`
	exampleServer = `"127.0.0.1:5347"`
	exampleAllow  = `["example.org"]`
	exampleStore  = `"sqlite:wherry.db"`
	exampleKey    = `"wherry.key"`
)

// Draft is what must be known to write a configuration.
type Draft struct {
	Domain string // of the component
	Server string // host:port of the XMPP server's listener for components
	Secret Secret
	Store  string // folder of database and key file; empty: that of the configuration
}

// NewSecret returns a secret that nobody guesses.
func NewSecret() Secret { return Secret(rand.Text()) }

// Text returns the configuration: Example with the draft's values. Who may use
// the domain is its parent; a domain without one is Problems.
func (d Draft) Text() (string, error) {
	r := &resolver{source: source{file: "wherry init"}}
	domain := r.domain("domain", d.Domain)
	r.server("server", d.Server)
	allow := r.allow("domain", nil, domain)
	if len(r.problems) > 0 {
		return "", r.sorted()
	}
	return strings.NewReplacer(
		exampleDomain, strconv.Quote(domain),
		exampleSecret, strconv.Quote(d.Secret.Reveal()),
		exampleServer, strconv.Quote(d.Server),
		exampleStore, strconv.Quote(sqliteScheme+filepath.Join(d.Store, "wherry.db")),
		exampleKey, strconv.Quote(filepath.Join(d.Store, "wherry.key")),
		exampleAllow, "["+strconv.Quote(allow[0])+"]",
	).Replace(Example), nil
}

// Create writes a configuration to a new file that only its owner can read, in
// a folder that is made where it is missing. A file that is there stays as it
// is.
func Create(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists, and stays as it is: name another file with -config FILE", path)
	}
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the configuration: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}
