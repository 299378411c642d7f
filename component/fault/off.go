//go:build !harness

package fault

// At passes a point.
func At(string) {}

// Broken tells whether a fault is put in.
func Broken(string) bool { return false }
