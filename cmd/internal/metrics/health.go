package metrics

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// writeEvery is how often a write to the store is tried, at most.
const writeEvery = 5 * time.Second

// health tells whether all is well: 200, or 503 and a sentence for each fault.
type health struct {
	source   Source
	writable *sample[struct{}]
}

func newHealth(s Source) *health {
	return &health{s, newSample(writeEvery, func(ctx context.Context) (none struct{}, err error) {
		return none, s.Store.Writable(ctx)
	})}
}

// ServeHTTP implements http.Handler.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	faults := h.faults(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if len(faults) == 0 {
		fmt.Fprintln(w, "All is well.")
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintln(w, strings.Join(faults, "\n"))
}

func (h *health) faults(ctx context.Context) (all []string) {
	for _, d := range h.source.Component.Status() {
		if d.Connected {
			continue
		}
		fault := d.Domain + " has no stream to its XMPP server"
		if d.Err != "" { // else it ended this moment
			fault += since(d.Since) + ": " + d.Err
		}
		all = append(all, fault+".")
	}
	// What is found out is told to others, too, whoever goes away meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if _, err := h.writable.get(ctx); err != nil {
		all = append(all, fmt.Sprintf("The store takes no writes: %v.", err))
	}
	return all
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + t.UTC().Format("2006-01-02 15:04:05 MST")
}
