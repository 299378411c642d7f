package main

import (
	"io"
	"log/slog"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/systemd"
	"wherry/store"
)

// load reads the configuration that -config names, or the default one.
func (p *program) load(name string) (*config.Config, error) {
	path, err := config.Find(name)
	if err != nil {
		return nil, err
	}
	return config.Load(path, p.environ, networkNames())
}

// newLog returns a log of level and above. The journal stamps lines itself.
func newLog(w io.Writer, c config.Log, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	if systemd.Journal() {
		options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return a
		}
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func storeConfig(c *config.Config, log *slog.Logger) store.Config {
	return store.Config{URL: c.Store.URL, KeyFile: c.Store.KeyFile, Log: log}
}
