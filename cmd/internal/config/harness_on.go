//go:build harness

package config

import "net/url"

// harnessTables are the sections that only builds for tests have. No
// documentation tells of them.
type harnessTables struct {
	Wire wireTable `toml:"wire"`
}

type wireTable struct {
	URL  string `toml:"url"`
	Mode string `toml:"mode"`
}

// harness reads the section of a transport for tests.
func (r *resolver) harness(key string, t harnessTables, c *Component) {
	if c.Transport != "wire" {
		return
	}
	key += ".wire."
	if u, err := url.Parse(t.Wire.URL); err != nil || u.Host == "" {
		r.refuse(key+"url", `%q is no URL, like "http://127.0.0.1:8080"`, t.Wire.URL)
	}
	c.Wire = Wire{URL: t.Wire.URL, Mode: r.choice(key+"mode", t.Wire.Mode, "find", "fold", "blind")}
}
