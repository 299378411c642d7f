package irc

import (
	"crypto/x509"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/irc/identd"
)

// Config is what an administrator decides for all users: the [component.irc]
// section.
type Config struct {
	TLSPorts          []int          // tried in order, before the plain ones; none is 6697
	PlainPorts        []int          // ports without TLS
	Networks          []string       // hosts that may be reached; none is any
	FixedNetwork      string         // the only network; addresses then do without it
	ThrottleLimit     int            // lines at once, then one a second; -1 is no limit, 0 is 10
	CAs               *x509.CertPool // who may sign certificates; nil is the system's
	AllowPrivateHosts bool           // reach hosts that are not public
	OutgoingBind      []netip.Addr   // the local addresses to connect from, one of a family; none is any
	OutgoingProxy     string         // host:port of the SOCKS5 proxy to connect by; empty: none
	Idents            *identd.Table  // where the connections are told to be whose; nil is nowhere
	WebIRC            []WebIRC       // networks that take users' addresses from us
	Version           string         // of the gateway, for programs that ask
	Log               *slog.Logger   // nil is slog.Default
}

// Transport is the kind of network IRC.
type Transport struct {
	cfg   Config
	guard *dial.Guard
	log   *slog.Logger
	crew  *crew
	hosts hosts
	times times
}

// New returns the transport of a gateway's component.
func New(cfg Config) *Transport {
	if len(cfg.TLSPorts) == 0 && len(cfg.PlainPorts) == 0 {
		cfg.TLSPorts = []int{6697}
	}
	if cfg.ThrottleLimit == 0 {
		cfg.ThrottleLimit = 10
	}
	networks := make([]string, 0, len(cfg.Networks))
	for _, n := range cfg.Networks {
		if host, ok := canonicalHost(n); ok {
			networks = append(networks, host)
		}
	}
	cfg.Networks = networks
	cfg.FixedNetwork, _ = canonicalHost(cfg.FixedNetwork)
	cfg.WebIRC = slices.Clone(cfg.WebIRC)
	for i := range cfg.WebIRC {
		cfg.WebIRC[i].Host, _ = canonicalHost(cfg.WebIRC[i].Host)
	}
	log := cfg.Log
	if log == nil {
		log = slog.Default()
	}
	guard := &dial.Guard{AllowPrivate: cfg.AllowPrivateHosts, Bind: cfg.OutgoingBind, Proxy: cfg.OutgoingProxy}
	return &Transport{cfg: cfg, guard: guard, log: log, crew: newCrew(), times: defaultTimes}
}

// About describes IRC.
func (t *Transport) About() transports.About {
	return transports.About{
		Name:     "irc",
		Title:    "IRC",
		Contact:  "pc",
		Prompt:   transports.T("Channel or nick"),
		Describe: transports.T("Type a channel or a nick, and its network after a percent sign: #channel%%irc.example.org."),
		Rooms:    true,
		Guests:   true,
		Scoped:   t.cfg.FixedNetwork == "",
		Attended: true,
		MaxAge:   time.Minute,
	}
}

// Open returns the session of an account.
func (t *Transport) Open(account transports.Account, saved transports.Saved) (transports.Session, error) {
	who, err := t.identity(account)
	if err != nil {
		return nil, err
	}
	s := newSession(t, account, who)
	s.load(saved)
	return s, nil
}
