package config

import (
	"log/slog"
	"os"
	"slices"
	"strings"
)

const sqliteScheme = "sqlite:"

// config makes the whole configuration.
func (r *resolver) config(doc *document) *Config {
	conf := &Config{
		File:  r.file,
		Store: r.store(doc.Store),
		Log:   r.log(doc.Log),
	}
	conf.HTTP = r.http(doc.HTTP, conf.Store)
	r.misheaded(doc)
	if len(doc.Components) == 0 {
		r.refuse("component", "there is none: add a [[component]] section for each XMPP domain that wherry serves")
	}
	var domains []string
	for i := range doc.Components {
		c := r.component(componentKey(i), &doc.Components[i])
		if c.Domain != "" && slices.Contains(domains, c.Domain) {
			r.refuse(componentKey(i)+".domain", "%s has a section already: one domain is one component", c.Domain)
		}
		domains = append(domains, c.Domain)
		conf.Components = append(conf.Components, c)
	}
	for _, name := range r.env.strangers(domains) {
		r.warnings = append(r.warnings, "the environment's "+name+" is none of wherry's variables, and has no effect")
	}
	conf.Warnings = r.warnings
	return conf
}

// misheaded refuses what the decoder takes, but others would not: keys in
// capitals, and components that are not headed by [[component]].
func (r *resolver) misheaded(doc *document) {
	keys := append(Keys(), harnessKeys()...)
	for key := range r.places {
		plain := plainKey(key)
		if !slices.ContainsFunc(keys, func(known string) bool { return known == plain || strings.HasPrefix(known, plain+".") }) {
			r.refuse(key, "is no key of wherry's configuration; did you mean %s?", strings.ToLower(plain))
		}
	}
	if len(doc.Components) > 0 && !r.set(componentKey(0)) {
		r.refuse("component", "head each component by [[component]]")
	}
}

func (r *resolver) store(t storeTable) Store {
	s := Store{URL: "sqlite:wherry.db", KeyFile: "wherry.key"}
	if r.set("store.url") {
		s.URL = t.URL
	}
	if r.set("store.key_file") {
		s.KeyFile = t.KeyFile
	}
	path, ok := strings.CutPrefix(s.URL, sqliteScheme)
	switch {
	case strings.HasPrefix(s.URL, "postgres:"), strings.HasPrefix(s.URL, "postgresql:"):
		r.refuse("store.url", `PostgreSQL is not in this release yet: use "sqlite:" and the path of a file`)
	case !ok, path == "":
		r.refuse("store.url", `must be "sqlite:" and the path of the database file, like "sqlite:wherry.db"`)
	}
	if s.KeyFile == "" {
		r.refuse("store.key_file", `must be the path of a file, like "wherry.key"; wherry makes it at its first start`)
	}
	s.URL, s.KeyFile = sqliteScheme+r.path(path), r.path(s.KeyFile)
	return s
}

func (r *resolver) log(t logTable) Log {
	var level slog.Level
	// A name that choice lets pass is one that slog knows.
	_ = level.UnmarshalText([]byte(r.choice("log.level", t.Level, "info", "debug", "warn", "error")))
	return Log{Level: level, JSON: r.choice("log.format", t.Format, "text", "json") == "json"}
}

// secret returns the secret of a component, from the environment, the file or
// its own file, in this order.
func (r *resolver) secret(key string, t *componentTable) Secret {
	variable := SecretVariable(t.Domain)
	if value, ok := r.env[variable]; ok && t.Domain != "" {
		if value == "" {
			r.overlaid[key+".secret"] = variable
			r.refuse(key+".secret", "is empty")
		}
		return Secret(value)
	}
	switch {
	case t.Secret != "" && t.SecretFile != "":
		r.refuse(key+".secret_file", "there is a secret too: keep one of the two")
	case t.Secret != "":
		if openToOthers(r.file) {
			r.warn(key+".secret", "every user of this machine can read it: run chmod 600 %s, or use secret_file", r.file)
		}
		return Secret(t.Secret)
	case t.SecretFile != "":
		return r.secretFile(key+".secret_file", r.path(t.SecretFile))
	default:
		r.refuse(key+".secret", "is missing: put here the secret that the XMPP server has for this component, "+
			"or the path of a file with it in secret_file, or set %s", variable)
	}
	return ""
}

func (r *resolver) secretFile(key, path string) Secret {
	text, err := os.ReadFile(path)
	if err != nil {
		r.refuse(key, "cannot be read: %v", err)
		return ""
	}
	secret := strings.TrimRight(string(text), "\r\n")
	switch {
	case secret == "":
		r.refuse(key, "%s is empty: put the secret into it", path)
	case strings.ContainsAny(secret, "\r\n"):
		r.refuse(key, "%s has several lines: put the secret alone into it", path)
	case openToOthers(path):
		r.warn(key, "every user of this machine can read it: run chmod 600 %s", path)
	}
	return Secret(secret)
}
