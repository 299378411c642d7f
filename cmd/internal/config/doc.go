// Package config reads Wherry's configuration: one TOML file, and the
// environment above it.
//
// The file is read strictly: an unknown key, a wrong type or a value that
// cannot work is a Problem, which names the key, the line and the cure. All
// problems of a file are found at once. What Load returns is whole: defaults
// are filled in, paths are absolute, addresses are parsed.
//
// Reading is three small steps: decode.go turns the text into a document,
// whose fields are the keys of the file and nothing more; environment.go lays
// the environment over it; and resolve.go makes the Config of it, value by
// value, with the checks of value.go.
package config
