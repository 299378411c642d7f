package biboumi

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wherry/component"
	"wherry/store"
	"wherry/transports"
)

// Log is what is to be written of a channel's history.
type Log struct {
	Room  string
	Lines []store.Line // without the number of the log; by their places
}

// history plans the user's lines. They go where there is an account, or is to
// be one.
func (p *planner) history() error {
	type place struct {
		addr transports.Address
		err  error
	}
	places := map[Channel]place{}
	rooms := map[transports.Address][]Line{}
	hosts := map[transports.Address]string{}
	for _, l := range p.owner.Lines {
		c := Channel{Server: l.Server, Name: l.Channel}
		at, known := places[c]
		if !known {
			at.addr, at.err = p.channel(c.Server, c.Name)
			places[c] = at
		}
		if at.err != nil {
			p.leave("lines of %.100q of %.100q: %v", c.Name, c.Server, at.err)
			continue
		}
		rooms[at.addr], hosts[at.addr] = append(rooms[at.addr], l), c.Server
	}
	for addr, said := range rooms {
		a := p.account(addr.Scope, hosts[addr])
		if a == nil && p.All {
			a = p.make(addr.Scope, hosts[addr])
		}
		if a == nil {
			p.left["lines of "+addr.Name+" of "+hosts[addr]+": there is no account for them; -all makes one"] += len(said)
			continue
		}
		if err := p.log(a, addr, said); err != nil {
			return err
		}
	}
	for _, a := range p.nets {
		slices.SortFunc(a.Logs, func(x, y *Log) int { return cmp.Compare(x.Room, y.Room) })
	}
	return nil
}

// log plans the lines of one channel. Lines of one second, which is all that
// biboumi keeps, stand in the order in which they were recorded; the places
// that they get are the same each time.
func (p *planner) log(a *Account, addr transports.Address, said []Line) error {
	slices.SortStableFunc(said, func(x, y Line) int { return Time(x.Date).Compare(Time(y.Date)) })
	log := &Log{Room: addr.Name}
	last := int64(0)
	for _, l := range said {
		at, nick := Time(l.Date), strings.TrimSpace(l.Nick)
		if at.IsZero() || at.After(p.Now) || nick == "" || l.Body == "" {
			p.leave("lines of %s of %s: without time, nick or text", addr.Name, a.Host)
			continue
		}
		last = max(last+1, store.Place(at))
		if p.have.Line != nil && a.ID != 0 {
			there, err := p.have.Line(addr, last)
			if err != nil {
				return err
			}
			if there {
				continue
			}
		}
		log.Lines = append(log.Lines, store.Line{ID: last, Nick: nick, Content: content(l.Body)})
	}
	if len(log.Lines) > 0 {
		a.Logs = append(a.Logs, log)
	}
	return nil
}

func content(body string) []byte {
	if act, ok := strings.CutPrefix(body, "/me "); ok {
		return component.ArchivedLine(transports.Act, act)
	}
	return component.ArchivedLine(transports.Say, body)
}

// Time returns the time of a line: biboumi writes seconds. Numbers too great
// for these are taken as what they must be. It is zero where there is none.
func Time(date int64) time.Time {
	const secondsEnd = 100_000_000_000 // the year 5138
	switch {
	case date <= 0:
		return time.Time{}
	case date < secondsEnd:
		return time.Unix(date, 0)
	case date < secondsEnd*1000:
		return time.UnixMilli(date)
	case date < secondsEnd*1000*1000:
		return time.UnixMicro(date)
	}
	return time.Unix(0, date)
}
