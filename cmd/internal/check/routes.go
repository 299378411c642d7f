package check

import (
	"context"
	"crypto/rand"
	"strings"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// Each domain sends so many probes to the next one: where a server takes any
// stream for any domain, each comes over the wrong one with even odds.
const (
	probesEach = 20
	probeMark  = "wherry-check-"
)

func isProbe(st stanza.Stanza) bool {
	_, ok := st.(*stanza.Message)
	return ok && strings.HasPrefix(st.Head().ID, probeMark)
}

// checkRoutes tells whether the server sends each domain's stanzas over that
// domain's stream. ejabberd does not where a listener has several hosts and
// global_routes is left on.
func checkRoutes(ctx context.Context, open []*visit, arrivals <-chan arrival, r *Report) {
	expected := map[string]string{} // the domain that a probe is for
	for i, from := range open {
		to := open[(i+1)%len(open)]
		for range probesEach {
			id := probeMark + rand.Text()
			if err := from.send(probe(from.domain, to.domain, id)); err != nil {
				r.Warn(from.domain, "the ways of its stanzas could not be tried: %v", err)
				return
			}
			expected[id] = to.domain
		}
	}
	mixed, lost := gather(ctx, arrivals, expected)
	domains := make([]string, len(open))
	for i, v := range open {
		domains[i] = v.domain
	}
	names := strings.Join(domains, ", ")
	switch {
	case mixed > 0:
		r.Fail(names, "the server mixes these domains: %d of %d stanzas came over another domain's stream, "+
			"so that their order is lost; set global_routes: false in that ejabberd_service of ejabberd's configuration",
			mixed, len(open)*probesEach)
	case lost > 0:
		r.Warn(names, "%d of %d stanzas from one of these domains to another did not arrive", lost, len(open)*probesEach)
	default:
		r.OK(names, "each domain's stanzas come over its own stream")
	}
}

// probe returns a message that no store keeps.
func probe(from, to, id string) *stanza.Message {
	who := "wherry-check-" + strings.ToLower(rand.Text())
	return &stanza.Message{
		Header:  stanza.Header{From: jid.JID{Local: who, Domain: from}, To: jid.JID{Local: who, Domain: to}, ID: id, Type: "headline"},
		Payload: []stanza.Element{stanza.E("urn:xmpp:hints", "no-store")},
	}
}

// arrival is a probe that came.
type arrival struct{ id, over string }

// gather waits for the probes, and counts those that came over the wrong
// stream, and those that did not come.
func gather(ctx context.Context, arrivals <-chan arrival, expected map[string]string) (mixed, lost int) {
	ctx, cancel := context.WithTimeout(ctx, routeWithin)
	defer cancel()
	for len(expected) > 0 {
		select {
		case a := <-arrivals:
			if to, ok := expected[a.id]; ok && to != a.over {
				mixed++
			}
			delete(expected, a.id)
		case <-ctx.Done():
			return mixed, len(expected)
		}
	}
	return mixed, 0
}
