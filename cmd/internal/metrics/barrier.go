package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// newBarriers returns how long users' clients and servers take to answer what
// is asked behind messages to them.
func newBarriers(s Source) prometheus.Collector {
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "wherry_barrier_seconds",
		Help:    "How long clients and servers of users took to answer what was asked behind messages to them.",
		Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 30, 60},
	}, labels)
	by := map[string]prometheus.Observer{}
	for _, d := range s.Component.Status() {
		by[d.Domain] = took.WithLabelValues(d.Domain, s.Transports[d.Domain])
	}
	s.Component.Observe(func(domain string, d time.Duration) { by[domain].Observe(d.Seconds()) })
	return took
}
