package sms

import (
	"context"
	"slices"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// What is saved of whether an account has groups: those without are not asked
// again and again.
const (
	groupsSome = "some"
	groupsNone = "none"
)

const (
	groupsMost  = 50 // that are looked for at the provider, of one line
	spokenMost  = 200
	groupsAWait = 20 // are looked at in one interval; more take longer
	groupsLane  = "groups."
)

// lookGroups looks for what was said in groups, and returns when to look again.
// That they cannot be looked at keeps no other messages from coming: only an
// error of emit's is one.
func (s *Session) lookGroups(ctx context.Context, emit emitter) (time.Duration, error) {
	if s.t.grouper == nil {
		return s.t.cfg.ReconcileEvery, nil
	}
	if err := s.discover(ctx, emit); err != nil {
		return 0, err
	}
	wait, all := s.t.cfg.ReconcileEvery, s.allGroups()
	for _, g := range all {
		if g.Hook == "" || g.Hook != s.groupHook() {
			wait = s.t.cfg.PollEvery
		}
	}
	if len(all) == 0 || time.Now().Before(s.groupsDue) {
		return wait, nil
	}
	// Run may wake a tenth early.
	s.groupsDue = time.Now().Add(wait * time.Duration(1+len(all)/groupsAWait) * 8 / 10)
	for _, line := range s.lines {
		if err := s.pollGroups(ctx, emit, s.groupLanes[line], line); err != nil {
			return 0, err
		}
	}
	return wait, nil
}

// allGroups returns the groups that are known, in the order of their keys.
func (s *Session) allGroups() []joined {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]joined, 0, len(s.joined))
	for _, g := range s.joined {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b joined) int { return strings.Compare(a.key(), b.key()) })
	return all
}

// discover looks once in a connection for groups that the account has, but not
// where it was seen to have none, and leaves those of lines that it has no more.
func (s *Session) discover(ctx context.Context, emit emitter) error {
	if s.discovered || string(s.save(saveGroups)) == groupsNone && len(s.allGroups()) == 0 {
		return nil
	}
	var saves []transports.Save
	known := make(map[string]bool)
	for _, g := range s.allGroups() {
		known[g.ID] = true
		if !slices.Contains(s.lines, g.Line) {
			saves = append(saves, s.leave(ctx, g)...)
		}
	}
	for _, line := range s.lines {
		ids, err := s.t.grouper.Groups(ctx, s.creds, line, groupsMost)
		if e := transports.AsError(err); e != nil && (e.Temporary() || e.Kind == transports.Credentials) {
			s.t.log.Warn("groups", "line", line, "err", err)
			return s.keep(ctx, emit, saves)
		}
		for _, id := range ids {
			if known[id] {
				continue
			}
			found, err := s.t.grouper.Grouped(ctx, s.creds, id)
			if err != nil {
				s.t.log.Warn("group", "group", id, "err", err)
				continue
			}
			if _, err := s.t.chat(&s.account, found); err == nil && found.Line == line && len(found.Members) > 1 {
				saves = append(saves, s.kept(s.join(ctx, joined{Group: found}))...)
			}
		}
	}
	s.discovered = true
	if len(s.allGroups()) == 0 && string(s.save(saveGroups)) != groupsNone {
		saves = append(saves, transports.Save{Name: saveGroups, Value: []byte(groupsNone)})
	}
	return s.keep(ctx, emit, saves)
}

// keep commits saves, if there are any.
func (s *Session) keep(ctx context.Context, emit emitter, saves []transports.Save) error {
	if len(saves) == 0 {
		return nil
	}
	return s.commit(ctx, emit, transports.Batch{Saves: saves})
}

// leave forgets a group, and has the provider call us for it no longer.
func (s *Session) leave(ctx context.Context, g joined) []transports.Save {
	if err := unhook(ctx, s.t.grouper, s.creds, g); err != nil {
		s.t.log.Warn("hook of a group", "group", g.ID, "err", err)
	}
	s.mu.Lock()
	delete(s.joined, g.key())
	s.mu.Unlock()
	return []transports.Save{{Name: saveGroup + g.key()}}
}

// unhook has the provider call us for a group no longer.
func unhook(ctx context.Context, p provider.Grouper, c provider.Credentials, g joined) error {
	if g.Hook == "" || p == nil {
		return nil
	}
	return p.SetGroupHook(ctx, c, g.ID, g.Hook, "")
}

// pollGroups looks once at the groups of a line. The position moves where all of
// them could be read.
func (s *Session) pollGroups(ctx context.Context, emit emitter, l *lane, line string) error {
	now := s.t.provider.Now()
	w := l.window(now, 0)
	if l.held = false; l.position.IsZero() {
		l.position = now // what is said from here on is not to be missed
	}
	found := gathering{s: s, l: l, w: w, now: now}
	m := mapping{t: s.t, a: &s.account, memory: s.memory, now: now, polled: true}
	for _, g := range s.allGroups() {
		if g.Line != line || l.held {
			continue
		}
		chat, err := s.t.chat(&s.account, g.Group)
		if err != nil {
			continue
		}
		if g.Hook != s.groupHook() {
			if hooked := s.join(ctx, g); hooked.Hook != g.Hook {
				found.batch.Saves = append(found.batch.Saves, s.kept(hooked)...)
			}
		}
		items, missed, err := s.t.grouper.ListGroup(ctx, s.creds, g.Group, w.from, spokenMost)
		switch e := transports.AsError(err); {
		case e != nil && e.Kind == transports.NotFound:
			found.batch.Saves = append(found.batch.Saves, s.leave(ctx, joined{Group: g.Group})...)
			continue
		case e != nil:
			s.t.log.Warn("group", "group", g.ID, "err", err)
			l.held = e.Temporary()
			continue
		case missed && len(items) > 0:
			gap := w
			if gap.missed(items[0].Time, l.position); !gap.gap.IsZero() {
				found.batch.Events = append(found.batch.Events, s.gap(chat.Name, gap))
			}
		}
		for _, item := range items {
			mark, news := found.news(item)
			if !news {
				continue
			}
			if err := found.put(ctx, emit, mark, m.spoken(g.Group, chat, item)...); err != nil {
				return err
			}
		}
	}
	return found.end(ctx, emit)
}
