package soak

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"wherry/transports/wire"
	"wherry/transports/wire/wiretest"
)

// The parts of a run that have a source of random numbers each; persons have
// more, from partPersons on.
const (
	partStorm = iota
	partDeeds
	partNetwork
	partPersons
)

// traffic has everybody talk, both ways, until ctx is done. wait returns when
// that is over.
func (s *stage) traffic(ctx context.Context) (wait func()) {
	s.net.Decide(fortune(s.plan.random(partNetwork)))
	var all sync.WaitGroup
	for i, p := range s.people {
		part := partPersons + 3*uint64(i)
		all.Go(func() { s.talk(ctx, p, s.plan.random(part)) })
		all.Go(func() { s.answer(ctx, p, s.plan.random(part+1)) })
		if i%3 != 1 { // the others are always there
			all.Go(func() { s.comeAndGo(ctx, p, s.plan.random(part+2)) })
		}
	}
	return all.Wait
}

// talk has a person write to their contacts.
func (s *stage) talk(ctx context.Context, p *person, r *rand.Rand) {
	for pause(ctx, about(r, s.plan.pace)) {
		p.say(contactName(r.IntN(s.plan.contacts)))
	}
}

// answer has the contacts of a person write to them.
func (s *stage) answer(ctx context.Context, p *person, r *rand.Rand) {
	for pause(ctx, about(r, s.plan.pace)) {
		id := p.hear(s.net, contactName(r.IntN(s.plan.contacts)))
		switch r.IntN(50) {
		case 0:
			s.net.PushAgain(id)
		case 1:
			s.net.Drop(p.name)
		}
	}
}

// comeAndGo has a person log out now and then.
func (s *stage) comeAndGo(ctx context.Context, p *person, r *rand.Rand) {
	defer p.Return() // where the client is gone, that shows by itself
	for pause(ctx, about(r, 8*time.Second)) {
		if err := p.Leave(); err != nil || !pause(ctx, about(r, 4*time.Second)) {
			return
		}
		if err := p.Return(); err != nil {
			return
		}
	}
}

// fortune is what becomes of messages at the network: mostly, what should.
func fortune(r *rand.Rand) func(wiretest.Send) wiretest.Fate {
	return func(wiretest.Send) wiretest.Fate {
		f := wiretest.Fate{Reports: []wiretest.Report{{State: wire.StateDelivered, Early: r.IntN(10) == 0}}}
		switch r.IntN(300) {
		case 0:
			f.Answer, f.Status = wiretest.Refusal, 500
		case 1:
			f.Lost, f.Answer, f.Status = true, wiretest.Refusal, 503
		case 2, 3:
			f.Lost, f.Answer, f.Status, f.After = true, wiretest.Refusal, 429, time.Second
		case 4:
			f.Answer = wiretest.Cut
		case 5:
			f.Lost, f.Answer = true, wiretest.Cut
		case 6:
			f.Answer = wiretest.Silence
		case 7:
			f.Answer = wiretest.Garbage
		case 8, 9, 10:
			f.Delay = time.Second
		case 11, 12:
			f.Lost, f.Answer, f.Status = true, wiretest.Refusal, 404
		case 13, 14, 15:
			f.Reports = []wiretest.Report{{State: wire.StateFailed, Error: "The phone is off."}}
		case 16, 17, 18:
			f.Reports = append(f.Reports, wiretest.Report{State: wire.StateRead})
		case 19, 20, 21:
			f.Reports = nil
		}
		return f
	}
}

// pause waits, and tells whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
