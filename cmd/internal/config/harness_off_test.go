//go:build !harness

package config_test

import (
	"strings"
	"testing"
)

// The transport for tests is in no build but those for tests.
func TestNoWire(t *testing.T) {
	for text, want := range map[string]string{
		with(`transport = "wire"`):         `component.transport: must be "irc", and is "wire"`,
		least + "[component.wire]\n":       "component.wire: is no section of wherry's configuration",
		least + "[component.wire]\nurl=''": "component.wire: is no section of wherry's configuration",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
