package config

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/upload"
)

// Config is a whole configuration.
type Config struct {
	File       string // it was read from
	Store      Store
	Log        Log
	HTTP       HTTP
	Components []Component // at least one; no domain twice

	// Warnings are sentences on what is allowed, but hardly meant.
	Warnings []string
}

// Store says where the accounts are kept.
type Store struct {
	URL     string // "sqlite:" and an absolute path
	KeyFile string // absolute path
}

// Path returns the path of the store's database file.
func (s Store) Path() string { return strings.TrimPrefix(s.URL, sqliteScheme) }

// Log says what is logged, and how.
type Log struct {
	Level slog.Level
	JSON  bool // else as text
}

// Component is one XMPP domain.
type Component struct {
	Domain    string // in lower case
	Secret    Secret
	Server    string // host:port
	TLS       *tls.Config
	Transport string // a name that Load was given

	Allow    []string  // JID domains and bare JIDs, or "*"
	Admins   []jid.JID // bare
	Required bool      // only registered users are served
	Grace    time.Duration
	Limits   component.Limits
	Upload   upload.Policy // where files are put that users are sent

	IRC   IRC   // where Transport is "irc"
	SMS   SMS   // where Transport is "sms"
	Email Email // where Transport is "email"
	Wire  Wire  // where Transport is "wire"
}

// IRC is what [component.irc] says.
type IRC struct {
	TLSPorts, PlainPorts []int    // tried in this order
	Networks             []string // hosts; none is any
	FixedNetwork         string
	PersistentByDefault  bool
	ThrottleLimit        int // lines at once; -1 is no limit
	CAs                  *x509.CertPool
	AllowPrivateHosts    bool
	IdentdListen         string       // host:port; empty: nowhere
	OutgoingBind         []netip.Addr // one of a family; none is any
	OutgoingProxy        string       // host:port of a SOCKS5 proxy; empty: none
	WebIRC               []WebIRC     // no host twice
	RecordHistory        bool
	HistoryAge           time.Duration // 0 is for ever
	HistoryCount         int           // lines of a channel; 0 is all
	SharedHistory        bool
}

// WebIRC is a network that takes users' addresses from us.
type WebIRC struct {
	Host     string
	Password Secret
	Gateway  string       // what the network calls us
	Prefix   netip.Prefix // of the users' addresses; the zero Prefix is one that leads nowhere
}

// Secret is text that must not be shown. However it is printed, logged or
// marshalled, it shows as "[secret]".
type Secret string

const hidden = "[secret]"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string { return hidden }

// GoString keeps %#v from showing the secret.
func (s Secret) GoString() string { return hidden }

// LogValue keeps slog from showing the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText keeps encoders from showing the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
