package e2e

import (
	"cmp"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// lagMost is the longest lag of what passes between the gateway and a network.
const lagMost = 3 * time.Second

// Two users are in one channel, each behind a lag of their own, which stalls one
// for a while and loses the connection of the other. Both read one archive:
// each line once, in the network's order, and equal ones as often as they were
// said. LAG_SEED repeats a run as far as that goes. IRC-M16
func TestOneArchiveUnderLag(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	h, err := sharedHarbour("prosody")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []*network{h.ng, h.insp} {
		t.Run(n.Kind, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, h, n.through(lagGateway))
			c.echoes = n.Kind != "ngircd"
			c.play()
			c.compare()
			h.healthy(t)
		})
	}
}

// The same where the network numbers lines and has its history, and once more
// where it tells one of them the lines of others in another order. IRC-M16, IRC-M19
func TestOneArchiveUnderLagOfIRCv3(t *testing.T) {
	t.Parallel()
	need(t, []string{"prosody"})
	h := &harbour{world: worldtest.New(t)}
	var err error
	if h.xmpp, err = h.world.Prosody(world.XMPPConfig{Components: map[string]string{spareGateway: spareSecret}}); err != nil {
		t.Fatal(err)
	}
	n, server, authority := modernTLS(t, h)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = h.world.Gateway(world.GatewayConfig{
		Name: fresh("modern"), Binary: path, Debug: true,
		Components: []world.Component{{
			Domain: spareGateway, Secret: spareSecret, Server: h.xmpp.ComponentAddr,
			Network: fmt.Sprintf("ca_file = %q\nallow_private_hosts = true\nshared_history = true\n", authority) + unpaced,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.passenger(t).Await(spareGateway)
	t.Run("in order", func(t *testing.T) {
		t.Parallel()
		c := newCrowd(t, h, n)
		c.echoes, c.numbers = true, true
		c.play()
		c.compare()
	})
	t.Run("out of order", func(t *testing.T) {
		t.Parallel()
		c := newCrowd(t, h, n)
		c.numbers = true
		c.shuffle = func(l *laggard) { server.Shuffle(l.nick, c.random.Uint64()|1) }
		c.play()
		c.compare()
	})
	t.Cleanup(func() { h.healthy(t) })
}

// modernTLS is a network that has all of IRCv3, with TLS for the gateway and
// without for the others, and the file of the authority of its certificate.
func modernTLS(t *testing.T, h *harbour) (n *network, server *ircv3test.Server, authority string) {
	t.Helper()
	certificate, _, err := irctest.NewCertificate("localhost")
	if err != nil {
		t.Fatal(err)
	}
	authority = filepath.Join(h.world.Dir(), "modern.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	server = ircv3test.New(ircv3test.Config{})
	t.Cleanup(server.Close)
	var at [2]net.Listener
	for i := range at {
		if at[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	go server.Serve(at[0])
	go server.Serve(tls.NewListener(at[1], ircv3test.TLS(certificate)))
	irc := &world.IRC{Kind: "ircv3test", IP: "127.0.0.1", Addr: at[0].Addr().String(), TLSAddr: at[1].Addr().String()}
	return &network{irc, "localhost", spareGateway}, server, authority
}

// crowd is who is in the channel.
type crowd struct {
	t       *testing.T
	random  *rand.Rand
	n       *network
	channel string
	room    string
	echoes  bool              // the network shows all the same order, and who says something where that stands
	numbers bool              // the network has ids for lines, and its history
	shuffle func(*laggard)    // has a user hear others in another order; nil: nobody does
	bert    *worldtest.Sailor // says things without lag
	carl    *worldtest.Sailor // hears everything, in the network's order
	alice   *laggard
	bob     *laggard
	said    int // lines
	told    int // of these, those that Carl heard
}

// laggard is a user behind a strait.
type laggard struct {
	*passenger
	strait *strait
	nick   string
	said   []string // the ids of what they said
}

func newCrowd(t *testing.T, h *harbour, n *network) *crowd {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("LAG_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("LAG_SEED: %v", err)
		}
	}
	t.Logf("LAG_SEED=%d", seed) // shown where the test fails
	channel, crew := chatroom(t, n, 2)
	c := &crowd{
		t: t, random: rand.New(rand.NewPCG(seed, 0)), n: n, channel: channel, room: n.room(channel),
		bert: crew[0], carl: crew[1],
	}
	c.alice, c.bob = c.laggard(h, fresh("alice")), c.laggard(h, fresh("bob"))
	return c
}

// laggard has a user come to the channel. The lag is for later.
func (c *crowd) laggard(h *harbour, nick string) *laggard {
	c.t.Helper()
	l := &laggard{passenger: h.passenger(c.t), strait: newStrait(c.t, c.n.TLSAddr, c.random.Uint64()), nick: nick}
	l.configure(c.n.jid(), world.XML(`<field var="nick"><value>%s</value></field><field var="tls_ports"><value>%s</value></field>`,
		nick, strconv.Itoa(l.strait.port())))
	l.join(c.room, nick)
	c.carl.SeeJoin(nick, c.channel)
	return l
}

// play is what happens. Nobody waits for what is said but where it says so.
func (c *crowd) play() {
	c.t.Helper()
	c.lag(lagMost)
	c.reorder()
	c.talk(30, c.everybody()...)
	c.bob.strait.set(func() { c.bob.strait.stalled = true })
	c.talk(10, c.everybody()...)
	c.marked(c.alice)
	c.bob.strait.set(func() { c.bob.strait.stalled = false })
	c.talk(10, c.everybody()...)

	// Of what is said from here on, Alice's connection hears nothing any more.
	c.alice.strait.set(func() { c.alice.strait.deaf, c.alice.strait.shut = true, true })
	c.sayAs(c.alice, "ok")
	c.heard()
	c.alice.strait.cut()
	c.carl.SeeGone(c.alice.nick, c.channel)
	c.talk(10, nil, c.bob)
	if !c.numbers {
		// What comes after what was not heard could not be told from it, and would
		// stand before it.
		if c.echoes {
			c.heard()
		}
		c.marked(c.bob)
	}
	c.alice.Forget()
	c.alice.strait.set(func() { c.alice.strait.deaf, c.alice.strait.shut, c.alice.strait.most = false, false, 0 })
	c.alice.Expect("to be in again", func(e *world.Element) bool {
		return e.Name() == "presence" && e.From() == c.room+"/"+c.alice.nick && e.Type() == "" && e.HasCode("110")
	})

	c.lag(lagMost)
	c.reorder()
	c.talk(20, c.everybody()...)
	c.heard()
	c.lag(0)
	c.marked(c.alice)
	c.marked(c.bob)
	c.heard()
	for _, id := range c.bob.said { // who was there all the time
		c.bob.Expect("what Bob said", func(e *world.Element) bool { return e.ID() == id && e.Type() == "groupchat" })
	}
}

// reorder has Alice hear others in another order, where that is wanted.
func (c *crowd) reorder() {
	if c.shuffle != nil {
		c.shuffle(c.alice)
	}
}

func (c *crowd) lag(most time.Duration) {
	for _, l := range []*laggard{c.alice, c.bob} {
		l.strait.set(func() { l.strait.most = most })
	}
}

// everybody is those who talk; nil is Bert.
func (c *crowd) everybody() []*laggard { return []*laggard{nil, c.alice, c.bob} }

// talk has people say things, many of them equal, and some at the same time.
func (c *crowd) talk(rounds int, who ...*laggard) {
	c.t.Helper()
	for range rounds {
		text := []string{"ok", "ok", "ok", "+1", "+1", "aye", "so what?"}[c.random.IntN(7)]
		speakers := who
		if c.random.IntN(4) > 0 {
			i := c.random.IntN(len(who))
			speakers = who[i : i+1]
		}
		for _, l := range speakers {
			c.sayAs(l, text)
		}
		if c.random.IntN(3) == 0 {
			c.bert.Sync()
		}
	}
}

// sayAs has somebody say a line; nil is Bert.
func (c *crowd) sayAs(l *laggard, text string) {
	c.t.Helper()
	c.said++
	if l == nil {
		c.bert.Say(c.channel, text)
	} else {
		l.said = append(l.said, l.say(c.room, text))
	}
}

// heard waits until all that was said is on the network.
func (c *crowd) heard() {
	c.t.Helper()
	for ; c.told < c.said; c.told++ {
		c.carl.Expect(fmt.Sprintf("line %d of %d", c.told+1, c.said), func(l world.Line) bool {
			return l.Command() == "PRIVMSG" && l.Param(0) == c.channel
		})
	}
}

// marked waits until somebody has heard all of Bert.
func (c *crowd) marked(l *laggard) {
	c.t.Helper()
	text := fresh("mark ")
	c.sayAs(nil, text)
	if l == c.alice {
		c.bert.Sync()
		c.reorder() // for which nothing is kept for later
	}
	l.hear(c.room+"/"+c.bert.Nick, text)
}

// utterance is a line as somebody was told of it.
type utterance struct{ nick, text, id string }

func (u utterance) words() string { return u.nick + ": " + u.text }

// compare wants what both read to be what was said, and what they were shown to
// be what they read.
func (c *crowd) compare() {
	c.t.Helper()
	var want []string
	for _, l := range c.carl.Received() {
		if l.Command() == "PRIVMSG" && l.Param(0) == c.channel {
			want = append(want, utterance{nick: l.Nick(), text: l.Param(1)}.words())
		}
	}
	all := c.alice.pages(c.room, 17)
	if other := c.bob.pages(c.room, 50); !slices.Equal(all, other) {
		c.t.Errorf("Alice reads\n%v\nand Bob\n%v", all, other)
	}
	known := make(map[string]string)
	var got []string
	for _, u := range all {
		if known[u.id] != "" {
			c.t.Errorf("two lines have the id %s: %s and %s", u.id, known[u.id], u.words())
		}
		known[u.id] = u.words()
		got = append(got, u.words())
	}
	if !c.echoes { // one's own lines are shown, and stand, where they were written
		inOrderOfEach(want)
		inOrderOfEach(got)
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("of %d lines said\n%s\nthe archive has %d\n%s", len(want), strings.Join(want, "\n"), len(got), strings.Join(got, "\n"))
	}
	for _, l := range []*laggard{c.alice, c.bob} {
		live := c.shown(l, known)
		if l == c.bob && len(live) != len(all) { // who was there all the time
			c.t.Errorf("Bob was shown %d lines of %d", len(live), len(all))
		}
	}
}

// inOrderOfEach sorts lines by who said them.
func inOrderOfEach(lines []string) {
	nick := func(line string) string { n, _, _ := strings.Cut(line, ":"); return n }
	slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(nick(a), nick(b)) })
}

// shown returns what a user was shown live, which must be what the archive has by
// these ids, each once.
func (c *crowd) shown(l *laggard, known map[string]string) (ids []string) {
	c.t.Helper()
	for _, e := range l.messages("groupchat", c.room) {
		_, nick, _ := strings.Cut(e.From(), "/")
		u := utterance{nick, e.Body(), e.Child("stanza-id").Attr("id")}
		if known[u.id] != u.words() {
			c.t.Errorf("%s was shown %q by the id %q, by which the archive has %q", l.nick, u.words(), u.id, known[u.id])
		}
		if e.Has("delay") {
			continue
		}
		if slices.Contains(ids, u.id) {
			c.t.Errorf("%s was shown %q twice by the id %q", l.nick, u.words(), u.id)
		}
		ids = append(ids, u.id)
	}
	return ids
}

// pages asks for all that a room's archive has for the passenger, page by page.
func (p *passenger) pages(room string, most int) (all []utterance) {
	p.t.Helper()
	for after := ""; ; {
		id := world.NewID()
		if after != "" {
			after = world.XML(`<after>%s</after>`, after)
		}
		answer := p.Ask("set", room, fmt.Sprintf(`<query xmlns="urn:xmpp:mam:2" queryid="%s"><set xmlns="http://jabber.org/protocol/rsm"><max>%d</max>%s</set></query>`,
			id, most, after))
		if answer.Type() != "result" {
			p.t.Fatalf("the archive answers %v", answer)
		}
		for _, e := range p.Received() {
			if r := e.Child("result", "urn:xmpp:mam:2"); e.Name() == "message" && e.From() == room && r.Attr("queryid") == id {
				m := r.Child("forwarded").Child("message")
				_, nick, _ := strings.Cut(m.From(), "/")
				all = append(all, utterance{nick, m.Body(), r.Attr("id")})
			}
		}
		fin := answer.Child("fin")
		if fin.Attr("complete") == "true" {
			return all
		}
		after = fin.Child("set").Child("last").Text
	}
}
