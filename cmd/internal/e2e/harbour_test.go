package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

const password = "anchor"

// The components of each gateway under test.
const (
	ngGateway      = "irc.example.test"     // ngircd, over verified TLS
	inspGateway    = "insp.example.test"    // InspIRCd and Atheme, over verified TLS
	hybridGateway  = "hybrid.example.test"  // ircd-hybrid, over verified TLS
	plainGateway   = "plain.example.test"   // ngircd without TLS
	closedGateway  = "closed.example.test"  // for users of another domain
	membersGateway = "members.example.test" // for registered users only
	lagGateway     = "lag.example.test"     // what is said in a channel may be read by all who come there

	spareGateway = "spare.example.test" // known to the XMPP server, and free for other gateways
	spareSecret  = "secret of a spare"
)

// unpaced spares tests the wait that networks want between lines. The
// component without TLS paces as it does by default.
const unpaced = "throttle_limit = -1\n"

// harbour is one XMPP server, and a gateway there to the IRC networks.
type harbour struct {
	world    *world.World
	xmpp     *world.XMPP
	gateway  *world.Gateway
	ng, insp *network
	hybrid   *network
}

// networks are one network of each kind of IRC server.
func (h *harbour) networks() []*network { return []*network{h.ng, h.insp, h.hybrid} }

// network is an IRC server as users of one gateway see it.
type network struct {
	*world.IRC
	host    string // as in JIDs
	gateway string // the component's domain
}

// jid is the network's own address.
func (n *network) jid() string { return n.host + "@" + n.gateway }

// room is a channel's address.
func (n *network) room(channel string) string { return channel + "%" + n.jid() }

// contact is a nick's address.
func (n *network) contact(nick string) string { return nick + "%" + n.jid() }

// through is the same network by another component.
func (n *network) through(gateway string) *network { return &network{n.IRC, n.host, gateway} }

// server starts an XMPP server of a world.
type server func(*world.World, world.XMPPConfig) (*world.XMPP, error)

var servers = []struct {
	name     string
	programs []string
	start    server
}{
	{"prosody", []string{"prosody"}, (*world.World).Prosody},
	{"ejabberd", []string{"erl", "ejabberdctl"}, (*world.World).Ejabberd},
}

// onEach runs a test on each XMPP server, in a harbour that all tests share.
func onEach(t *testing.T, test func(*testing.T, *harbour)) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			need(t, s.programs)
			h, err := sharedHarbour(s.name)
			if err != nil {
				t.Fatal(err)
			}
			test(t, h)
			h.healthy(t)
		})
	}
}

// onEachOwn runs a test on each XMPP server, in a harbour and with IRC servers
// of its own, which it may wreck.
func onEachOwn(t *testing.T, test func(*testing.T, *harbour)) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			need(t, s.programs)
			h, err := open(worldtest.New(t), s.start)
			if err != nil {
				t.Fatal(err)
			}
			test(t, h)
			h.healthy(t)
		})
	}
}

func need(t *testing.T, programs []string) {
	t.Helper()
	worldtest.Need(t, append(programs, "ngircd", "inspircd", "atheme-services", "/usr/bin/python3")...)
}

var sharedHarbours = func() map[string]func() (*harbour, error) {
	all := make(map[string]func() (*harbour, error))
	for _, s := range servers {
		all[s.name] = sync.OnceValues(func() (*harbour, error) {
			w, err := shared()
			if err != nil {
				return nil, err
			}
			return open(w, s.start)
		})
	}
	return all
}()

func sharedHarbour(name string) (*harbour, error) { return sharedHarbours[name]() }

// open starts an XMPP server, the IRC servers and a gateway between them.
func open(w *world.World, start server) (*harbour, error) {
	ng, err := w.Ngircd(world.IRCConfig{})
	if err != nil {
		return nil, err
	}
	insp, err := w.Inspircd(world.IRCConfig{})
	if err != nil {
		return nil, err
	}
	hybrid, err := w.Hybrid(world.IRCConfig{})
	if err != nil {
		return nil, err
	}
	h := &harbour{
		world: w, ng: &network{ng, "localhost", ngGateway}, insp: &network{insp, "localhost", inspGateway},
		hybrid: &network{hybrid, "localhost", hybridGateway},
	}
	components := []world.Component{
		{Domain: ngGateway, Network: w.TrustsTLS(ng) + unpaced},
		{Domain: inspGateway, Network: w.TrustsTLS(insp) + unpaced},
		{Domain: hybridGateway, Network: w.TrustsTLS(hybrid) + unpaced},
		{Domain: plainGateway, Network: ng.Plain()},
		{Domain: closedGateway, Network: ng.Plain(), Lines: `allow = ["elsewhere.test"]`},
		{Domain: membersGateway, Network: ng.Plain(), Lines: `registration = "required"`},
		{Domain: lagGateway, Network: w.TrustsTLS(ng) + unpaced + "shared_history = true\n"},
	}
	return h, h.open(start, components)
}

func (h *harbour) open(start server, components []world.Component) error {
	secrets := map[string]string{spareGateway: spareSecret}
	for i := range components {
		components[i].Secret = "secret of " + components[i].Domain
		secrets[components[i].Domain] = components[i].Secret
	}
	var err error
	h.xmpp, err = start(h.world, world.XMPPConfig{Components: secrets, Users: map[string]string{"watch": password}})
	if err != nil {
		return err
	}
	path, err := binary()
	if err != nil {
		return err
	}
	for i := range components {
		components[i].Server = h.xmpp.ComponentAddr
	}
	h.gateway, err = h.world.Gateway(world.GatewayConfig{
		Name: "wherry-" + h.xmpp.Kind, Binary: path, Components: components, Debug: true,
		Ready: h.up,
	})
	return err
}

// up returns when every component of the gateway answers.
func (h *harbour) up(ctx context.Context) error {
	watch, err := h.xmpp.Client(world.Login{Name: "watch", Password: password, Quiet: true})
	if err != nil {
		return err
	}
	defer watch.Close()
	for _, domain := range []string{ngGateway, inspGateway, hybridGateway, plainGateway, closedGateway, membersGateway, lagGateway} {
		if err := watch.Await(ctx, domain); err != nil {
			return err
		}
	}
	return nil
}

// healthy fails the test where the gateway is not as it should be after it.
func (h *harbour) healthy(t *testing.T) {
	t.Helper()
	log := h.gateway.Tail(1 << 20)
	for _, sign := range []string{"DATA RACE", "panic", password} {
		if at := strings.Index(log, sign); at >= 0 {
			t.Errorf("the gateway's log says %q:\n%s", sign, log[max(0, at-500):min(len(log), at+3000)])
		}
	}
}

var lastName atomic.Int64

// fresh returns a name that no other test uses.
func fresh(stem string) string { return fmt.Sprintf("%s%d", stem, lastName.Add(1)) }
