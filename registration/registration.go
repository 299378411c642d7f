package registration

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
)

// domain is what registration needs of a *component.Domain.
type domain interface {
	Name() string
	Transport() transports.Transport
	Allowed(jid.JID) bool
	Admin(jid.JID) bool
	Limits() component.Limits
	Accounts(context.Context, jid.JID) ([]store.Account, error)
	Account(context.Context, jid.JID, transports.Scope) (store.Account, error)
	Online(context.Context, jid.JID, transports.Scope) (bool, *transports.Error)
	Enrols(jid.JID, transports.Scope) transports.Ability
	Enroller(context.Context, jid.JID, transports.Scope) (transports.Enroller, error)
	Open(context.Context, store.Account) (transports.Account, transports.Saved, error)
	Holdings(context.Context) ([]transports.Holding, error)
	Place(context.Context, store.Account, transports.Address) (transports.Place, error)
	Fulfil(context.Context, store.Account, transports.Turn) error
	Register(context.Context, store.Account) error
	Unregister(context.Context, jid.JID, transports.Scope) (func(), error)
	UnregisterOne(context.Context, jid.JID, transports.Scope) (func(), error)
	Purge(context.Context, jid.JID, transports.Scope) error
	Tell(jid.JID, transports.Text)
}

// How long things may take.
const (
	patience  = 20 * time.Second // what a user's client waits for an answer, with a margin
	checking  = 2 * time.Minute  // a trial log-in
	unclaimed = 15 * time.Minute // what waits for its user to go on
)

// Registration is the registration of all domains of a gateway.
type Registration struct {
	log      *slog.Logger
	domain   func(name string) domain // nil where there is none
	patience time.Duration
	now      func() time.Time

	live context.Context // of checks that outlive their request
	stop context.CancelFunc
	work sync.WaitGroup

	turns  turns[turn]
	open   *waiting[party, *application] // sign-ups by XEP-0077 that have another step
	chats  *waiting[party, *dialogue]    // by where they are led, too
	talker talker
}

// turn names whose requests are taken one after the other.
type turn struct {
	domain string
	user   jid.JID // bare
}

// party names an account, there or not.
type party struct {
	turn
	scope transports.Scope
}

// Attach adds registration to a component, for all its domains. It must be
// called before Run.
func Attach(c *component.Component, log *slog.Logger) *Registration {
	r := newRegistration(log, func(name string) domain {
		if d := c.Domain(name); d != nil {
			return d
		}
		return nil
	})
	r.talker = c.Commands()
	c.Handle(component.Endpoint{
		Space: nsRegister, Name: "query", On: component.AtGateway | component.AtNetwork,
		Feature: nsRegister, Slow: true, Get: queried(r.get), Set: queried(r.set),
	})
	c.Handle(component.Endpoint{
		Space: nsGateway, Name: "query", On: component.AtGateway | component.AtNetwork,
		Feature: nsGateway, Slow: true, Get: queried(r.prompt), Set: queried(r.translate),
	})
	// XEP-0077 §3.1: nobody registers with a contact or a room.
	c.Handle(component.Endpoint{
		Space: nsRegister, Name: "query", On: component.AtContact | component.AtRoom | component.AtOccupant,
		Get: notOffered, Set: notOffered,
	})
	var domains []domain
	for _, d := range c.Status() {
		domains = append(domains, c.Domain(d.Domain))
	}
	for _, command := range append(r.commands(), r.special(domains)...) {
		c.Commands().Add(command)
	}
	c.HandleChat(r.chat)
	return r
}

func newRegistration(log *slog.Logger, find func(string) domain) *Registration {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	r := &Registration{log: log, domain: find, patience: patience, now: time.Now}
	r.live, r.stop = context.WithCancel(context.Background())
	r.open = newWaiting[party, *application](r.clock)
	r.chats = newWaiting[party, *dialogue](r.clock)
	return r
}

func (r *Registration) clock() time.Time { return r.now() }

// Close ends the checks that are still in progress and waits for them. Nothing
// may be asked of r afterwards.
func (r *Registration) Close() {
	r.stop()
	r.work.Wait()
}
