package packaging

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// What the gateway may take, as packages have it. They are a third more than it
// took when they were set: 26 MB, and 35 MB with one user.
const (
	binaryMost = 35_000_000 // bytes, without symbols
	memoryMost = 46_000_000 // bytes that are resident, the binary's own among them
)

// The gateway is no bigger than it has to be: on the disk, and in memory with one
// user in one channel. IRC-B60
func TestSize(t *testing.T) {
	t.Parallel()
	worldtest.Need(t, "prosody", "ngircd", "/usr/bin/python3")
	info, err := os.Stat(built(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the binary has %.1f MB", float64(info.Size())/1e6)
	if info.Size() > binaryMost {
		t.Errorf("more than %.1f MB", float64(binaryMost)/1e6)
	}

	const domain, room = "irc.example.test", "#deck%localhost@irc.example.test"
	w := worldtest.New(t)
	irc, err := w.Ngircd(world.IRCConfig{})
	if err != nil {
		t.Fatal(err)
	}
	xmpp, err := w.Prosody(world.XMPPConfig{Components: map[string]string{domain: "secret"}, Users: map[string]string{"alice": "anchor"}})
	if err != nil {
		t.Fatal(err)
	}
	alice := worldtest.Client(t, xmpp, world.Login{Name: "alice", Password: "anchor"})
	gateway, err := w.Gateway(world.GatewayConfig{
		Binary:     built(t),
		Components: []world.Component{{Domain: domain, Secret: "secret", Server: xmpp.ComponentAddr, Network: irc.Plain()}},
		Ready:      func(ctx context.Context) error { return alice.Client.Await(ctx, domain) },
	})
	if err != nil {
		t.Fatal(err)
	}
	alice.Sendf(`<presence to="%s/alice"><x xmlns="http://jabber.org/protocol/muc"/></presence>`, room)
	alice.Expect("to be in", func(e *world.Element) bool {
		return e.Name() == "presence" && e.From() == room+"/alice" && e.HasCode("110")
	})
	alice.Sync(domain)
	memory := resident(t, gateway.PID())
	t.Logf("with one user it has %.1f MB of memory", float64(memory)/1e6)
	if memory > memoryMost {
		t.Errorf("more than %.1f MB", float64(memoryMost)/1e6)
	}
}

// resident returns how many bytes of a process are in memory.
func resident(t *testing.T, pid int) int {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
