package irc

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"wherry/transports"
)

// listing is a network's list of channels, on its way or for a while.
type listing struct {
	rooms []transports.Listed
	bytes int           // of their names and subjects
	cut   bool          // there are more
	done  chan struct{} // closed when it is complete
	err   error
	began time.Time
	at    time.Time // when it was complete
}

const (
	listMost = 50_000          // channels that are kept
	listSize = 8 << 20         // bytes of their names and subjects
	listText = 400             // bytes of a subject
	listKept = 5 * time.Minute // how long a list is good
	listWait = 3 * time.Minute // how long one may take, until another is asked for
)

// List hands each of the network's channels whose name has filter in it to each.
// The list is asked for once in a while; who asks meanwhile waits for the same.
func (s *Session) List(ctx context.Context, filter string, each func(transports.Listed) bool) (whole bool, err error) {
	c, err := s.live()
	if err != nil {
		return false, err
	}
	list, ask := c.listing()
	if ask {
		err = c.askList(ctx, list)
	}
	return c.handOut(ctx, list, err, func(l transports.Listed) bool { return strings.Contains(l.Room.Name, lower(filter)) }, each)
}

// handOut hands out a list when it is complete, or as far as it came in time: what
// fits of it. err is why it was not asked for.
func (c *conn) handOut(ctx context.Context, list *listing, err error, fits, each func(transports.Listed) bool) (whole bool, _ error) {
	if err == nil {
		select {
		case <-list.done:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	rooms, whole := list.rooms, !list.at.IsZero() && !list.cut
	if list.err != nil {
		err = list.err
	} else if len(rooms) == 0 && !whole {
		err = errTimeout(ctx.Err())
	} else {
		err = nil // what came in time
	}
	c.mu.Unlock()
	if err != nil {
		return false, err
	}
	for _, room := range rooms {
		if fits(room) && !each(room) {
			break
		}
	}
	return whole, nil
}

// listing returns the list that is good, or comes; or a new one that is to be
// asked for.
func (c *conn) listing() (list *listing, ask bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.list; l != nil && (l.at.IsZero() && time.Since(l.began) < listWait || !l.at.IsZero() && time.Since(l.at) < listKept) {
		return l, false
	}
	list = &listing{done: make(chan struct{}), began: time.Now()}
	c.list = list
	time.AfterFunc(listWait, func() { // one without an end
		c.mu.Lock()
		defer c.mu.Unlock()
		list.cut = list.cut || list.at.IsZero()
		c.listEnds(list, nil)
	})
	return list, true
}

// askList asks for the list. A refusal comes as the answer to a request, which
// ends with the list. Who stops to wait for it leaves it to come.
func (c *conn) askList(ctx context.Context, list *listing, conditions ...string) error {
	r := &request{verb: "LIST"}
	err := c.ask(ctx, r, func() ([]byte, error) { return appendLine(nil, "LIST", conditions...) })
	if err != nil && ctx.Err() == nil {
		c.mu.Lock()
		c.listEnds(list, err)
		c.mu.Unlock()
	}
	return err
}

// listed handles RPL_LIST: one channel, how many are there, its topic.
func (c *conn) listed(l *line) {
	name, list := l.param(1), c.coming()
	if list == nil || !c.net.isChannel(name) || !validChannel(name) {
		return
	}
	if list.cut = list.cut || len(list.rooms) == listMost || list.bytes > listSize; list.cut {
		return
	}
	n, _ := strconv.Atoi(l.param(2))
	room := transports.Listed{
		Room:      transports.Address{Kind: transports.Room, Scope: c.s.scope, Name: strings.Clone(lower(name))},
		Occupants: max(n, 0), Subject: text(ircmsg.TruncateUTF8Safe(listTopic(l.param(3)), listText)),
	}
	list.bytes += len(room.Room.Name) + len(room.Subject)
	list.rooms = append(list.rooms, room)
}

// listTopic cuts off the modes that some servers put before a topic, "[+nt] ".
func listTopic(topic string) string {
	if modes, rest, ok := strings.Cut(topic, "]"); ok && strings.HasPrefix(modes, "[+") && strings.IndexByte(modes, ' ') < 0 {
		return strings.TrimPrefix(rest, " ")
	}
	return topic
}

// endOfList handles RPL_LISTEND.
func (c *conn) endOfList(*line) {
	if list := c.coming(); list != nil {
		c.listEnds(list, nil)
	}
	c.completeAll("LIST", "", nil)
}

// listEnds makes a list complete. One that failed is asked for anew. It is called
// with mu held.
func (c *conn) listEnds(list *listing, err error) {
	if !list.at.IsZero() {
		return
	}
	if c.found == list {
		c.found = nil
	}
	list.at, list.err = time.Now(), err
	list.rooms = slices.Clone(list.rooms) // some may look at what came so far
	slices.SortFunc(list.rooms, func(a, b transports.Listed) int { return strings.Compare(a.Room.Name, b.Room.Name) })
	close(list.done)
	if err != nil {
		c.dropList(list)
		return
	}
	time.AfterFunc(listKept, func() {
		c.mu.Lock()
		c.dropList(list)
		c.mu.Unlock()
	})
}

// dropList forgets a list. It is called with mu held.
func (c *conn) dropList(list *listing) {
	if c.list == list {
		c.list = nil
	}
}
