package component

import (
	"context"
	"sync"
	"time"

	"wherry/transports"
)

// letter is one message on its way to the network.
type letter struct {
	parts []transports.Message
	paste func(context.Context) ([]transports.Message, error) // what makes other parts of these; nil: they go out as they are
	until time.Time                                           // it is no use later; zero is never
	done  func(*user, transports.Sent, error)
}

// size returns how many bytes a letter says.
func (l *letter) size() (n int64) {
	for i := range l.parts {
		n += int64(len(l.parts[i].Text))
	}
	return n
}

// late tells that a letter is of no use any more.
func (l *letter) late() bool { return !l.until.IsZero() && time.Now().After(l.until) }

// sendMailed has the letters of the user's turn sent.
func (u *user) sendMailed() {
	for i, s := range u.mailed {
		s.mailed = false
		if s.out.begin() {
			u.box.then(&s.out)
		}
		u.mailed[i] = nil
	}
	u.mailed = u.mailed[:0]
}

// mostTogether is how many letters go out as one.
const mostTogether = 32

// deliverAll sends messages in the session's own turn, those that can go out
// together as one.
func (s *session) deliverAll(letters []letter) {
	merger, _ := s.ts.(transports.Merger)
	for len(letters) > 0 {
		n := 0
		if merger != nil && len(letters) > 1 {
			n = s.merge(merger, letters[:min(len(letters), mostTogether)])
		}
		if n == 0 {
			s.deliver(letters[0])
			n = 1
		}
		if letters = letters[n:]; len(letters) > 0 {
			s.user.box.start()
		}
	}
}

// delivered has the user hear what became of the last letters.
func (s *session) delivered() {
	if s.user.box.begin() {
		s.out.then(&s.user.box)
	}
}

// bundles are where letters are put together.
var bundles = sync.Pool{New: func() any { return new([mostTogether]transports.Message) }}

// merge sends as many of the first letters as go out as one. It returns how many
// these are; none where the first one has to go alone.
func (s *session) merge(merger transports.Merger, letters []letter) int {
	ctx := s.turn().ctx
	if ctx.Err() != nil {
		return 0
	}
	buf := bundles.Get().(*[mostTogether]transports.Message)
	ms := buf[:0]
	defer func() {
		clear(ms)
		bundles.Put(buf)
	}()
	for i := range letters {
		if len(letters[i].parts) != 1 || letters[i].paste != nil || letters[i].late() {
			break
		}
		ms = append(ms, letters[i].parts[0])
	}
	if len(ms) < 2 {
		return 0
	}
	var n int
	var sent []transports.Sent
	err := s.user.d.guard(func() (err error) {
		n = len(ms) // where it panics, nobody knows of any
		n, sent, err = merger.SendMany(ctx, ms)
		return err
	})
	if n < 2 {
		return 0
	}
	dones := make([]func(*user, transports.Sent, error), n)
	size := int64(0)
	for i := range dones {
		dones[i] = letters[i].done
		size += letters[i].size()
	}
	s.waiting.Add(-int64(n))
	s.bytes.Add(-size)
	s.user.box.add(func(u *user) {
		for i, done := range dones {
			if err != nil {
				done(u, transports.Sent{}, err)
			} else {
				done(u, sent[i], nil)
			}
		}
	})
	return n
}

// deliver sends one message, part by part.
func (s *session) deliver(l letter) {
	var all transports.Sent
	var err error
	ctx := s.turn().ctx
	if ctx.Err() != nil || l.late() {
		err = &transports.Error{Kind: transports.Unreachable}
	}
	size := l.size()
	if l.paste != nil && err == nil {
		l.parts, err = l.paste(ctx)
	}
	for i := 0; i < len(l.parts) && err == nil; i++ {
		var sent transports.Sent
		sent, err = s.send(ctx, l.parts[i])
		all.IDs = append(all.IDs, sent.IDs...)
		all.Echoes = all.Echoes || sent.Echoes
	}
	s.waiting.Add(-1)
	s.bytes.Add(-size)
	s.user.box.add(func(u *user) { l.done(u, all, err) })
}

func (s *session) send(ctx context.Context, m transports.Message) (sent transports.Sent, err error) {
	err = s.user.d.guard(func() (err error) {
		sent, err = s.ts.Send(ctx, m)
		return err
	})
	return sent, err
}
