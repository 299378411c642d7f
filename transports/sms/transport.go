package sms

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/sms/phone"
	"wherry/transports/sms/provider"
)

// Config says how the accounts of a gateway's component reach the network.
type Config struct {
	Provider          provider.Provider
	Webhook           string        // for accounts that say nothing else: "auto" (the default), "manual" or "poll"
	PollEvery         time.Duration // where the provider does not call; default 60 s
	ReconcileEvery    time.Duration // where it does; default 10 min
	Repeats           int           // how often within ten minutes the same text goes to the same number; default 5
	Refused           []string      // what the numbers begin with that nobody may text, "+882"
	Soprani           bool          // addresses of short codes and names are spelled as Soprani.ca's gateways do
	AllowPrivateHosts bool          // look at files on hosts that are not public: for tests and private networks
	Log               *slog.Logger  // nil is slog.Default
}

// Transport is the phone network.
type Transport struct {
	cfg      Config
	provider provider.Provider
	grouper  provider.Grouper // the same; nil where it carries no groups
	about    provider.About
	log      *slog.Logger
	probe    func(ctx context.Context, url string) (dial.Info, error)
	started  time.Time

	mu       sync.Mutex // guards memories
	memories map[string]*memory
}

// New returns the transport of a gateway's component.
func New(cfg Config) *Transport {
	if cfg.Webhook == "" {
		cfg.Webhook = webhookAuto
	}
	if cfg.PollEvery <= 0 {
		cfg.PollEvery = time.Minute
	}
	if cfg.ReconcileEvery <= 0 {
		cfg.ReconcileEvery = 10 * time.Minute
	}
	if cfg.Repeats <= 0 {
		cfg.Repeats = repeatsMost
	}
	log := cfg.Log
	if log == nil {
		log = slog.Default()
	}
	client := dial.NewClient(&dial.Guard{AllowPrivate: cfg.AllowPrivateHosts}, dial.ClientOptions{Timeout: probeWithin})
	grouper, _ := cfg.Provider.(provider.Grouper)
	return &Transport{
		grouper: grouper,
		cfg:     cfg, provider: cfg.Provider, about: cfg.Provider.About(), log: log,
		probe:   func(ctx context.Context, url string) (dial.Info, error) { return dial.Probe(ctx, client, url) },
		started: time.Now(), memories: make(map[string]*memory),
	}
}

// maxAge is how long a text may wait where the provider does not say.
const maxAge = 4 * time.Hour

// About describes the network.
func (t *Transport) About() transports.About {
	about := transports.About{
		Name:     "sms",
		Title:    "SMS",
		Contact:  "sms",
		Prompt:   transports.T("Phone number"),
		Describe: transports.T("Type the number of a phone, with the country such as +15551234567, or as you dial it at home."),
		MaxAge:   t.about.MaxAge,
		Files:    true,

		AccountIDs: true,
	}
	if about.MaxAge <= 0 {
		about.MaxAge = maxAge
	}
	return about
}

// Claims names the lines of an account: what comes to one is its user's.
func (t *Transport) Claims(on transports.Settings) []string {
	a := t.account(transports.Account{Settings: on})
	claims := make([]string, len(a.lines))
	for i, line := range a.lines {
		claims[i] = a.creds.Account + "/" + line
	}
	return claims
}

// theirs returns a time of our clock by the provider's.
func (t *Transport) theirs(at time.Time) time.Time { return at.Add(time.Until(t.provider.Now())) }

// Name returns what to call a phone.
func (t *Transport) Name(a transports.Address) (title, uri string) {
	peer, err := phone.Parse(a.Name)
	if err != nil {
		return "", ""
	}
	if peer.Kind == phone.Number {
		uri = "tel:" + peer.Name
	}
	return peer.Title(), uri
}

// Open returns the session of an account.
func (t *Transport) Open(in transports.Account, saved transports.Saved) (transports.Session, error) {
	return newSession(t, in, saved)
}

// memory returns what is remembered of an account.
func (t *Transport) memory(key string) *memory {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.memories[key]
	if m == nil {
		m = newMemory()
		t.memories[key] = m
	}
	return m
}

// forget drops what is remembered of an account.
func (t *Transport) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.memories, key)
}
