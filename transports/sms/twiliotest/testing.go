package twiliotest

// TB is what New needs of a test.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(string, ...any)
}

// New starts a Server for the time of a test.
func New(t TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatalf("start the stand-in for twilio: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}
