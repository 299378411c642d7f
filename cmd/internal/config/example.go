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

	// Transport is the kind of network; empty: what the first part of the domain
	// names, else exampleTransport.
	Transport string
}

const exampleTransport = "irc"

// NewSecret returns a secret that nobody guesses.
func NewSecret() Secret { return Secret(rand.Text()) }

// Text returns the configuration: Example with the draft's values. Who may use
// the domain is its parent; a domain without one is Problems.
func (d Draft) Text() (string, error) {
	r := &resolver{source: source{file: "wherry init"}}
	domain := r.domain("domain", d.Domain)
	r.server("server", d.Server)
	allow := r.allow("domain", nil, domain)
	transport := d.transport()
	if !sections[transport] {
		r.refuse("transport", "%q is no network that wherry init can set up: irc, sms or email", transport)
	}
	if len(r.problems) > 0 {
		return "", r.sorted()
	}
	return forTransport(strings.NewReplacer(
		exampleDomain, strconv.Quote(domain),
		exampleSecret, strconv.Quote(d.Secret.Reveal()),
		exampleServer, strconv.Quote(d.Server),
		exampleStore, strconv.Quote(sqliteScheme+filepath.Join(d.Store, "wherry.db")),
		exampleKey, strconv.Quote(filepath.Join(d.Store, "wherry.key")),
		exampleAllow, "["+strconv.Quote(allow[0])+"]",
	).Replace(Example), transport), nil
}

// sections are the transports that have a section in Example.
var sections = map[string]bool{"irc": true, "sms": true, "email": true}

func (d Draft) transport() string {
	if d.Transport != "" {
		return d.Transport
	}
	first, _, _ := strings.Cut(d.Domain, ".")
	switch {
	case sections[first]:
		return first
	case first == "mail":
		return "email"
	}
	return exampleTransport
}

// Calls tells whether the network of the draft would call wherry, if it could.
func (d Draft) Calls() bool { return d.transport() == "sms" }

// forTransport returns Example for another transport: that one's section is in
// force, and the one that was is commented out.
func forTransport(text, transport string) string {
	if transport == exampleTransport {
		return text
	}
	text = strings.Replace(text, "transport = "+strconv.Quote(exampleTransport), "transport = "+strconv.Quote(transport), 1)
	lines := strings.Split(text, "\n")
	inside := false
	for i, line := range lines {
		switch {
		case line == "[component."+exampleTransport+"]":
			inside = true
		case line == "#[component."+transport+"]":
			lines[i] = line[1:]
		case line == "":
			inside = false
		}
		if inside && !strings.HasPrefix(line, "#") {
			lines[i] = "#" + line
		}
	}
	return strings.Join(lines, "\n")
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
