package e2e

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// Who is banned from a network is told so once, in its words, at each join too; it
// is not asked again so soon. IRC-M1
func TestBanned(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p, nick := h.passenger(t), fresh("outlaw")
		room, other := h.hybrid.room(fresh("#deck")), h.hybrid.room(fresh("#deck"))
		const words = "banned from server"
		p.knock(room, nick)
		if e := p.refused(room, "forbidden"); !strings.Contains(e.ErrorText(), words) {
			t.Errorf("told %v", e)
		}
		told := func(e *world.Element) bool { return e.Name() == "message" && strings.Contains(e.Body(), words) }
		if e := p.Expect("to be told", told); e.From() != h.hybrid.gateway {
			t.Errorf("told by %v", e)
		}
		p.knock(other, nick)
		p.refused(other, "forbidden")
		p.Sync(h.hybrid.gateway)
		if got := p.count(told); len(got) != 1 {
			t.Errorf("told again: %v", got)
		}
	})
}
