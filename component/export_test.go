package component

import (
	"context"
	"time"
)

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

// ShortenProofs makes the gateway hurry with all that shows whether messages
// arrived.
func ShortenProofs(c *Component, d time.Duration) {
	c.patience.young = 0
	c.patience.ask, c.patience.standing, c.patience.lives, c.patience.look, c.patience.retry = d, d, d, d, d
}

// ShortenWaiting makes the gateway tell after d that messages wait.
func ShortenWaiting(c *Component, d time.Duration) { c.patience.waiting = d }

// ShortenBounces makes the gateway try again after d where the user's server
// could not take a message, or did not know the user.
func ShortenBounces(c *Component, d time.Duration) { c.patience.bounce, c.patience.unknown = d, d }

// ShortenFiles makes a file hold its conversation for d, and be fetched again
// after again.
func ShortenFiles(c *Component, d, again time.Duration) {
	c.patience.holds, c.patience.bring = d, again
}

// LimitInbox bounds what is kept for one user.
func LimitInbox(c *Component, rows int) { c.inboxMost = rows }

// ShortenDeafness makes the gateway give up on a client's answer after d.
func ShortenDeafness(c *Component, d time.Duration) { c.patience.deaf = d }

// ShortenEchoes makes the gateway give up after d on lines that the network does
// not show.
func ShortenEchoes(c *Component, d time.Duration) { c.patience.echo = d }

// LiftBars has the time be over for which networks are left alone.
func LiftBars(d *Domain) { d.barred.Clear() }

// ShortenPublishing makes the gateway publish in a user's name as often as every d.
func ShortenPublishing(c *Component, d time.Duration) { c.patience.publish = d }

// PruneAt has the domain write what was said in rooms, and then forget what it
// would at a time.
func PruneAt(ctx context.Context, d *Domain, now time.Time) error {
	err := d.archive.flush(ctx)
	d.prune(ctx, now)
	return err
}
