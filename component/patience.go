package component

import "time"

// patience is how long is waited for what.
type patience struct {
	silence time.Duration // of the server, before it is asked for a sign of life
	sign    time.Duration // for that sign, before the stream is given up
	answer  time.Duration // for the one answer to each request, which is due within 30 s
	verify  time.Duration // for a client that may still be in a room
	empty   time.Duration // for clients to come back to a room whose seats emptied because the server or the gateway was gone
	idle    time.Duration // before a guest with nothing to do leaves the network
	rejoin  time.Duration // before a room is joined again that we fell out of
	held    time.Duration // for the network that a private message is for
}

var usualPatience = patience{
	silence: time.Minute,
	sign:    30 * time.Second,
	answer:  29 * time.Second,
	verify:  30 * time.Second,
	empty:   2 * time.Minute,
	idle:    time.Minute,
	rejoin:  5 * time.Second,
	held:    time.Minute,
}
