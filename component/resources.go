package component

import (
	"strconv"
	"strings"
	"time"

	"wherry/component/stanza"
)

// resource is a client of the user's that is online, as far as presence tells.
type resource struct {
	name     string
	away     bool // it shall not be woken
	deaf     bool // its priority is negative: it gets no messages
	since    time.Time
	from     int       // what was written up to this mark was so before it came
	answered time.Time // last
}

// resourceBound is how many clients of one user are remembered.
const resourceBound = 50

// noteResource follows the presence of one of the user's clients. Presence in
// rooms says nothing of the client: who leaves a room is still there.
func (u *user) noteResource(p *stanza.Presence) {
	if p.From.Resource == "" || p.Type != "" && p.Type != "unavailable" {
		return
	}
	r := u.resource(p.From.Resource)
	if p.Type == "unavailable" {
		u.lostResource(p.From.Resource)
		return
	}
	if r == nil {
		if len(u.resources) >= resourceBound {
			return
		}
		u.here.Store(true)
		u.d.dials.came(&u.here)
		u.resources = append(u.resources, resource{name: strings.Clone(p.From.Resource), since: time.Now(), from: u.marks})
		r = &u.resources[len(u.resources)-1]
		u.inboxCame()
	}
	was := r.deaf
	r.away, r.deaf = false, false
	for i := range p.Payload {
		switch e := &p.Payload[i]; {
		case e.Space != "":
		case e.Name == "show":
			r.away = e.Text == "away" || e.Text == "xa"
		case e.Name == "priority":
			n, _ := strconv.Atoi(strings.TrimSpace(e.Text))
			r.deaf = n < 0
		}
	}
	if was && !r.deaf {
		r.from = u.marks
		u.inboxCame()
	}
	u.inboxPresence()
}

func (u *user) resource(name string) *resource {
	for i := range u.resources {
		if u.resources[i].name == name {
			return &u.resources[i]
		}
	}
	return nil
}

// lostResource forgets a client that is gone.
func (u *user) lostResource(name string) {
	for i := range u.resources {
		if u.resources[i].name != name {
			continue
		}
		u.resources = append(u.resources[:i], u.resources[i+1:]...)
		if len(u.resources) == 0 {
			u.resources = nil
			u.here.Store(false)
		}
		u.inboxAlone()
		return
	}
}

// awake returns the client that is to be asked whether messages came: one that
// gets them and is not asleep, the one that answered last.
func (u *user) awake() *resource {
	if time.Now().Before(u.patient) {
		return nil // they do not answer
	}
	var best *resource
	for i := range u.resources {
		r := &u.resources[i]
		if r.away || r.deaf {
			continue
		}
		if best == nil || r.answered.After(best.answered) || r.answered.Equal(best.answered) && r.since.After(best.since) {
			best = r
		}
	}
	return best
}
