// Package worldtest is package world as tests use it: what fails, fails the
// test.
package worldtest

import (
	"os"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Need skips the test where a program is not installed. In CI, where CI=true,
// that is a failure: nothing may be left untested there.
func Need(tb testing.TB, programs ...string) {
	tb.Helper()
	lacking := world.Lacks(programs...)
	switch {
	case len(lacking) == 0:
	case os.Getenv("CI") == "true":
		tb.Fatalf("not installed: %s", strings.Join(lacking, ", "))
	default:
		tb.Skipf("not installed: %s", strings.Join(lacking, ", "))
	}
}

// New returns a World that is closed with the test; where the test failed, the
// servers' logs are shown.
func New(tb testing.TB) *world.World {
	tb.Helper()
	w, err := world.New()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log(w.Logs())
		}
		if err := w.Close(); err != nil {
			tb.Error(err)
		}
	})
	return w
}
