package web

import "time"

// SetNow sets the clock by which a Listener looks at its certificate.
func (l *Listener) SetNow(now func() time.Time) { l.cert.now = now }

// HooksAtOnce is how many calls are taken at once.
const HooksAtOnce = hooksAtOnce
