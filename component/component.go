package component

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wherry/component/command"
	"wherry/component/stanza"
	"wherry/component/stream"
	"wherry/transports"
)

// Component is the gateway as XMPP servers see it: its domains, and what they
// answer.
type Component struct {
	conf      Config
	log       *slog.Logger
	domains   map[string]*Domain
	endpoints map[payload]map[Where]*Endpoint
	features  map[Where][]string
	commands  *command.Registry
	reread    func() error // reads the configuration again; nil where it cannot be
	patience  patience
	inboxMost int // rows that are kept for one user
	chat      ChatHandler
	started   time.Time
	crew      *crew
}

// payload names what an iq carries.
type payload struct{ space, name string }

// New makes a gateway. Nothing is connected before Run.
func New(conf Config) (*Component, error) {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	c := &Component{
		conf: conf, log: conf.Log, started: time.Now(), crew: newCrew(),
		domains:   map[string]*Domain{},
		endpoints: map[payload]map[Where]*Endpoint{},
		features:  map[Where][]string{},
		commands:  command.NewRegistry(),
		patience:  usualPatience,
		inboxMost: inboxMost,
	}
	for _, dc := range conf.Domains {
		if c.domains[dc.Domain] != nil {
			return nil, fmt.Errorf("domain %s stands twice", dc.Domain)
		}
		c.domains[dc.Domain] = newDomain(c, dc.withDefaults())
	}
	c.handleBasics()
	return c, nil
}

// Handle adds an endpoint. It must be called before Run, and panics where the
// payload is already handled in one of the endpoint's places.
func (c *Component) Handle(e Endpoint) {
	p := payload{e.Space, e.Name}
	if c.endpoints[p] == nil {
		c.endpoints[p] = map[Where]*Endpoint{}
	}
	for w := AtGateway; w <= AtOccupant; w <<= 1 {
		if e.On&w == 0 {
			continue
		}
		if c.endpoints[p][w] != nil {
			panic(fmt.Sprintf("component: %s %s is handled twice", e.Space, e.Name))
		}
		c.endpoints[p][w] = &e
		if e.Feature != "" {
			c.features[w] = append(c.features[w], e.Feature)
		}
	}
}

// HandleChat sets who answers messages to the gateway itself. It must be
// called before Run.
func (c *Component) HandleChat(h ChatHandler) { c.chat = h }

// Commands returns the registry of ad-hoc commands, XEP-0050. Commands must be
// added before Run.
func (c *Component) Commands() *command.Registry { return c.commands }

// HandleReload sets what an administrator's wish to read the configuration again
// does. It must be called before Run.
func (c *Component) HandleReload(f func() error) { c.reread = f }

// Domain returns the domain of that name, or nil.
func (c *Component) Domain(name string) *Domain { return c.domains[name] }

// Run connects all domains and serves until ctx is done; then it drains: new
// work is refused, users and rooms are told, and each stream is closed and
// read to its end. It returns nil after a clean stop.
func (c *Component) Run(ctx context.Context) error {
	for _, cmd := range c.operations() {
		c.commands.Add(cmd) // behind those of others, which people want first
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	live, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer c.crew.dismiss()
	for _, d := range c.domains {
		if err := d.start(live); err != nil {
			return fmt.Errorf("start %s: %w", d.Name(), err)
		}
	}
	for _, d := range c.domains {
		wg.Go(func() { d.link.run(ctx) })
		wg.Go(func() { d.purgeExpired(live) })
	}
	<-ctx.Done()
	var stops sync.WaitGroup
	for _, d := range c.domains {
		stops.Go(func() { d.stop(c.patience.stop) })
	}
	stops.Wait()
	return nil
}

// Reload takes over what may change while running: who may use a domain, its
// administrators, limits, grace and persistence. The names of the settings
// that differ but only count after a restart are returned.
func (c *Component) Reload(conf Config) (later []string, err error) {
	seen := map[string]bool{}
	for _, dc := range conf.Domains {
		seen[dc.Domain] = true
		d := c.domains[dc.Domain]
		if d == nil {
			later = append(later, "domain "+dc.Domain)
			continue
		}
		later = append(later, d.reload(dc.withDefaults())...)
	}
	for name := range c.domains {
		if !seen[name] {
			later = append(later, "domain "+name)
		}
	}
	return later, nil
}

// DomainStatus is the state of one domain.
type DomainStatus struct {
	Domain    string
	Connected bool
	Since     time.Time // of being connected, or of not being
	Err       string    // why it is not connected
	Users     int       // with something to do
	Sessions  int       // of accounts
	Online    int       // of these, logged in

	// Since the start:
	Streams  int64 // that were opened
	Withheld int64 // stanzas that would have ended the stream
	Dropped  int64 // stanzas for which there was no stream, or no room
	Panics   int64
	Delivery Delivery
}

// Status returns the state of each domain, in the order of the configuration.
func (c *Component) Status() []DomainStatus {
	var all []DomainStatus
	for _, dc := range c.conf.Domains {
		all = append(all, c.domains[dc.Domain].status())
	}
	return all
}

// dispatch gives a stanza to its domain, by its to: which stream it came on
// says nothing.
func (c *Component) dispatch(st stanza.Stanza) {
	h := st.Head()
	d := c.domains[h.To.Domain]
	if d == nil {
		c.log.Warn("stanza for a domain that is not ours", "to", h.To.Domain)
		return
	}
	if iq, ok := st.(*stanza.IQ); ok && !iq.IsRequest() {
		d.asked.resolve(iq)
		return
	}
	d.deliver(st)
}

// dispatchBad answers a stanza that could not be taken, where it can be
// answered at all.
func (c *Component) dispatchBad(bad *stream.BadStanzaError) {
	c.log.Warn("odd stanza", "err", bad)
	d := c.domains[bad.Head.To.Domain]
	if d == nil || bad.Head.From.IsZero() {
		return
	}
	var st stanza.Stanza
	switch bad.Name {
	case "message":
		st = &stanza.Message{Header: bad.Head}
	case "presence":
		st = &stanza.Presence{Header: bad.Head}
	case "iq":
		st = &stanza.IQ{Header: bad.Head}
	default:
		return
	}
	e := &stanza.Error{Type: stanza.Modify, Condition: stanza.BadRequest}
	var address *stanza.BadAddressError
	switch {
	case errors.Is(bad, stream.ErrTooBig), errors.Is(bad, stream.ErrTooDeep):
		e = StanzaError(&transports.Error{Kind: transports.TooLong}, bad.Head.Lang)
	case errors.As(bad, &address):
		e.Condition = stanza.JIDMalformed
	}
	if reply := stanza.ErrorReply(st, e); reply != nil {
		d.link.send(&d.share, reply)
	}
}
