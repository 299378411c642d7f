package component

import "time"

// patience is how long is waited for what.
type patience struct {
	stop    time.Duration // for all that a stop does: a server that is far behind must get to the end of the stream
	silence time.Duration // of the server, before it is asked for a sign of life
	sign    time.Duration // for that sign, before the stream is given up
	answer  time.Duration // for the one answer to each request, which is due within 30 s
	verify  time.Duration // for a client that may still be in a room
	empty   time.Duration // for clients to come back to a room whose seats emptied because the server or the gateway was gone
	barred  time.Duration // before a network that has banned the user is asked again because they want to
	idle    time.Duration // before a guest with nothing to do leaves the network
	rejoin  time.Duration // before a room is joined again that we fell out of
	held    time.Duration // for the network that a private message is for
	echo    time.Duration // for the network to show what was said
	waiting time.Duration // before a user is told that a message still waits to be sent
	look    time.Duration // before it is looked whether a message was sent: it may still be on its way
	retry   time.Duration // before a message is sent again that was not, the first time

	holds time.Duration // for a file, with what follows it in its conversation
	bring time.Duration // before a file is fetched again, the first time

	publish time.Duration // between two things that are published in the user's name

	young    time.Duration // before anything of the inbox is written to a new stream
	ask      time.Duration // between two questions to clients: each may wake a phone
	deaf     time.Duration // for a client's answer
	standing time.Duration // a client whose answer is an error must still be there then
	lives    time.Duration // between a server's two answers
	bounce   time.Duration // before a server that could take no message is tried again, the first time
	unknown  time.Duration // before one that does not know the user is
}

var usualPatience = patience{
	stop:    16 * time.Second,
	silence: time.Minute,
	sign:    30 * time.Second,
	answer:  29 * time.Second,
	verify:  30 * time.Second,
	empty:   2 * time.Minute,
	barred:  10 * time.Minute,
	idle:    time.Minute,
	rejoin:  5 * time.Second,
	held:    time.Minute,
	echo:    30 * time.Second,
	waiting: 15 * time.Minute,
	look:    10 * time.Second,
	retry:   5 * time.Second,

	holds: 30 * time.Second,
	bring: 5 * time.Second,

	publish: time.Second,

	young:    time.Second,
	ask:      2 * time.Second,
	deaf:     time.Minute,
	standing: 2 * time.Second,
	lives:    5 * time.Second,
	bounce:   10 * time.Second,
	unknown:  time.Hour,
}
