package component

import (
	"time"

	"wherry/component/fault"
	"wherry/component/jid"
	"wherry/component/stanza"
)

// A component's stream has no acknowledgements. That what was written has
// arrived is shown by what comes back behind it: the answer of the user's own
// client to an iq; or, where no client can be asked, an answer of the user's
// server and, on the same stream some seconds later, another. The server's
// answer alone shows nothing: on some it overtakes what it is to prove.

const (
	muteFor  = 5 * time.Minute  // how long clients that did not answer are left alone
	serverIn = 30 * time.Second // for each of a server's answers
)

// prove asks for what shows that the rows on their way have arrived.
func (u *user) prove() {
	in := u.in
	if in.open == 0 || !u.d.link.up() {
		return
	}
	var client *resource
	server := in.stale > 0
	if in.open > in.apart { // one answer shows it for all of these
		client = u.witness(u.jid)
		server = server || client == nil
	}
	if in.apart > 0 {
		for _, row := range in.rows {
			if row.mark == 0 || row.to.IsBare() || row.byItself() {
				continue
			}
			if r := u.witness(row.to); r != nil {
				client = r
			} else {
				server = true
			}
			if client != nil && server {
				break
			}
		}
	}
	if client != nil {
		u.askClient(client)
	}
	if server {
		u.askServer()
	}
}

// byItself tells whether a row has a proof of its own; see proveFailure.
func (row *incoming) byItself() bool { return row.kind == itemFailure && !row.aloud }

// witness returns the client whose answer would show that what was written to
// an address of the user's has arrived, or nil where only the server can be
// asked.
func (u *user) witness(to jid.JID) *resource {
	if fault.Broken(fault.PongSettles) {
		return nil
	}
	if to.IsBare() {
		return u.awake()
	}
	if r := u.resource(to.Resource); r != nil && !r.away && !time.Now().Before(u.patient) {
		return r
	}
	return nil
}

// askClient asks one of the user's clients.
func (u *user) askClient(r *resource) {
	in := u.in
	if in.asking {
		return
	}
	if wait := u.d.c.patience.ask - time.Since(u.asked); wait > 0 {
		u.inboxLater(wait)
		return
	}
	in.asking, u.asked = true, time.Now()
	mark, from, stream, full, began := u.marks, r.from, u.stream, u.jid.WithResource(r.name), time.Now()
	u.ask(u.d.JID(), full, stanza.E(nsPing, "ping"), u.d.c.patience.deaf, func(u *user, iq *stanza.IQ) {
		if u.in != in || u.stream != stream {
			return
		}
		in.asking = false
		switch {
		case iq == nil:
			u.patient = time.Now().Add(muteFor)
		case iq.Type == stanza.TypeResult:
			u.d.stats.barrier(time.Since(began))
			u.clientAnswered(from, mark, full, time.Since(began))
		default:
			u.clientRefused(from, mark, full)
		}
		u.deliver()
	})
}

// clientAnswered settles what the client must have read before it answered: what
// was written since it came. What was written before went to the server's store,
// and may be there still.
func (u *user) clientAnswered(from, mark int, full jid.JID, took time.Duration) {
	in := u.in
	r := u.resource(full.Resource)
	if r != nil {
		r.answered = time.Now()
		from = max(from, r.from) // it may have gone and come again
	}
	gets := r != nil && !r.deaf // what goes to the bare JID
	if took < u.d.c.patience.ask/2 && in.open > in.fast/2 {
		in.fast = min(2*in.fast, windowFast)
	}
	u.settleUpTo(mark, func(row *incoming) bool { return row.mark > from && (row.to.IsBare() && gets || row.to == full) })
}

// clientRefused settles likewise: an error is an answer, if it is the client's.
// That of a client which is gone comes from its server and shows nothing; its
// absence is told within a moment.
func (u *user) clientRefused(from, mark int, full jid.JID) {
	in, stream := u.in, u.stream
	in.asking = true // until that is known
	u.later(u.d.c.patience.standing, func(u *user) {
		if u.in != in || u.stream != stream {
			return
		}
		in.asking = false
		if u.resource(full.Resource) != nil {
			u.clientAnswered(from, mark, full, u.d.c.patience.ask)
		}
		u.deliver()
	})
}

// askServer asks the user's server, twice.
func (u *user) askServer() {
	in := u.in
	if in.server {
		return
	}
	in.server = true
	mark, stream, began := u.marks, u.stream, time.Now()
	u.askDomain(in, func(u *user, ok bool) {
		switch {
		case !ok:
			u.serverSilent(in)
			return
		case fault.Broken(fault.PongSettles):
			u.serverProved(in, mark)
			return
		}
		u.d.stats.barrier(time.Since(began))
		u.later(u.d.c.patience.lives, func(u *user) {
			if u.in != in || u.stream != stream {
				return
			}
			u.askDomain(in, func(u *user, ok bool) {
				if !ok {
					u.serverSilent(in)
					return
				}
				u.serverProved(in, mark)
			})
		})
	})
}

// askDomain asks the user's server, behind what was written. done is called
// only while it still matters: on the same stream.
func (u *user) askDomain(in *inbox, done func(u *user, ok bool)) {
	stream := u.stream
	u.ask(u.d.JID(), jid.JID{Domain: u.jid.Domain}, stanza.E(nsPing, "ping"), serverIn, func(u *user, iq *stanza.IQ) {
		if u.in == in && u.stream == stream {
			done(u, iq != nil && reached(iq))
		}
	})
}

// reached tells whether an answer came from where it was asked: one of our own
// server that it cannot get there shows nothing.
func reached(iq *stanza.IQ) bool {
	if iq.Type == stanza.TypeResult {
		return true
	}
	switch stanza.ParseError(iq.Child("", "error")).Condition {
	case stanza.RemoteServerNotFound, stanza.RemoteServerTimeout:
		return false
	}
	return true
}

// serverSilent tries again later.
func (u *user) serverSilent(in *inbox) {
	in.server = false
	u.inboxLater(serverIn)
}

// serverProved settles what was written long enough before. What was one of too
// many is written once more, at a pace.
func (u *user) serverProved(in *inbox, mark int) {
	in.server = false
	u.settleUpTo(mark, func(row *incoming) bool { return !row.flooded && !row.byItself() })
	if u.awake() == nil {
		u.inboxAlone()
	}
	if mark >= in.stale {
		for _, row := range in.rows {
			if row.flooded && row.mark <= in.stale {
				in.unwrite(row) // for the client that came
				row.flooded = false
			}
		}
		in.stale = 0
	}
	u.deliver()
}

// inboxCame follows that a client came, or began to take messages: of what was
// written before, only the server can show that it did not get lost.
func (u *user) inboxCame() {
	if u.in != nil && u.in.open > 0 {
		u.in.stale = u.marks
	}
}

// inboxAlone follows the going of a client: with none left that answers, only
// little at a time can be shown to arrive.
func (u *user) inboxAlone() {
	in := u.in
	if in == nil || u.awake() != nil {
		return
	}
	in.fast = windowSlow
	for _, row := range in.rows {
		if row.flooded {
			in.unwrite(row)
			row.flooded = false
		}
	}
}

// inboxPresence follows the coming of a client.
func (u *user) inboxPresence() {
	u.patient = time.Time{}
	in := u.in
	if in == nil {
		return
	}
	if in.held == heldAway {
		in.held = notHeld
	}
	u.deliver()
}

// proveFailure asks the client that a failure was told to: an error to one that
// is gone is dropped by its server without a word. Then the user is told in a
// message.
func (u *user) proveFailure(row *incoming) {
	in, stream, full := u.in, u.stream, row.to
	conclude := func(u *user, heard bool) {
		if u.in != in || u.stream != stream || row.mark == 0 || row.aloud {
			return
		}
		if heard {
			u.settle(row)
		} else {
			in.unwrite(row)
			row.aloud = true
		}
		u.deliver()
	}
	u.ask(u.d.JID(), full, stanza.E(nsPing, "ping"), u.d.c.patience.deaf, func(u *user, iq *stanza.IQ) {
		if iq != nil && iq.Type == stanza.TypeError && u.resource(full.Resource) != nil {
			u.later(u.d.c.patience.standing, func(u *user) { conclude(u, u.resource(full.Resource) != nil) })
			return
		}
		conclude(u, iq != nil && iq.Type == stanza.TypeResult)
	})
}
