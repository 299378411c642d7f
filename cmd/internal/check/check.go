package check

import (
	"context"
	"time"

	"wherry/cmd/internal/config"
)

// How long things may take.
const (
	connectWithin = 5 * time.Second
	openWithin    = 10 * time.Second
	routeWithin   = 3 * time.Second
	closeWithin   = 5 * time.Second
)

// Run checks all but the reading of the configuration, which was done.
func Run(ctx context.Context, conf *config.Config, r *Report) {
	for _, warning := range conf.Warnings {
		r.Warn("configuration", "%s", warning)
	}
	// A fault of the store does not keep the servers from being tried.
	holder := checkStore(ctx, conf, r)
	checkHTTP(ctx, conf, holder != 0, r)
	if holder != 0 {
		checkRunning(ctx, conf, holder, r)
		return
	}
	checkServers(ctx, conf, r)
}
