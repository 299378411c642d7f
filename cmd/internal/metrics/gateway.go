package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"wherry/component"
	"wherry/store"
)

var labels = []string{"domain", "transport"}

// reading is a metric of what the component says of a domain.
type reading struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(component.DomainStatus) int64
}

func gauge(name, help string, of func(component.DomainStatus) int64) reading {
	return reading{prometheus.NewDesc("wherry_"+name, help, labels, nil), prometheus.GaugeValue, of}
}

func counter(name, help string, of func(component.DomainStatus) int64) reading {
	return reading{prometheus.NewDesc("wherry_"+name+"_total", help, labels, nil), prometheus.CounterValue, of}
}

var readings = []reading{
	gauge("stream_up", "Whether the domain has its stream to the XMPP server.", func(s component.DomainStatus) int64 {
		if s.Connected {
			return 1
		}
		return 0
	}),
	counter("stream_reconnects", "Streams that were opened after the first.", func(s component.DomainStatus) int64 { return max(s.Streams-1, 0) }),
	gauge("users", "Users with something to do.", func(s component.DomainStatus) int64 { return int64(s.Users) }),
	gauge("sessions", "Sessions of accounts.", func(s component.DomainStatus) int64 { return int64(s.Sessions) }),
	gauge("sessions_online", "Sessions of accounts that are logged in.", func(s component.DomainStatus) int64 { return int64(s.Online) }),
	counter("panics", "Faults in the program that were survived.", func(s component.DomainStatus) int64 { return s.Panics }),
	counter("stanzas_withheld", "Stanzas that would have ended the stream.", func(s component.DomainStatus) int64 { return s.Withheld }),
	counter("stanzas_dropped", "Stanzas for which there was no stream, or no room.", func(s component.DomainStatus) int64 { return s.Dropped }),

	counter("inbox_written", "Messages to users that were written to the stream, each time.", func(s component.DomainStatus) int64 { return s.Delivery.Written }),
	counter("inbox_settled", "Messages to users that were shown to have arrived.", func(s component.DomainStatus) int64 { return s.Delivery.Settled }),
	counter("inbox_rewritten", "Messages to users that are written again: the stream ended before they were settled.", func(s component.DomainStatus) int64 { return s.Delivery.Rewritten }),
	counter("inbox_bounced", "Messages to users that the user's server sent back, each time.", func(s component.DomainStatus) int64 { return s.Delivery.Bounced }),
	counter("inbox_dropped", "Messages to users that were given up.", func(s component.DomainStatus) int64 { return s.Delivery.Dropped }),

	counter("outbox_sent", "Parts of messages that the network took.", func(s component.DomainStatus) int64 { return s.Delivery.Sent }),
	counter("outbox_failed", "Parts of messages that will not arrive; those behind them in the same message are not counted.", func(s component.DomainStatus) int64 { return s.Delivery.Failed }),
	counter("outbox_lost", "Parts of messages that were given up while nobody knew whether they were sent.", func(s component.DomainStatus) int64 { return s.Delivery.Lost }),
	counter("outbox_unsure", "Tries to send of which nobody knew whether they had sent anything.", func(s component.DomainStatus) int64 { return s.Delivery.Unsure }),
	counter("outbox_retried", "Tries to send that sent nothing, and after which another follows.", func(s component.DomainStatus) int64 { return s.Delivery.Retried }),
}

// What the store says of a domain.
var (
	inboxRows   = prometheus.NewDesc("wherry_inbox_rows", "Messages to users that are not settled.", labels, nil)
	inboxOldest = prometheus.NewDesc("wherry_inbox_oldest_seconds", "Age of the oldest message to a user that is not settled; 0: there is none.", labels, nil)
	outboxRows  = prometheus.NewDesc("wherry_outbox_rows", "Parts of messages to the network that are in the store, by state.",
		append(append([]string{}, labels...), "state"), nil)
	outboxOldest = prometheus.NewDesc("wherry_outbox_oldest_seconds", "Age of the oldest message to the network that is not sent; 0: there is none.", labels, nil)
)

// gateway collects what the component and the store say when they are asked.
type gateway struct {
	source Source
	boxes  *sample[map[string]boxes] // by domain
}

func newGateway(s Source) *gateway {
	return &gateway{source: s, boxes: newSample(queueEvery, func(ctx context.Context) (map[string]boxes, error) { return lookAtBoxes(ctx, s) })}
}

// Describe implements prometheus.Collector.
func (g *gateway) Describe(to chan<- *prometheus.Desc) {
	for _, r := range readings {
		to <- r.desc
	}
	for _, d := range []*prometheus.Desc{inboxRows, inboxOldest, outboxRows, outboxOldest} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gateway) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	all, err := g.boxes.get(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(inboxRows, err)
	}
	for _, s := range g.source.Component.Status() {
		transport := g.source.Transports[s.Domain]
		for _, r := range readings {
			to <- prometheus.MustNewConstMetric(r.desc, r.kind, float64(r.of(s)), s.Domain, transport)
		}
		if err == nil {
			all[s.Domain].collect(to, s.Domain, transport)
		}
	}
}

func (b boxes) collect(to chan<- prometheus.Metric, domain, transport string) {
	show := func(desc *prometheus.Desc, value float64, more ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, append([]string{domain, transport}, more...)...)
	}
	show(inboxRows, float64(b.in))
	show(inboxOldest, age(b.oldestIn))
	for state, rows := range b.out {
		show(outboxRows, float64(rows), store.OutState(state).String())
	}
	show(outboxOldest, age(b.oldestOut))
}
