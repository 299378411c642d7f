package irc

import "time"

// Hurry makes the waits of a transport's connections short.
func (t *Transport) Hurry(idle, grace, alive time.Duration) {
	t.times.idle, t.times.grace, t.times.alive = idle, grace, alive
}

// HurryLogin bounds the log-ins of a transport's sessions.
func (t *Transport) HurryLogin(d time.Duration) { t.times.login = d }

// HurryAway bounds how long a refusal of being away is taken as it is.
func (t *Transport) HurryAway(d time.Duration) { t.times.away = d }

// HurryQuit bounds how long a transport's sessions wait for a server to close.
func (t *Transport) HurryQuit(d time.Duration) { t.times.quit = d }

// HurryNick bounds how long is waited before a nick is asked for again.
func (t *Transport) HurryNick(d time.Duration) { t.times.nick = d }
