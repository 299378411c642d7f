package component

import "time"

// ShortenAnswers makes requests count as overdue after d.
func ShortenAnswers(c *Component, d time.Duration) { c.patience.answer = d }

// ShortenWaits makes the gateway give up on clients, rooms, guests and networks
// that are gone after d.
func ShortenWaits(c *Component, d time.Duration) {
	c.patience.verify, c.patience.empty, c.patience.idle, c.patience.held, c.patience.rejoin = d, d, d, d, d
}
