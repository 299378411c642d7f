package irc

import (
	"context"
	"strings"

	"wherry/transports"
)

// Moderate puts somebody out of a channel, bans them, lifts a ban, or gives
// them a standing.
func (s *Session) Moderate(ctx context.Context, m transports.Moderation) error {
	return s.inChannel(ctx, m.Room, "MODE", func(c *conn, ch *channel, r *request) ([]byte, error) {
		r.silent = errNotDone
		switch m.Do {
		case transports.Kick:
			return c.kick(ch, m, r)
		case transports.Ban:
			return c.ban(ch, m, r)
		case transports.Unban:
			return c.unban(ch, m, r)
		case transports.SetRank:
			return c.setRank(ch, m, r)
		}
		return nil, &transports.Error{Kind: transports.Unsupported}
	})
}

// kick puts somebody out.
func (c *conn) kick(ch *channel, m transports.Moderation, r *request) ([]byte, error) {
	u, err := c.memberOf(ch, m.Nick)
	if err != nil {
		return nil, err
	}
	r.verb = "KICK"
	return c.kickUser(nil, ch, u, m, r)
}

func (c *conn) kickUser(lines []byte, ch *channel, u *user, m transports.Moderation, r *request) ([]byte, error) {
	r.nick = u.key
	r.settled = func() bool { _, in := ch.members[u]; return !in }
	limit := c.textLimit("KICK", ch.name+" "+u.nick)
	if c.net.kickLen > 0 {
		limit = min(limit, c.net.kickLen)
	}
	sp := c.s.speechIn(ch.name)
	lines, err := sp.appendLine(lines, "KICK", sp.withReason(m.Reason, limit, ch.name, u.nick)...)
	if err != nil {
		return nil, err
	}
	return c.fenced(r, lines)
}

// ban keeps somebody out, and puts them out if they are in. Nick may be a mask.
func (c *conn) ban(ch *channel, m transports.Moderation, r *request) ([]byte, error) {
	u := c.userOf(m.Nick)
	mask, err := banMask(m.Nick, u)
	if err != nil {
		return nil, err
	}
	lines, err := appendLine(nil, "MODE", ch.name, "+b", mask)
	if err != nil {
		return nil, err
	}
	if u != nil {
		if _, in := ch.members[u]; in {
			return c.kickUser(lines, ch, u, m, r)
		}
	}
	r.silent = nil // it stands already, or does now
	return c.fenced(r, lines)
}

// unban lifts the ban of a mask or nick.
func (c *conn) unban(ch *channel, m transports.Moderation, r *request) ([]byte, error) {
	mask, err := banMask(m.Nick, c.userOf(m.Nick))
	if err != nil {
		return nil, err
	}
	lines, err := appendLine(nil, "MODE", ch.name, "-b", mask)
	if err != nil {
		return nil, err
	}
	r.silent = nil
	return c.fenced(r, lines)
}

// banMask returns the mask that bans somebody: one as it is, else by the host,
// which does not change as a nick does.
func banMask(nick string, u *user) (string, error) {
	if strings.ContainsAny(nick, "!@*") && validName(nick, " ,") {
		return nick, nil
	}
	if !validNick(nick) {
		return "", malformed(transports.T("%s cannot be a nick on IRC.", nick))
	}
	if u != nil {
		if _, host, ok := strings.Cut(u.mask, "@"); ok && host != "" {
			return "*!*@" + host, nil
		}
	}
	return nick + "!*@*", nil
}

// setRank gives somebody exactly one standing, by as few changes as do it.
// Standings below it stay.
func (c *conn) setRank(ch *channel, m transports.Moderation, r *request) ([]byte, error) {
	u, err := c.memberOf(ch, m.Nick)
	if err != nil {
		return nil, err
	}
	modes, ok := c.net.rankChange(ch.members[u], m.Rank)
	if !ok {
		return nil, &transports.Error{Kind: transports.Unsupported, Text: transports.T("This network has no such standing.")}
	}
	if modes == "" {
		return nil, nil
	}
	r.nick = u.key
	r.settled = func() bool { return c.net.rank(ch.members[u]) == m.Rank }
	params := []string{ch.name, modes}
	for range strings.Trim(strings.ReplaceAll(modes, "+", ""), "-") {
		params = append(params, u.nick)
	}
	lines, err := appendLine(nil, "MODE", params...)
	if err != nil {
		return nil, err
	}
	return c.fenced(r, lines)
}

// rankChange returns the changes that lead from a standing to exactly a rank:
// "+o", "-o+v"; nothing where it is that already. It tells whether the network
// has the rank.
func (s *isupport) rankChange(st standing, rank transports.Rank) (string, bool) {
	var add, remove string
	known := rank == transports.Plain
	for i, p := range s.prefixes {
		has := st&(1<<i) != 0
		switch {
		case has && p.rank > rank:
			remove += string(p.mode)
		case p.rank == rank && rank != transports.Plain:
			if known = true; !has && s.rank(st) != rank && add == "" {
				add = "+" + string(p.mode)
			}
		}
	}
	if remove != "" {
		remove = "-" + remove
	}
	return remove + add, known
}

// memberOf returns somebody who is in a channel.
func (c *conn) memberOf(ch *channel, nick string) (*user, error) {
	u := c.userOf(nick)
	if u != nil {
		if _, in := ch.members[u]; in {
			return u, nil
		}
	}
	return nil, &transports.Error{Kind: transports.NotFound, Text: transports.T("%s is not in this channel.", nick)}
}
