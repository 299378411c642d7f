package component

import "time"

// ShortenAnswers makes requests count as overdue after d.
func ShortenAnswers(c *Component, d time.Duration) { c.patience.answer = d }

// ShortenSilence makes the gateway ask a silent server for a sign of life after
// d, and wait as long for it.
func ShortenSilence(c *Component, d time.Duration) { c.patience.silence, c.patience.sign = d, d }

// ShortenWaits makes the gateway give up on clients, rooms, guests and networks
// that are gone after d.
func ShortenWaits(c *Component, d time.Duration) {
	c.patience.verify, c.patience.empty, c.patience.idle, c.patience.held, c.patience.rejoin = d, d, d, d, d
}
