package command

import "time"

// Idle is how long a dialogue waits for its next turn.
const Idle = idle

// PerUser is how many dialogues one user may have.
const PerUser = perUser

// SetClock has the registry take the time from now.
func (r *Registry) SetClock(now func() time.Time) { r.sessions.now = now }

func init() { aliases["order"] = []string{"buy"} }
