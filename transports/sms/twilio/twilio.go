package twilio

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"wherry/transports/dial"
	"wherry/transports/sms/provider"
)

// DefaultURL is where Twilio's API is.
const DefaultURL = "https://api.twilio.com"

// defaultMediaHosts are where Twilio keeps files.
var defaultMediaHosts = []string{"api.twilio.com", "*.twilio.com", "media.twiliocdn.com", "*.twiliocdn.com"}

const (
	defaultTimeout = 30 * time.Second
	mostText       = 1600    // UTF-16 units of a Body
	mostMedia      = 10      // files of a message
	mostBytes      = 5 << 20 // of them all
	mostGroup      = 9       // numbers of a group beside the line
	groupCode      = "+1"    // group MMS is of North America
	maxAge         = 4 * time.Hour
	settled        = time.Minute
	finalWithin    = 24 * time.Hour
)

// Config says where the API is and how it is reached.
type Config struct {
	URL          string           // base of the API; default DefaultURL. Plain http only with AllowPrivate
	Guard        *dial.Guard      // dials all that is dialled; nil is one with AllowPrivate
	AllowPrivate bool             // private addresses and plain http are fine too; means nothing where Guard is set
	Roots        *x509.CertPool   // who may sign certificates; nil is the system's
	MediaHosts   []string         // where files may be: "host", or "*.domain" for all below; default Twilio's. The API's own host always may
	Timeout      time.Duration    // of one request to the API, its answer included; default 30 s
	Log          *slog.Logger     // nil is slog.Default
	Now          func() time.Time // nil is time.Now
}

// Provider is Twilio, or a service like it. It holds nothing of an account, only
// what time it is there, as its answers tell.
type Provider struct {
	base    string // without a slash at its end
	talks   string // likewise, of the API of Conversations
	shared  string // likewise, of what keeps the files of Conversations
	url     *url.URL
	own     bool // it is Twilio itself
	invalid error
	api     *http.Client // follows no redirect
	files   *http.Client
	timeout time.Duration
	log     *slog.Logger
	now     func() time.Time
	ahead   atomic.Int64 // how far Twilio's clock is ahead of ours, as the last answer told, in ns
}

// New returns the provider at cfg.URL. It does no I/O. A URL that makes no
// sense is told by each of the methods.
func New(cfg Config) *Provider {
	p := &Provider{base: strings.TrimRight(cfg.URL, "/"), timeout: cfg.Timeout, log: cfg.Log, now: cfg.Now}
	if p.base == "" {
		p.base = DefaultURL
	}
	if p.timeout <= 0 {
		p.timeout = defaultTimeout
	}
	if p.log == nil {
		p.log = slog.Default()
	}
	if p.now == nil {
		p.now = time.Now
	}
	guard := cfg.Guard
	if guard == nil {
		guard = &dial.Guard{AllowPrivate: cfg.AllowPrivate}
	}
	if p.url, p.invalid = parseBase(p.base, guard.AllowPrivate); p.invalid == nil {
		host := strings.ToLower(p.url.Hostname())
		p.own = host == "twilio.com" || strings.HasSuffix(host, ".twilio.com")
	}
	p.talks, p.shared = p.base, p.base
	if p.own {
		p.talks, p.shared = strings.Replace(p.base, "//api.", "//conversations.", 1), filesURL
	}
	hosts := cfg.MediaHosts
	if len(hosts) == 0 {
		hosts = defaultMediaHosts
	}
	p.api = newHTTP(guard, cfg.Roots)
	p.files = dial.NewClient(guard, dial.ClientOptions{Roots: cfg.Roots, HeadWithin: p.timeout, Permit: func(u *url.URL) bool {
		return p.isAPI(u) || hostListed(u, hosts) && (guard.AllowPrivate || u.Port() == "" || u.Port() == "443")
	}})
	return p
}

func parseBase(base string, plain bool) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, errors.New("the URL of the API makes no sense")
	case u.Scheme != "https" && (u.Scheme != "http" || !plain):
		return nil, errors.New("the URL of the API must begin with https://")
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the URL of the API must be a scheme, a host and perhaps a path")
	}
	return u, nil
}

// Now is the time at Twilio.
func (p *Provider) Now() time.Time { return p.now().Add(time.Duration(p.ahead.Load())) }

// About says what Twilio can do.
func (p *Provider) About() provider.About {
	return provider.About{
		Name:        "Twilio",
		MaxText:     mostText,
		MaxMedia:    mostMedia,
		MediaBytes:  mostBytes,
		MaxGroup:    mostGroup,
		GroupCode:   groupCode,
		MaxAge:      maxAge,
		Settled:     settled,
		FinalWithin: finalWithin,
	}
}
