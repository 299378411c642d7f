package component

import (
	"crypto/tls"
	"log/slog"
	"slices"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/stream"
	"wherry/store"
	"wherry/transports"
)

// Config is what the gateway needs to run.
type Config struct {
	Store   *store.Store
	Log     *slog.Logger
	Version string // of the software, for jabber:iq:version

	// HookURL is where networks reach Hook: they call HookURL/domain/key. Empty:
	// they cannot.
	HookURL string

	// Uploader puts files that come from networks where users find them; nil:
	// users are told that files cannot be shown.
	Uploader Uploader

	Domains []DomainConfig
}

// DomainConfig is one XMPP domain that the gateway serves.
type DomainConfig struct {
	Domain    string
	Secret    string // shared with the XMPP server, XEP-0114
	Server    string // host:port of the server's component listener
	TLS       *tls.Config
	Transport transports.Transport

	Allow    []string  // JID domains and bare JIDs that may use it; "*" is everyone; empty: the parent domain
	Admins   []jid.JID // bare
	Required bool      // rooms and contacts only for registered users

	// Persistent keeps rooms joined after their last resource left.
	Persistent bool
	Grace      time.Duration // how long a suspended account is kept; 0 is a week
	Limits     Limits

	// RecordHistory keeps what is said in rooms, for HistoryAge (0: for ever) and
	// the last HistoryCount lines of a room (0: all). Who is in a room may read
	// what was said while they were there; with SharedHistory also what was said
	// while the room was open to everybody.
	RecordHistory bool
	SharedHistory bool
	HistoryAge    time.Duration
	HistoryCount  int
}

// Limits bounds what one user may have. Zero fields take the default.
type Limits struct {
	Accounts int // registered: 20
	Networks int // connected at once: 20
	Rooms    int // joined at once: 200
	Joins    int // a minute: 120
	Messages int // a minute: no bound but Queue and the network's own pace
	Queue    int // messages waiting to be sent to one network: 2000
}

// LogValue keeps the secret out of logs.
func (c DomainConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("domain", c.Domain), slog.String("server", c.Server))
}

func (c *DomainConfig) stream() stream.Config {
	return stream.Config{Domain: c.Domain, Secret: c.Secret, Server: c.Server, TLS: c.TLS}
}

// withDefaults fills in what was left open.
func (c DomainConfig) withDefaults() DomainConfig {
	if len(c.Allow) == 0 {
		if _, parent, ok := strings.Cut(c.Domain, "."); ok {
			c.Allow = []string{parent}
		}
	}
	if c.Grace == 0 {
		c.Grace = 7 * 24 * time.Hour
	}
	l := &c.Limits
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Accounts, 20}, {&l.Networks, 20}, {&l.Rooms, 200}, {&l.Joins, 120}, {&l.Queue, 2000}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// serves tells whether any people of a server may use the domain.
func (c *DomainConfig) serves(server string) bool {
	return slices.ContainsFunc(c.Allow, func(a string) bool {
		return a == "*" || a[strings.LastIndexByte(a, '@')+1:] == server
	})
}

// allows tells whether a bare JID may use the domain.
func (c *DomainConfig) allows(user jid.JID) bool {
	for _, a := range c.Allow {
		if a == "*" || a == user.Domain {
			return true
		}
		if local, domain, ok := strings.Cut(a, "@"); ok && local == user.Local && domain == user.Domain {
			return true
		}
	}
	return false
}
