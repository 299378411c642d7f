package wire

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"wherry/transports"
)

// Mode is what a network can do about a message of unknown outcome.
type Mode string

// The modes.
const (
	Find  Mode = "find"  // it can be searched: sessions are transports.Finder
	Fold  Mode = "fold"  // it folds repeats
	Blind Mode = "blind" // neither
)

// Config says where the network is.
type Config struct {
	URL     string        // of the network
	Mode    Mode          // default Find
	Timeout time.Duration // of one request; default 5 s
	Log     *slog.Logger  // nil is slog.Default
}

// Transport is the kind of network wire.
type Transport struct {
	cfg  Config
	log  *slog.Logger
	http *http.Client
}

// New returns the transport of a gateway's component.
func New(cfg Config) *Transport {
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	if cfg.Mode == "" {
		cfg.Mode = Find
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	log := cfg.Log
	if log == nil {
		log = slog.Default()
	}
	return &Transport{cfg: cfg, log: log, http: newHTTP()}
}

// About describes the network.
func (t *Transport) About() transports.About {
	return transports.About{
		Name:         "wire",
		Title:        "Wire",
		Contact:      "pc",
		Prompt:       transports.Literal("Name"),
		Describe:     transports.Literal("Type a name of letters, digits and hyphens."),
		FoldsRepeats: t.cfg.Mode == Fold,
	}
}

// Open returns the session of an account.
func (t *Transport) Open(account transports.Account, saved transports.Saved) (transports.Session, error) {
	position, err := parsePosition(saved[savePosition])
	if err != nil {
		return nil, &transports.Error{Kind: transports.Internal, Err: err}
	}
	s := &Session{t: t, as: loginOf(account.Settings), position: position}
	if t.cfg.Mode == Find {
		return &Finder{s}, nil
	}
	return s, nil
}
