package irc

import (
	"context"
	"strconv"
	"strings"
	"time"

	"wherry/transports"
)

// SearchRooms asks for the channels that fit only, where the network can tell
// these from others (ELIST), and no list of all is there already.
func (s *Session) SearchRooms(ctx context.Context, what transports.RoomSearch, each func(transports.Listed) bool) (whole bool, err error) {
	c, err := s.live()
	if err != nil {
		return false, err
	}
	list, conditions := c.search(what)
	if list == nil {
		return s.List(ctx, "", func(l transports.Listed) bool { return !what.Finds(l) || each(l) })
	}
	return c.handOut(ctx, list, c.askList(ctx, list, conditions), what.Finds, each)
}

// search returns a list that is to be asked for by conditions, or nil where all
// must be.
func (c *conn) search(what transports.RoomSearch) (list *listing, conditions string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conditions = c.net.conditions(what)
	if conditions == "" || c.list != nil || c.found != nil {
		return nil, ""
	}
	list = &listing{done: make(chan struct{}), began: time.Now()}
	c.found = list
	time.AfterFunc(listWait, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		list.cut = list.cut || list.at.IsZero()
		c.listEnds(list, nil)
	})
	return list, conditions
}

// conditions returns the parameter of LIST for a search, as far as the network
// knows such; nothing, where it would be asked for all.
// https://modern.ircdocs.horse/#elist-parameter
func (s *isupport) conditions(what transports.RoomSearch) string {
	var all []string
	if strings.IndexByte(s.elist, 'U') >= 0 {
		if what.Least > 0 {
			all = append(all, ">"+strconv.Itoa(what.Least-1))
		}
		if what.Most > 0 {
			all = append(all, "<"+strconv.Itoa(what.Most+1))
		}
	}
	plain := what.Name != "" && len(what.Name) <= maxMaskPart && validName(what.Name, " ,*?:<>")
	if plain && strings.IndexByte(s.elist, 'M') >= 0 {
		all = append(all, "*"+what.Name+"*")
	}
	return strings.Join(all, ",")
}

// maxMaskPart bounds the part of a name that is searched for, in bytes.
const maxMaskPart = 100

// coming returns the list whose channels the server tells now: it answers in the
// order in which it was asked.
func (c *conn) coming() *listing {
	if c.found != nil {
		return c.found
	}
	if c.list != nil && c.list.at.IsZero() {
		return c.list
	}
	return nil
}
