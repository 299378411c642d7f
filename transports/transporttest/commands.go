package transporttest

import (
	"strings"
	"testing"

	"wherry/transports"
)

// commands: each can be found, does one thing, and begins where there is nothing, too.
func (h *Harness) commands(t *testing.T) {
	network, ok := h.Transport.(transports.Commander)
	if !ok {
		return
	}
	type name struct {
		at   transports.Kind
		word string
	}
	seen := map[name]bool{}
	for _, c := range network.Commands() {
		if c.Name == "" || c.Name != strings.ToLower(c.Name) || strings.ContainsAny(c.Name, " \n") || c.Title.IsZero() {
			t.Errorf("command %q: it cannot be found", c.Name)
		}
		if key := (name{c.At, c.Name}); seen[key] || c.At != transports.Gateway && c.At != transports.Contact {
			t.Errorf("command %s: there is another one, or nobody finds it", c.Name)
		} else {
			seen[key] = true
		}
		ways := 0
		for _, way := range []bool{c.Do != nil, c.Begin != nil, c.Sum != nil} {
			if way {
				ways++
			}
		}
		if ways != 1 || c.Form != nil && c.Do == nil {
			t.Errorf("command %s: not one of Do, Begin and Sum", c.Name)
		}
		if c.Begin == nil {
			continue
		}
		at := transports.Place{Account: h.Account}
		if c.At == transports.Contact {
			at.Chat = h.Contact
		}
		turn, err := c.Begin(t.Context(), at)
		switch {
		case err != nil:
			if transports.AsError(err).Kind == transports.Internal {
				t.Errorf("command %s: %v", c.Name, err)
			}
		case turn.Form == nil && turn.Said.IsZero():
			t.Errorf("command %s says nothing", c.Name)
		case turn.Next == nil && turn.Last:
			t.Errorf("command %s wants an answer to nothing", c.Name)
		}
	}
}
