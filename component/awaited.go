package component

import (
	"slices"
	"sync"
	"time"

	"wherry/store"
	"wherry/transports"
)

// awaited is who waits for the network to show what was sent to a contact; see
// transports.Sent. Until it is shown, the store has it as sending. It is safe for
// concurrent use.
type awaited struct {
	mu      sync.Mutex // guards all of it
	gone    int        // connections that have ended
	waiting []*awaiting
	early   []transports.Status // of what is not known to be sent yet
}

// awaiting is one who waits.
type awaiting struct {
	chat transports.Address
	ids  []string
	done chan transports.Status // has room for one; closed when the connection ends
}

// earlyStatuses is how many are kept of those that nobody waits for yet.
const earlyStatuses = 64

// stream returns which connection it is: the next one has another number.
func (w *awaited) stream() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone
}

// add waits for one of some ids in a chat. It returns nil where the connection has
// ended.
func (w *awaited) add(stream int, chat transports.Address, ids []string) *awaiting {
	w.mu.Lock()
	defer w.mu.Unlock()
	if stream != w.gone {
		return nil
	}
	one := &awaiting{chat, ids, make(chan transports.Status, 1)}
	for i, st := range w.early {
		if one.means(st) {
			w.early = slices.Delete(w.early, i, i+1)
			one.done <- st
			return one
		}
	}
	w.waiting = append(w.waiting, one)
	return one
}

func (one *awaiting) means(st transports.Status) bool {
	return one.chat == st.Chat && slices.Contains(one.ids, st.ID)
}

// remove forgets one who waits no more.
func (w *awaited) remove(one *awaiting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = slices.DeleteFunc(w.waiting, func(other *awaiting) bool { return other == one })
}

// tell hands what the network says of messages to those who wait for it.
func (w *awaited) tell(events []transports.Event) {
	for _, ev := range events {
		if st, ok := ev.(transports.Status); ok && st.Chat.Kind == transports.Contact {
			w.came(st)
		}
	}
}

func (w *awaited) came(st transports.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.waiting, func(one *awaiting) bool { return one.means(st) })
	if i >= 0 {
		w.waiting[i].done <- st
		w.waiting = slices.Delete(w.waiting, i, i+1)
		return
	}
	if len(w.early) == earlyStatuses {
		w.early = slices.Delete(w.early, 0, 1)
	}
	w.early = append(w.early, st)
}

// drop ends all waiting: the connection has ended.
func (w *awaited) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone++
	for _, one := range w.waiting {
		close(one.done)
	}
	w.waiting, w.early = nil, nil
}

// awaitEcho waits until the network shows what was sent on a connection, and calls
// it by its own name. What it does not show may have arrived all the same: that is
// to be looked up.
func (s *session) awaitEcho(stream int, chat transports.Address, sent transports.Sent) outcome {
	unsure := outcome{to: store.Unsure, err: unknown(), again: s.user.d.c.patience.look}
	one := s.awaited.add(stream, chat, sent.IDs)
	if one == nil {
		return unsure
	}
	defer s.awaited.remove(one)
	late := time.NewTimer(s.user.d.c.patience.echo)
	defer late.Stop()
	select {
	case st, ok := <-one.done:
		if !ok {
			return unsure
		}
		if st.As != "" {
			sent.IDs = append(slices.Clone(sent.IDs), st.As)
		}
		return outcome{to: store.Sent, sent: sent} // a failure is in the store by then
	case <-late.C:
		return unsure
	}
}
