package mailtest

import "io"

// TB is what New needs of a test.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(string, ...any)
}

// New starts a server for the time of a test; what says which, for people.
func New[S io.Closer](t TB, what string, start func() (S, error)) S {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatalf("start the stand-in for %s: %v", what, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
