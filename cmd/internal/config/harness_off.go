//go:build !harness

package config

// harnessTables are the sections that only builds for tests have: none.
type harnessTables struct{}

func (r *resolver) harness(string, harnessTables, *Component) {}
