package component

import (
	"context"
	"slices"
	"strings"
	"sync"

	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// react makes the user's reactions to a line what a message says (XEP-0444 §4):
// the network is told what was added and what was taken away.
func (u *user) react(r *room, m *stanza.Message) {
	id, signs := signsOf(m)
	a := u.accounts.of(r.addr.Scope)
	line, ok := r.view.Point(id)
	switch {
	case a == nil || a.can&transports.CanReact == 0:
		u.fail(m, &transports.Error{Kind: transports.Unsupported, Text: transports.T("This network has no reactions.")})
		return
	case !ok:
		u.fail(m, errUnknownLine)
		return
	case len(signs) > reactionsAtOnce:
		u.fail(m, &transports.Error{Kind: transports.TooLong})
		return
	case !u.mayWrite():
		u.fail(m, &transports.Error{Kind: transports.Busy})
		return
	}
	told := r.reacting[line.ID]
	if told == nil {
		told = &reacting{signs: r.view.Signs(line.ID, r.view.Nick())}
		if r.reacting == nil {
			r.reacting = map[string]*reacting{}
		}
		r.reacting[line.ID] = told
	}
	told.waits++
	with(u, a, transports.CanReact, func(ctx context.Context, ts transports.Reactor) error {
		return told.become(signs, func(sign string, removed bool) error {
			return ts.React(ctx, transports.Reaction{Chat: r.addr, To: line.Net, Sign: sign, Removed: removed})
		})
	}, func(u *user, err error) {
		if told.waits--; told.waits == 0 {
			delete(r.reacting, line.ID)
		}
		if err != nil {
			u.fail(m, err)
			if now := told.now(); !slices.Equal(now, r.view.Signs(line.ID, r.view.Nick())) {
				u.showReaction(r, &stanza.Message{Header: stanza.Header{ID: randomID()}}, line, now) // some of them arrived
			}
			return
		}
		u.showReaction(r, m, line, signs)
	})
}

// signsOf returns to which message m reacts, and by which signs.
func signsOf(m *stanza.Message) (id string, signs []string) {
	e := m.Child(muc.NSReact, "reactions")
	for i := range e.Children {
		if c := &e.Children[i]; c.Name == "reaction" && c.Space == muc.NSReact && strings.TrimSpace(c.Text) != "" && !slices.Contains(signs, c.Text) {
			signs = append(signs, c.Text)
		}
	}
	return e.Attr("id"), signs
}

// reactionsAtOnce is how many signs one message may have.
const reactionsAtOnce = 10

// reacting is what the network was told of the user's reactions to a line, while
// it is told more.
type reacting struct {
	waits int // changes without an answer; the user's

	mu    sync.Mutex // guards what follows
	signs []string
}

// become tells what is to change so that the user's signs are these, and how far
// that came.
func (re *reacting) become(signs []string, tell func(sign string, removed bool) error) error {
	for _, sign := range re.now() {
		if slices.Contains(signs, sign) {
			continue
		}
		if err := tell(sign, true); err != nil {
			return err
		}
		re.mu.Lock()
		re.signs = slices.DeleteFunc(re.signs, func(other string) bool { return other == sign })
		re.mu.Unlock()
	}
	for _, sign := range signs {
		if slices.Contains(re.now(), sign) {
			continue
		}
		if err := tell(sign, false); err != nil {
			return err
		}
		re.mu.Lock()
		re.signs = append(re.signs, sign)
		re.mu.Unlock()
	}
	return nil
}

func (re *reacting) now() []string {
	re.mu.Lock()
	defer re.mu.Unlock()
	return slices.Clone(re.signs)
}
