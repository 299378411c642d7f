package config

import (
	"sort"
	"strings"
)

const (
	envPrefix       = "WHERRY_"
	envSecretPrefix = envPrefix + "SECRET_"
)

// environment holds the variables that begin with WHERRY_.
type environment map[string]string

func newEnvironment(environ []string) environment {
	env := environment{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, envPrefix) {
			env[name] = value
		}
	}
	return env
}

// scalars returns the values of doc outside of components by their keys.
func (d *document) scalars() map[string]*string {
	return map[string]*string{
		"store.url":           &d.Store.URL,
		"store.key_file":      &d.Store.KeyFile,
		"log.level":           &d.Log.Level,
		"log.format":          &d.Log.Format,
		"http.listen":         &d.HTTP.Listen,
		"http.public_url":     &d.HTTP.PublicURL,
		"http.tls_cert":       &d.HTTP.TLSCert,
		"http.tls_key":        &d.HTTP.TLSKey,
		"http.media_dir":      &d.HTTP.MediaDir,
		"http.metrics_listen": &d.HTTP.MetricsListen,
	}
}

// overlay lays env over doc. It returns which keys came from there.
func (env environment) overlay(doc *document) map[string]string {
	from := map[string]string{}
	for key, into := range doc.scalars() {
		name := scalarVariable(key)
		if value, ok := env[name]; ok {
			*into = value
			from[key] = name
		}
	}
	return from
}

// strangers returns the variables that mean nothing, given the domains.
func (env environment) strangers(domains []string) []string {
	known := map[string]bool{}
	for key := range new(document).scalars() {
		known[scalarVariable(key)] = true
	}
	for _, domain := range domains {
		known[SecretVariable(domain)] = true
	}
	var all []string
	for name := range env {
		if !known[name] {
			all = append(all, name)
		}
	}
	sort.Strings(all)
	return all
}

func scalarVariable(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// SecretVariable returns the name of the environment variable that holds the
// secret of a domain: WHERRY_SECRET_ and the domain in capitals, other
// characters as "_".
func SecretVariable(domain string) string {
	return envSecretPrefix + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, domain)
}
