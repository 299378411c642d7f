//go:build record

package clients

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// scene is a world in which a client is recorded: Prosody, the built gateway and
// an IRC network that has all of IRCv3.
type scene struct {
	*world.World
	t    *testing.T
	xmpp *world.XMPP
	sea  *sea
	tap  *tap
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{World: worldtest.New(t), t: t, sea: newSea(t)}
	var err error
	s.xmpp, err = s.Prosody(world.XMPPConfig{
		Domain: domain, Components: map[string]string{gateway: "secret"}, Archive: true, Web: true,
		Users: map[string]string{"alice": password, "watch": password},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.tap = newTap(t, s.xmpp.ComponentAddr)
	watch := worldtest.Client(t, s.xmpp, world.Login{Name: "watch", Password: password, Quiet: true})
	binary := filepath.Join(t.TempDir(), "wherry")
	if out, err := exec.Command("go", "build", "-o", binary, "wherry/cmd/wherry").CombinedOutput(); err != nil {
		t.Fatalf("build wherry: %v\n%s", err, out)
	}
	_, err = s.Gateway(world.GatewayConfig{
		Binary: binary, Debug: true,
		Components: []world.Component{{
			Domain: gateway, Secret: "secret", Server: s.tap.addr(),
			Network: fmt.Sprintf("tls_ports = []\nplain_ports = [%d]\nallow_private_hosts = true\nthrottle_limit = -1\n", s.sea.Port()),
		}},
		Ready: func(ctx context.Context) error { return watch.Client.Await(ctx, gateway) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// step names what follows.
func (s *scene) step(name string) { s.tap.say(Line{Kind: Step, Text: name}) }

// does has somebody on IRC send a line, when the client has all its own back: what
// is said at the same time may come in either order.
func (s *scene) does(who, line string) {
	s.t.Helper()
	s.until("what it said", func(all []Line) bool {
		said := make(map[string]bool)
		for _, l := range all {
			if id := l.Stanza.Attr("id"); l.Kind == Sent && l.Stanza.Child("", "body") != nil {
				said[id] = true
			} else if l.Kind == Got {
				delete(said, id)
			}
		}
		return len(said) == 0
	})
	s.tap.say(Line{Kind: Does, Who: who, Text: line})
	s.sea.does(who, line)
}

// hears waits until somebody on IRC gets a line.
func (s *scene) hears(who, pattern string) {
	s.t.Helper()
	s.sea.hears(who, pattern)
	s.tap.say(Line{Kind: Hears, Who: who, Text: pattern})
}

// until waits until what was noted so far is right.
func (s *scene) until(what string, right func([]Line) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), world.DefaultWait)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); !right(s.tap.all()); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			var b strings.Builder
			for _, l := range s.tap.all() {
				if l.Kind == Sent || l.Kind == Got {
					print(&b, &l.Stanza, "", string(l.Kind)+" ")
				}
			}
			s.t.Fatalf("the client does not get %s:\n%s", what, b.String())
		}
	}
}

// must fails the test by an error.
func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// keep writes what was recorded to its file.
func (s *scene) keep(name, client, note string) {
	s.t.Helper()
	d := &Dialogue{Client: client, Source: "recorded", Note: note, Lines: s.tap.all()}
	d.Normalize(name)
	if s.t.Failed() {
		return
	}
	s.must(d.Write(filepath.Join("testdata", name+".xml")))
	if os.Getenv("CI") == "" {
		s.t.Logf("recorded %d lines", len(d.Lines))
	}
}
