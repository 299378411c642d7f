package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
)

// spare returns a gateway that does not run, at the spare domain.
func (h *harbour) spare(t *testing.T, change func(*world.Component)) *world.Gateway {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := world.Component{Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr, Network: h.ng.Plain()}
	if change != nil {
		change(&c)
	}
	g, err := h.world.Configured(world.GatewayConfig{Name: fresh("spare"), Binary: path, Components: []world.Component{c}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// run runs a command and wants its exit status and words in its output.
func run(t *testing.T, g *world.Gateway, command string, status int, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	output, got, err := g.Run(ctx, command)
	if err != nil {
		t.Fatalf("wherry %s: %v\n%s", command, err, output)
	}
	if got != status {
		t.Errorf("wherry %s: status %d, want %d\n%s", command, got, status, output)
	}
	for _, word := range words {
		if !strings.Contains(strings.ToLower(output), strings.ToLower(word)) {
			t.Errorf("wherry %s does not say %q:\n%s", command, word, output)
		}
	}
}

// Each fault is named, with its cure.
func TestCheck(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		run(t, h.spare(t, nil), "check", 0, spareGateway)

		run(t, h.spare(t, func(c *world.Component) { c.Secret = "wrong" }), "check", 1, spareGateway, "secret")

		port, err := world.FreePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		closed := fmt.Sprintf("127.0.0.1:%d", port)
		run(t, h.spare(t, func(c *world.Component) { c.Server = closed }), "check", 1, closed, "port")

		run(t, h.spare(t, func(c *world.Component) { c.Domain = "unknown.example.test" }), "check", 1, "unknown.example.test", "component")

		g := h.spare(t, nil)
		if err := os.Mkdir(g.Key, 0o700); err != nil {
			t.Fatal(err)
		}
		run(t, g, "check", 1, g.Key)
	})
}

// A key file that others can read is refused, by check and by run.
func TestKeyOfTheWorld(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		key, err := os.ReadFile(h.gateway.Key)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(h.gateway.Key); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key file made at the start: %v, %v", info.Mode(), err)
		}
		g := h.spare(t, nil)
		if err := os.WriteFile(g.Key, key, 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, g, "check", 1, g.Key, "chmod")
		run(t, g, "run", 1, g.Key, "chmod")
	})
}

// A second wherry on the same store: run refuses, check asks the first.
func TestSecondWherry(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		run(t, h.gateway, "run", 1, "wherry", fmt.Sprint(h.gateway.PID()))
		run(t, h.gateway, "check", 0, ngGateway, inspGateway)
	})
}

// Mistakes of the configuration are shown where they are.
func TestUnknownKey(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		run(t, h.spare(t, func(c *world.Component) { c.Lines = "alow = []" }), "check", 1, "wherry.toml:", "alow", "did you mean")
	})
}
