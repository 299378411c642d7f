package check

import (
	"context"
	"os"
	"time"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/control"
)

// checkRunning asks the process that has the store open.
func checkRunning(ctx context.Context, conf *config.Config, holder int, r *Report) {
	socket := control.SocketPath(conf.Store.Path())
	state, err := control.Ask(ctx, socket)
	if err != nil {
		r.Fail("store", "process %d has it open and does not answer (%v): if that is a wherry of this configuration, "+
			"run check as its user or restart it; if not, stop it, or give this configuration a store of its own", holder, err)
		return
	}
	served := map[string]control.Domain{}
	for _, d := range state.Domains {
		served[d.Name] = d
	}
	same := sameFile(state.Config, conf.File)
	for _, c := range conf.Components {
		if _, ok := served[c.Domain]; !ok && !same {
			r.Fail("store", "a second wherry uses it: process %d runs with %s, which does not serve %s; "+
				"one store is for one wherry: set another url and key_file in [store] here, or stop that process",
				state.PID, state.Config, c.Domain)
			return
		}
	}
	if !same {
		r.Warn("store", "process %d runs with another configuration, %s", state.PID, state.Config)
	}
	r.OK("wherry", "version %s runs on the store as process %d; it says of its domains:", state.Version, state.PID)
	for _, c := range conf.Components {
		checkServed(c.Domain, served, r)
	}
}

func checkServed(domain string, served map[string]control.Domain, r *Report) {
	switch d, ok := served[domain]; {
	case !ok:
		r.Warn(domain, "the running wherry does not serve it: restart wherry")
	case !d.Connected:
		r.Fail(domain, "not connected%s: %s", since(d.Since), d.Err)
	default:
		r.OK(domain, "connected%s; users with something to do: %d; sessions: %d, of which online: %d",
			since(d.Since), d.Users, d.Sessions, d.Online)
	}
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + t.Local().Format("2006-01-02 15:04:05")
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
